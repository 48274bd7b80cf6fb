package zhipu

import (
	"testing"

	"vow.example/vow/internal/provider/driver"
)

// FuzzAnswer reads what a recipient might say: it never panics, and what is kept of it can be shown.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{
		`{"task_status":"SUCCESS","video_result":[{"url":"https://x/a"}]}`, `{"error":{"code":"1301"},"contentFilter":[{"role":"user"}]}`,
		`{"task_status":"FAIL","error":{"code":1}}`, `null`, `[]`, `{"error":{"code":{}}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := parse(body)
		if err != nil {
			return
		}
		if s := got.failed(); s.Class.Retryable() || driver.Code(s.Code) != s.Code {
			t.Errorf("%+v", s)
		}
		if s := got.results(); (s.State == driver.Done) != (len(s.Results) > 0) {
			t.Errorf("%+v", s)
		}
		if got, err := open(body); err == nil && got.Error != nil {
			t.Errorf("an error is taken for a success: %s", body)
		}
	})
}

// FuzzTicket opens what might have been stored: a job's name never leads out of its path.
func FuzzTicket(f *testing.F) {
	for _, s := range []string{`{"task":"1-0"}`, `{"task":"../x"}`, `{}`, `x`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if got, err := read(raw); err == nil && !isTask(got.Task) {
			t.Errorf("%q is taken as %+v", raw, got)
		}
	})
}

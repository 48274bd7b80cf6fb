package tencent

import (
	"testing"

	"vow.example/vow/internal/provider/driver"
)

// FuzzAnswer reads what a recipient might say: it never panics, and a job never ends well without
// a result.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{
		`{"Response":{"JobStatusCode":"5","ResultImage":["https://x/a"],"ResultDetails":["Success"]}}`, `{"Response":{"Error":{"Code":"InternalError.X"}}}`,
		`{"Response":{"ResultImage":"iVBORw0KGgo="}}`, `{"Response":null}`, `[]`, `{"Response":{"JobStatusCode":"4","JobErrorCode":"a b"}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := open(body)
		if err != nil {
			return
		}
		if s, err := got.status(); err == nil && (s.State == driver.Done) != (len(s.Results) > 0) {
			t.Errorf("%+v", s)
		} else if s.State == driver.Failed && (s.Class.Retryable() || driver.Code(s.Code) != s.Code) {
			t.Errorf("%+v", s)
		}
		if begun, err := finished(ticket{Call: "TextToImageLite", Region: "ap-guangzhou"}, got, 0); err == nil {
			if _, _, err := read(begun.Ticket); err != nil {
				t.Errorf("our own ticket %s is garbage", begun.Ticket)
			}
		}
	})
}

// FuzzTicket opens what might have been stored: it never panics and takes only what it could have
// written.
func FuzzTicket(f *testing.F) {
	for _, s := range []string{`{"call":"SubmitHunyuanImageJob","region":"ap-guangzhou","job":"1-2"}`, `{"call":"TextToImageLite","region":"ap-guangzhou","link":"https://x/a"}`, `{}`, `x`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, op, err := read(raw)
		if err == nil && (op.action == "" || got.Region == "" || op.query != "" && !isJob(got.Job)) {
			t.Errorf("%q is taken as %+v", raw, got)
		}
	})
}

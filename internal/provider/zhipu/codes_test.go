package zhipu_test

import (
	"slices"
	"strings"
	"testing"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/provider/zhipu"
	sim "vow.example/vow/internal/sim/zhipu"
)

// classes is Zhipu's table as the pool tells it of a call with content: 500, which is transient for
// the driver, is an unknown outcome there, and the call is never made again. 1234 comes with 400, a
// definite no, and stays.
func classes() map[egress.Class][]string {
	return map[egress.Class][]string{
		egress.Transient:      {"1234"},
		egress.Auth:           {"1000", "1001", "1002", "1003", "1004"},
		egress.Quota:          {"1110", "1111", "1112", "1113", "1120", "1121", "1304", "1308", "1310"},
		egress.Bug:            {"1210", "1211", "1212", "1213", "1214", "1215", "1220", "1221", "1222", "1230", "1232", "1233", "1261"},
		egress.ContentRefused: {"1300", "1301"},
		egress.Throttled:      {"1302", "1303", "1305", "1312"},
		egress.UnknownOutcome: {"500", "1231"},
	}
}

func TestEveryCodeHasItsClass(t *testing.T) {
	t.Parallel()
	s, c := simulator(t, nil)
	p := pool(t, c, flow(nil))
	for class, codes := range classes() {
		for _, code := range codes {
			s.Next(code)
			want := code
			if code == "1231" {
				want = "duplicate"
			}
			var progress []byte
			_, err := p.Begin(t.Context(), disclose("trf_x", disclosure.Content{"prompt": text("she smiles")}), provider.Start{Save: keep(&progress)})
			e := asError(t, err)
			if e.Class != class || e.Code != want || !e.WasSent || strings.Contains(err.Error(), "simulated") {
				t.Errorf("%s: %v, want %q", code, err, class)
			}
			if sent, _ := provider.Sent(progress); (len(sent) == 0) != class.Retryable() || provider.Interrupted(progress) != (class == egress.UnknownOutcome) {
				t.Errorf("%s: %v counts as sent", code, sent)
			}
		}
	}
}

func TestAnAnswerIsReadByItsCodeAndElseByItsStatus(t *testing.T) {
	t.Parallel()
	const long = "a code as long as a sentence that quotes the prompt: she smiles"
	cases := map[string]struct {
		status     int
		body, code string
		class      egress.Class
	}{
		"the recorded refusal":         {400, tape(t)[3].Response.Body, "1301", egress.ContentRefused},
		"a refusal with 200":           {200, `{"error":{"code":"1301"}}`, "1301", egress.ContentRefused},
		"a code that is a number":      {400, `{"error":{"code":1113}}`, "1113", egress.Quota},
		"a code of nobody's":           {400, `{"error":{"code":"9999"}}`, "9999", egress.Bug},
		"a code of nobody's with 429":  {429, `{"error":{"code":"9999"}}`, "9999", egress.Throttled},
		"a code of nobody's with 200":  {200, `{"error":{"code":"9999"}}`, "9999", egress.Unclassified},
		"a code of nobody's with 500":  {500, `{"error":{"code":"9999"}}`, "9999", egress.UnknownOutcome},
		"a code that is a sentence":    {400, `{"error":{"code":"` + long + `"}}`, "unlisted", egress.Bug},
		"an error without a code":      {400, `{"error":{}}`, "unlisted", egress.Bug},
		"no leave for the call":        {434, `{}`, "http-434", egress.Auth},
		"a file over the limit":        {435, `{}`, "http-435", egress.BadMedia},
		"a file over it, with a code":  {435, `{"error":{"code":"1214"}}`, "1214", egress.BadMedia},
		"a failure without words":      {500, `[]`, "http-500", egress.UnknownOutcome},
		"a success without a job":      {200, `{"task_status":"PROCESSING"}`, "reply", egress.UnknownOutcome},
		"a job with a name of its own": {200, `{"id":"../../x"}`, "reply", egress.UnknownOutcome},
		"a success that is null":       {200, `null`, "reply", egress.UnknownOutcome},
	}
	for name, tc := range cases {
		c := config((&tap{}).in(t, answers(tc.status, tc.body)))
		_, err := pool(t, c, flow(nil)).Begin(t.Context(), disclose("trf_x", disclosure.Content{"prompt": text("she smiles")}), provider.Start{})
		if e := asError(t, err); e.Class != tc.class || e.Code != tc.code || !e.WasSent {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

func TestAnswersToQuestions(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		status int
		body   string
		state  driver.State
		class  egress.Class
		code   string
		fails  egress.Class
	}{
		"processing":                {body: `{"task_status":"PROCESSING"}`, state: driver.Running},
		"a word nobody knows":       {body: `{"task_status":"WAITING"}`, state: driver.Unknown},
		"nothing":                   {body: `{}`, state: driver.Unknown},
		"success":                   {body: `{"task_status":"SUCCESS","video_result":[{"url":"https://x/a.mp4","cover_image_url":"https://x/a.png"}]}`, state: driver.Done},
		"success without a video":   {body: `{"task_status":"SUCCESS","video_result":[]}`, state: driver.Failed, class: egress.Failed, code: "empty"},
		"success with a cover only": {body: `{"task_status":"SUCCESS","video_result":[{"cover_image_url":"https://x/a.png"}]}`, state: driver.Failed, class: egress.Failed, code: "empty"},
		"fail":                      {body: `{"task_status":"FAIL"}`, state: driver.Failed, class: egress.Failed, code: "FAIL"},
		"fail by review":            {body: `{"task_status":"FAIL","contentFilter":[{"role":"user","level":1}]}`, state: driver.Failed, class: egress.ContentRefused, code: "contentFilter"},
		"fail by review, in a code": {body: `{"task_status":"FAIL","error":{"code":"1301"}}`, state: driver.Failed, class: egress.ContentRefused, code: "1301"},
		"fail inside":               {body: `{"task_status":"FAIL","error":{"code":"1234"}}`, state: driver.Failed, class: egress.Failed, code: "1234"},
		"no such job":               {status: 404, body: `{"error":{"code":"404"}}`, state: driver.Failed, class: egress.Gone, code: "404"},
		"the key is refused":        {status: 401, body: `{"error":{"code":"1003"}}`, fails: egress.Auth},
		"the key is refused in 200": {body: `{"error":{"code":"1003"}}`, fails: egress.Auth},
		"not now":                   {status: 429, body: `{"error":{"code":"1303"}}`, fails: egress.Throttled},
		"no object":                 {body: `[]`, fails: egress.Transient},
		"a video that is a number":  {body: `{"task_status":"SUCCESS","video_result":[7]}`, fails: egress.Transient},
	}
	for name, tc := range cases {
		s, err := pool(t, config((&tap{}).in(t, answers(max(tc.status, 200), tc.body))), flow(nil)).Poll(t.Context(), "zhipu", driver.Ticket(`{"task":"1-0"}`))
		if tc.fails != "" {
			if e := asError(t, err); e.Class != tc.fails {
				t.Errorf("%s: %+v", name, e)
			}
			continue
		}
		if err != nil || s.State != tc.state || s.Class != tc.class || s.Code != tc.code || (s.State == driver.Done) != (len(s.Results) == 1) {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
}

func TestOrdersEndAsTheSimulatorIsTold(t *testing.T) {
	t.Parallel()
	s, c := simulator(t, func(o *sim.Options) { o.Polls = 2 })
	p := pool(t, c, flow(nil))
	n := 0
	begin := func(prompt string) (driver.Begun, error) {
		n++
		id := []string{"", "trf_a", "trf_b", "trf_c", "trf_d", "trf_e", "trf_f", "trf_g"}[n]
		return p.Begin(t.Context(), disclose(privacy.TransferID(id), disclosure.Content{"prompt": text(prompt)}), provider.Start{})
	}
	begun, err := begin("test:fail")
	if err != nil {
		t.Fatal(err)
	}
	if st := ended(t, p, begun.Ticket); st.State != driver.Failed || st.Class != egress.Failed {
		t.Errorf("test:fail: %+v", st)
	}
	if begun, err = begin("a fox"); err != nil {
		t.Fatal(err)
	}
	if st := ended(t, p, begun.Ticket); st.State != driver.Done {
		t.Errorf("an order: %+v", st)
	}
	for prompt, class := range map[string]egress.Class{
		"test:refused": egress.ContentRefused, "test:provider_down": egress.Transient, "test:throttled": egress.Throttled,
		strings.Repeat("雨", 513): egress.Bug,
	} {
		_, err := begin(prompt)
		if e := asError(t, err); e.Class != class || !e.WasSent {
			t.Errorf("%s: %+v", prompt, e)
		}
	}
	n = 1 // the second order once more
	_, err = begin("a fox")
	if e := asError(t, err); e.Class != egress.UnknownOutcome || e.Code != "duplicate" {
		t.Errorf("an order that arrives twice: %+v", e)
	}
	if odd := s.Received().Violations; len(odd) > 0 {
		t.Errorf("the recipient noticed %v", odd)
	}
}

func TestWhatStaysIsSaidAndNothingCanBeStopped(t *testing.T) {
	t.Parallel()
	p := pool(t, config("http://127.0.0.1:1"), flow(nil))
	ticket := driver.Ticket(`{"task":"8868902201637896192-0000"}`)
	got, err := p.Forget(t.Context(), "zhipu", ticket)
	want := []driver.Held{{What: "inputs", Reason: "no-erase-call"}, {What: "result", Reason: "no-erase-call"}}
	if err != nil || len(got.Erased) > 0 || !slices.Equal(got.Held, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if o, err := p.Cancel(t.Context(), "zhipu", ticket); o != driver.Unsupported || err != nil {
		t.Errorf("cancel: %v, %v", o, err)
	}
	if _, ok := (zhipu.Driver{}).Leftover([]byte("{}")); ok {
		t.Error("something is left over that could be erased")
	}
	if required, optional := zhipu.Credentials(); !slices.Equal(required, []string{"api_key"}) || len(optional) > 0 {
		t.Errorf("credentials %v, %v", required, optional)
	}
}

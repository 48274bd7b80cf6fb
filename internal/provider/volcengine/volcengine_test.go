package volcengine_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/provider/drivertest"
	"vow.example/vow/internal/provider/volcengine"
	"vow.example/vow/internal/sim/kit"
	sim "vow.example/vow/internal/sim/volcengine"
)

func TestTheDriverConforms(t *testing.T) {
	t.Parallel()
	drivertest.Run(t, drivertest.Harness{
		Driver: volcengine.Driver{}, App: "mixoo", Feature: "image_to_video_volc", Recipient: "volcengine", Wiring: wiring(workflow()),
		Fields: map[privacy.Field]drivertest.Field{
			"photo":      {Kind: drivertest.Photo, Value: png + "somebody", Transport: "url"},
			"prompt":     {Kind: drivertest.Words, Value: "a fox", Optional: true},
			"ratio":      {Kind: drivertest.Choice, Value: "9:16"},
			"resolution": {Kind: drivertest.Choice, Value: "hd"},
			"duration":   {Kind: drivertest.Choice, Value: "5", Optional: true},
		},
		Calls: [][]privacy.Field{{"duration", "photo", "prompt", "ratio", "resolution"}},
		Shape: drivertest.Asked, Cancels: true, Erases: true, Matches: drivertest.Same("photo", "prompt"),
		Start: func(t *testing.T, slow bool) drivertest.Service {
			o := kit.Options{Seed: 7}
			if slow {
				o.Queue = time.Minute
			}
			s, c := simulator(t, o)
			return drivertest.On(s.Kit, c, func(c drivertest.Call, method, path string) bool {
				switch c {
				case 0:
					return method == "POST"
				case drivertest.Ask:
					return method == "GET" && strings.HasPrefix(path, "/api/v3/")
				default:
					return strings.HasPrefix(path, "/ark-output/")
				}
			})
		},
	})
}

// canned answers every question with one body.
type canned string

func (c canned) Follow(context.Context, wire.Request) (egress.Response, error) {
	return egress.Response{Status: 200, Body: []byte(c)}, nil
}

func follow(body, ticket string) (driver.Status, error) {
	return volcengine.Driver{}.Poll(context.Background(), canned(body), driver.Ticket(ticket))
}

func TestAnswersToQuestions(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		body        string
		state       driver.State
		class       egress.Class
		code, fails string
	}{
		"queued":                       {body: `{"id":"cgt-1","status":"queued"}`, state: driver.Queued},
		"running":                      {body: `{"id":"cgt-1","status":"running"}`, state: driver.Running},
		"a word nobody knows":          {body: `{"id":"cgt-1","status":"paused"}`, state: driver.Unknown},
		"done":                         {body: `{"id":"cgt-1","status":"succeeded","content":{"video_url":"https://x.example/v.mp4"}}`, state: driver.Done},
		"done without a video":         {body: `{"id":"cgt-1","status":"succeeded","content":{}}`, state: driver.Failed, class: egress.Failed, code: "empty"},
		"refused afterwards":           {body: `{"id":"cgt-1","status":"failed","error":{"code":"OutputVideoSensitiveContentDetected"}}`, state: driver.Failed, class: egress.ContentRefused, code: "OutputVideoSensitiveContentDetected"},
		"a failure at their side":      {body: `{"id":"cgt-1","status":"failed","error":{"code":"InternalServiceError"}}`, state: driver.Failed, class: egress.Failed, code: "InternalServiceError"},
		"a failure that says nothing":  {body: `{"id":"cgt-1","status":"failed"}`, state: driver.Failed, class: egress.Failed, code: "unlisted"},
		"cancelled":                    {body: `{"id":"cgt-1","status":"cancelled"}`, state: driver.Failed, class: egress.Gone, code: "cancelled"},
		"expired":                      {body: `{"id":"cgt-1","status":"expired"}`, state: driver.Failed, class: egress.Gone, code: "expired"},
		"the record of somebody else":  {body: `{"id":"cgt-2","status":"queued"}`, fails: "reply"},
		"no record":                    {body: `[]`, fails: "reply"},
		"a record with another type":   {body: `{"id":"cgt-1","status":7}`, fails: "reply"},
		"a refusal that came as a 200": {body: `{"error":{"code":"InternalServiceError"}}`, fails: "reply"},
	}
	for name, tc := range cases {
		s, err := follow(tc.body, `{"task":"cgt-1"}`)
		if tc.fails != "" {
			if e := asError(t, err); e.Class != egress.Transient || e.Code != tc.fails {
				t.Errorf("%s: %+v", name, e)
			}
			continue
		}
		if err != nil || s.State != tc.state || s.Class != tc.class || s.Code != tc.code {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
}

func TestACancellationSaysWhatItAchieved(t *testing.T) {
	t.Parallel()
	is := func(status string) reply { return reply{200, `{"id":"cgt-1","status":"` + status + `"}`} }
	missing := reply{404, refusal("NotFound.task", "")}
	denied := reply{403, refusal("OperationDenied.InvalidState", "")}
	cases := map[string]struct {
		replies []reply
		want    driver.CancelOutcome
		class   egress.Class
		calls   int
	}{
		"it was queued":                 {[]reply{is("queued"), {200, ""}, is("cancelled")}, driver.Stopped, "", 3},
		"it began to run in between":    {[]reply{is("queued"), denied, is("running")}, driver.TooLate, "", 3},
		"it runs":                       {[]reply{is("running")}, driver.TooLate, "", 1},
		"it is done":                    {[]reply{is("succeeded")}, driver.TooLate, "", 1},
		"it was cancelled before":       {[]reply{is("cancelled")}, driver.Stopped, "", 1},
		"there is no such task":         {[]reply{missing}, driver.TooLate, "", 1},
		"the call achieved nothing":     {[]reply{is("queued"), denied, is("queued")}, driver.Unsupported, egress.Transient, 3},
		"the question fails":            {[]reply{{500, refusal("InternalServiceError", "")}}, driver.Unsupported, egress.Transient, 1},
		"the call fails":                {[]reply{is("queued"), {429, refusal("ServerOverloaded", "")}}, driver.Unsupported, egress.Throttled, 2},
		"nobody can say what it became": {[]reply{is("queued"), {200, ""}, {401, refusal("AuthenticationError", "")}}, driver.Unsupported, egress.Auth, 3},
	}
	for name, tc := range cases {
		srv := answers(t, tc.replies...)
		got, err := pool(t, config(srv.URL), workflow()).Cancel(t.Context(), "volcengine", driver.Ticket(`{"task":"cgt-1"}`))
		if got != tc.want || (err != nil) != (tc.class != "") || err != nil && asError(t, err).Class != tc.class || len(srv.calls()) != tc.calls {
			t.Errorf("%s: %v, %v, %v", name, got, err, srv.calls())
		}
	}
}

func TestForgetSaysWhatIsGoneAndWhatStays(t *testing.T) {
	t.Parallel()
	is := func(status string) reply { return reply{200, `{"id":"cgt-1","status":"` + status + `"}`} }
	missing, ok := reply{404, refusal("NotFound.task", "")}, reply{200, ""}
	result := driver.Held{What: "result", For: 24 * time.Hour, Reason: "no-erase-call"}
	stays := driver.Held{What: "task record", Reason: "erase-failed"}
	cases := map[string]struct {
		replies []reply
		erased  int
		held    []driver.Held
		class   egress.Class
	}{
		"a task with a video":           {[]reply{is("succeeded"), ok, missing}, 1, []driver.Held{result}, ""},
		"a task that failed":            {[]reply{is("failed"), ok, missing}, 1, nil, ""},
		"a task that expired":           {[]reply{is("expired"), ok, missing}, 1, nil, ""},
		"a task that is gone":           {[]reply{missing}, 1, []driver.Held{result}, ""},
		"a task that runs":              {[]reply{is("running")}, 0, []driver.Held{stays, result}, ""},
		"a task that was queued":        {[]reply{is("queued"), ok, is("cancelled")}, 0, []driver.Held{{What: "task record", For: 24 * time.Hour, Reason: "no-erase-call"}}, ""},
		"a task that was cancelled":     {[]reply{is("cancelled")}, 0, []driver.Held{{What: "task record", For: 24 * time.Hour, Reason: "no-erase-call"}}, ""},
		"a record that stays":           {[]reply{is("succeeded"), ok, is("succeeded")}, 0, []driver.Held{stays, result}, ""},
		"an erasure that is refused":    {[]reply{is("succeeded"), {403, refusal("OperationDenied.InvalidState", "")}, is("succeeded")}, 0, []driver.Held{stays, result}, ""},
		"a question that fails":         {[]reply{{500, refusal("InternalServiceError", "")}}, 0, nil, egress.Transient},
		"an erasure that fails":         {[]reply{is("failed"), {429, refusal("ServerOverloaded", "")}}, 0, nil, egress.Throttled},
		"an erasure nobody can confirm": {[]reply{is("failed"), ok, {404, refusal("ModelNotOpen", "")}}, 0, nil, egress.Gone},
	}
	for name, tc := range cases {
		p := pool(t, config(answers(t, tc.replies...).URL), workflow())
		left, err := p.Forget(t.Context(), "volcengine", driver.Ticket(`{"task":"cgt-1"}`))
		if len(left.Erased) != tc.erased || !slices.Equal(left.Held, tc.held) || (err != nil) != (tc.class != "") || err != nil && asError(t, err).Class != tc.class {
			t.Errorf("%s: %+v, %v", name, left, err)
		}
	}
}

func TestAfterForgetTheServiceHoldsNothingButTheVideo(t *testing.T) {
	t.Parallel()
	s, c := simulator(t, kit.Options{})
	p := pool(t, c, workflow())
	ticket := mustBegin(t, p, "a fox --ratio 1:1")
	ended(t, p, ticket)
	if _, err := p.Forget(t.Context(), "volcengine", ticket); err != nil {
		t.Fatal(err)
	}
	e := s.Received()
	if len(e.Holds) != 1 || e.Holds[0].Kind != "output" || len(e.Violations) > 0 {
		t.Errorf("it holds %+v and noticed %v", e.Holds, e.Violations)
	}
	if status := ended(t, p, ticket); status.State != driver.Failed || status.Class != egress.Gone {
		t.Errorf("a forgotten task is %+v", status)
	}
}

// TestAHintIsNeverBelieved lets callbacks come early, twice and forged: whatever they say, what
// counts is the answer to our own question.
func TestAHintIsNeverBelieved(t *testing.T) {
	t.Parallel()
	for _, fault := range []kit.Fault{"", kit.EarlyWebhook, kit.DuplicateWebhook, kit.ForgedWebhook} {
		s, c := simulator(t, kit.Options{})
		hints := make(chan string, 16)
		ours := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			hints <- string(body)
		}))
		defer ours.Close()
		c.CallbackBase = ours.URL
		p := pool(t, c, workflow())
		if fault != "" {
			s.Inject(kit.Injection{Fault: fault, Match: func(method, _ string) bool { return method == "POST" }, Times: 1})
		}
		begun, err := p.Begin(t.Context(), disclose(full("a fox")), provider.Start{Webhook: ours.URL + "/hooks/4f1c"})
		if err != nil {
			t.Fatal(err)
		}
		if st := ended(t, p, begun.Ticket); st.State != driver.Done || !strings.HasPrefix(st.Results[0].File.URL, c.BaseURL+"/ark-output/") {
			t.Errorf("%s: %+v", fault, st)
		}
		for hint := range hints {
			if !json.Valid([]byte(hint)) {
				t.Errorf("%s: %s", fault, hint)
			}
			if strings.Contains(hint, "/ark-output/") {
				break // the true one
			}
		}
	}
}

func TestMagicWordsFailInTheirOwnWay(t *testing.T) {
	t.Parallel()
	s, c := simulator(t, kit.Options{})
	p := pool(t, c, workflow())
	if st := ended(t, p, mustBegin(t, p, "test:fail")); st.Class != egress.Failed || st.Code != "InternalServiceError" {
		t.Errorf("test:fail ends as %+v", st)
	}
	for prompt, want := range map[string]egress.Class{
		"test:provider_down": egress.Transient, "test:refused": egress.ContentRefused, "test:real_person": egress.RealPersonRefused, "test:throttled": egress.Throttled,
	} {
		_, err := begin(t, p, full(prompt))
		if e := asError(t, err); e.Class != want || !e.WasSent {
			t.Errorf("%s: %+v", prompt, e)
		}
	}
	mustBegin(t, p, "test:throttled") // once
	s.Next(sim.Task, "OutputVideoSensitiveContentDetected.PolicyViolation")
	if st := ended(t, p, mustBegin(t, p, "x")); st.Class != egress.ContentRefused {
		t.Errorf("a refusal after the fact is %+v", st)
	}
	s.Next(sim.Task, "expired")
	if st := ended(t, p, mustBegin(t, p, "x")); st.Class != egress.Gone || st.Code != "expired" {
		t.Errorf("an expired task is %+v", st)
	}
}

func TestStateThatNobodySavedIsRefused(t *testing.T) {
	t.Parallel()
	_, err := volcengine.Driver{}.Begin(t.Context(), nil, driver.Order{Resume: []byte("x")})
	if e := asError(t, err); e.Class != egress.Bug || e.Code != "resume" {
		t.Errorf("got %+v", e)
	}
	if _, ok := (volcengine.Driver{}).Leftover([]byte("x")); ok {
		t.Error("something was left behind")
	}
	if required, optional := volcengine.Credentials(); !slices.Equal(required, []string{"api_key"}) || optional != nil {
		t.Errorf("got %v, %v", required, optional)
	}
}

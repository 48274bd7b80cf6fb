package gemini_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/provider/gemini"
)

func noLog() log.Logger { return log.Logger{} }

// follower makes calls without content.
type follower struct{ *egress.Egress }

func (f follower) Follow(ctx context.Context, r wire.Request) (egress.Response, error) {
	return f.Egress.Follow(ctx, "gemini", r)
}

// canned answers questions with bodies, the last one for ever.
type canned struct {
	bodies []string
	seen   []wire.Request
}

func (c *canned) Follow(_ context.Context, r wire.Request) (egress.Response, error) {
	c.seen = append(c.seen, r)
	return egress.Response{Status: 200, Body: []byte(c.bodies[min(len(c.seen), len(c.bodies))-1])}, nil
}

// refused is Google's form of error, which quotes the person.
func refused(status int, word string, details ...any) reply {
	raw, _ := json.Marshal(map[string]any{"error": map[string]any{"code": status, "status": word, "message": "you wrote: a fox", "details": details}})
	return reply{status: status, body: string(raw)}
}

// TestEveryStatusHasItsClass goes through the pool: a call with content that arrived and failed
// there, which is transient for the driver, is an unknown outcome and never made again. 503 is not:
// the call was not taken.
func TestEveryStatusHasItsClass(t *testing.T) {
	t.Parallel()
	type m = map[string]any
	day := m{"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": []any{m{"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}}}
	minute := m{"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": []any{m{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel"}}}
	at := func(field string) m { return m{"fieldViolations": []any{m{"field": field}}} }
	cases := map[string]struct {
		reply reply
		class egress.Class
		code  string
		after time.Duration
	}{
		"a parameter":                     {refused(400, "INVALID_ARGUMENT"), egress.Bug, "INVALID_ARGUMENT", 0},
		"an option":                       {refused(400, "INVALID_ARGUMENT", at("generation_config.image_config.aspect_ratio")), egress.Bug, "INVALID_ARGUMENT", 0},
		"a picture":                       {refused(400, "INVALID_ARGUMENT", at("contents[0].parts[1].inline_data")), egress.BadMedia, "INVALID_ARGUMENT", 0},
		"a linked picture":                {refused(400, "INVALID_ARGUMENT", at("contents[0].parts[1].file_data.file_uri")), egress.BadMedia, "INVALID_ARGUMENT", 0},
		"a wrong key":                     {refused(400, "INVALID_ARGUMENT", m{"reason": "API_KEY_INVALID"}), egress.Auth, "API_KEY_INVALID", 0},
		"a region or a bill":              {refused(400, "FAILED_PRECONDITION"), egress.Quota, "FAILED_PRECONDITION", 0},
		"no key":                          {refused(401, "UNAUTHENTICATED"), egress.Auth, "UNAUTHENTICATED", 0},
		"a key without leave":             {refused(403, "PERMISSION_DENIED"), egress.Auth, "PERMISSION_DENIED", 0},
		"a retired model":                 {refused(404, "NOT_FOUND"), egress.Gone, "NOT_FOUND", 0},
		"not now":                         {refused(429, "RESOURCE_EXHAUSTED", minute, m{"retryDelay": "36s"}), egress.Throttled, "RESOURCE_EXHAUSTED", 36 * time.Second},
		"not now, with a fraction":        {refused(429, "RESOURCE_EXHAUSTED", m{"retryDelay": "1.5s"}), egress.Throttled, "RESOURCE_EXHAUSTED", 1500 * time.Millisecond},
		"not now, for ever":               {refused(429, "RESOURCE_EXHAUSTED", m{"retryDelay": "90000s"}), egress.Throttled, "RESOURCE_EXHAUSTED", time.Hour},
		"not now, but nobody knows when":  {refused(429, "RESOURCE_EXHAUSTED", m{"retryDelay": "soon"}), egress.Throttled, "RESOURCE_EXHAUSTED", 0},
		"not today":                       {refused(429, "RESOURCE_EXHAUSTED", day, m{"retryDelay": "36s"}), egress.Quota, "RESOURCE_EXHAUSTED", 36 * time.Second},
		"a failure at their side":         {refused(500, "INTERNAL"), egress.UnknownOutcome, "INTERNAL", 0},
		"an overload":                     {refused(503, "UNAVAILABLE"), egress.Transient, "UNAVAILABLE", 0},
		"a deadline of theirs":            {refused(504, "DEADLINE_EXCEEDED"), egress.UnknownOutcome, "DEADLINE_EXCEEDED", 0},
		"a status nobody knows":           {refused(409, "SOMETHING_NEW"), egress.Bug, "SOMETHING_NEW", 0},
		"a status that is a sentence":     {refused(400, "you wrote: a fox"), egress.Bug, "unlisted", 0},
		"a gateway's 502":                 {reply{status: 502, body: `{}`}, egress.UnknownOutcome, "http-502", 0},
		"a refusal that came as a 200":    {reply{status: 200, body: refused(503, "UNAVAILABLE").body}, egress.UnknownOutcome, "UNAVAILABLE", 0},
		"an answer of another kind":       {reply{status: 200, body: `{"candidates":7}`}, egress.UnknownOutcome, "reply", 0},
		"a picture that is not in base64": {reply{status: 200, body: `{"candidates":[{"content":{"parts":[{"inlineData":{"data":"?"}}]}}]}`}, egress.UnknownOutcome, "reply", 0},
	}
	for name, tc := range cases {
		_, err := begin(t, pool(t, config(answers(t, tc.reply).URL), pictures(imageModel)), edit("a fox"))
		if e := asError(t, err); e.Class != tc.class || e.Code != tc.code || e.RetryAfter != tc.after || !e.WasSent || strings.Contains(err.Error(), "fox") {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

func TestTheRecordedAnswersAreUnderstood(t *testing.T) {
	t.Parallel()
	list := tape(t)
	for n, want := range map[int]driver.Status{
		2: {Class: egress.ContentRefused, Code: "PROHIBITED_CONTENT"},
		3: {Class: egress.ContentRefused, Code: "IMAGE_SAFETY"},
	} {
		got := mustBegin(t, pool(t, config(answers(t, play(list[n])).URL), pictures(imageModel)), edit("x")).Status
		if got.State != driver.Failed || got.Class != want.Class || got.Code != want.Code {
			t.Errorf("%d: %+v", n+1, got)
		}
	}
	_, err := begin(t, pool(t, config(answers(t, play(list[13])).URL), pictures(imageModel)), edit("x"))
	if e := asError(t, err); e.Class != egress.Throttled || e.RetryAfter != 36*time.Second {
		t.Errorf("got %+v", e)
	}
	p := pool(t, config(answers(t, play(list[10])).URL), videos())
	ticket := driver.Ticket(`{"call":"predictLongRunning","operation":"models/veo-3.1-generate-preview/operations/abc123"}`)
	if s, err := p.Poll(t.Context(), "gemini", ticket); err != nil || s.Class != egress.ContentRefused || s.Code != "raiMediaFiltered" {
		t.Errorf("got %+v, %v", s, err)
	}
}

func TestAVideoThatMayBeInTheMakingIsNotOrderedTwice(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reply reply
		class egress.Class
	}{
		"a deadline of theirs":      {refused(504, "DEADLINE_EXCEEDED"), egress.UnknownOutcome},
		"an overload":               {refused(503, "UNAVAILABLE"), egress.Transient},
		"a failure at their side":   {refused(500, "INTERNAL"), egress.UnknownOutcome},
		"a success without a name":  {reply{status: 200, body: `{}`}, egress.UnknownOutcome},
		"a name that leads astray":  {reply{status: 200, body: `{"name":"models/../files/x"}`}, egress.UnknownOutcome},
		"an answer of another kind": {reply{status: 200, body: `[]`}, egress.UnknownOutcome},
	} {
		_, err := begin(t, pool(t, config(answers(t, tc.reply).URL), videos()), film("x"))
		if e := asError(t, err); e.Class != tc.class || !e.WasSent {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

func TestAnswersToQuestions(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		body  string
		state driver.State
		code  string
		fails bool
	}{
		"not yet":                        {body: `{"name":"models/veo/operations/x"}`, state: driver.Running},
		"nothing was made":               {body: `{"name":"models/veo/operations/x","done":true}`, state: driver.Failed, code: "empty"},
		"an address of another form":     {body: `{"name":"models/veo/operations/x","done":true,"response":{"generateVideoResponse":{"generatedSamples":[{"video":{"uri":"https://evil.example/../x?alt=media"}},{"video":{"uri":":"}}]}}}`, state: driver.Failed, code: "empty"},
		"some were withheld":             {body: `{"name":"models/veo/operations/x","done":true,"response":{"generateVideoResponse":{"raiMediaFilteredCount":1,"generatedSamples":[{"video":{"uri":"/v1beta/files/a:download?alt=media"}}]}}}`, state: driver.Done},
		"an error nobody knows":          {body: `{"name":"models/veo/operations/x","done":true,"error":{"code":99}}`, state: driver.Failed, code: "unlisted"},
		"the operation of somebody else": {body: `{"name":"models/veo/operations/y"}`, fails: true},
		"no operation":                   {body: `[]`, fails: true},
	}
	for name, tc := range cases {
		s, err := poll(tc.body, `{"call":"predictLongRunning","operation":"models/veo/operations/x"}`)
		if tc.fails {
			if e := asError(t, err); e.Class != egress.Transient {
				t.Errorf("%s: %+v", name, e)
			}
			continue
		}
		if err != nil || s.State != tc.state || s.Code != tc.code {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
	p := pool(t, config(answers(t, refused(404, "NOT_FOUND")).URL), videos())
	if s, err := p.Poll(t.Context(), "gemini", driver.Ticket(`{"call":"predictLongRunning","operation":"models/veo/operations/x"}`)); err != nil || s.Class != egress.Gone {
		t.Errorf("got %+v, %v", s, err)
	}
}

// poll asks after an operation of which Google says body.
func poll(body, ticket string) (driver.Status, error) {
	return gemini.Driver{}.Poll(context.Background(), &canned{bodies: []string{body}}, driver.Ticket(ticket))
}

func FuzzWhatGoogleSaysOfAVideo(f *testing.F) {
	f.Add(`{"name":"models/veo/operations/x","done":true,"error":{"code":3}}`, `{"call":"predictLongRunning","operation":"models/veo/operations/x"}`)
	f.Add(`{"name":"models/veo/operations/x","done":true,"response":{"generateVideoResponse":{"generatedSamples":[{"video":{"uri":"/v1beta/files/a:download"}}]}}}`, `{"call":"predictLongRunning","operation":"models/../x"}`)
	f.Fuzz(func(t *testing.T, body, ticket string) {
		s, err := poll(body, ticket)
		var e *egress.Error
		if err != nil && !errors.As(err, &e) {
			t.Errorf("an error without a class: %v", err)
		}
		if err == nil && (s.State == driver.Done) != (len(s.Results) > 0) || strings.ContainsAny(s.Code, " \n\"") {
			t.Errorf("got %+v", s)
		}
	})
}

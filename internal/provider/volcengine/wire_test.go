package volcengine_test

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/medialink"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
)

// document parses JSON.
func document(t *testing.T, raw string) (v map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(raw), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// same compares a request with a recorded one: method, target, credential and body. The official
// client also names itself and its request in headers, which ours does not.
func same(t *testing.T, got seen, want exchange, body map[string]any) {
	t.Helper()
	if got.method != want.Request.Method || got.target != want.Request.Target {
		t.Errorf("%s %s, want %s %s", got.method, got.target, want.Request.Method, want.Request.Target)
	}
	header := http.Header{}
	for _, h := range want.Request.Headers {
		header.Set(h[0], h[1])
	}
	if got.header.Get("Authorization") != header.Get("Authorization") {
		t.Errorf("%s: Authorization %q", got.target, got.header.Get("Authorization"))
	}
	if body == nil {
		if got.body != "" {
			t.Errorf("%s: body %q", got.target, got.body)
		}
		return
	}
	link := regexp.MustCompile(`https://media\.example\.test/m/[A-Za-z0-9_-]+\.jpg`)
	ours := document(t, link.ReplaceAllString(got.body, "https://media.example.test/in.jpg"))
	if got.header.Get("Content-Type") != header.Get("Content-Type") || !reflect.DeepEqual(ours, body) {
		t.Errorf("%s: body\n%v\nwant\n%v", got.target, ours, body)
	}
}

func TestRequestsAreThoseOfTheOfficialClient(t *testing.T) {
	t.Parallel()
	list := tape(t)
	play := func(n int) reply { return reply{list[n-1].Response.Status, list[n-1].Response.Body} }
	srv := answers(t, play(1), play(3), play(3), reply{200, ""}, reply{404, `{"error":{"code":"NotFound.task","message":"no"}}`})
	c := config(srv.URL)
	c.CallbackBase = "https://app.example.test"
	c.Links = medialink.NewBook("https://media.example.test/m", clock.Real{}, noLedger{})
	w := workflow()
	w.Set["seed"] = "10"
	p := pool(t, c, w)
	content := full("the person smiles")
	content["photo"] = photo("\xff\xd8\xffFAKE", "url")
	begun, err := p.Begin(t.Context(), disclose(content), provider.Start{Webhook: "https://app.example.test/cb"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Poll(t.Context(), "volcengine", begun.Ticket)
	if err != nil || s.State != driver.Done || s.Results[0].File.URL != "http://127.0.0.1/out.mp4" {
		t.Fatalf("got %+v, %v", s, err)
	}
	if left, err := p.Forget(t.Context(), "volcengine", begun.Ticket); err != nil || len(left.Erased) != 1 {
		t.Fatalf("got %+v, %v", left, err)
	}
	want := document(t, list[0].Request.Body)
	delete(want, "safety_identifier") // who the person is, is nobody's business there
	same(t, srv.list[0], list[0], want)
	same(t, srv.list[1], list[2], nil)
	same(t, srv.list[3], list[4], nil)
}

// TestFlagsInThePersonsWordsDoNotLeave sends what the official client's second example sends,
// where older models read orders to the service in the words.
func TestFlagsInThePersonsWordsDoNotLeave(t *testing.T) {
	t.Parallel()
	recorded := tape(t)[1]
	srv := answers(t, reply{200, recorded.Response.Body})
	want := document(t, recorded.Request.Body)
	pieces, _ := want["content"].([]any)
	text, _ := pieces[0].(map[string]any)
	flagged, _ := text["text"].(string)
	p := pool(t, config(srv.URL), workflow())
	if _, err := begin(t, p, disclosure.Content{"prompt": words(flagged), "photo": photo("\xff\xd8\xff\xfc\x50\x0a\x11", "base64")}); err != nil {
		t.Fatal(err)
	}
	got := document(t, srv.list[0].body)
	image := map[string]any{"type": "image_url", "role": "first_frame", "image_url": map[string]any{"url": "data:image/jpeg;base64,/9j//FAKEQ=="}}
	if !strings.Contains(flagged, " --duration 5") || !reflect.DeepEqual(got["content"], []any{map[string]any{"type": "text", "text": "the person smiles"}, image}) {
		t.Errorf("got %v", got["content"])
	}
}

func refusal(code, param string) string {
	raw, _ := json.Marshal(map[string]any{"error": map[string]any{"code": code, "param": param, "type": "BadRequest", "message": "you wrote: a fox"}})
	return string(raw)
}

// codes is Ark's table as the pool tells it of a call with content: InternalServiceError, which is
// transient for the driver, is an unknown outcome there. A 400 is a definite no, and stays.
func codes() map[egress.Class]map[int][]string {
	return map[egress.Class]map[int][]string{
		egress.Bug:      {400: {"MissingParameter", "MissingParameter.content", "InvalidParameter", "InvalidParameter.ratio", "InvalidArgumentError", "InvalidArgumentError.UnknownRole", "OutofContextError"}},
		egress.BadMedia: {400: {"InvalidImageURL.EmptyURL", "InvalidImageURL.InvalidFormat"}},
		egress.ContentRefused: {400: {
			"InputTextSensitiveContentDetected", "InputImageSensitiveContentDetected", "InputVideoSensitiveContentDetected", "InputAudioSensitiveContentDetected",
			"OutputTextSensitiveContentDetected", "OutputImageSensitiveContentDetected", "OutputVideoSensitiveContentDetected", "OutputAudioSensitiveContentDetected",
			"InputTextRiskDetection", "OutputImageRiskDetection", "SensitiveContentDetected", "SensitiveContentDetected.SevereViolation", "SensitiveContentDetected.Violence",
			"InputImageSensitiveContentDetected.PolicyViolation", "OutputVideoSensitiveContentDetected.PolicyViolation",
		}},
		egress.RealPersonRefused: {400: {"InputImageSensitiveContentDetected.PrivacyInformation", "InputVideoSensitiveContentDetected.PrivacyInformation"}},
		egress.Transient:         {400: {"ContentSecurityDetectionError"}},
		egress.UnknownOutcome:    {500: {"InternalServiceError"}},
		egress.Quota: {
			400: {"InvalidEndpoint.ClosedEndpoint", "InvalidSubscription"},
			403: {"AccessDenied", "OperationDenied.ServiceNotOpen", "OperationDenied.ServiceOverdue", "OperationDenied.InvalidState", "AccountOverdueError"},
			429: {"QuotaExceeded", "SetLimitExceeded"},
		},
		egress.Auth: {401: {"AuthenticationError", "InvalidAccountStatus"}},
		egress.Gone: {404: {"InvalidEndpointOrModel.NotFound", "InvalidEndpointOrModel.ModelIDAccessDisabled", "ModelNotOpen", "NotFound.x"}},
		egress.Throttled: {429: {
			"RateLimitExceeded.EndpointRPMExceeded", "RateLimitExceeded.EndpointTPMExceeded", "ModelAccountRpmRateLimitExceeded", "ModelAccountTpmRateLimitExceeded", "ModelAccountIpmRateLimitExceeded",
			"APIAccountRpmRateLimitExceeded", "AccountRateLimitExceeded", "InflightBatchsizeExceeded", "ServerOverloaded", "RequestBurstTooFast", "SomethingNew",
		}},
	}
}

func TestEveryCodeHasItsClass(t *testing.T) {
	t.Parallel()
	for class, byStatus := range codes() {
		for status, list := range byStatus {
			for _, code := range list {
				srv := answers(t, reply{status, refusal(code, "")})
				_, err := begin(t, pool(t, config(srv.URL), workflow()), full("a fox"))
				if e := asError(t, err); e.Class != class || e.Code != code || !e.WasSent || strings.Contains(err.Error(), "fox") {
					t.Errorf("%d %s: %+v, want %q", status, code, e, class)
				}
			}
		}
	}
}

func TestRefusalsWithoutACodeOfArks(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reply reply
		class egress.Class
		code  string
	}{
		"a code that is a sentence":       {reply{400, refusal("you wrote: a fox", "")}, egress.Bug, "unlisted"},
		"a picture that cannot be read":   {reply{400, refusal("InvalidParameter", "content[1].image_url")}, egress.BadMedia, "InvalidParameter"},
		"a gateway's 502":                 {reply{502, `{"message":"bad gateway"}`}, egress.UnknownOutcome, "http-502"},
		"a 500 with a code nobody knows":  {reply{500, refusal("Mystery", "")}, egress.UnknownOutcome, "Mystery"},
		"a 403 without a code":            {reply{403, `{}`}, egress.Auth, "http-403"},
		"a success without a task":        {reply{200, `{}`}, egress.UnknownOutcome, "create-reply"},
		"a success with a task like ours": {reply{200, `{"id":"tsk_01jd3v9q"}`}, egress.UnknownOutcome, "create-reply"},
		"a success that is an error":      {reply{200, refusal("InternalServiceError", "")}, egress.UnknownOutcome, "create-reply"},
	}
	for name, tc := range cases {
		_, err := begin(t, pool(t, config(answers(t, tc.reply).URL), workflow()), full("a fox"))
		if e := asError(t, err); e.Class != tc.class || e.Code != tc.code || !e.WasSent {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

func TestTheRecordedErrorIsARealPerson(t *testing.T) {
	t.Parallel()
	recorded := tape(t)[5]
	p := pool(t, config(answers(t, reply{recorded.Response.Status, recorded.Response.Body}).URL), workflow())
	_, err := p.Poll(t.Context(), "volcengine", driver.Ticket(`{"task":"cgt-20261121120000-abcde"}`))
	if e := asError(t, err); e.Class != egress.RealPersonRefused || e.WasSent {
		t.Errorf("got %+v", e)
	}
}

func TestAnOrderThatCannotBeWrittenIsRefusedBeforeAnyCall(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		edit    func(w *driver.Workflow)
		content disclosure.Content
		code    string
	}{
		"no model":                 {func(w *driver.Workflow) { w.ID = "" }, full("x"), "workflow"},
		"another call":             {func(w *driver.Workflow) { w.Call = "images" }, full("x"), "workflow"},
		"a place nobody knows":     {func(w *driver.Workflow) { w.Nodes["prompt"] = driver.Node{Name: "safety_identifier"} }, full("x"), "node"},
		"a place taken twice":      {func(w *driver.Workflow) { w.Nodes["ratio"] = driver.Node{Name: "resolution"} }, full("x"), "node-twice"},
		"a place that is fixed":    {func(w *driver.Workflow) { w.Set["ratio"] = "1:1" }, full("x"), "node-twice"},
		"a setting nobody knows":   {func(w *driver.Workflow) { w.Set["return_last_frame"] = "true" }, full("x"), "setting"},
		"a number that is none":    {func(w *driver.Workflow) { w.Set["seed"] = "ten" }, full("x"), "setting"},
		"a truth that is none":     {func(w *driver.Workflow) { w.Set["camera_fixed"] = "perhaps" }, full("x"), "setting"},
		"a photo as a file":        {func(*driver.Workflow) {}, disclosure.Content{"photo": photo(png, "bytes")}, "transport"},
		"a photo as words":         {func(w *driver.Workflow) { w.Nodes["photo"] = driver.Node{Name: "text"} }, full("x"), "transport"},
		"nothing but options":      {func(*driver.Workflow) {}, disclosure.Content{"ratio": disclosure.Code("1:1")}, "no-content"},
		"a field without its node": {func(w *driver.Workflow) { delete(w.Nodes, "duration") }, full("x"), "no-node"},
	}
	for name, tc := range cases {
		srv := answers(t, reply{500, ""})
		w := workflow()
		tc.edit(&w)
		_, err := begin(t, pool(t, config(srv.URL), w), tc.content)
		if e := asError(t, err); e.Class != egress.Bug || e.Code != tc.code || e.WasSent || len(srv.calls()) > 0 {
			t.Errorf("%s: %+v, calls %v", name, e, srv.calls())
		}
	}
}

func TestSettingsGoOutAsTheirTypes(t *testing.T) {
	t.Parallel()
	srv := answers(t, reply{200, `{"id":"cgt-1"}`})
	w := workflow()
	maps.Copy(w.Set, map[string]string{"camera_fixed": "true", "generate_audio": "false", "service_tier": "flex"})
	w.Nodes["duration"] = driver.Node{Name: "duration", Words: map[string]string{"short": "5"}}
	content := full("x")
	content["duration"] = disclosure.Code("short")
	if _, err := begin(t, pool(t, config(srv.URL), w), content); err != nil {
		t.Fatal(err)
	}
	got := document(t, srv.list[0].body)
	if got["camera_fixed"] != true || got["generate_audio"] != false || got["service_tier"] != "flex" || got["duration"] != 5.0 || got["resolution"] != "720p" || got["callback_url"] != nil {
		t.Errorf("got %v", got)
	}
}

func FuzzWhatArkSaysOfATask(f *testing.F) {
	f.Add(`{"id":"cgt-1","status":"succeeded","content":{"video_url":"https://x.example/v.mp4"}}`, `{"task":"cgt-1"}`)
	f.Add(`{"id":"cgt-1","status":"failed","error":{"code":"x y"}}`, `{"task":"../x"}`)
	f.Fuzz(func(t *testing.T, body, ticket string) {
		s, err := follow(body, ticket)
		var e *egress.Error
		if err != nil && !errors.As(err, &e) {
			t.Errorf("an error without a class: %v", err)
		}
		if err == nil && (s.State == driver.Done) != (len(s.Results) > 0) || strings.ContainsAny(s.Code, " \n\"") {
			t.Errorf("got %+v", s)
		}
	})
}

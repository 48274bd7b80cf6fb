package volcengine_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vow.example/vow/internal/sim/kit"
	"vow.example/vow/internal/sim/volcengine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	key   = "fake-ark-api-key"
	tasks = "/api/v3/contents/generations/tasks"
	photo = "data:image/png;base64,iVBORw0KGgpwaXhlbHM="
)

// bench is a simulator with a client.
type bench struct {
	*volcengine.Sim
	t    *testing.T
	base string
	key  string
}

func start(t *testing.T, o volcengine.Options) *bench {
	t.Helper()
	o.APIKey, o.Models = key, []string{"doubao-seedance-1-0-pro-250528", "doubao-seedance-1-0-lite-i2v-250428", "doubao-seedance-2-0-260128"}
	o.Fields = map[string]string{"text": "prompt", "first_frame": "photo"}
	if o.Render == nil {
		o.Render = func(_ context.Context, j kit.Job) (kit.Output, error) {
			if j.Texts["prompt"] == "no result" {
				return kit.Output{}, errors.New("no result")
			}
			return kit.Output{Data: append(slices.Clone(j.Media["photo"]), j.Options["ratio"]...), MediaType: "video/mp4"}, nil
		}
	}
	s := volcengine.New(o)
	t.Cleanup(s.Close)
	base, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return &bench{Sim: s, t: t, base: base, key: "Bearer " + key}
}

// call makes one call and returns status and body.
func (b *bench) call(method, target, body string) (int, string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.base+target, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Authorization", b.key)
	r.Header.Set("Content-Type", "application/json") // the SDK sends it without a body too
	r.Close = true
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer.StatusCode, string(raw)
}

// order is a complete order, changed by edits.
func order(edits ...map[string]any) string {
	body := map[string]any{
		"model": "doubao-seedance-1-0-pro-250528", "ratio": "9:16", "resolution": "720p", "duration": 5, "watermark": true, "execution_expires_after": 3600,
		"content": []any{text("a fox"), image(photo, "first_frame")},
	}
	for _, edit := range edits {
		maps.Copy(body, edit)
	}
	maps.DeleteFunc(body, func(_ string, v any) bool { return v == nil })
	raw, _ := json.Marshal(body)
	return string(raw)
}

func text(words string) map[string]any { return map[string]any{"type": "text", "text": words} }

func image(url, role string) map[string]any {
	piece := map[string]any{"type": "image_url", "image_url": map[string]any{"url": url}}
	if role != "" {
		piece["role"] = role
	}
	return piece
}

func content(pieces ...any) map[string]any { return map[string]any{"content": pieces} }

func (b *bench) create(edits ...map[string]any) string {
	b.t.Helper()
	status, body := b.call("POST", tasks, order(edits...))
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(body), &made); err != nil || status != 200 || made.ID == "" {
		b.t.Fatalf("%d %s", status, body)
	}
	return made.ID
}

// record is what the service tells of a task.
type record struct {
	Status  string
	Content struct {
		VideoURL string `json:"video_url"`
	}
	Error  struct{ Code string }
	Reason struct{ Code string } `json:"failure_reason"`
	Ratio  string
}

func (b *bench) get(id string) (r record) {
	b.t.Helper()
	status, body := b.call("GET", tasks+"/"+id, "")
	if err := json.Unmarshal([]byte(body), &r); err != nil || status != 200 {
		b.t.Fatalf("%d %s", status, body)
	}
	return r
}

func (b *bench) ended(id string) record {
	b.t.Helper()
	for range 2000 {
		if r := b.get(id); r.Status != "queued" && r.Status != "running" {
			return r
		}
		time.Sleep(time.Millisecond)
	}
	b.t.Fatal("the task does not end")
	return record{}
}

func codeOf(body string) string {
	var said struct {
		Error struct{ Code, Message, Type string }
	}
	if json.Unmarshal([]byte(body), &said) != nil || said.Error.Message == "" || said.Error.Type == "" {
		return "no error of Ark's: " + body
	}
	return said.Error.Code
}

func TestWhatIsNotKnownIsRefused(t *testing.T) {
	t.Parallel()
	b := start(t, volcengine.Options{})
	with := func(name string, v any) string { return order(map[string]any{name: v}) }
	const content0, format = "InvalidParameter.content", "InvalidImageURL.InvalidFormat"
	cases := map[string]struct{ method, target, body, code string }{
		"a path":                      {"GET", "/api/v3/models", "", "NotFound.path"},
		"a method":                    {"PUT", tasks, order(), "NotFound.path"},
		"a query on create":           {"POST", tasks + "?x=1", order(), "InvalidParameter"},
		"a filter":                    {"GET", tasks + "?filter.name=x", "", "InvalidParameter.filter.name"},
		"a page":                      {"GET", tasks + "?page_num=0", "", "InvalidParameter.page_num"},
		"a task":                      {"GET", tasks + "/cgt-x", "", "NotFound.task"},
		"a body that is no JSON":      {"POST", tasks, "{", "InvalidParameter"},
		"a member":                    {"POST", tasks, with("user", "u1"), "InvalidParameter.user"},
		"no model":                    {"POST", tasks, with("model", nil), "MissingParameter.model"},
		"a model":                     {"POST", tasks, with("model", "doubao-x"), "InvalidEndpointOrModel.NotFound"},
		"a ratio":                     {"POST", tasks, with("ratio", "2:1"), "InvalidParameter.ratio"},
		"a resolution":                {"POST", tasks, with("resolution", "8k"), "InvalidParameter.resolution"},
		"a duration as a word":        {"POST", tasks, with("duration", "5"), "InvalidParameter.duration"},
		"a duration that is too long": {"POST", tasks, with("duration", 13), "InvalidParameter.duration"},
		"a duration of the new ones":  {"POST", tasks, order(map[string]any{"model": "doubao-seedance-2-0-260128", "duration": 3}), "InvalidParameter.duration"},
		"frames beside a duration":    {"POST", tasks, with("frames", 29), "InvalidParameter.frames"},
		"a seed with a fraction":      {"POST", tasks, with("seed", 1.5), "InvalidParameter.seed"},
		"a priority":                  {"POST", tasks, with("priority", 10), "InvalidParameter.priority"},
		"a watermark as a word":       {"POST", tasks, with("watermark", "true"), "InvalidParameter.watermark"},
		"a tier":                      {"POST", tasks, with("service_tier", "gold"), "InvalidParameter.service_tier"},
		"a format":                    {"POST", tasks, with("output_format", "gif"), "InvalidParameter.output_format"},
		"a life that is too short":    {"POST", tasks, with("execution_expires_after", 10), "InvalidParameter.execution_expires_after"},
		"a callback without TLS":      {"POST", tasks, with("callback_url", "http://app.example/cb"), "InvalidParameter.callback_url"},
		"content that is no list":     {"POST", tasks, with("content", "x"), "InvalidParameter.content"},
		"no content":                  {"POST", tasks, with("content", []any{}), "MissingParameter.content"},
		"words twice":                 {"POST", tasks, order(content(text("a"), text("b"))), content0},
		"no words":                    {"POST", tasks, order(content(text(""))), content0},
		"a video":                     {"POST", tasks, order(content(map[string]any{"type": "video_url"})), content0},
		"a role":                      {"POST", tasks, order(content(image(photo, "face"))), content0},
		"a role twice":                {"POST", tasks, order(content(image(photo, "first_frame"), image(photo, ""))), content0},
		"a last frame alone":          {"POST", tasks, order(content(image(photo, "last_frame"))), content0},
		"a frame and a reference":     {"POST", tasks, order(content(image(photo, "first_frame"), image(photo, "reference_image"))), content0},
		"an empty address":            {"POST", tasks, order(content(image("", "first_frame"))), "InvalidImageURL.EmptyURL"},
		"an address without TLS":      {"POST", tasks, order(content(image("http://media.example/a.png", "first_frame"))), format},
		"base64 that is none":         {"POST", tasks, order(content(image("data:image/png;base64,?", "first_frame"))), format},
		"a picture that is none":      {"POST", tasks, order(content(image("data:image/png;base64,aGVsbG8=", "first_frame"))), format},
	}
	for name, tc := range cases {
		status, body := b.call(tc.method, tc.target, tc.body)
		if status/100 != 4 || codeOf(body) != tc.code {
			t.Errorf("%s: %d %s, want %s", name, status, body, tc.code)
		}
	}
	if holds := b.Received().Holds; len(holds) > 0 {
		t.Errorf("refused orders are held: %+v", holds)
	}
}

func TestOnlyTheKeyAsBearerOpens(t *testing.T) {
	t.Parallel()
	b := start(t, volcengine.Options{})
	for _, auth := range []string{"", key, "Bearer", "Bearer other-key", "Bearer AKLTfake", "HMAC-SHA256 Credential=AKLTfake/20261121/cn-beijing/ark/request, SignedHeaders=host, Signature=00"} {
		b.key = auth
		if status, body := b.call("POST", tasks, order()); status != 401 || codeOf(body) != "AuthenticationError" {
			t.Errorf("%q: %d %s", auth, status, body)
		}
	}
}

func TestEveryScriptedCodeComesOutWithItsStatus(t *testing.T) {
	t.Parallel()
	b := start(t, volcengine.Options{})
	for status, codes := range map[int][]string{
		400: {"MissingParameter.content", "OutofContextError", "InputTextSensitiveContentDetected", "OutputVideoRiskDetection", "InputImageSensitiveContentDetected.PrivacyInformation", "ContentSecurityDetectionError", "InvalidEndpoint.ClosedEndpoint", "InvalidSubscription"},
		401: {"AuthenticationError", "InvalidAccountStatus"},
		403: {"AccessDenied", "OperationDenied.ServiceOverdue", "AccountOverdueError"},
		404: {"InvalidEndpointOrModel.ModelIDAccessDisabled", "ModelNotOpen", "NotFound.x"},
		429: {"RateLimitExceeded.EndpointRPMExceeded", "ModelAccountTpmRateLimitExceeded", "InflightBatchsizeExceeded", "RequestBurstTooFast", "QuotaExceeded", "SetLimitExceeded"},
		500: {"InternalServiceError"},
	} {
		for _, code := range codes {
			b.Next(volcengine.Create, code)
			if got, body := b.call("POST", tasks, order()); got != status || codeOf(body) != code || !strings.Contains(body, "a fox") {
				t.Errorf("%s: %d %s", code, got, body)
			}
			b.Next(volcengine.Get, code)
			if got, body := b.call("GET", tasks+"/cgt-x", ""); got != status || codeOf(body) != code {
				t.Errorf("%s: %d %s", code, got, body)
			}
			b.Next(volcengine.Delete, code)
			if got, body := b.call("DELETE", tasks+"/cgt-x", ""); got != status || codeOf(body) != code {
				t.Errorf("%s: %d %s", code, got, body)
			}
		}
	}
}

func TestTheRecordedRequestsAreTaken(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("..", "replay", "testdata", "captures", "volcengine-ark-sdk.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []struct {
		Request struct{ Method, Target, Body string }
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	b := start(t, volcengine.Options{Options: kit.Options{Queue: time.Minute}})
	id := b.create()
	for i, recorded := range list {
		body := strings.NewReplacer("https://media.example.test/in.jpg", photo, "data:image/jpeg;base64,/9j/FAKE", photo).Replace(recorded.Request.Body)
		target := strings.ReplaceAll(recorded.Request.Target, "cgt-20261121120000-abcde", id)
		status, answer := b.call(recorded.Request.Method, target, body)
		if status != 200 || recorded.Request.Method == "DELETE" && answer != "" {
			t.Errorf("%d: %d %s", i+1, status, answer)
		}
	}
	want := []string{"order within the words: --resolution", "order within the words: --ratio", "order within the words: --duration", "order within the words: --watermark"}
	odd := b.Received().Violations
	for _, one := range want {
		if !slices.Contains(odd, one) {
			t.Errorf("it noticed %q, not %q", odd, one)
		}
	}
	if fields := b.Received().Requests[1].Fields; !slices.Contains(fields, "safety_identifier") || !slices.Contains(fields, "photo") {
		t.Errorf("it saw %v", fields)
	}
}

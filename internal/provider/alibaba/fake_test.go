package alibaba_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/alibaba"
	"vow.example/vow/internal/provider/driver"
)

// answer is what the line gives to one call.
type answer struct {
	status int
	body   string
	err    error // of the line itself
}

// line is a Sender and a Follower that answers from a list and writes down what it was given.
type line struct {
	media, options []privacy.Field
	transport      string // of media; "": url
	answers        []answer
	seen           []wire.Request
	saved          [][]byte
	saveErr        error
}

func (l *line) Fields() []privacy.Field {
	list := slices.Concat(l.media, l.options)
	slices.Sort(list)
	return list
}

func (l *line) MediaType(f privacy.Field) string {
	if slices.Contains(l.media, f) {
		return "image/jpeg"
	}
	return ""
}

func (l *line) Transport(f privacy.Field) string {
	switch {
	case !slices.Contains(l.media, f):
		return "text"
	case l.transport != "":
		return l.transport
	default:
		return "url"
	}
}

func (l *line) Send(_ context.Context, r wire.Request) (egress.Response, error) {
	l.seen = append(l.seen, r)
	if len(l.seen) > len(l.answers) {
		return egress.Response{}, &egress.Error{Class: egress.Bug, Code: "no-answer-left"}
	}
	a := l.answers[len(l.seen)-1]
	if a.status == 0 {
		a.status = 200
	}
	return egress.Response{Status: a.status, Body: []byte(a.body)}, a.err
}

func (l *line) Follow(ctx context.Context, r wire.Request) (egress.Response, error) {
	return l.Send(ctx, r)
}

func (l *line) Stream(context.Context, wire.Request, func([]byte) error) (egress.Response, error) {
	return egress.Response{}, errors.New("nothing is streamed")
}

func (l *line) Show(privacy.Text) {}

func (l *line) Save(_ context.Context, state []byte) error {
	l.saved = append(l.saved, slices.Clone(state))
	return l.saveErr
}

// refusal is an answer with Alibaba's form of error, classified by its status as egress does.
func refusal(status int, code string, class egress.Class) answer {
	return answer{status: status, body: `{"RequestId":"B2C3","Code":"` + code + `","Message":"you sent a photo of a fox"}`,
		err: &egress.Error{Class: class, Code: "http", WasSent: true, RetryAfter: 1500}}
}

func asError(t *testing.T, err error) *egress.Error {
	t.Helper()
	var e *egress.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *egress.Error", err)
	}
	return e
}

// flow is the wiring of one feature with a photo.
func flow(call, param string, set map[string]string) driver.Workflow {
	return driver.Workflow{Call: call, Set: set, Nodes: map[privacy.Field]driver.Node{"photo": {Name: param}}}
}

// swapFlow is the wiring of a face swap.
func swapFlow() driver.Workflow {
	return driver.Workflow{Call: "MergeImageFace", Set: map[string]string{"ModelVersion": "v1", "AddWatermark": "false"}, Nodes: map[privacy.Field]driver.Node{
		"template_photo": {ID: "AddFaceImageTemplate", Name: "ImageURL"},
		"photo":          {ID: "MergeImageFace", Name: "MergeInfos.1.ImageURL"},
	}}
}

func begin(t *testing.T, l *line, w driver.Workflow, resume []byte) (driver.Begun, error) {
	t.Helper()
	return alibaba.Driver{}.Begin(t.Context(), l, driver.Order{Workflow: w, Resume: resume})
}

// exchange is one recorded exchange of Alibaba's SDK or of the reference client.
type exchange struct {
	Note    string `json:"note"`
	Raw     string `json:"raw_request_base64"`
	Request struct {
		Method, Target string
		Headers        [][2]string
		Body           string
	}
	Response struct {
		Status int
		Body   string
	}
}

func (e exchange) raw(t *testing.T) []byte {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(e.Raw)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// tape reads the recordings.
func tape(t *testing.T, name string) (list []exchange) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "sim", "replay", "testdata", "captures", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

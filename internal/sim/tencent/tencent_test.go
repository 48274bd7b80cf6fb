package tencent

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"image"
	imagepng "image/png"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/sim/kit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	secretID  = "FAKE-SECRET-ID"
	secretKey = "fake-secret-key-not-real"
	png       = "\x89PNG\r\n\x1a\n pixels"
	hunyuan   = "2023-09-01"
	aiart     = "2022-12-29"
	ft        = "2020-03-04"
)

// captured is when the captures were made.
func captured() time.Time { return time.Unix(1795291575, 0).UTC() }

func render(_ context.Context, j kit.Job) (kit.Output, error) {
	if strings.Contains(j.Texts["prompt"], "nothing") {
		return kit.Output{}, errors.New("no")
	}
	return kit.Output{Data: []byte(png + j.Texts["prompt"] + string(j.Media["photo"]) + j.Options["age"]), MediaType: "image/png"}, nil
}

func fresh(t *testing.T, edit func(*Options)) *Sim {
	t.Helper()
	o := Options{SecretID: secretID, SecretKey: secretKey, Fields: map[string]string{"NegativePrompt": "negative_prompt", "Url": "photo", "Image": "photo"}}
	o.Clock, o.Render = clock.NewFake(captured()), render
	if edit != nil {
		edit(&o)
	}
	s := New(o)
	t.Cleanup(s.Close)
	return s
}

// outgoing is one call as a client makes it.
type outgoing struct {
	service, action, version, body string
	at                             time.Time
	edit                           func(*http.Request)
}

// send signs and delivers a call, and returns what is inside the envelope.
func send(t *testing.T, s *Sim, o outgoing) map[string]any {
	t.Helper()
	if o.at.IsZero() {
		o.at = captured()
	}
	stamp, date := strconv.FormatInt(o.at.Unix(), 10), o.at.UTC().Format(time.DateOnly)
	r := httptest.NewRequest("POST", "http://127.0.0.1:9/", strings.NewReader(o.body))
	canonical := "POST\n/\n\ncontent-type:application/json\nhost:127.0.0.1:9\n\ncontent-type;host\n" + digest([]byte(o.body))
	scope := date + "/" + o.service + "/tc3_request"
	signature := sign(secretKey, date, o.service, "TC3-HMAC-SHA256\n"+stamp+"\n"+scope+"\n"+digest([]byte(canonical)))
	for name, v := range map[string]string{
		"Content-Type": "application/json", "X-TC-Action": o.action, "X-TC-Version": o.version, "X-TC-Timestamp": stamp, "X-TC-Region": "ap-guangzhou",
		"Authorization": "TC3-HMAC-SHA256 Credential=" + secretID + "/" + scope + ", SignedHeaders=content-type;host, Signature=" + signature,
	} {
		r.Header.Set(name, v)
	}
	if o.edit != nil {
		o.edit(r)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("HTTP %d: Tencent says 200 whatever happens", w.Code)
	}
	var env struct{ Response map[string]any }
	if err := json.Unmarshal(w.Body.Bytes(), &env); err != nil || env.Response["RequestId"] == "" {
		t.Fatalf("%s: %v", w.Body, err)
	}
	return env.Response
}

// codeOf returns the error's code inside an envelope, or "".
func codeOf(envelope map[string]any) string {
	e, _ := envelope["Error"].(map[string]any)
	code, _ := e["Code"].(string)
	return code
}

func lite(body string) outgoing {
	return outgoing{service: "hunyuan", action: "TextToImageLite", version: hunyuan, body: body}
}

func submit(body string) outgoing {
	return outgoing{service: "hunyuan", action: "SubmitHunyuanImageJob", version: hunyuan, body: body}
}

func query(id string) outgoing {
	return outgoing{service: "hunyuan", action: "QueryHunyuanImageJob", version: hunyuan, body: `{"JobId":"` + id + `"}`}
}

func age(body string) outgoing {
	return outgoing{service: "ft", action: "ChangeAgePic", version: ft, body: body}
}

func TestTheCapturedRequestsOfTheSDKAreTaken(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("..", "replay", "testdata", "captures", "tencent-common-sdk.json"))
	if err != nil {
		t.Fatal(err)
	}
	var tape []struct {
		Raw []byte `json:"raw_request_base64"`
	}
	if err := json.Unmarshal(raw, &tape); err != nil {
		t.Fatal(err)
	}
	want := []string{"", "", "", "FailedOperation.JobNotExist", "", "FailedOperation.ImageDownloadError", "RequestLimitExceeded"}
	s := fresh(t, nil)
	for i, x := range tape {
		if want[i] == "RequestLimitExceeded" {
			s.Next(want[i])
		}
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(x.Raw)))
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		var env struct{ Response map[string]any }
		if err := json.Unmarshal(w.Body.Bytes(), &env); err != nil || codeOf(env.Response) != want[i] {
			t.Errorf("capture %d: %s, want %q", i+1, w.Body, want[i])
		}
	}
	if odd := s.Received().Violations; len(odd) > 0 {
		t.Errorf("the service noticed %v", odd)
	}
}

func TestASignatureMustFitInEveryPart(t *testing.T) {
	t.Parallel()
	const fine = `{"Prompt":"a fox"}`
	cases := map[string]struct {
		edit func(*http.Request)
		at   time.Duration
		want string
	}{
		"all is well":                   {nil, 0, ""},
		"five minutes late":             {nil, -5 * time.Minute, ""},
		"more than five minutes late":   {nil, -5*time.Minute - time.Second, "AuthFailure.SignatureExpire"},
		"more than five minutes early":  {nil, 5*time.Minute + time.Second, "AuthFailure.SignatureExpire"},
		"another body":                  {func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(`{"Prompt":"a wolf"}`)) }, 0, "AuthFailure.SignatureFailure"},
		"another host":                  {func(r *http.Request) { r.Host = "other.example" }, 0, "AuthFailure.SignatureFailure"},
		"another key":                   {swap("Authorization", "FAKE-SECRET-ID", "FAKE-SECRET-XX"), 0, "AuthFailure.SecretIdNotFound"},
		"another service in the scope":  {swap("Authorization", "/hunyuan/", "/aiart/"), 0, "AuthFailure.SignatureFailure"},
		"another day in the scope":      {swap("Authorization", "2026-11-21", "2026-11-20"), 0, "AuthFailure.SignatureFailure"},
		"a host that is not signed":     {swap("Authorization", "content-type;host", "content-type"), 0, "AuthFailure.SignatureFailure"},
		"commas without a space":        {swap("Authorization", ", ", ","), 0, "AuthFailure.SignatureFailure"},
		"no signature":                  {func(r *http.Request) { r.Header.Del("Authorization") }, 0, "AuthFailure.SignatureFailure"},
		"a token that nobody gave":      {func(r *http.Request) { r.Header.Set("X-TC-Token", "stolen") }, 0, "AuthFailure.TokenFailure"},
		"a time that is none":           {func(r *http.Request) { r.Header.Set("X-TC-Timestamp", "now") }, 0, "AuthFailure.SignatureExpire"},
		"no action":                     {func(r *http.Request) { r.Header.Del("X-TC-Action") }, 0, "MissingParameter"},
		"no region":                     {func(r *http.Request) { r.Header.Del("X-TC-Region") }, 0, "MissingParameter"},
		"a region far away":             {func(r *http.Request) { r.Header.Set("X-TC-Region", "moon") }, 0, "UnsupportedRegion"},
		"an action that does not exist": {func(r *http.Request) { r.Header.Set("X-TC-Action", "TextToMusic") }, 0, "InvalidAction"},
		"an action of another service":  {func(r *http.Request) { r.Header.Set("X-TC-Action", "ChangeAgePic"); r.Header.Set("X-TC-Version", ft) }, 0, "InvalidAction"},
		"a version that does not exist": {func(r *http.Request) { r.Header.Set("X-TC-Version", "2019-01-01") }, 0, "NoSuchVersion"},
		"a form":                        {func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }, 0, "InvalidParameter"},
		"a GET":                         {func(r *http.Request) { r.Method = "GET" }, 0, "UnsupportedProtocol"},
		"another path":                  {func(r *http.Request) { r.URL.Path = "/v2" }, 0, "InvalidRequest"},
		"a query":                       {func(r *http.Request) { r.URL.RawQuery = "a=b" }, 0, "InvalidRequest"},
	}
	for name, tc := range cases {
		o := lite(fine)
		o.edit, o.at = tc.edit, captured().Add(tc.at)
		if got := codeOf(send(t, fresh(t, nil), o)); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

// swap replaces a part of a header.
func swap(name, from, to string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, strings.ReplaceAll(r.Header.Get(name), from, to)) }
}

func TestAServiceWhoseClockIsOffRefusesWhatIsOnTime(t *testing.T) {
	t.Parallel()
	s := fresh(t, func(o *Options) { o.Skew = 10 * time.Minute })
	if got := codeOf(send(t, s, lite(`{"Prompt":"a fox"}`))); got != "AuthFailure.SignatureExpire" {
		t.Errorf("got %q", got)
	}
}

func TestParametersAreJudgedOneByOne(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return strings.Repeat("雨", n) }
	photo := base64.StdEncoding.EncodeToString([]byte(png))
	cases := map[string]struct {
		o    outgoing
		want string
	}{
		"256 characters":                    {lite(`{"Prompt":"` + long(256) + `"}`), ""},
		"257 characters":                    {lite(`{"Prompt":"` + long(257) + `"}`), "InvalidParameterValue"},
		"1024 characters of a job":          {submit(`{"Revise":0,"Prompt":"` + long(1024) + `"}`), ""},
		"1025 characters of a job":          {submit(`{"Revise":0,"Prompt":"` + long(1025) + `"}`), "InvalidParameterValue"},
		"no prompt":                         {lite(`{"Style":"201"}`), "MissingParameter"},
		"a prompt that is no text":          {lite(`{"Prompt":7}`), "InvalidParameter"},
		"a member that nobody knows":        {lite(`{"Prompt":"a","Userid":"x"}`), "UnknownParameter"},
		"a style with aiart":                {outgoing{service: "aiart", action: "TextToImageLite", version: aiart, body: `{"Prompt":"a","Style":"201"}`}, "UnknownParameter"},
		"a style that is no number":         {lite(`{"Prompt":"a","Style":"riman"}`), "InvalidParameterValue"},
		"a resolution of its list":          {lite(`{"Prompt":"a","Resolution":"1080:1920"}`), ""},
		"a resolution of another list":      {submit(`{"Prompt":"a","Revise":0,"Resolution":"1080:1920"}`), "InvalidParameterValue"},
		"a resolution of neither":           {lite(`{"Prompt":"a","Resolution":"1:1"}`), "InvalidParameterValue"},
		"a logo as a text":                  {lite(`{"Prompt":"a","LogoAdd":"1"}`), "InvalidParameter"},
		"a logo twice":                      {lite(`{"Prompt":"a","LogoAdd":2}`), "InvalidParameterValue"},
		"a broken number":                   {submit(`{"Prompt":"a","Revise":0,"Num":1.5}`), "InvalidParameterValue"},
		"five pictures":                     {submit(`{"Prompt":"a","Revise":0,"Num":5}`), "InvalidParameterValue"},
		"a logo of its own":                 {lite(`{"Prompt":"a","LogoParam":{"LogoUrl":"x"}}`), ""},
		"a logo with a member too many":     {lite(`{"Prompt":"a","LogoParam":{"Owner":"x"}}`), "UnknownParameter"},
		"a logo that is a list":             {lite(`{"Prompt":"a","LogoParam":[]}`), "InvalidParameter"},
		"another form of answer":            {lite(`{"Prompt":"a","RspImgType":"hex"}`), "InvalidParameterValue"},
		"hunyuan 3.0 in its own sizes":      {outgoing{service: "aiart", action: "SubmitTextToImageJob", version: aiart, body: `{"Prompt":"a","Revise":0,"Resolution":"640:1408"}`}, ""},
		"no age":                            {age(`{"Url":"http://127.0.0.1:1/a.png"}`), "MissingParameter"},
		"no ages":                           {age(`{"AgeInfos":[],"Image":"` + photo + `"}`), "InvalidParameterValue"},
		"four ages":                         {age(`{"AgeInfos":[{"Age":20},{"Age":20},{"Age":20},{"Age":20}],"Image":"x"}`), "InvalidParameterValue"},
		"an age that is an object":          {age(`{"AgeInfos":{"Age":20}}`), "InvalidParameter"},
		"an age without a number":           {age(`{"AgeInfos":[{}]}`), "MissingParameter"},
		"an age of nine":                    {age(`{"AgeInfos":[{"Age":9}]}`), "InvalidParameterValue"},
		"an age in words":                   {age(`{"AgeInfos":["old"]}`), "InvalidParameter"},
		"an age with a name":                {age(`{"AgeInfos":[{"Age":20,"Name":"Jo"}]}`), "UnknownParameter"},
		"a place with a member too many":    {age(`{"AgeInfos":[{"Age":20,"FaceRect":{"Z":1}}]}`), "UnknownParameter"},
		"no picture":                        {age(`{"AgeInfos":[{"Age":20}]}`), "MissingParameter"},
		"a picture inside":                  {age(`{"AgeInfos":[{"Age":20}],"Image":"` + photo + `"}`), ""},
		"a picture that is no base64":       {age(`{"AgeInfos":[{"Age":20}],"Image":"???"}`), "FailedOperation.ImageDecodeFailed"},
		"a GIF":                             {age(`{"AgeInfos":[{"Age":20}],"Image":"` + base64.StdEncoding.EncodeToString([]byte("GIF89a...")) + `"}`), "FailedOperation.ImageDecodeFailed"},
		"a link that goes nowhere":          {age(`{"AgeInfos":[{"Age":20}],"Url":"http://127.0.0.1:1/a.png"}`), "FailedOperation.ImageDownloadError"},
		"a link that is not encrypted":      {age(`{"AgeInfos":[{"Age":20}],"Url":"http://media.example/a.png"}`), "FailedOperation.ImageDownloadError"},
		"a picture of more than 5 MB":       {age(`{"AgeInfos":[{"Age":20}],"Image":"` + base64.StdEncoding.EncodeToString(append([]byte(png), make([]byte, 4<<20)...)) + `"}`), "FailedOperation.ImageSizeExceed"},
		"a picture of more than 2000 wide":  {age(`{"AgeInfos":[{"Age":20}],"Image":"` + base64.StdEncoding.EncodeToString(wide()) + `"}`), "FailedOperation.ImagePixelExceed"},
		"a job that does not exist":         {query("1250000000-1"), "FailedOperation.JobNotExist"},
		"a question with a member too many": {outgoing{service: "hunyuan", action: "QueryHunyuanImageJob", version: hunyuan, body: `{"JobId":"1","All":true}`}, "UnknownParameter"},
	}
	for name, tc := range cases {
		if got := codeOf(send(t, fresh(t, nil), tc.o)); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

// wide is a PNG of 2001 by 1 pixels.
func wide() []byte {
	var b bytes.Buffer
	_ = imagepng.Encode(&b, image.NewGray(image.Rect(0, 0, 2001, 1)))
	return b.Bytes()
}

func TestEveryCodeOfTheTableCanBeProduced(t *testing.T) {
	t.Parallel()
	s := fresh(t, nil)
	for _, code := range []string{
		"AuthFailure.UnauthorizedOperation", "RequestLimitExceeded", "FailedOperation.FreqCtrl", "InternalError", "FailedOperation.InnerError",
		"OperationDenied.ImageIllegalDetected", "FailedOperation.DetectNoFace", "FailedOperation.FaceSizeTooSmall", "ResourceUnavailable.InArrears",
		"ResourcesSoldOut.ChargeStatusException", "FailedOperation.RequestEntityTooLarge",
	} {
		s.Next(code)
		if got := codeOf(send(t, s, lite(`{"Prompt":"a fox"}`))); got != code {
			t.Errorf("got %q, want %q", got, code)
		}
	}
	if got := codeOf(send(t, s, lite(`{"Prompt":"a fox"}`))); got != "" {
		t.Errorf("the script does not end: %q", got)
	}
}

func TestWhatArrivedAndIsHeldIsReported(t *testing.T) {
	t.Parallel()
	now := clock.NewFake(captured())
	s := fresh(t, func(o *Options) { o.Clock = now })
	got := send(t, s, lite(`{"Prompt":"a fox","NegativePrompt":"snow","Style":"201","Resolution":"768:768","LogoAdd":1,"RspImgType":"url"}`))
	if link, _ := got["ResultImage"].(string); !strings.HasPrefix(link, "http://127.0.0.1:9/output/") || !strings.HasSuffix(link, ".png") {
		t.Errorf("got %v", got)
	}
	e := s.Received()
	if want := []string{"negative_prompt", "prompt", "resolution", "style"}; !slices.Equal(e.Requests[0].Fields, want) {
		t.Errorf("fields %v, want %v", e.Requests[0].Fields, want)
	}
	held := func() map[string]int {
		m := map[string]int{}
		for _, h := range s.Received().Holds {
			m[h.Kind]++
		}
		return m
	}
	if got := held(); !maps.Equal(got, map[string]int{"text": 4, "output": 1}) {
		t.Errorf("held: %v", got)
	}
	now.Advance(time.Hour)
	if got := held(); !maps.Equal(got, map[string]int{"text": 4}) {
		t.Errorf("an hour later: %v", got)
	}
}

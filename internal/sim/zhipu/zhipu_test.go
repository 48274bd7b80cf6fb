package zhipu

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/sim/kit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	key = "fakeid0000000000.fakesecret00000000"
	png = "\x89PNG\r\n\x1a\n pixels"
)

// captured is when the token in the captures was made.
func captured() time.Time { return time.UnixMilli(1795289665000).UTC() }

func render(_ context.Context, j kit.Job) (kit.Output, error) {
	switch {
	case strings.Contains(j.Texts["prompt"], "nothing"):
		return kit.Output{}, errors.New("no")
	case j.Want == "image":
		return kit.Output{Data: []byte(png), MediaType: "image/png"}, nil
	}
	return kit.Output{Data: []byte("\x00\x00\x00\x18ftypmp42" + j.Texts["prompt"] + string(j.Media["photo"]) + j.Options["size"]), MediaType: "video/mp4"}, nil
}

func fresh(t *testing.T, edit func(*Options)) *Sim {
	t.Helper()
	o := Options{Key: key, Models: []string{"cogvideox-3"}, Fields: map[string]string{"image_url": "photo"}}
	o.Clock, o.Render = clock.NewFake(captured()), render
	if edit != nil {
		edit(&o)
	}
	s := New(o)
	t.Cleanup(s.Close)
	return s
}

// call makes a call and returns the status and the answer.
func call(t *testing.T, s *Sim, method, path, body string, edits ...func(*http.Request)) (int, map[string]any) {
	t.Helper()
	var from io.Reader
	if body != "" {
		from = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, "http://127.0.0.1:9"+Root+path, from)
	r.Header.Set("Authorization", "Bearer "+key)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, edit := range edits {
		edit(r)
	}
	return deliver(t, s, r)
}

func deliver(t *testing.T, s *Sim, r *http.Request) (int, map[string]any) {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	var out map[string]any
	if w.Header().Get("Content-Type") == "application/json" {
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			t.Fatal(err)
		}
	}
	return w.Code, out
}

// codeOf returns the code of an answer that is an error, or "".
func codeOf(answer map[string]any) string {
	e, _ := answer["error"].(map[string]any)
	code, _ := e["code"].(string)
	return code
}

func submit(t *testing.T, s *Sim, body string) (int, map[string]any) {
	t.Helper()
	return call(t, s, "POST", "/videos/generations", body)
}

// with is the body of a call with one more member.
func with(member string) string {
	return `{"model":"cogvideox-3","prompt":"she smiles",` + member + `}`
}

func TestTheCapturedRequestsAreTaken(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("..", "replay", "testdata", "captures", "zhipu-rest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var tape []struct {
		Raw []byte `json:"raw_request_base64"`
	}
	if err := json.Unmarshal(raw, &tape); err != nil {
		t.Fatal(err)
	}
	s := fresh(t, nil)
	// the links of the second lead nowhere, and the job of the third is not known here
	want := []string{"", "1214", "404", "1301"}
	for i, x := range tape {
		if want[i] == "1301" {
			s.Next("1301")
		}
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(x.Raw)))
		if err != nil {
			t.Fatal(err)
		}
		if _, got := deliver(t, s, r); codeOf(got) != want[i] {
			t.Errorf("capture %d: %v, want %q", i+1, got, want[i])
		}
	}
	if odd := s.Received().Violations; !slices.Equal(odd, []string{"user_id: names a person"}) {
		t.Errorf("the service noticed %v", odd)
	}
}

// token is a key in the form of a token.
func token(secret, id string, exp, stamp int64, alg string) string {
	enc := base64.RawURLEncoding.EncodeToString
	signed := enc(fmt.Appendf(nil, `{"alg":%q,"sign_type":"SIGN"}`, alg)) + "." + enc(fmt.Appendf(nil, `{"api_key":%q,"exp":%d,"timestamp":%d}`, id, exp, stamp))
	return signed + "." + enc(macOf(secret, signed))
}

func TestAKeyIsTakenAsItIsOrAsAToken(t *testing.T) {
	t.Parallel()
	const id, secret = "fakeid0000000000", "fakesecret00000000"
	ms := captured().UnixMilli()
	cases := map[string]struct{ header, want string }{
		"the key":                   {"Bearer " + key, ""},
		"a token":                   {"Bearer " + token(secret, id, ms+210000, ms, "HS256"), ""},
		"nothing":                   {"", "1001"},
		"no bearer":                 {key, "1002"},
		"another key":               {"Bearer other.key", "1000"},
		"a token of another secret": {"Bearer " + token("x", id, ms+210000, ms, "HS256"), "1004"},
		"a token of another key":    {"Bearer " + token(secret, "x", ms+210000, ms, "HS256"), "1000"},
		"a token that has expired":  {"Bearer " + token(secret, id, ms-1, ms, "HS256"), "1003"},
		"an expiry in seconds":      {"Bearer " + token(secret, id, ms/1000+210, ms/1000, "HS256"), "1003"},
		"a token without a lock":    {"Bearer " + token(secret, id, ms+210000, ms, "none"), "1002"},
	}
	for name, tc := range cases {
		status, got := call(t, fresh(t, nil), "POST", "/videos/generations", with(`"fps":30`), func(r *http.Request) { r.Header.Set("Authorization", tc.header) })
		if codeOf(got) != tc.want || tc.want != "" && status != http.StatusUnauthorized {
			t.Errorf("%s: %d %v, want %q", name, status, got, tc.want)
		}
	}
}

func TestMembersAreJudgedOneByOne(t *testing.T) {
	t.Parallel()
	b64 := func(data string) string { return base64.StdEncoding.EncodeToString([]byte(data)) }
	cases := map[string]struct{ body, want string }{
		"words only":                         {with(`"quality":"speed"`), ""},
		"a picture in base64":                {with(`"image_url":"` + b64(png) + `"`), ""},
		"a picture as data URL":              {with(`"image_url":"data:image/png;base64,` + b64(png) + `"`), ""},
		"two frames":                         {with(`"image_url":["` + b64(png) + `","` + b64(png) + `"]`), ""},
		"three frames":                       {with(`"image_url":["a","b","c"]`), "1214"},
		"a frame that is a number":           {with(`"image_url":[1,2]`), "1214"},
		"a GIF":                              {with(`"image_url":"` + b64("GIF89a...") + `"`), "1214"},
		"a picture that is no base64":        {with(`"image_url":"???"`), "1214"},
		"a link that goes nowhere":           {with(`"image_url":"http://127.0.0.1:1/a.png"`), "1214"},
		"a picture of more than 5 MB":        {with(`"image_url":"` + b64(png+strings.Repeat("x", 5<<20)) + `"`), "status 435"},
		"no model":                           {`{"prompt":"a"}`, "1213"},
		"neither words nor picture":          {`{"model":"cogvideox-3"}`, "1213"},
		"a model that nobody has":            {`{"model":"cogvideox-9","prompt":"a"}`, "1211"},
		"a member that nobody knows":         {with(`"seed":1`), "1210"},
		"512 characters":                     {`{"model":"cogvideox-3","prompt":"` + strings.Repeat("雨", 512) + `"}`, ""},
		"513 characters":                     {`{"model":"cogvideox-3","prompt":"` + strings.Repeat("雨", 513) + `"}`, "1261"},
		"another quality":                    {with(`"quality":"best"`), "1214"},
		"another size":                       {with(`"size":"1x1"`), "1214"},
		"a duration of six":                  {with(`"duration":6`), "1214"},
		"a duration in words":                {with(`"duration":"5"`), "1214"},
		"24 pictures a second":               {with(`"fps":24`), "1214"},
		"sound in words":                     {with(`"with_audio":"true"`), "1214"},
		"a picture without its mark":         {with(`"watermark_enabled":false`), "1220"},
		"a picture with its mark":            {with(`"watermark_enabled":true`), ""},
		"a person's name that is too short":  {with(`"user_id":"a"`), "1214"},
		"a request_id that is too long":      {with(`"request_id":"` + strings.Repeat("x", 65) + `"`), "1214"},
		"no JSON":                            {`{"model"`, "1210"},
		"a list":                             {`[]`, "1210"},
		"every option":                       {with(`"quality":"quality","size":"1080x1920","fps":60,"duration":10,"with_audio":false,"request_id":"job-0001"`), ""},
		"words that are a number":            {`{"model":"cogvideox-3","prompt":7}`, "1214"},
		"a model that is a number":           {`{"model":3,"prompt":"a"}`, "1211"},
		"a frame of a picture that is a GIF": {with(`"image_url":["` + b64(png) + `","` + b64("GIF89a...") + `"]`), "1214"},
	}
	for name, tc := range cases {
		status, got := submit(t, fresh(t, nil), tc.body)
		code := codeOf(got)
		if status != http.StatusOK && code == "" {
			code = fmt.Sprintf("status %d", status)
		}
		if code != tc.want {
			t.Errorf("%s: %d %v, want %q", name, status, got, tc.want)
		}
	}
}

func TestOtherPathsAndMethodsAreRefused(t *testing.T) {
	t.Parallel()
	for _, at := range [][2]string{{"GET", "/videos/generations"}, {"POST", "/async-result/1"}, {"DELETE", "/async-result/1"}, {"GET", "/models"}, {"GET", "/async-result/1?x=y"}, {"GET", "/async-result/1"}} {
		body := ""
		if at[0] == "POST" {
			body = "{}"
		}
		if status, got := call(t, fresh(t, nil), at[0], at[1], body); status != http.StatusNotFound || codeOf(got) != "404" {
			t.Errorf("%v: %d %v", at, status, got)
		}
	}
}

func TestEveryCodeOfTheTableCanBeProduced(t *testing.T) {
	t.Parallel()
	table := map[int][]string{
		400: {"1210", "1214", "1231", "1234", "1261", "1300", "1301"}, 401: {"1000", "1004"},
		429: {"1113", "1302", "1303", "1304", "1305", "1308", "1310", "1312"}, 434: {"1220", "434"}, 435: {"435"}, 500: {"500"},
	}
	s := fresh(t, nil)
	for want, codes := range table {
		for _, code := range codes {
			s.Next(code)
			status, got := submit(t, s, with(`"fps":30`))
			if status != want || codeOf(got) != code && code != "434" && code != "435" {
				t.Errorf("%s: %d %v, want %d", code, status, got, want)
			}
			if _, filtered := got["contentFilter"]; filtered != (code == "1300" || code == "1301") {
				t.Errorf("%s: %v", code, got)
			}
		}
	}
}

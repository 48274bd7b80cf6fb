package alibaba_test

import (
	"bufio"
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/egress/medialink"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/alibaba"
	"vow.example/vow/internal/provider/driver"
)

// recorded is one request of the SDK, by its action.
func recorded(t *testing.T, action string) (s seen, response string) {
	t.Helper()
	for _, name := range []string{"aliyun-sdk.json", "aliyun-rest.json"} {
		for _, e := range tape(t, name) {
			r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(e.raw(t))))
			if err != nil {
				t.Fatal(err)
			}
			if r.Header.Get("x-acs-action") != action || e.Response.Status != http.StatusOK {
				continue
			}
			body, _ := io.ReadAll(r.Body)
			form, _ := url.ParseQuery(string(body))
			return seen{r.Method, r.Host, r.URL.Query(), form, r.Header, body}, e.Response.Body
		}
	}
	t.Fatalf("%s was not recorded", action)
	return s, ""
}

// answers gives, to each action, the answer that was recorded for it.
func answers(t *testing.T) http.Handler {
	t.Helper()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, body := recorded(t, r.Header.Get("x-acs-action"))
		w.Header().Set("Content-Type", "application/json;charset=utf-8")
		_, _ = io.WriteString(w, body)
	})
}

// TestRequestsAreThoseOfTheSDK compares each request with what Alibaba's SDK sends for the same
// action: method, place and value of every parameter, and the set of headers.
func TestRequestsAreThoseOfTheSDK(t *testing.T) {
	t.Parallel()
	record := &tap{}
	srv := record.in(t, answers(t))
	c := config(srv.URL)
	c.Clock = clock.NewFake(noon())
	c.Links = medialink.NewBook("https://media.example.test", c.Clock, &reads{})
	features := map[privacy.FeatureID]driver.Workflow{
		"recognize": flow("RecognizeFace", "ImageURL", map[string]string{"Age": "true", "Gender": "true", "Quality": "true", "MaxFaceNumber": "5"}),
		"detect":    flow("DetectFace", "ImageURL", nil),
		"swap":      swapFlow(),
		"anime":     flow("GenerateHumanAnimeStyle", "ImageURL", map[string]string{"AlgoType": "anime"}),
		"sketch":    flow("GenerateHumanSketchStyle", "ImageURL", map[string]string{"ReturnType": "head"}),
		"colorize":  flow("ColorizeImage", "ImageURL", nil),
		"enlarge":   flow("MakeSuperResolutionImage", "Url", map[string]string{"UpscaleFactor": "2", "OutputFormat": "jpg", "OutputQuality": "95"}),
		"cartoon":   flow("GenerateCartoonizedImage", "ImageUrl", map[string]string{"Index": "0"}),
	}
	p := pool(t, c, provider.Wiring{recipient: {Driver: alibaba.Name, Workflows: features}})
	for _, f := range slices.Sorted(maps.Keys(features)) {
		content := map[privacy.Field]string{"photo": picture(t, "")}
		if f == "swap" {
			content["template_photo"] = picture(t, "")
		}
		begun, err := p.Begin(t.Context(), disclose(f, content), provider.Start{})
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		follow(t, p, f, begun)
	}
	compared := map[string]bool{}
	for _, got := range record.list {
		want, _ := recorded(t, got.action())
		equal(t, got, want)
		compared[got.action()] = true
	}
	if len(compared) != 13 || !compared["CancelWaitingAsyncJob"] || !compared["QueryFaceImageTemplate"] {
		t.Errorf("compared %v", slices.Sorted(maps.Keys(compared)))
	}
}

// follow asks every question that the driver has.
func follow(t *testing.T, p *provider.Pool, f privacy.FeatureID, begun driver.Begun) {
	t.Helper()
	if begun.Status != nil {
		return
	}
	if s, err := p.Poll(t.Context(), recipient, begun.Ticket); err != nil || s.State != driver.Done || !strings.HasPrefix(s.Results[0].File.URL, "http://127.0.0.1/out.jpg") {
		t.Errorf("%s: %+v, %v", f, s, err)
	}
	want := driver.TooLate
	if f == "cartoon" {
		want = driver.Stopped
	}
	if out, err := p.Cancel(t.Context(), recipient, begun.Ticket); out != want || err != nil {
		t.Errorf("%s: %v, %v", f, out, err)
	}
	if _, err := p.Forget(t.Context(), recipient, begun.Ticket); err != nil {
		t.Errorf("%s: %v", f, err)
	}
}

// equal compares field by field. The client's name, compression and the end of the connection are ours, and the SDK names
// the kind of its key in a header of its own. What is never asked for, the recording asked for.
func equal(t *testing.T, got, want seen) {
	t.Helper()
	if got.action() == "DetectFace" {
		want.form.Set("Pose", "false")
		want.form.Set("Quality", "false")
	}
	if got.method != want.method || got.header.Get("x-acs-version") != want.header.Get("x-acs-version") {
		t.Errorf("%s: %s of version %s", got.action(), got.method, got.header.Get("x-acs-version"))
	}
	for what, pair := range map[string][2]url.Values{"query": {got.query, want.query}, "body": {got.form, want.form}} {
		if ours, theirs := plainLinks(pair[0]), plainLinks(pair[1]); !reflect.DeepEqual(ours, theirs) {
			t.Errorf("%s: %s\n%v\nwant\n%v", got.action(), what, ours, theirs)
		}
	}
	names := func(h http.Header) []string {
		h = h.Clone()
		for _, ours := range []string{"User-Agent", "Accept-Encoding", "Connection", "X-Acs-Credentials-Provider"} {
			h.Del(ours)
		}
		return slices.Sorted(maps.Keys(h))
	}
	if ours, theirs := names(got.header), names(want.header); !slices.Equal(ours, theirs) {
		t.Errorf("%s: headers\n%v\nwant\n%v", got.action(), ours, theirs)
	}
	for _, name := range []string{"Accept", "Content-Type"} {
		if got.header.Get(name) != want.header.Get(name) {
			t.Errorf("%s: %s is %q, want %q", got.action(), name, got.header.Get(name), want.header.Get(name))
		}
	}
	if !got.isSigned() || got.header.Get("x-acs-date") != "2026-11-21T20:06:06Z" {
		t.Errorf("%s: the signature is wrong", got.action())
	}
}

// plainLinks replaces the addresses of pictures, and the names that the recordings made up.
func plainLinks(v url.Values) url.Values {
	out := url.Values{}
	for name, list := range v {
		for _, value := range list {
			if strings.HasPrefix(value, "https://media.example.test/") {
				value = "[link]"
			}
			if name == "JobId" {
				value = "[job]"
			}
			out.Add(name, value)
		}
	}
	return out
}

func TestSignaturesOfTheRecordingsAreUnderstood(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"RecognizeFace", "QueryFaceImageTemplate", "GenerateHumanAnimeStyle", "MergeImageFace", "CancelWaitingAsyncJob"} {
		if s, _ := recorded(t, action); !s.isSigned() {
			t.Errorf("%s: the judge of signatures is wrong", action)
		}
	}
}

package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vow.example/vow/client"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/web/inprocess"
)

// The pictures of the apps reach their home pages through the API that any app uses.
func TestEveryHomePageShowsTheSamplesOfItsApp(t *testing.T) {
	t.Parallel()
	d := newTold(t).demo
	get := func(path, lang string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		r.Header.Set("Accept-Language", lang)
		w := httptest.NewRecorder()
		d.core.handler.ServeHTTP(w, r)
		return w
	}
	samples := 0
	for app, p := range d.core.apps.policies {
		for lang, word := range map[string]string{"en": "Illustration of", "zh-Hans": "示意图；并非由"} {
			page := get("/"+string(app)+"/", lang).Body.String()
			for _, f := range p.Features() {
				start := strings.Index(page, `src="/`+string(app)+`/samples/`+string(f.ID)+`/`)
				if start < 0 {
					if f.Live && f.IsLocal() {
						t.Errorf("%s %s: %s runs here and shows no sample", app, lang, f.ID)
					}
					continue
				}
				samples++
				tag := page[start+len(`src="`):]
				tag = tag[:strings.Index(tag, ">")]
				for _, has := range []string{`width="176"`, `height="176"`, `loading="lazy"`, `alt="`, f.Title.In(privacy.Lang(lang))} {
					if !strings.Contains(tag, has) {
						t.Errorf("%s %s: the picture of %s lacks %s: %s", app, lang, f.ID, has, tag)
					}
				}
				if strings.Contains(tag, word) == f.IsLocal() {
					t.Errorf("%s %s: %s, made by %s: %s", app, lang, f.ID, f.Recipient, tag)
				}
				address, _, _ := strings.Cut(tag, `"`)
				w := get(address, lang)
				if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "image/jpeg" || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Header().Get("Set-Cookie") != "" ||
					!strings.Contains(w.Header().Get("Content-Security-Policy"), "img-src 'self'") || w.Body.Len() == 0 {
					t.Errorf("%s: %d %v", address, w.Code, w.Header())
				}
				if w := get(address[:len(address)-1]+"x", lang); w.Code != http.StatusNotFound || strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
					t.Errorf("%s: another version: %d %v", address, w.Code, w.Header())
				}
			}
			if sign := `class="glyph"`; app == "kmeng" && (strings.Count(page, sign) != 3 || strings.Contains(page, "/samples/")) {
				t.Errorf("%s: features without a sample have no sign", app)
			}
		}
	}
	if samples < 40 {
		t.Errorf("%d pictures", samples)
	}
}

func TestASampleOfADrawnThingThatWasTakenBackIsGone(t *testing.T) {
	t.Parallel()
	d := newTold(t).demo
	ask := func(method, path, token, body string) (int, string) {
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		d.core.handler.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	c := client.New("http://vow.invalid", "pk_test_picwiz", &http.Client{Transport: inprocess.Transport{Handler: d.core.handler}})
	before, err := c.Feature(t.Context(), "face_swap")
	if err != nil || before.Sample == nil {
		t.Fatalf("%+v, %v", before.Sample, err)
	}
	body, err := c.OpenSample(t.Context(), *before.Sample)
	if err != nil || body.Close() != nil {
		t.Fatal(err)
	}
	template := ""
	for _, in := range before.Inputs {
		if in.Material != "" {
			template = in.Default
		}
	}
	if code, text := ask(http.MethodPost, "/v1/admin/templates/unpublish", "rk_demo_moderator", `{"app":"picwiz","kind":"template","id":"`+template+`"}`); code != http.StatusOK {
		t.Fatalf("%d %s", code, text)
	}
	after, err := c.Feature(t.Context(), "face_swap")
	if err != nil || after.Sample != nil {
		t.Errorf("%+v, %v", after.Sample, err)
	}
	if code, _ := ask(http.MethodGet, before.Sample.URL, "", ""); code != http.StatusNotFound {
		t.Errorf("the picture of an unpublished template is served: %d", code)
	}
}

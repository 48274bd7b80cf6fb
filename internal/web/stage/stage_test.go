package stage_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/web/inprocess"
	"vow.example/vow/internal/web/stage"
)

func noon() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

// api makes sessions that last an hour, and says which bearer asked for features.
func api(asked *[]string) http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("POST /v1/sessions", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(client.Session{AccessToken: "tok_1", ExpiresAt: noon().Add(time.Hour)})
	})
	m.HandleFunc("GET /v1/features", func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.Header.Get("Authorization"))
		_ = json.NewEncoder(w).Encode(map[string]any{"data": []client.Feature{{ID: "avatar", Title: "Avatar"}}})
	})
	m.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "document "+r.Header.Get("Authorization"))
	})
	return m
}

// serve answers one request to one page of one app of two: "plain" uses cookies, "bare" does not.
func serve(t *testing.T, r *http.Request, h func(*stage.Visit) error) (*http.Response, string, []string) {
	t.Helper()
	var asked []string
	s, err := stage.New(stage.Options{
		Client: &http.Client{Transport: inprocess.Transport{Handler: api(&asked)}}, Clock: clock.NewFake(noon()), PublicURL: "https://photos.example",
		Apps: func() []client.App {
			return []client.App{{ID: "plain", Name: "Plain", AppKey: "pk_plain"}, {ID: "bare", Name: "Bare", AppKey: "pk_bare", Cookieless: true}}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	m := http.NewServeMux()
	m.Handle("/{app}/{rest...}", s.AppPage(h))
	m.Handle("/{$}", s.Page(h))
	w := httptest.NewRecorder()
	m.ServeHTTP(w, r)
	return w.Result(), w.Body.String(), asked
}

func TestAStageNeedsAClientAndAClock(t *testing.T) {
	t.Parallel()
	for what, o := range map[string]stage.Options{"client": {Clock: clock.NewFake(noon())}, "clock": {Client: &http.Client{}}} {
		if _, err := stage.New(o); err == nil {
			t.Errorf("was built without a %s", what)
		}
	}
}

func TestBeginMakesOneSessionAndKeepsItInACookieOfTheApp(t *testing.T) {
	t.Parallel()
	resp, body, _ := serve(t, httptest.NewRequest(http.MethodPost, "/plain/act", nil), func(v *stage.Visit) error {
		if err := errors.Join(v.Begin(), v.Begin()); err != nil {
			return err
		}
		_, err := io.WriteString(v.W, v.Token)
		return err
	})
	made := resp.Cookies()
	if body != "tok_1" || len(made) != 1 {
		t.Fatalf("answered %q with cookies %v", body, made)
	}
	if c := made[0]; c.Name != "__Host-sid-plain" || c.Value != "tok_1" || c.MaxAge != 3600 || !c.HttpOnly || !c.Secure {
		t.Errorf("the cookie is %v", c)
	}
}

func TestAnAppWithoutCookiesReadsAndSetsNone(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodPost, "/bare/act", nil)
	r.AddCookie(&http.Cookie{Name: "__Host-sid-bare", Value: "tok_of_a_browser"})
	resp, body, _ := serve(t, r, func(v *stage.Visit) error {
		if v.Token != "" {
			t.Errorf("the cookie was read: %q", v.Token)
		}
		err := v.Begin()
		v.Forget()
		return err
	})
	if resp.StatusCode != http.StatusUnauthorized || len(resp.Cookies()) != 0 || !strings.Contains(body, "unauthenticated") {
		t.Errorf("answered %d with cookies %v", resp.StatusCode, resp.Cookies())
	}
	r = httptest.NewRequest(http.MethodGet, "/bare/look", nil)
	r.Header.Set("Authorization", "bearer tok_of_a_tab")
	_, body, _ = serve(t, r, func(v *stage.Visit) error {
		_, err := io.WriteString(v.W, v.Token)
		return err
	})
	if body != "tok_of_a_tab" {
		t.Errorf("the token of the tab arrived as %q", body)
	}
}

func TestPeopleWithoutASessionReadWithThePublicKeyOfTheApp(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "/plain/look", nil)
	look := func(v *stage.Visit) error {
		titles, err := v.Titles()
		if err == nil && titles["avatar"] != "Avatar" {
			t.Errorf("the titles are %v", titles)
		}
		return err
	}
	if _, _, asked := serve(t, r, look); len(asked) != 1 || asked[0] != "Bearer pk_plain" {
		t.Errorf("a stranger asked as %q", asked)
	}
	r.AddCookie(&http.Cookie{Name: "__Host-sid-plain", Value: "tok_own"})
	if _, _, asked := serve(t, r, look); len(asked) != 1 || asked[0] != "Bearer tok_own" {
		t.Errorf("a person asked as %q", asked)
	}
}

func TestADocumentIsFetchedWithoutACredential(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "/plain/look", nil)
	r.AddCookie(&http.Cookie{Name: "__Host-sid-plain", Value: "tok_own"})
	serve(t, r, func(v *stage.Visit) error {
		body, err := v.Fetch("/openapi.json")
		if err != nil {
			t.Fatal(err)
		}
		defer body.Close()
		if b, err := io.ReadAll(body); err != nil || string(b) != "document " {
			t.Errorf("read %q, %v", b, err)
		}
		if _, err := v.Fetch("/nothing"); err == nil || !strings.Contains(err.Error(), "404") {
			t.Errorf("a document that is not there: %v", err)
		}
		return nil
	})
}

func TestWhatGoesWrongIsAPageInTheLanguageOrADocumentForAScript(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, address string
		err           error
		status        int
		kind, says    string
	}{
		{"a refusal", "/plain/act?lang=en", &client.Problem{Status: 409, Code: "consent-stale"}, 409, "text/html; charset=utf-8", `<html lang="en"`},
		{"a refusal in Chinese", "/plain/act?lang=zh", &client.Problem{Status: 409, Code: "consent-stale"}, 409, "text/html; charset=utf-8", `<html lang="zh-Hans"`},
		{"a failure of our own says nothing of itself", "/plain/act", errors.New("disk 7 is full"), 500, "text/html; charset=utf-8", "internal"},
		{"a problem without a status", "/", &client.Problem{Code: "erased"}, 500, "text/html; charset=utf-8", "erased"},
		{"a script", "/plain/api/v1/me", &client.Problem{Status: 403, Code: "forbidden"}, 403, "application/problem+json", `"code":"forbidden"`},
		{"an app that is not there", "/other/act", nil, 404, "text/html; charset=utf-8", "not-found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			resp, body, _ := serve(t, httptest.NewRequest(http.MethodGet, c.address, nil), func(*stage.Visit) error { return c.err })
			if got := resp.Header.Get("Content-Type"); resp.StatusCode != c.status || got != c.kind || !strings.Contains(body, c.says) {
				t.Errorf("answered %d, %s: %s", resp.StatusCode, got, body)
			}
			if strings.Contains(body, "disk 7") {
				t.Error("shows the text of an error")
			}
		})
	}
}

func TestAPageThatCannotBeWrittenIsAProblemAndNotHalfAPage(t *testing.T) {
	t.Parallel()
	resp, body, _ := serve(t, httptest.NewRequest(http.MethodGet, "/plain/act", nil), func(v *stage.Visit) error {
		return v.Show(http.StatusOK, "no-such-page", stage.Frame{Title: "Half"})
	})
	if resp.StatusCode != http.StatusInternalServerError || strings.Contains(body, "Half") || resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("answered %d: %s", resp.StatusCode, body)
	}
}

func TestLinksTextsAndRedirectsKeepTheLanguageThatWasAskedFor(t *testing.T) {
	t.Parallel()
	resp, _, _ := serve(t, httptest.NewRequest(http.MethodGet, "/plain/act?lang=zh", nil), func(v *stage.Visit) error {
		if v.Text("no.such.text") != "no.such.text" || v.HasText("no.such.text") || !v.HasText("works.title") || v.Text("works.title") == "works.title" {
			t.Errorf("texts: %q, %q", v.Text("no.such.text"), v.Text("works.title"))
		}
		return v.Redirect("/", v.App.ID, "/works?a=b#c")
	})
	if got := resp.Header.Get("Location"); resp.StatusCode != http.StatusSeeOther || got != "/plain/works?a=b&lang=zh-Hans#c" {
		t.Errorf("answered %d to %q", resp.StatusCode, got)
	}
}

func TestAFormIsBounded(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]int{10: http.StatusOK, stage.MaxForm + 1: http.StatusBadRequest} {
		r := httptest.NewRequest(http.MethodPost, "/plain/act", strings.NewReader("a="+strings.Repeat("x", size)))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, _, _ := serve(t, r, func(v *stage.Visit) error {
			if err := v.Parse(); err != nil {
				return err
			}
			if len(v.R.PostForm.Get("a")) != size {
				t.Error("the field did not arrive")
			}
			return nil
		})
		if resp.StatusCode != want {
			t.Errorf("a form of %d bytes answered %d", size, resp.StatusCode)
		}
	}
}

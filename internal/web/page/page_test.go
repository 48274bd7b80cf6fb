package page_test

import (
	"bytes"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/web/page"
	"vow.example/vow/internal/web/static"
	"vow.example/vow/internal/web/templates"
)

func load(t *testing.T) *page.Book {
	t.Helper()
	b, err := page.Load(time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEveryWordOfATemplateIsInTheCatalogues(t *testing.T) {
	t.Parallel()
	b := load(t)
	words := regexp.MustCompile(`\bth? "([a-zA-Z0-9.]+)"`)
	names, err := fs.Glob(templates.Files, "*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(templates.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range words.FindAllStringSubmatch(string(text), -1) {
			if !b.Catalog("en").Has(m[1]) {
				t.Errorf("%s needs the word %q", name, m[1])
			}
		}
	}
}

func TestEveryWordOfTheScriptsIsInTheCatalogues(t *testing.T) {
	t.Parallel()
	b := load(t)
	words := regexp.MustCompile(`\bsay\('([a-zA-Z.]+)'`)
	names, err := fs.Glob(static.Files, "*.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(static.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range words.FindAllStringSubmatch(string(text), -1) {
			if !b.Catalog("zh-Hans").Has("js." + m[1]) {
				t.Errorf("%s needs the word %q", name, m[1])
			}
		}
	}
}

func TestEveryIconIsInTheSprite(t *testing.T) {
	t.Parallel()
	sprite, err := fs.ReadFile(static.Files, "icons.svg")
	if err != nil {
		t.Fatal(err)
	}
	icons := regexp.MustCompile(`icon "([a-z0-9-]+)"`)
	names, err := fs.Glob(templates.Files, "*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(templates.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range icons.FindAllStringSubmatch(string(text), -1) {
			if !bytes.Contains(sprite, []byte(`id="`+m[1]+`"`)) {
				t.Errorf("%s draws %q, which is not there", name, m[1])
			}
		}
	}
}

func TestNothingIsLoadedFromElsewhere(t *testing.T) {
	t.Parallel()
	outside := regexp.MustCompile(`(?:src|href|url|import)\W{0,3}(?:https?:)?//[a-z]`)
	for _, files := range []fs.FS{static.Files, templates.Files} {
		err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := fs.ReadFile(files, path)
			if hit := outside.Find(text); hit != nil {
				t.Errorf("%s loads %s", path, hit)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestLinksKeepTheLanguageOnlyWhenItWasAskedFor(t *testing.T) {
	t.Parallel()
	plain, kept := page.Variant{Lang: "zh-Hans"}, page.Variant{Lang: "zh-Hans", Explicit: true}
	for _, tc := range []struct {
		v    page.Variant
		in   []string
		want string
	}{
		{plain, []string{"/", "pixplus", "/works"}, "/pixplus/works"},
		{kept, []string{"/", "pixplus", "/works"}, "/pixplus/works?lang=zh-Hans"},
		{kept, []string{"/x?a=1#who"}, "/x?a=1&lang=zh-Hans#who"},
	} {
		if got := page.Link(tc.v, tc.in...); got != tc.want {
			t.Errorf("%v gave %s", tc.in, got)
		}
	}
}

func TestAPageThatDoesNotExistIsAnError(t *testing.T) {
	t.Parallel()
	if err := load(t).Render(&bytes.Buffer{}, page.Variant{Lang: "en"}, "nothing", "layout.html", nil); err == nil {
		t.Error("there was no error")
	}
}

func TestAFileIsServedUnderItsVersion(t *testing.T) {
	t.Parallel()
	b := load(t)
	m := http.NewServeMux()
	m.HandleFunc("GET /static/{version}/{file}", b.ServeAsset)
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest(http.MethodGet, b.Asset("app.js"), nil))
	if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || !strings.Contains(w.Header().Get("Content-Type"), "javascript") {
		t.Errorf("answered %d %v", w.Code, w.Header())
	}
}

package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/web/i18n"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed static/*
var static embed.FS

// pages are the templates, parsed once per language with and without the language in links.
type pages struct {
	clock    clock.Clock
	version  string // of the static files; part of their address, so they may be cached for ever
	sets     map[setKey]map[string]*template.Template
	catalogs map[string]*i18n.Catalog
}

type setKey struct {
	lang     string
	explicit bool
}

// frame is what the layout needs around the content of a page.
type frame struct {
	Title   string
	Tab     string // which tab is current: create, works, privacy, settings
	Page    string // which module of the scripts wakes up
	App     client.App
	Demo    bool
	Lang    string
	Other   string // address of this page in the other language
	Now     time.Time
	Speed   float64
	Strings string // the words of the scripts, as JSON
	Refresh int    // seconds until a page without scripts loads again; 0: never
	NoIndex bool
	Session bool
	Narrow  bool
	Data    any
}

func loadPages(clk clock.Clock) (pages, error) {
	p := pages{clock: clk, sets: map[setKey]map[string]*template.Template{}, catalogs: map[string]*i18n.Catalog{}}
	version, err := hashStatic()
	if err != nil {
		return p, err
	}
	p.version = version
	for _, lang := range i18n.Languages() {
		if p.catalogs[lang], err = i18n.Load(lang); err != nil {
			return p, err
		}
		for _, explicit := range []bool{false, true} {
			if p.sets[setKey{lang, explicit}], err = p.parse(lang, explicit); err != nil {
				return p, err
			}
		}
	}
	return p, nil
}

// parse reads the layout and the shared parts once, and every page on a copy of them.
func (p *pages) parse(lang string, explicit bool) (map[string]*template.Template, error) {
	base, err := template.New("layout.html").Funcs(p.funcs(lang, explicit)).ParseFS(templates, "templates/layout.html", "templates/parts.html")
	if err != nil {
		return nil, fmt.Errorf("web: templates: %w", err)
	}
	names, err := fs.Glob(templates, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("web: templates: %w", err)
	}
	set := map[string]*template.Template{}
	for _, path := range names {
		name := strings.TrimSuffix(strings.TrimPrefix(path, "templates/"), ".html")
		if name == "layout" || name == "parts" {
			continue
		}
		t, err := base.Clone()
		if err == nil {
			t, err = t.ParseFS(templates, path)
		}
		if err != nil {
			return nil, fmt.Errorf("web: page %s: %w", name, err)
		}
		set[name] = t
	}
	return set, nil
}

// show writes a page; nothing is written when the template fails.
func (v *visit) show(status int, name string, f frame) error {
	catalog := v.s.pages.catalogs[v.lang]
	words, err := json.Marshal(catalog.WithPrefix("js."))
	if err != nil {
		return fmt.Errorf("web: words: %w", err)
	}
	f.App, f.Demo, f.Lang, f.Session = v.app, v.s.o.Demo || v.app.Demo, v.lang, v.token != ""
	f.Other, f.Now, f.Speed, f.Strings = v.otherLanguage(), v.s.o.Clock.Now(), speedOf(v.s.o.Clock), string(words)
	var b bytes.Buffer
	set := v.s.pages.sets[setKey{v.lang, v.explicit}]
	if err := set[name].ExecuteTemplate(&b, "layout.html", f); err != nil {
		return fmt.Errorf("web: page %s: %w", name, err)
	}
	return v.write(status, b.Bytes())
}

// part writes one named block of a page, for scripts that put it in place.
func (v *visit) part(page, block string, data any) error {
	var b bytes.Buffer
	set := v.s.pages.sets[setKey{v.lang, v.explicit}]
	if err := set[page].ExecuteTemplate(&b, block, data); err != nil {
		return fmt.Errorf("web: part %s: %w", block, err)
	}
	return v.write(http.StatusOK, b.Bytes())
}

func (v *visit) write(status int, b []byte) error {
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.Header().Set("Content-Language", v.lang)
	v.w.WriteHeader(status)
	_, _ = v.w.Write(b)
	return nil
}

func (v *visit) text(key string, pairs ...any) string {
	s, err := v.s.pages.catalogs[v.lang].Text(key, pairs...)
	if err != nil {
		return key
	}
	return s
}

// otherLanguage is the address of this page in the other language.
func (v *visit) otherLanguage() string {
	q := v.r.URL.Query()
	q.Set("lang", "zh-Hans")
	if v.lang == "zh-Hans" {
		q.Set("lang", "en")
	}
	path := v.r.URL.Path
	if v.r.Method != http.MethodGet {
		path = "/" + v.app.ID
		if v.app.ID != "" {
			path += "/"
		}
	}
	return path + "?" + q.Encode()
}

// speedOf tells how many seconds pass on the clock in one second, for countdowns in the browser.
func speedOf(c clock.Clock) float64 {
	if a, ok := c.(interface{ Speed() float64 }); ok {
		return a.Speed()
	}
	return 1
}

func hashStatic() (string, error) {
	h := sha256.New()
	err := fs.WalkDir(static, "static", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := static.ReadFile(path)
		_, _ = h.Write([]byte(path))
		_, _ = h.Write(b)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("web: static files: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)[:6]), nil
}

// asset serves a static file. The version in the address changes with the content.
func (p *pages) asset(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("version") == p.version {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeFileFS(w, r, static, "static/"+r.PathValue("file"))
}

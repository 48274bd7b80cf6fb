package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/clock"
)

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

// show writes a page; nothing is written when the template fails.
func (v *visit) show(status int, name string, f frame) error {
	catalog := v.s.pages.Catalog(v.lang)
	words, err := json.Marshal(catalog.WithPrefix("js."))
	if err != nil {
		return fmt.Errorf("web: words: %w", err)
	}
	f.App, f.Demo, f.Lang, f.Session = v.app, v.s.o.Demo || v.app.Demo, v.lang, v.token != ""
	f.Other, f.Now, f.Speed, f.Strings = v.otherLanguage(), v.s.o.Clock.Now(), speedOf(v.s.o.Clock), string(words)
	var b bytes.Buffer
	if err := v.s.pages.Render(&b, v.variant(), name, "layout.html", f); err != nil {
		return err
	}
	return v.write(status, b.Bytes())
}

// part writes one named block of a page, for scripts that put it in place.
func (v *visit) part(name, block string, data any) error {
	var b bytes.Buffer
	if err := v.s.pages.Render(&b, v.variant(), name, block, data); err != nil {
		return err
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
	s, err := v.s.pages.Catalog(v.lang).Text(key, pairs...)
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

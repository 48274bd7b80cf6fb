package stage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/clock"
)

// Frame is what the layout needs around the content of a page. A page sets the first group; Show
// fills in the second from the visit.
type Frame struct {
	Title   string
	Tab     string // which tab is current: create, works, privacy, settings
	Page    string // which module of the scripts wakes up
	Refresh int    // seconds until a page without scripts loads again; 0: never
	NoIndex bool
	Narrow  bool
	Data    any

	App     client.App
	Demo    bool
	Lang    string
	Other   string // address of this page in the other language
	Now     time.Time
	Speed   float64
	Strings string // the words of the scripts, as JSON
	Session bool
	Waiting int // notices that the person has not acknowledged
}

// Show writes a page; nothing is written when the template fails.
func (v *Visit) Show(status int, name string, f Frame) error {
	words, err := json.Marshal(v.site.pages.Catalog(v.Lang).WithPrefix("js."))
	if err != nil {
		return fmt.Errorf("stage: words: %w", err)
	}
	f.App, f.Demo, f.Lang, f.Session = v.App, v.Demo() || v.App.Demo, v.Lang, v.Token != ""
	f.Other, f.Now, f.Speed, f.Strings = v.otherLanguage(), v.Now(), speedOf(v.site.o.Clock), string(words)
	f.Waiting = v.waiting()
	return v.render(status, name, "layout.html", f)
}

// waiting counts the notices that wait. A page is shown all the same where nobody can tell.
func (v *Visit) waiting() int {
	if v.Token == "" || v.App.ID == "" {
		return 0
	}
	n, err := v.API().NoticesWaiting(v.Context())
	if err != nil {
		return 0
	}
	return n
}

// Part writes one named block of a page, for scripts that put it in place.
func (v *Visit) Part(name, block string, data any) error {
	return v.render(http.StatusOK, name, block, data)
}

func (v *Visit) render(status int, name, block string, data any) error {
	var b bytes.Buffer
	if err := v.site.pages.Render(&b, v.variant(), name, block, data); err != nil {
		return err
	}
	v.W.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.W.Header().Set("Content-Language", v.Lang)
	v.W.WriteHeader(status)
	_, _ = v.W.Write(b.Bytes())
	return nil
}

// Text is a text of the catalogue in the language of the visit; pairs are names and values.
func (v *Visit) Text(key string, pairs ...any) string {
	s, err := v.site.pages.Catalog(v.Lang).Text(key, pairs...)
	if err != nil {
		return key
	}
	return s
}

// HasText reports whether the catalogue has that text.
func (v *Visit) HasText(key string) bool { return v.site.pages.Catalog(v.Lang).Has(key) }

// otherLanguage is the address of this page in the other language.
func (v *Visit) otherLanguage() string {
	q := v.R.URL.Query()
	q.Set("lang", "zh-Hans")
	if v.Lang == "zh-Hans" {
		q.Set("lang", "en")
	}
	path := v.R.URL.Path
	if v.R.Method != http.MethodGet {
		path = "/" + v.App.ID
		if v.App.ID != "" {
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

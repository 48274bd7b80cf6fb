package web

import (
	"net/http"
	"os"
	"testing"
)

func TestPreview(t *testing.T) {
	addr := os.Getenv("WEB_PREVIEW")
	if addr == "" {
		t.Skip()
	}
	h, f := newSite(t, func(o *Options) { o.Samples = os.DirFS("/work/shared/photos") })
	m := http.NewServeMux()
	m.Handle("/openapi.json", f)
	m.HandleFunc("/fake/stale", func(http.ResponseWriter, *http.Request) { f.stale = true })
	m.HandleFunc("/fake/reset", func(http.ResponseWriter, *http.Request) { f.polls = 0 })
	m.Handle("/", h)
	t.Fatal(http.ListenAndServe(addr, m))
}

package rest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAnAdvertisingIDInAnAddressOrAHeaderEndsTheRequest(t *testing.T) {
	h := counter(t, nil)
	const canary = "38400000-8cf0-11bd-b23e-10b96e40000d"
	for name, change := range map[string]func(*http.Request){
		"in the address":             func(r *http.Request) { r.URL.RawQuery = "idfa=" + canary },
		"as a value in the address":  func(r *http.Request) { r.URL.RawQuery = "kind=IDFA&value=" + canary },
		"in a header":                func(r *http.Request) { r.Header.Set("X-IDFA", canary) },
		"in a header by its meaning": func(r *http.Request) { r.Header.Set("Advertising-Id", canary) },
		"in a cookie":                func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "idfa", Value: canary}) },
		"behind another separator":   func(r *http.Request) { r.URL.RawQuery = "lang=en;idfa=" + canary },
		"in a header as a value":     func(r *http.Request) { r.Header.Set("X-Kind", "gaid") },
	} {
		r := httptest.NewRequest(http.MethodGet, "/mine", http.NoBody)
		r.Header.Set("Authorization", "bearer at_me")
		change(r)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `"category-not-allowed"`) || strings.Contains(w.Body.String(), canary) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/mine?lang=en&platform=ios", http.NoBody)
	r.Header.Set("Authorization", "bearer at_me")
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != http.StatusOK {
		t.Errorf("an ordinary request: %d %s", w.Code, w.Body)
	}
}

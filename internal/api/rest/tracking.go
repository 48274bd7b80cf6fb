package rest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/privacy"
)

// untracked ends a request that names an advertising identifier in its address or its headers, before
// anything else of it is looked at (MIX-1.8-01: "no IDFA"). No route takes one there.
func (s *Server) untracked(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tracks(r.Header) || r.URL.RawQuery != "" && tracks(query(r.URL.RawQuery)) || slices.ContainsFunc(r.Cookies(), names) {
			s.WriteProblem(w, r, fault.New(fault.Invalid, "category-not-allowed", "Advertising identifiers are not accepted. Nothing of the call was kept."))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// query reads what follows a question mark, with the separators of today and those of yesterday.
func query(raw string) url.Values {
	values, _ := url.ParseQuery(strings.ReplaceAll(raw, ";", "&")) // what cannot be read names nothing
	return values
}

func names(c *http.Cookie) bool {
	return privacy.NamesAdvertisingID(c.Name) || privacy.NamesAdvertisingID(c.Value)
}

func tracks[M http.Header | url.Values](values M) bool {
	for name, list := range values {
		if privacy.NamesAdvertisingID(name) {
			return true
		}
		for _, v := range list {
			if privacy.NamesAdvertisingID(v) {
				return true
			}
		}
	}
	return false
}

package web

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/stage"
)

// handSession gives a new session to the script of one browser tab. Only apps without cookies do:
// elsewhere no script ever sees a token.
func handSession(v *stage.Visit) error {
	made, err := v.Enter(client.SessionCreate{})
	if err != nil {
		return err
	}
	v.W.Header().Set("Content-Type", "application/json")
	v.W.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(v.W).Encode(made)
	return nil
}

// forward passes a script's call to the API with the credential of the cookie. Only headers of a
// closed list pass, so a script can neither see nor choose a credential; sessions are not
// reachable, because their answer carries the token. An app without cookies is the exception: there
// the script of the tab asks for a session, keeps the token and sends it along.
func (s *site) forward(v *stage.Visit) error {
	rest := v.R.PathValue("rest")
	first, _, _ := strings.Cut(rest, "/")
	if v.App.Cookieless && rest == "sessions" && v.R.Method == http.MethodPost {
		return handSession(v)
	}
	if !slices.Contains([]string{"features", "consents", "uploads", "previews", "tasks", "outputs", "privacy", "me", "receipts", "chats"}, first) {
		return v.Fail(http.StatusNotFound, "not-found")
	}
	if !v.App.Cookieless && v.R.Method != http.MethodGet && v.R.Method != http.MethodHead {
		if err := v.Begin(); err != nil {
			return err
		}
	}
	out := v.R.Clone(v.R.Context())
	out.URL.Path, out.URL.RawPath = "/v1/"+rest, ""
	out.RequestURI = out.URL.RequestURI()
	out.Header = http.Header{}
	for _, name := range []string{"Accept", "Accept-Language", "Content-Type", "Content-Length", "Idempotency-Key", "Last-Event-Id", "Range"} {
		if values := v.R.Header.Values(name); len(values) > 0 {
			out.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	if v.Token != "" {
		out.Header.Set("Authorization", "Bearer "+v.Token)
	}
	s.o.API.ServeHTTP(v.W, out)
	return nil
}

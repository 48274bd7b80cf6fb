package web

import (
	"fmt"
	"net/http"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/apidoc"
)

// docsData is the documentation page. In demo mode it shows the apps' test keys.
type docsData struct {
	apidoc.Doc
	Keys []client.App
}

// docs renders the API description of this server; nothing is loaded from elsewhere.
func (s *site) docs(v *visit) error {
	r, err := http.NewRequestWithContext(v.ctx(), http.MethodGet, origin+"/openapi.json", nil)
	if err != nil {
		return fmt.Errorf("web: docs: %w", err)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		return fmt.Errorf("web: docs: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("web: docs: the API answered %d", resp.StatusCode)
	}
	d := docsData{}
	if d.Doc, err = apidoc.Parse(resp.Body); err != nil {
		return err
	}
	if s.o.Demo {
		if d.Keys, err = v.apps(); err != nil {
			return err
		}
	}
	return v.show(http.StatusOK, "docs", frame{Title: v.text("docs.title"), Data: d})
}

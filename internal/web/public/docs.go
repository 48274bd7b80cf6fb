package public

import (
	"net/http"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/apidoc"
	"vow.example/vow/internal/web/stage"
)

// docsData is the documentation page. In demo mode it shows the apps' test keys.
type docsData struct {
	apidoc.Doc
	Keys []client.App
}

// Docs renders the API description of this server; nothing is loaded from elsewhere.
func (p *Pages) Docs(v *stage.Visit) error {
	body, err := v.Fetch("/openapi.json")
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	d := docsData{}
	if d.Doc, err = apidoc.Parse(body); err != nil {
		return err
	}
	if v.Demo() {
		if d.Keys, err = v.Apps(); err != nil {
			return err
		}
	}
	return v.Show(http.StatusOK, "docs", stage.Frame{Title: v.Text("docs.title"), Data: d})
}

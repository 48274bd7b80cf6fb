package web

import (
	"fmt"
	"html/template"
	"maps"
	"strings"

	"vow.example/vow/client"
)

// funcs are what templates may call.
func (p *pages) funcs(lang string, explicit bool) template.FuncMap {
	all := p.catalogs[lang].Funcs(p.clock.Now)
	maps.Copy(all, template.FuncMap{
		"short": short, "dict": dict, "join": strings.Join, "local": local, "icon": p.icon,
		"list":  func(s ...string) []string { return s },
		"link":  func(parts ...string) string { return withLang(lang, explicit, parts...) },
		"asset": func(file string) string { return "/static/" + p.version + "/" + file },
	})
	return all
}

// icon draws one symbol of the sprite; it is decoration, the word next to it says the same.
func (p *pages) icon(name string) template.HTML {
	return template.HTML(`<svg class="i" aria-hidden="true" focusable="false"><use href="/static/` + p.version + `/icons.svg#` +
		template.HTMLEscapeString(name) + `"></use></svg>`)
}

// short keeps the beginning and the end of an identifier: enough to recognise it.
func short(id string) string {
	if len(id) <= 14 {
		return id
	}
	return id[:8] + "…" + id[len(id)-4:]
}

// dict builds the argument of a shared part from names and values.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("web: dict: names and values do not pair up")
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		m[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return m, nil
}

// local reports whether data stays with the operator.
func local(r client.RecipientRef) bool { return r.Kind == "local" }

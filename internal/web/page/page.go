// Package page turns templates and data into HTML, one set of templates per language.
//
// It promises that a page is complete before its first byte is written, that every icon and script
// comes from this server, and that the address of a static file changes with its content. It never
// reads a request.
package page

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"maps"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/i18n"
	"vow.example/vow/internal/web/static"
	"vow.example/vow/internal/web/templates"
)

// Variant is the language of a page, and whether its links keep it.
type Variant struct {
	Lang     string
	Explicit bool
}

// Book holds all pages in all variants.
type Book struct {
	now      func() time.Time
	version  string // of the static files; part of their address, so they may be cached for ever
	sets     map[Variant]map[string]*template.Template
	catalogs map[string]*i18n.Catalog
}

// Load parses every page in every language; now is the time that relative times count from.
func Load(now func() time.Time) (*Book, error) {
	b := &Book{now: now, sets: map[Variant]map[string]*template.Template{}, catalogs: map[string]*i18n.Catalog{}}
	var err error
	if b.version, err = hash(static.Files); err != nil {
		return nil, err
	}
	for _, lang := range i18n.Languages() {
		if b.catalogs[lang], err = i18n.Load(lang); err != nil {
			return nil, err
		}
		for _, v := range []Variant{{lang, false}, {lang, true}} {
			if b.sets[v], err = b.parse(v); err != nil {
				return nil, err
			}
		}
	}
	return b, nil
}

// parse reads the layout and the shared parts once, and every page on a copy of them.
func (b *Book) parse(v Variant) (map[string]*template.Template, error) {
	base, err := template.New("layout.html").Funcs(b.funcs(v)).ParseFS(templates.Files, "layout.html", "parts.html")
	if err != nil {
		return nil, fmt.Errorf("page: templates: %w", err)
	}
	names, err := fs.Glob(templates.Files, "*.html")
	if err != nil {
		return nil, fmt.Errorf("page: templates: %w", err)
	}
	set := map[string]*template.Template{}
	for _, file := range names {
		name := strings.TrimSuffix(file, ".html")
		if name == "layout" || name == "parts" {
			continue
		}
		t, err := base.Clone()
		if err == nil {
			t, err = t.ParseFS(templates.Files, file)
		}
		if err != nil {
			return nil, fmt.Errorf("page: %s: %w", name, err)
		}
		set[name] = t
	}
	return set, nil
}

// Render writes one block of a page: "layout.html" for the whole of it.
func (b *Book) Render(w io.Writer, v Variant, name, block string, data any) error {
	t, ok := b.sets[v][name]
	if !ok {
		return fmt.Errorf("page: there is no page %q", name)
	}
	if err := t.ExecuteTemplate(w, block, data); err != nil {
		return fmt.Errorf("page: %s: %w", name, err)
	}
	return nil
}

// Catalog returns the words of a language.
func (b *Book) Catalog(lang string) *i18n.Catalog { return b.catalogs[lang] }

// Asset is the address of a static file.
func (b *Book) Asset(file string) string { return "/static/" + b.version + "/" + file }

// ServeAsset serves the static file that the path values "version" and "file" name.
func (b *Book) ServeAsset(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("version") == b.version {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeFileFS(w, r, static.Files, r.PathValue("file"))
}

func hash(files fs.FS) (string, error) {
	h := sha256.New()
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, path)
		_, _ = h.Write([]byte(path))
		_, _ = h.Write(content)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("page: static files: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)[:6]), nil
}

// Link joins an address of our own and keeps the language that was asked for.
func Link(v Variant, parts ...string) string {
	address := strings.Join(parts, "")
	if !v.Explicit {
		return address
	}
	address, fragment, marked := strings.Cut(address, "#")
	sep := "?"
	if strings.Contains(address, "?") {
		sep = "&"
	}
	address += sep + "lang=" + url.QueryEscape(v.Lang)
	if marked {
		address += "#" + fragment
	}
	return address
}

// example reports whether an address is one that stands for another: `serve` does not start with it.
func example(address string) bool { return strings.HasSuffix(address, ".example") }

// funcs are what templates may call.
func (b *Book) funcs(v Variant) template.FuncMap {
	all := b.catalogs[v.Lang].Funcs(b.now)
	maps.Copy(all, template.FuncMap{
		"short": short, "dict": dict, "join": strings.Join, "names": strings.Contains, "local": local, "pills": pills, "share": share, "measure": measure, "last": last, "example": example, "nth": func(i int) int { return i + 1 }, "icon": b.icon, "asset": b.Asset,
		"list": func(s ...string) []string { return s },
		"link": func(parts ...string) string { return Link(v, parts...) },
	})
	return all
}

// icon draws one symbol of the sprite; it is decoration, the word next to it says the same.
func (b *Book) icon(name string) template.HTML {
	return template.HTML(`<svg class="i" aria-hidden="true" focusable="false"><use href="` + b.Asset("icons.svg") + `#` + template.HTMLEscapeString(name) + `"></use></svg>`)
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
		return nil, fmt.Errorf("page: dict: names and values do not pair up")
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		m[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return m, nil
}

// local reports whether data stays with the operator.
func local(r client.RecipientRef) bool { return r.Kind == "local" }

// pills reports whether a choice reads best with all its values in sight: a few short ones.
func pills(choices []client.Choice) bool {
	long := 0
	for _, c := range choices {
		long += utf8.RuneCountInString(c.Label)
	}
	return len(choices) <= 6 && long <= 60
}

// share reports whether a number is a part of a whole, which reads best in percent.
func share(b *client.Bounds) bool { return b.Min >= -1 && b.Max <= 1 && b.Step < 1 }

// measure writes a number within bounds as people read it.
func measure(b *client.Bounds, value any) string {
	text := fmt.Sprint(value)
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		n, text = b.Min, fmt.Sprint(b.Min)
	}
	if share(b) {
		return strconv.Itoa(int(math.Round(100*n))) + " %"
	}
	return text
}

// last reports whether i is the last index of a list with n entries.
func last(i, n int) bool { return i == n-1 }

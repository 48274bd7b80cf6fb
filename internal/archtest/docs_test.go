package archtest

import (
	"go/ast"
	"go/token"
	"strings"
	"testing"
)

func TestEveryPackageSaysOnceWhatItPromisesAndWhatItNeverDoes(t *testing.T) {
	t.Parallel()
	for _, r := range load(t).rooms {
		if len(r.files) == 0 {
			continue
		}
		var docs []string
		for _, s := range r.files {
			if s.ast.Doc != nil {
				docs = append(docs, s.ast.Doc.Text())
			}
		}
		if len(docs) != 1 {
			t.Errorf("%s has %d package comments, want one", r.path, len(docs))
			continue
		}
		for _, word := range []string{"promises", "never"} {
			if !strings.Contains(docs[0], word) {
				t.Errorf("%s: the package comment does not say what it %s", r.path, word)
			}
		}
	}
}

func TestEveryExportedNameIsDocumented(t *testing.T) {
	t.Parallel()
	h := load(t)
	for _, r := range h.rooms {
		for _, s := range r.files {
			for _, d := range s.ast.Decls {
				switch x := d.(type) {
				case *ast.FuncDecl:
					if x.Name.IsExported() && exportedReceiver(x) {
						h.describes(t, x.Name, x.Doc)
					}
				case *ast.GenDecl:
					h.group(t, x)
				}
			}
		}
	}
}

// group checks the names of a declaration. Constants and variables may share one comment.
func (h *house) group(t *testing.T, d *ast.GenDecl) {
	t.Helper()
	for _, spec := range d.Specs {
		switch x := spec.(type) {
		case *ast.TypeSpec:
			doc := x.Doc
			if doc == nil && len(d.Specs) == 1 {
				doc = d.Doc
			}
			if x.Name.IsExported() && (doc != nil || d.Doc == nil || len(d.Specs) == 1) {
				h.describes(t, x.Name, doc)
			}
		case *ast.ValueSpec:
			for _, name := range x.Names {
				if name.IsExported() && d.Doc == nil && x.Doc == nil && x.Comment == nil {
					t.Errorf("%s: %s has no comment", h.at(name), name.Name)
				}
			}
		}
	}
}

// describes checks that the comment is a sentence that starts with the name.
func (h *house) describes(t *testing.T, name *ast.Ident, doc *ast.CommentGroup) {
	t.Helper()
	if doc == nil {
		t.Errorf("%s: %s has no comment", h.at(name), name.Name)
		return
	}
	first, _, _ := strings.Cut(doc.Text(), " ")
	if strings.TrimRight(first, ",:") != name.Name {
		t.Errorf("%s: the comment of %s starts with %q", h.at(name), name.Name, first)
	}
}

// exportedReceiver reports whether a method can be seen from outside.
func exportedReceiver(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	typ := f.Recv.List[0].Type
	for {
		switch x := typ.(type) {
		case *ast.StarExpr:
			typ = x.X
		case *ast.IndexExpr:
			typ = x.X
		case *ast.IndexListExpr:
			typ = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return false
		}
	}
}

func TestNoPackageKeepsStateOrRunsBeforeMain(t *testing.T) {
	t.Parallel()
	h := load(t)
	for _, r := range h.rooms {
		for _, s := range r.files {
			for _, d := range s.ast.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
					t.Errorf("%s: no init", h.at(f))
				}
				if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
					h.variables(t, g)
				}
			}
		}
	}
}

// constants are package variables that nothing changes and that the language cannot call constants.
func constants() map[string]string {
	return map[string]string{
		"internal/privacy/privacy.go encoding": "the alphabet of identifiers",
		"internal/media/webp/encode.go tables": "the encoder fills its tables without a lock: once, before two pictures meet",
	}
}

// variables refuses package variables, except embedded files, sentinel errors and assertions that
// a type has an interface.
func (h *house) variables(t *testing.T, g *ast.GenDecl) {
	t.Helper()
	embedded := func(c *ast.CommentGroup) bool {
		if c == nil {
			return false
		}
		for _, line := range c.List {
			if strings.HasPrefix(line.Text, "//go:embed") {
				return true
			}
		}
		return false
	}
	for _, spec := range g.Specs {
		v := spec.(*ast.ValueSpec)
		for _, name := range v.Names {
			sentinel := strings.HasPrefix(strings.ToLower(name.Name), "err") && len(v.Values) == len(v.Names)
			file, _, _ := strings.Cut(h.at(name), ":")
			if constants()[file+" "+name.Name] != "" {
				continue
			}
			if name.Name != "_" && !sentinel && !embedded(g.Doc) && !embedded(v.Doc) {
				t.Errorf("%s: package variable %s", h.at(name), name.Name)
			}
		}
	}
}

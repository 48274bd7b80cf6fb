package archtest

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	module = "vow.example/vow"
	root   = "../.."
)

// source is one Go file of the module.
type source struct {
	path    string // relative to the module: "internal/clock/clock.go"
	text    []byte
	ast     *ast.File
	imports map[string]string // path → name it has in the file
}

// room is one package.
type room struct {
	path  string // relative to the module: "internal/clock"
	files []*source
	tests []*source
}

// house is the whole module.
type house struct {
	set   *token.FileSet
	rooms []*room // sorted by path
}

// load parses every Go file of the module. Folders that go ignores, and nested modules, are left
// out.
func load(t *testing.T) *house {
	t.Helper()
	h := &house{set: token.NewFileSet()}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return h.enter(p, d.Name())
		}
		if strings.HasSuffix(p, ".go") {
			return h.add(p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(h.rooms, func(a, b *room) int { return strings.Compare(a.path, b.path) })
	return h
}

func (h *house) enter(p, name string) error {
	if p == root {
		return nil
	}
	if name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || strings.HasPrefix(name, "zz_") {
		return filepath.SkipDir
	}
	if _, err := os.Stat(filepath.Join(p, "go.mod")); err == nil {
		return filepath.SkipDir
	}
	return nil
}

func (h *house) add(p string) error {
	text, err := os.ReadFile(p)
	if err != nil {
		return err
	}
	file, err := parser.ParseFile(h.set, p, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	rel, err := filepath.Rel(root, p)
	if err != nil {
		return err
	}
	s := &source{path: filepath.ToSlash(rel), text: text, ast: file, imports: map[string]string{}}
	for _, i := range file.Imports {
		imported := strings.Trim(i.Path.Value, `"`)
		name := path.Base(imported)
		if i.Name != nil {
			name = i.Name.Name
		}
		s.imports[imported] = name
	}
	r := h.room(path.Dir(s.path))
	if strings.HasSuffix(s.path, "_test.go") {
		r.tests = append(r.tests, s)
	} else {
		r.files = append(r.files, s)
	}
	return nil
}

func (h *house) room(p string) *room {
	for _, r := range h.rooms {
		if r.path == p {
			return r
		}
	}
	r := &room{path: p}
	h.rooms = append(h.rooms, r)
	return r
}

// at prints a place for a message.
func (h *house) at(n ast.Node) string {
	p := h.set.Position(n.Pos())
	rel, err := filepath.Rel(root, p.Filename)
	if err != nil {
		rel = p.Filename
	}
	p.Filename = rel
	return p.String()
}

func (s *source) lines() int { return bytes.Count(s.text, []byte("\n")) }

// within reports whether p is the folder or lies below it. A folder that ends in "/..." stands
// for what lies below; a folder without it for itself alone.
func within(p, folder string) bool {
	if below, ok := strings.CutSuffix(folder, "/..."); ok {
		return p == below || strings.HasPrefix(p, below+"/")
	}
	return p == folder
}

func withinAny(p string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return within(p, f) })
}

// isTestHelp reports whether a package exists for tests only.
func isTestHelp(p string) bool {
	return strings.HasSuffix(p, "test") && p != "internal/archtest"
}

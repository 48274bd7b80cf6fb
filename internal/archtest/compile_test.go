package archtest

import (
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// snippet is one file of testdata/nocompile. Its first line is `// want "part of the error"`, or
// `// compiles` for a positive control: code that shows that the others fail for the right reason.
type snippet struct {
	name string
	want string // empty: compiles
	ast  *ast.File
}

// here is where a snippet pretends to live: outside of the guard, like any other room.
const here = module + "/internal/snippet"

func snippets(t *testing.T, set *token.FileSet) []snippet {
	t.Helper()
	names, err := filepath.Glob("testdata/nocompile/*.go.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("no snippets: %v", err)
	}
	var list []snippet
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		s := snippet{name: strings.TrimSuffix(filepath.Base(name), ".go.txt")}
		first, _, _ := strings.Cut(string(src), "\n")
		if quoted, ok := strings.CutPrefix(first, "// want "); ok {
			if s.want, err = strconv.Unquote(quoted); err != nil || s.want == "" {
				t.Fatalf("%s: first line: %v", name, err)
			}
		} else if first != "// compiles" {
			t.Fatalf("%s: the first line says neither what is wanted nor that it compiles", name)
		}
		if s.ast, err = parser.ParseFile(set, name, src, 0); err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	return list
}

// missing reports whether the snippet imports a package of ours that has not been written yet.
func (s snippet) missing() bool {
	return slices.ContainsFunc(s.imported(), func(p string) bool {
		folder, ours := strings.CutPrefix(p, module+"/")
		if !ours {
			return false
		}
		files, _ := filepath.Glob(filepath.Join(root, folder, "*.go"))
		return len(files) == 0
	})
}

func (s snippet) imported() []string {
	var list []string
	for _, i := range s.ast.Imports {
		p, _ := strconv.Unquote(i.Path.Value)
		list = append(list, p)
	}
	return list
}

// outOfReach is the go command's rule about internal packages, which the type checker leaves out.
func (s snippet) outOfReach() error {
	for _, p := range s.imported() {
		parent, _, internal := strings.Cut(p+"/", "/internal/")
		if i := strings.LastIndex(p+"/", "/internal/"); internal {
			parent = p[:i]
		}
		if internal && !strings.HasPrefix(here+"/", parent+"/") {
			return fmt.Errorf("use of internal package %s not allowed", p)
		}
	}
	return nil
}

// exports asks the go command, once, for the compiled form of everything the snippets import.
func exports(t *testing.T, list []snippet) map[string]string {
	t.Helper()
	args := []string{"list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}"}
	for _, s := range list {
		for _, p := range s.imported() {
			if !slices.Contains(args, p) {
				args = append(args, p)
			}
		}
	}
	cmd := exec.Command("go", args...)
	cmd.Dir = root
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, complaints.String())
	}
	found := map[string]string{}
	for line := range strings.Lines(string(out)) {
		p, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		found[p] = file
	}
	return found
}

// check type-checks a snippet and returns every complaint.
func (s snippet) check(set *token.FileSet, imports types.Importer) error {
	var all []error
	if err := s.outOfReach(); err != nil {
		all = append(all, err)
	}
	conf := types.Config{Importer: imports, Error: func(err error) { all = append(all, err) }}
	_, _ = conf.Check(here, set, []*ast.File{s.ast}, nil)
	return errors.Join(all...)
}

func TestWhatMustNotCompileDoesNot(t *testing.T) {
	t.Parallel()
	set := token.NewFileSet()
	list := slices.DeleteFunc(snippets(t, set), snippet.missing)
	files := exports(t, list)
	imports := importer.ForCompiler(set, "gc", func(p string) (io.ReadCloser, error) {
		file, ok := files[p]
		if !ok || file == "" {
			return nil, fmt.Errorf("no compiled form of %s", p)
		}
		return os.Open(file)
	})
	controls := 0
	for _, s := range list {
		err := s.check(set, imports)
		switch {
		case s.want == "" && err != nil:
			t.Errorf("%s is a control and must compile: %v", s.name, err)
		case s.want == "":
			controls++
		case err == nil:
			t.Errorf("%s compiles", s.name)
		case !strings.Contains(err.Error(), s.want):
			t.Errorf("%s fails for another reason: %v\nwant %q", s.name, err, s.want)
		}
	}
	if controls == 0 {
		t.Error("no control snippet was checked")
	}
}

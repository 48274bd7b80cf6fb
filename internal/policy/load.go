package policy

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"vow.example/vow/internal/policy/internal/check"
	"vow.example/vow/internal/policy/internal/duty"
	"vow.example/vow/internal/policy/internal/reach"
	"vow.example/vow/internal/policy/internal/report"
	"vow.example/vow/internal/policy/internal/source"
	"vow.example/vow/internal/privacy"
)

// Finding is one thing that is wrong with a policy file: where, what, and how to repair it.
type Finding struct {
	File         string
	Line, Column int
	Path         string // of the value: "retention[3].limit"
	What, Fix    string
}

// String prints the finding on one line.
func (f Finding) String() string {
	s := fmt.Sprintf("%s:%d:%d: ", f.File, f.Line, f.Column)
	if f.Path != "" {
		s += f.Path + ": "
	}
	s += f.What
	if f.Fix != "" {
		s += " (fix: " + f.Fix + ")"
	}
	return s
}

// Problems is everything that is wrong with a policy file.
type Problems struct{ Findings []Finding }

// Error prints every finding on a line of its own.
func (p *Problems) Error() string {
	lines := make([]string, len(p.Findings))
	for i, f := range p.Findings {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// Schema returns the JSON Schema (draft 2020-12) of a policy file.
func Schema() []byte { return source.Schema() }

// Load turns a policy file into a Policy. The name stands in messages. The error is *Problems
// and holds every finding at once.
func Load(name string, src []byte) (*Policy, error) {
	file, problems := source.Read(src)
	if len(problems) > 0 {
		if file != nil && !report.Broken(problems) {
			problems = append(problems, verify(file).Beside(problems)...)
		}
		return nil, refusal(name, problems)
	}
	result := verify(file)
	if len(result.Problems) > 0 {
		return nil, refusal(name, result.Problems)
	}
	p := build(file)
	if unfilled := p.page.Unfilled(file.Positions); len(unfilled) > 0 {
		return nil, refusal(name, unfilled)
	}
	if err := p.writeScreens(); err != nil {
		return nil, err
	}
	p.demo = refusal(name, result.Demo).Findings
	return p, nil
}

// verify finds every contradiction of a document.
func verify(file *source.File) *report.Report {
	r := &report.Report{Doc: &file.Doc, At: file.Positions}
	check.Check(r)
	reach.Check(r)
	duty.Check(r)
	return r
}

// maxFindings bounds a message: whoever has more to repair has another problem.
const maxFindings = 500

// refusal turns problems into findings in the order of the file.
func refusal(name string, problems []source.Problem) *Problems {
	found := make([]Finding, len(problems))
	for i, p := range problems {
		found[i] = Finding{name, p.Line, p.Column, p.Path(), p.What, p.Fix}
	}
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.What, b.What))
	})
	found = slices.Compact(found)
	if more := len(found) - maxFindings; more > 0 {
		last := found[maxFindings-1]
		found = append(found[:maxFindings], Finding{name, last.Line, last.Column, "", fmt.Sprintf("and %d more", more), "repair those above first"})
	}
	return &Problems{found}
}

// LoadFile loads the policy file at that path.
func LoadFile(name string) (*Policy, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("policy: read %s: %w", name, err)
	}
	if info.Size() > source.MaxBytes {
		return Load(name, make([]byte, source.MaxBytes+1))
	}
	src, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("policy: read %s: %w", name, err)
	}
	return Load(name, src)
}

// LoadDir loads dir/<app>/policy.yaml of every app.
func LoadDir(dir string) (map[privacy.AppID]*Policy, error) {
	return load(os.DirFS(dir), filepath.ToSlash(dir))
}

// LoadFS loads <app>/policy.yaml of every app in fsys.
func LoadFS(fsys fs.FS) (map[privacy.AppID]*Policy, error) { return load(fsys, "") }

func load(fsys fs.FS, prefix string) (map[privacy.AppID]*Policy, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("policy: read app folder: %w", err)
	}
	all := map[privacy.AppID]*Policy{}
	var found []Finding
	for _, e := range entries {
		file := path.Join(e.Name(), "policy.yaml")
		src, err := fs.ReadFile(fsys, file)
		if errors.Is(err, fs.ErrNotExist) || !e.IsDir() {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("policy: read %s: %w", file, err)
		}
		p, err := Load(path.Join(prefix, file), src)
		var problems *Problems
		switch {
		case errors.As(err, &problems):
			found = append(found, problems.Findings...)
		case err != nil:
			return nil, err
		case string(p.App()) != e.Name():
			found = append(found, Finding{path.Join(prefix, file), 1, 1, "app.id", "the folder is named " + e.Name() + " but the app is " + string(p.App()), "give the folder the app's id"})
		default:
			all[p.App()] = p
		}
	}
	if len(found) > 0 {
		return nil, &Problems{found}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("policy: no <app>/policy.yaml in %q", prefix)
	}
	return all, nil
}

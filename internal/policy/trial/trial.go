// Package trial runs the tests of a policy that are written as data: changes that must be refused, and
// questions with the answer that the published text promises.
//
// It promises that a case which does not apply fails instead of passing unnoticed, and that each answer
// is asked of the policy that the server would obey. It never changes a file.
package trial

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/internal/source"
)

// File is the name of the file with the cases, beside policy.yaml.
const File = "policy_test.yaml"

// format is what the first line of such a file says.
const format = "vow/policy-test/1"

// Result is the outcome of one case.
type Result struct {
	App    string `json:"app"`
	File   string `json:"file"`
	Line   int    `json:"line"`
	Case   string `json:"case"`
	Clause string `json:"clause,omitempty"`
	OK     bool   `json:"ok"`
	Want   string `json:"want"`
	Got    string `json:"got"`
}

// Report is the outcome of one app's cases.
type Report struct {
	App, File string
	Results   []Result
}

// Failed returns how many cases failed.
func (r Report) Failed() int {
	n := 0
	for _, x := range r.Results {
		if !x.OK {
			n++
		}
	}
	return n
}

// String prints each case that failed, or that all of them hold.
func (r Report) String() string {
	var b strings.Builder
	for _, x := range r.Results {
		if !x.OK {
			fmt.Fprintf(&b, "FAIL  %s:%d: %s\n    want %s\n    got  %s\n", x.File, x.Line, strings.TrimSpace(x.Case+" "+x.Clause), x.Want, x.Got)
		}
	}
	if r.Failed() == 0 {
		fmt.Fprintf(&b, "ok  %s (%d cases)\n", r.App, len(r.Results))
	}
	return b.String()
}

type file struct {
	Format string            `json:"format"`
	Cases  []json.RawMessage `json:"cases"`
}

type testCase struct {
	Name   string     `json:"name"`
	Clause string     `json:"clause"`
	Mutate []mutation `json:"mutate"`
	Error  string     `json:"error"`
	At     string     `json:"at"`
	Ask    *ask       `json:"ask"`
}

// mutation replaces the first place of a text, or every place, or adds lines at the end of the file.
type mutation struct {
	Replace string `json:"replace"`
	With    string `json:"with"`
	All     bool   `json:"all"`
	Add     string `json:"add"`
}

// FS runs <app>/policy_test.yaml of every app in fsys that has one. The prefix stands in messages.
func FS(fsys fs.FS, prefix string) ([]Report, error) {
	files, err := fs.Glob(fsys, "*/"+File)
	if err != nil {
		return nil, fmt.Errorf("trial: find cases: %w", err)
	}
	var out []Report
	for _, name := range files {
		report, err := App(fsys, path.Dir(name), prefix)
		if err != nil {
			return nil, err
		}
		out = append(out, report)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("trial: no <app>/%s in %q", File, prefix)
	}
	return out, nil
}

// Dir runs the cases of one app's folder, or of a folder of apps.
func Dir(dir string) ([]Report, error) {
	if _, err := os.Stat(filepath.Join(dir, File)); err != nil {
		return FS(os.DirFS(dir), filepath.ToSlash(dir))
	}
	report, err := App(os.DirFS(dir), ".", filepath.ToSlash(dir))
	if err != nil {
		return nil, err
	}
	return []Report{report}, nil
}

// App runs the cases of one app's folder.
func App(fsys fs.FS, folder, prefix string) (Report, error) {
	src, err := fs.ReadFile(fsys, path.Join(folder, "policy.yaml"))
	if err != nil {
		return Report{}, fmt.Errorf("trial: read policy: %w", err)
	}
	cases, err := fs.ReadFile(fsys, path.Join(folder, File))
	if err != nil {
		return Report{}, fmt.Errorf("trial: read cases: %w", err)
	}
	return Run(path.Join(prefix, folder, "policy.yaml"), src, path.Join(prefix, folder, File), cases)
}

// Run runs the cases against a policy. The error is *policy.Problems where the policy or the file of
// cases is wrong; failed cases are in the report.
func Run(name string, src []byte, caseName string, cases []byte) (Report, error) {
	p, err := policy.Load(name, src)
	if err != nil {
		return Report{}, err
	}
	list, lines, err := read(caseName, cases)
	if err != nil {
		return Report{}, err
	}
	report := Report{App: string(p.App()), File: caseName}
	for i, c := range list {
		result := c.run(p, src)
		result.App, result.File, result.Line, result.Case, result.Clause = report.App, caseName, lines[i], c.Name, c.Clause
		report.Results = append(report.Results, result)
	}
	return report, nil
}

// run decides one case.
func (c testCase) run(p *policy.Policy, src []byte) Result {
	changed, missing := c.changed(src)
	if missing != "" {
		return Result{Want: "the policy holds " + missing, Got: "it does not; the case tests nothing"}
	}
	var err error
	if len(c.Mutate) > 0 {
		p, err = policy.Load("policy.yaml", changed)
	}
	if c.Ask == nil {
		return c.refusal(err)
	}
	if err != nil {
		return Result{Want: "the changed policy loads", Got: err.Error()}
	}
	return c.Ask.answer(p)
}

// changed applies the mutations in their order, and names the first text that is not there.
func (c testCase) changed(src []byte) (out []byte, missing string) {
	out = bytes.Clone(src)
	for _, m := range c.Mutate {
		n := 1
		if m.All {
			n = -1
		}
		switch {
		case m.Add != "":
			out = append(append(bytes.TrimRight(out, "\n"), '\n'), strings.TrimRight(m.Add, "\n")+"\n"...)
		case !bytes.Contains(out, []byte(m.Replace)):
			return nil, fmt.Sprintf("%q", m.Replace)
		default:
			out = bytes.Replace(out, []byte(m.Replace), []byte(m.With), n)
		}
	}
	return out, ""
}

// refusal demands that one finding says the text, in the part of the file that the case names.
func (c testCase) refusal(err error) Result {
	r := Result{Want: "refused: " + c.Error}
	if c.At != "" {
		r.Want += " (at " + c.At + ")"
	}
	var problems *policy.Problems
	if !errors.As(err, &problems) {
		r.Got = "the policy was accepted"
		if err != nil {
			r.Got = err.Error()
		}
		return r
	}
	r.Got = problems.Error()
	r.OK = slices.ContainsFunc(problems.Findings, func(f policy.Finding) bool {
		return strings.HasPrefix(f.Path, c.At) && strings.Contains(f.What+" (fix: "+f.Fix+")", c.Error)
	})
	return r
}

// read reads a file of cases, and the line of each. It tells of everything that is wrong at once.
func read(name string, src []byte) ([]testCase, []int, error) {
	plain, at, problems := source.Plain(src)
	if len(problems) > 0 {
		faults := make([]policy.Finding, len(problems))
		for i, p := range problems {
			faults[i] = wrong(name, p.Position, p.Path(), p.What, p.Fix)
		}
		return nil, nil, refuse(faults...)
	}
	var f file
	top := source.Position{Line: 1, Column: 1}
	if err := decode(plain, &f); err != nil {
		return nil, nil, refuse(wrong(name, top, "", err.Error(), "write format: "+format+" and cases"))
	}
	if f.Format != format || len(f.Cases) == 0 {
		return nil, nil, refuse(wrong(name, top, "format", "this is no file of policy tests, or it has no case", "write format: "+format+" and cases"))
	}
	var list []testCase
	var lines []int
	var faults []policy.Finding
	for i, raw := range f.Cases {
		place := at.At(fmt.Sprintf("/cases/%d", i))
		var c testCase
		err := strict(raw, &c)
		if err == nil {
			err = c.whole()
		}
		if err != nil {
			faults = append(faults, wrong(name, place, fmt.Sprintf("cases[%d]", i), err.Error(), "see docs/policy-tests.md"))
		}
		list, lines = append(list, c), append(lines, place.Line)
	}
	if len(faults) > 0 {
		return nil, nil, refuse(faults...)
	}
	return list, lines, nil
}

func wrong(name string, at source.Position, where, what, fix string) policy.Finding {
	return policy.Finding{File: name, Line: at.Line, Column: at.Column, Path: where, What: what, Fix: fix}
}

func refuse(findings ...policy.Finding) error { return &policy.Problems{Findings: findings} }

func decode(plain, into any) error {
	raw, err := json.Marshal(plain)
	if err != nil {
		return fmt.Errorf("trial: %w", err)
	}
	return strict(raw, into)
}

func strict(raw []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	var other *json.UnmarshalTypeError
	switch {
	case errors.As(err, &other) && other.Field == "":
		return fmt.Errorf("this is a %s and no mapping", other.Value)
	case errors.As(err, &other):
		return fmt.Errorf("%s cannot be a %s", other.Field, other.Value)
	case err != nil:
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// whole refuses a case that could not fail.
func (c testCase) whole() error {
	switch {
	case strings.TrimSpace(c.Name) == "":
		return errors.New("the case has no name")
	case c.Ask == nil && len(c.Mutate) == 0:
		return errors.New("the case changes nothing and asks nothing")
	case c.Ask == nil && strings.TrimSpace(c.Error) == "":
		return errors.New("the case does not say which error it expects")
	case c.Ask != nil && c.Error+c.At != "":
		return errors.New("a case asks a question or expects an error, not both")
	case slices.ContainsFunc(c.Mutate, func(m mutation) bool {
		return (m.Add == "") == (m.Replace == "") || m.Add == "" && m.Replace == m.With || m.Add != "" && (m.With != "" || m.All)
	}):
		return errors.New("a mutation is {replace, with} with two different texts, or {add}")
	case c.Ask != nil:
		return c.Ask.whole()
	}
	return nil
}

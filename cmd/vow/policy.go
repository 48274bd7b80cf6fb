package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vow.example/vow/apps"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/render"
	"vow.example/vow/internal/policy/trial"
	"vow.example/vow/internal/privacy"
)

type policyCmd struct {
	Check  policyCheckCmd  `cmd:"" help:"Find everything that is wrong with policy files."`
	Render policyRenderCmd `cmd:"" help:"Print what people will read."`
	Test   policyTestCmd   `cmd:"" help:"Run the tests of policies that are written as data."`
	Diff   policyDiffCmd   `cmd:"" help:"Say what a new version changes for people."`
	Schema policySchemaCmd `cmd:"" help:"Print the JSON Schema of policy files."`

	Publish policyPublishCmd `cmd:"" help:"Publish a file as the next version on a running server."`
}

type policyCheckCmd struct {
	Paths []string `arg:"" help:"Policy files, or folders with <app>/policy.yaml." placeholder:"FILE|DIR"`
}

// Help shows an example.
func (policyCheckCmd) Help() string {
	return `Prints every finding as file:line:column with a fix. Exit code 1 where there is one.

Example:
  vow policy check apps
  vow policy check apps/pixplus/policy.yaml --json`
}

type findingLine struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Path   string `json:"path"`
	What   string `json:"what"`
	Fix    string `json:"fix"`
}

type checkedPolicy struct {
	App      string        `json:"app"`
	Version  string        `json:"version"`
	Hash     string        `json:"hash"`
	DemoOnly []findingLine `json:"demo_only"`
	Chosen   []string      `json:"operator_chose"` // numbers that the published text does not give
}

type checkDoc struct {
	OK       bool            `json:"ok"`
	Policies []checkedPolicy `json:"policies"`
	Findings []findingLine   `json:"findings"`
}

// Run checks every file, so that one bad file does not hide the findings of the next.
func (c *policyCheckCmd) Run(o output) error {
	doc := checkDoc{Policies: []checkedPolicy{}, Findings: []findingLine{}}
	var text strings.Builder
	for _, path := range c.Paths {
		found, err := load(path)
		var problems *policy.Problems
		switch {
		case errors.As(err, &problems):
			doc.Findings = append(doc.Findings, lines(problems.Findings)...)
			fmt.Fprintln(&text, problems.Error())
		case err != nil:
			return err
		}
		for _, p := range found {
			doc.Policies = append(doc.Policies, checkedPolicy{
				string(p.App()), p.Version(), "sha256:" + string(p.Hash()), lines(p.DemoOnly()), p.OperatorChose(),
			})
			fmt.Fprintf(&text, "ok  %s (%d features, %d retention rows)\n    the operator chose: %s\n", p.Version(), len(p.Features()), len(p.Retention()), cmp.Or(strings.Join(p.OperatorChose(), ", "), "no number"))
			for _, f := range p.DemoOnly() {
				fmt.Fprintf(&text, "    demo only: %s\n", f)
			}
		}
	}
	if n := len(doc.Findings); n > 0 {
		text.WriteString(counted(n, "finding"))
	}
	doc.OK = len(doc.Findings) == 0
	if err := o.print(doc, text.String()); err != nil {
		return err
	}
	if !doc.OK {
		return errCheck()
	}
	return nil
}

func lines(findings []policy.Finding) []findingLine {
	out := make([]findingLine, 0, len(findings))
	for _, f := range findings {
		out = append(out, findingLine(f))
	}
	return out
}

// load reads one policy file, the policy of one app's folder, or of a folder of apps.
func load(path string) ([]*policy.Policy, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, usagef("%s: there is no such file or folder that can be read", path)
	}
	if !info.IsDir() {
		return one(policy.LoadFile(path))
	}
	if file := filepath.Join(path, "policy.yaml"); exists(file) {
		return one(policy.LoadFile(file))
	}
	all, err := policy.LoadDir(path)
	if err != nil && !errors.As(err, new(*policy.Problems)) {
		return nil, usagef("%s: %v", path, err)
	}
	return byApp(all), err
}

// single reads the one policy that a file, or the folder of one app, holds.
func single(path string) (*policy.Policy, error) {
	found, err := load(path)
	if err != nil {
		return nil, err
	}
	if len(found) != 1 {
		return nil, usagef("%s: holds %s; name one of them", path, counted(len(found), "app"))
	}
	return found[0], nil
}

func one(p *policy.Policy, err error) ([]*policy.Policy, error) {
	if err != nil {
		return nil, err
	}
	return []*policy.Policy{p}, nil
}

func byApp(all map[privacy.AppID]*policy.Policy) []*policy.Policy {
	out := make([]*policy.Policy, 0, len(all))
	for _, app := range slices.Sorted(maps.Keys(all)) {
		out = append(out, all[app])
	}
	return out
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

type policyRenderCmd struct {
	File string `arg:"" optional:"" help:"Policy file; or name a built-in app with --app." placeholder:"FILE"`
	App  string `help:"Built-in app." placeholder:"APP"`
	Lang string `help:"Language; the one that fits best of those that the policy has." default:"en" placeholder:"TAG"`
	What string `help:"policy, screens, screen:FEATURE, retention, recipients, article30 (record of processing), collected and shared (the two lists), permissions or collection." default:"policy" placeholder:"VIEW"`
}

// Help shows an example.
func (policyRenderCmd) Help() string {
	return `Prints Markdown, from the same file that the server obeys.

Example:
  vow policy render --app pixplus
  vow policy render apps/aifitting/policy.yaml --lang zh-Hans --what screen:avatar
  vow policy render --app mixoo --lang zh-Hans --what shared`
}

// Run prints the view.
func (c *policyRenderCmd) Run(o output) error {
	p, err := c.policy()
	if err != nil {
		return err
	}
	if !render.Known(c.What) {
		return usagef("--what %s: must be screen:FEATURE or one of %s", c.What, strings.Join(render.Views(), ", "))
	}
	if name, one := strings.CutPrefix(c.What, "screen:"); one {
		if _, ok := p.Feature(privacy.FeatureID(name)); !ok {
			return usagef("--what %s: %s has no feature of that name", c.What, p.App())
		}
	}
	var text strings.Builder
	if err := render.Markdown(&text, p, privacy.Lang(c.Lang), c.What); err != nil {
		return err
	}
	doc := struct {
		App      string `json:"app"`
		Version  string `json:"version"`
		Lang     string `json:"lang"`
		What     string `json:"what"`
		Markdown string `json:"markdown"`
	}{string(p.App()), p.Version(), string(policy.Match(c.Lang, p.Languages())), c.What, text.String()}
	return o.print(doc, text.String())
}

func (c *policyRenderCmd) policy() (*policy.Policy, error) {
	if (c.File == "") == (c.App == "") {
		return nil, usagef("name either a policy file or a built-in app with --app")
	}
	if c.File != "" {
		return single(c.File)
	}
	all, err := policy.LoadFS(apps.FS)
	if err != nil {
		return nil, err
	}
	p, ok := all[privacy.AppID(c.App)]
	if !ok {
		var names []string
		for _, p := range byApp(all) {
			names = append(names, string(p.App()))
		}
		return nil, usagef("--app %s: not built in (there are: %s)", c.App, strings.Join(names, ", "))
	}
	return p, nil
}

type policyTestCmd struct {
	Dir string `arg:"" optional:"" help:"Folder with <app>/policy_test.yaml, or the folder of one app; the built-in apps where it is left out." placeholder:"DIR"`
}

// Help shows an example.
func (policyTestCmd) Help() string {
	return `A case changes the policy and names the error that must follow, or asks a question and names the answer:

  format: vow/policy-test/1
  cases:
    - name: no face leaves for a second company
      clause: PIX-5-01
      mutate: [{replace: "shared_with: [runninghub]", with: "shared_with: []"}]
      error: faces are shared with nobody
    - name: a photo trains nothing
      ask: {category: source_photo, purpose: training, expect: refused, because: forbids}

docs/policy-tests.md lists every question. Exit code 1 where a case fails or a policy does not load.

Example:
  vow policy test
  vow policy test apps/pixplus --json`
}

// Run runs every case, so that one that fails does not hide the next.
func (c *policyTestCmd) Run(o output) error {
	doc := struct {
		OK       bool           `json:"ok"`
		Passed   int            `json:"passed"`
		Failed   int            `json:"failed"`
		Cases    []trial.Result `json:"cases"`
		Findings []findingLine  `json:"findings"`
	}{Cases: []trial.Result{}, Findings: []findingLine{}}
	var text strings.Builder
	reports, err := c.reports()
	var problems *policy.Problems
	switch {
	case errors.As(err, &problems):
		doc.Findings = lines(problems.Findings)
		fmt.Fprintln(&text, problems.Error())
	case err != nil:
		return usagef("%v", err)
	}
	for _, r := range reports {
		doc.Cases = append(doc.Cases, r.Results...)
		doc.Failed += r.Failed()
		text.WriteString(r.String())
	}
	doc.Passed = len(doc.Cases) - doc.Failed
	doc.OK = doc.Failed+len(doc.Findings) == 0
	fmt.Fprintf(&text, "%d passed, %d failed", doc.Passed, doc.Failed)
	if err := o.print(doc, text.String()); err != nil {
		return err
	}
	if !doc.OK {
		return errCheck()
	}
	return nil
}

func (c *policyTestCmd) reports() ([]trial.Report, error) {
	if c.Dir == "" {
		return trial.FS(apps.FS, "apps")
	}
	if info, err := os.Stat(c.Dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("%s: there is no such folder", c.Dir)
	}
	return trial.Dir(c.Dir)
}

type policySchemaCmd struct{}

// Help shows an example.
func (policySchemaCmd) Help() string {
	return `Editors complete and check a policy file with it.

Example:
  vow policy schema > policy.schema.json`
}

// Run prints the schema, which is JSON with and without --json.
func (policySchemaCmd) Run(o output) error {
	_, err := o.out.Write(policy.Schema())
	return err
}

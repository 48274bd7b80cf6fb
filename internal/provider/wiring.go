package provider

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"

	"github.com/goccy/go-yaml"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/driver"
)

// Wiring binds an app's features to workflows of recipients. It is the operator's; what may be
// sent is decided by the policy alone.
type Wiring map[privacy.RecipientID]Route

// Route is one recipient's driver and workflows.
type Route struct {
	Driver    string
	Workflows map[privacy.FeatureID]driver.Workflow
}

// workflow returns what runs at the recipient. A report or a message belongs to no feature: its recipient
// has one workflow and no other.
func (r Route) workflow(f privacy.FeatureID) (driver.Workflow, bool) {
	if f != "" {
		w, ok := r.Workflows[f]
		return w, ok
	}
	for _, w := range r.Workflows {
		return w, len(r.Workflows) == 1
	}
	return driver.Workflow{}, false
}

// Only returns the workflow of a recipient that takes reports or messages.
func (w Wiring) Only(r privacy.RecipientID) (driver.Workflow, bool) { return w[r].workflow("") }

// file is the form of wiring.yaml.
type file struct {
	Recipients map[privacy.RecipientID]struct {
		Driver    string                           `yaml:"driver"`
		Workflows map[privacy.FeatureID]workflowOf `yaml:"workflows"`
	} `yaml:"recipients"`
}

// workflowOf is one workflow as it is written.
type workflowOf struct {
	Call  string            `yaml:"call"`
	ID    string            `yaml:"workflow_id"`
	Model string            `yaml:"model"`
	Set   map[string]string `yaml:"set"`
	Graph string            `yaml:"graph"` // name of a JSON file beside wiring.yaml
	Nodes map[privacy.Field]struct {
		Node  string            `yaml:"node"`
		Name  string            `yaml:"name"`
		Words map[string]string `yaml:"words"`
	} `yaml:"nodes"`
}

// LoadWiring reads <app>/wiring.yaml of every app folder in fsys. A folder without one sends
// nothing anywhere. All faulty files are reported at once.
func LoadWiring(fsys fs.FS) (map[privacy.AppID]Wiring, error) {
	names, err := fs.Glob(fsys, "*/wiring.yaml")
	if err != nil {
		return nil, fmt.Errorf("provider: list wiring: %w", err)
	}
	out, problems := map[privacy.AppID]Wiring{}, []error{}
	for _, name := range names {
		w, err := readWiring(fsys, name)
		if err != nil {
			problems = append(problems, fmt.Errorf("provider: %s: %w", name, err))
			continue
		}
		out[privacy.AppID(path.Dir(name))] = w
	}
	return out, errors.Join(problems...)
}

func readWiring(fsys fs.FS, name string) (Wiring, error) {
	raw, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	var f file
	if err := yaml.NewDecoder(bytes.NewReader(raw), yaml.Strict()).Decode(&f); errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty")
	} else if err != nil {
		return nil, err
	}
	w, problems := Wiring{}, []error{}
	for _, recipient := range slices.Sorted(maps.Keys(f.Recipients)) {
		r := f.Recipients[recipient]
		route := Route{Driver: r.Driver, Workflows: map[privacy.FeatureID]driver.Workflow{}}
		if r.Driver == "" {
			problems = append(problems, fmt.Errorf("recipients.%s: driver is missing", recipient))
		}
		for _, feature := range slices.Sorted(maps.Keys(r.Workflows)) {
			flow, err := r.Workflows[feature].read(fsys, path.Dir(name))
			if err != nil {
				problems = append(problems, fmt.Errorf("recipients.%s.workflows.%s: %w", recipient, feature, err))
			}
			route.Workflows[feature] = flow
		}
		w[recipient] = route
	}
	return w, errors.Join(problems...)
}

// read checks one workflow and loads its graph.
func (wf workflowOf) read(fsys fs.FS, dir string) (driver.Workflow, error) {
	flow := driver.Workflow{Call: wf.Call, ID: cmp.Or(wf.ID, wf.Model), Set: wf.Set, Nodes: map[privacy.Field]driver.Node{}}
	if flow.Call == "" && flow.ID == "" || wf.ID != "" && wf.Model != "" || len(wf.Nodes) == 0 {
		return flow, errors.New("nodes are needed, and call, workflow_id or model")
	}
	for _, field := range slices.Sorted(maps.Keys(wf.Nodes)) {
		n := wf.Nodes[field]
		if n.Name == "" {
			return flow, fmt.Errorf("nodes.%s: name is needed", field)
		}
		flow.Nodes[field] = driver.Node{ID: n.Node, Name: n.Name, Words: n.Words}
	}
	if wf.Graph == "" {
		return flow, nil
	}
	if path.Base(wf.Graph) != wf.Graph {
		return flow, errors.New("graph: the name of a file beside wiring.yaml is needed")
	}
	graph, err := fs.ReadFile(fsys, path.Join(dir, wf.Graph))
	if err != nil || !json.Valid(graph) {
		return flow, fmt.Errorf("graph: %s cannot be read as JSON", wf.Graph)
	}
	flow.Graph = graph
	return flow, nil
}

// Check reports every live feature of the policy that is routed to a recipient and not wired, every
// workflow whose nodes are not exactly the fields that the policy lets leave, and every recipient of
// reports or messages that is wired to anything but the two places of its one call. A recipient of
// reports without wiring gets none.
func (w Wiring) Check(p *policy.Policy) error {
	var problems []error
	for _, f := range p.Features() {
		if !f.Live || f.IsLocal() {
			continue
		}
		flow, ok := w[f.Recipient].Workflows[f.ID]
		if !ok {
			problems = append(problems, fmt.Errorf("provider: feature %s has no workflow at %s", f.ID, f.Recipient))
			continue
		}
		problems = append(problems, checkNodes(f, flow)...)
	}
	for _, f := range p.Terms().Forwards {
		problems = append(problems, w.checkOnly(f.Recipient, "analytics_id", "events"))
	}
	for _, g := range p.Terms().Notices.Gateways {
		problems = append(problems, w.checkOnly(g.Recipient, "address", "message"))
	}
	return errors.Join(problems...)
}

// checkOnly demands one workflow with these places and no other of a recipient that is wired.
func (w Wiring) checkOnly(r privacy.RecipientID, fields ...privacy.Field) error {
	if _, wired := w[r]; !wired {
		return nil
	}
	flow, ok := w.Only(r)
	if !ok {
		return fmt.Errorf("provider: %s has not exactly one workflow", r)
	}
	if !slices.Equal(slices.Sorted(maps.Keys(flow.Nodes)), fields) {
		return fmt.Errorf("provider: the workflow of %s has not exactly the nodes %v", r, fields)
	}
	return nil
}

func checkNodes(f policy.Feature, flow driver.Workflow) (problems []error) {
	for _, s := range f.Fields {
		if _, ok := flow.Nodes[s.Field]; !ok {
			problems = append(problems, fmt.Errorf("provider: workflow of %s has no node for %s", f.ID, s.Field))
		}
	}
	for field := range flow.Nodes {
		if !slices.ContainsFunc(f.Fields, func(s policy.SentField) bool { return s.Field == field }) {
			problems = append(problems, fmt.Errorf("provider: workflow of %s has a node for %s, which the policy does not let leave", f.ID, field))
		}
	}
	return problems
}

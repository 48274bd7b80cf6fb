package provider

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
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

// file is the form of wiring.yaml.
type file struct {
	Recipients map[privacy.RecipientID]struct {
		Driver    string `yaml:"driver"`
		Workflows map[privacy.FeatureID]struct {
			ID    string `yaml:"workflow_id"`
			Nodes map[privacy.Field]struct {
				Node string `yaml:"node"`
				Name string `yaml:"name"`
			} `yaml:"nodes"`
		} `yaml:"workflows"`
	} `yaml:"recipients"`
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
		raw, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("provider: read wiring: %w", err)
		}
		w, err := parseWiring(raw)
		if err != nil {
			problems = append(problems, fmt.Errorf("provider: %s: %w", name, err))
			continue
		}
		out[privacy.AppID(path.Dir(name))] = w
	}
	return out, errors.Join(problems...)
}

func parseWiring(raw []byte) (Wiring, error) {
	var f file
	if err := yaml.NewDecoder(bytes.NewReader(raw), yaml.Strict()).Decode(&f); err != nil {
		return nil, err
	}
	w := Wiring{}
	for recipient, r := range f.Recipients {
		route := Route{Driver: r.Driver, Workflows: map[privacy.FeatureID]driver.Workflow{}}
		if r.Driver == "" {
			return nil, fmt.Errorf("recipients.%s: driver is missing", recipient)
		}
		for feature, wf := range r.Workflows {
			if wf.ID == "" || len(wf.Nodes) == 0 {
				return nil, fmt.Errorf("recipients.%s.workflows.%s: workflow_id and nodes are needed", recipient, feature)
			}
			flow := driver.Workflow{ID: wf.ID, Nodes: map[privacy.Field]driver.Node{}}
			for field, n := range wf.Nodes {
				if n.Node == "" || n.Name == "" {
					return nil, fmt.Errorf("recipients.%s.workflows.%s.nodes.%s: node and name are needed", recipient, feature, field)
				}
				flow.Nodes[field] = driver.Node{ID: n.Node, Name: n.Name}
			}
			route.Workflows[feature] = flow
		}
		w[recipient] = route
	}
	return w, nil
}

// Check reports every live feature of the policy that is routed to a recipient and not wired, and
// every workflow whose nodes are not exactly the fields that the policy lets leave.
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
	return errors.Join(problems...)
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

package comfyui

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/driver"
)

// graph is a workflow in the form of ComfyUI's "export (API)": nodes by identifier. Titles and
// other remarks of the editor are dropped.
type graph map[string]struct {
	Class  string         `json:"class_type"`
	Inputs map[string]any `json:"inputs"`
}

// readGraph parses the operator's graph and checks that every field has its place in it and every
// value a form that can be sent. It fails before any call.
func readGraph(s driver.Sender, w driver.Workflow) (graph, error) {
	var g graph
	d := json.NewDecoder(bytes.NewReader(w.Graph))
	d.UseNumber()
	if err := d.Decode(&g); err != nil || len(g) == 0 {
		return nil, driver.Fail(egress.Bug, "graph")
	}
	for name := range w.Set {
		if name != "output" && name != "client_id" {
			return nil, driver.Fail(egress.Bug, "set")
		}
	}
	out, ok := g[w.Set["output"]]
	switch {
	case !ok:
		return nil, driver.Fail(egress.Bug, "graph-output")
	case out.Class == "SaveImageWebsocket": // its pictures come through the socket only
		return nil, driver.Fail(egress.Bug, "graph-output-socket")
	}
	for _, n := range g {
		if n.Class == "" {
			return nil, driver.Fail(egress.Bug, "graph")
		}
		for _, v := range n.Inputs {
			if _, err := value(v, 0); err != nil {
				return nil, err
			}
		}
	}
	for _, f := range slices.Sorted(maps.Keys(w.Nodes)) {
		at := w.Nodes[f]
		if v, ok := g[at.ID].Inputs[at.Name]; !ok {
			return nil, driver.Fail(egress.Bug, "graph-node")
		} else if _, link := v.([]any); link {
			return nil, driver.Fail(egress.Bug, "graph-input") // taking the place of a link would cut the graph
		}
	}
	return g, g.places(s, w)
}

// places checks the fields of this order.
func (g graph) places(s driver.Sender, w driver.Workflow) error {
	for _, f := range s.Fields() {
		at, ok := w.Nodes[f]
		if !ok {
			return driver.Fail(egress.Bug, "no-node")
		}
		_, word := g[at.ID].Inputs[at.Name].(string)
		_, number := g[at.ID].Inputs[at.Name].(json.Number)
		media := s.MediaType(f) != ""
		switch t := s.Transport(f); {
		case media && t != "bytes" && t != "base64", !media && t != "text":
			return driver.Fail(egress.Bug, "transport")
		case media && !word, !word && !number:
			return driver.Fail(egress.Bug, "graph-input")
		}
	}
	return nil
}

// request is the call that queues the graph, with a placeholder in each field's place.
func (g graph) request(s driver.Sender, o driver.Order, done notes) wire.Request {
	nodes := wire.Object{}
	for id, n := range g {
		inputs := wire.Object{}
		for name, v := range n.Inputs {
			inputs[name], _ = value(v, 0) // readGraph has tried every value
		}
		if _, ok := n.Inputs["filename_prefix"].(string); ok {
			inputs["filename_prefix"] = wire.Literal(o.Key + "/result")
		}
		nodes[id] = wire.Object{"class_type": wire.Literal(n.Class), "inputs": inputs}
	}
	for _, f := range s.Fields() {
		at := o.Workflow.Nodes[f]
		_, number := g[at.ID].Inputs[at.Name].(json.Number)
		inputs, _ := nodes[at.ID].(wire.Object)["inputs"].(wire.Object)
		inputs[at.Name] = placeholder(f, at, done.Files[f], number)
		if s.Transport(f) == "base64" {
			inputs[at.Name] = wire.Base64(f)
		}
	}
	client := o.Workflow.Set["client_id"]
	if client == "" {
		client = "vow"
	}
	return wire.Request{
		Method: "POST", Path: "/prompt", Header: header(),
		Body: wire.JSON{"client_id": wire.Literal(client), "prompt": nodes, "prompt_id": wire.Literal(o.Key)},
	}
}

// placeholder is what stands in a field's place. The graph's own value there says whether the node
// wants a number or a word.
func placeholder(f privacy.Field, at driver.Node, name string, number bool) wire.Value {
	switch {
	case name != "":
		return wire.Literal(name)
	case len(at.Words) > 0:
		return wire.Coded{Field: f, Words: at.Words, Number: number}
	case number:
		return wire.Number(f)
	default:
		return wire.Text(f)
	}
}

// value converts a value of the graph.
func value(v any, depth int) (wire.Value, error) {
	switch v := v.(type) {
	case string:
		return wire.Literal(v), nil
	case bool:
		return wire.Bool(v), nil
	case json.Number:
		return number(v, depth)
	case []any:
		list := wire.Array{}
		for _, item := range v {
			w, err := value(item, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, w)
		}
		return list, nil
	case map[string]any:
		object := wire.Object{}
		for name, item := range v {
			w, err := value(item, depth+1)
			if err != nil {
				return nil, err
			}
			object[name] = w
		}
		return object, nil
	}
	return nil, driver.Fail(egress.Bug, "graph-value")
}

// number converts a number. A whole one beyond 63 bits, as seeds can be, goes out as a word: ComfyUI
// reads it as a number where a node wants one (execution.py, validate_inputs), but not inside a list.
func number(n json.Number, depth int) (wire.Value, error) {
	if whole, err := n.Int64(); err == nil {
		return wire.Int(whole), nil
	}
	f, err := n.Float64()
	switch {
	case err != nil:
	case strings.ContainsAny(n.String(), ".eE"):
		return wire.Float(f), nil
	case depth == 0:
		return wire.Literal(n.String()), nil
	}
	return nil, driver.Fail(egress.Bug, "graph-value")
}

package comfyui

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"vow.example/vow/internal/sim/kit"
)

// node is one node of a graph that has been accepted in form.
type node struct {
	class  string
	inputs map[string]any
}

// problem is one error of a node. Its details quote the value, as ComfyUI's do.
type problem struct{ kind, details string }

// parseGraph reads the nodes; "" or the type of error of the whole graph.
func (s *Sim) parseGraph(v any) (map[string]node, string) {
	raw, isObject := v.(map[string]any)
	if !isObject {
		return nil, "invalid_prompt"
	}
	graph, results := map[string]node{}, 0
	for id, item := range raw {
		n, _ := item.(map[string]any)
		name, _ := n["class_type"].(string)
		inputs, hasInputs := n["inputs"].(map[string]any)
		known, exists := s.nodes[name]
		if !exists || !hasInputs || !kit.Only(n, []string{"class_type", "inputs"}, "_meta") {
			return nil, "invalid_prompt"
		}
		if known.output {
			results++
		}
		graph[id] = node{class: name, inputs: inputs}
	}
	if results == 0 {
		return nil, "prompt_no_outputs"
	}
	return graph, ""
}

// check returns the problems of every node.
func (s *Sim) check(graph map[string]node) map[string][]problem {
	found := map[string][]problem{}
	for id, n := range graph {
		known := s.nodes[n.class]
		for _, name := range slices.Sorted(maps.Keys(known.inputs)) {
			v, given := n.inputs[name]
			if !given {
				if !known.inputs[name].optional {
					found[id] = append(found[id], problem{"required_input_missing", name})
				}
				continue
			}
			if p := s.checkInput(graph, known.inputs[name], v); p.kind != "" {
				found[id] = append(found[id], p)
			}
		}
		for name := range n.inputs {
			if _, exists := known.inputs[name]; !exists { // a real server is more lenient
				found[id] = append(found[id], problem{"invalid_input_type", name})
			}
		}
	}
	if len(found) == 0 && cyclic(graph) {
		for id := range graph {
			found[id] = []problem{{"exception_during_validation", "cycle"}}
		}
	}
	return found
}

// checkInput judges one value. Words that are numbers pass as numbers, as at a real server.
func (s *Sim) checkInput(graph map[string]node, want input, v any) problem {
	if list, isLink := v.([]any); isLink {
		return s.checkLink(graph, want, list)
	}
	text, isText := v.(string)
	if number, isNumber := v.(json.Number); isNumber {
		text = number.String()
	}
	switch want.kind {
	case "STRING":
		if !isText {
			return problem{"invalid_input_type", "not a text"}
		}
	case "COMBO":
		if !slices.Contains(want.values, text) {
			return problem{"value_not_in_list", text}
		}
	case "FILE":
		if _, exists := s.files["input/"+text]; !exists {
			return problem{"custom_validation_failed", "image - Invalid image file: " + text}
		}
	case "INT", "FLOAT":
		n, err := strconv.ParseFloat(text, 64)
		if _, errWhole := strconv.ParseUint(text, 10, 64); err != nil || want.kind == "INT" && errWhole != nil {
			return problem{"invalid_input_type", text}
		}
		if n < want.low {
			return problem{"value_smaller_than_min", text}
		}
		if n > want.top {
			return problem{"value_bigger_than_max", text}
		}
	default:
		return problem{"bad_linked_input", text}
	}
	return problem{}
}

// checkLink judges a link: ["<node>", <number of its output>].
func (s *Sim) checkLink(graph map[string]node, want input, list []any) problem {
	if len(list) != 2 {
		return problem{"bad_linked_input", "length"}
	}
	id, _ := list[0].(string)
	number, _ := list[1].(json.Number)
	slot, err := number.Int64()
	from, exists := graph[id]
	outputs := s.nodes[from.class].outputs
	switch {
	case !exists || err != nil || slot < 0 || slot >= int64(len(outputs)):
		return problem{"exception_during_validation", id}
	case outputs[slot] != want.kind:
		return problem{"return_type_mismatch", outputs[slot]}
	}
	return problem{}
}

// cyclic reports whether a node feeds itself.
func cyclic(graph map[string]node) bool {
	const open, done = 1, 2
	seen := map[string]int{}
	var visit func(id string) bool
	visit = func(id string) bool {
		if seen[id] != 0 {
			return seen[id] == open
		}
		seen[id] = open
		for _, v := range graph[id].inputs {
			if list, isLink := v.([]any); isLink && len(list) == 2 {
				if from, isText := list[0].(string); isText && visit(from) {
					return true
				}
			}
		}
		seen[id] = done
		return false
	}
	for id := range graph {
		if visit(id) {
			return true
		}
	}
	return false
}

// refuseNodes is a refusal with the problems of each node.
func refuseNodes(graph map[string]node, found map[string][]problem) kit.Reply {
	nodes := map[string]any{}
	for id, list := range found {
		var errs []any
		for _, p := range list {
			errs = append(errs, map[string]any{"type": p.kind, "message": "Problem with a node", "details": p.details, "extra_info": map[string]any{}})
		}
		nodes[id] = map[string]any{"errors": errs, "dependent_outputs": []string{}, "class_type": graph[id].class}
	}
	return kit.JSON(http.StatusBadRequest, map[string]any{
		"error": map[string]any{
			"type": "prompt_outputs_failed_validation", "message": "Prompt outputs failed validation", "details": "", "extra_info": map[string]any{}},
		"node_errors": nodes,
	})
}

// plan puts the nodes that the results need in order, and finds the one that takes the time: the
// last sampler, or else the last of them.
func (j *job) plan(graph map[string]node) {
	seen := map[string]bool{}
	var visit func(id string)
	visit = func(id string) {
		if seen[id] {
			return
		}
		seen[id] = true
		n := graph[id]
		for _, name := range slices.Sorted(maps.Keys(n.inputs)) {
			if list, isLink := n.inputs[name].([]any); isLink && len(list) == 2 {
				if from, isText := list[0].(string); isText {
					visit(from)
				}
			}
		}
		if slices.Contains(j.outputs, id) {
			return
		}
		j.order = append(j.order, id)
		if steps, isSampler := n.inputs["steps"]; isSampler && n.class == "KSampler" {
			j.sampler = id
			j.steps, _ = strconv.Atoi(fmt.Sprint(steps))
		}
	}
	for _, id := range j.outputs {
		visit(id)
	}
	if j.sampler == "" && len(j.order) > 0 {
		j.sampler = j.order[len(j.order)-1]
	}
}

// class is that of one of the job's nodes.
func (j *job) class(id string) string {
	graph, _ := j.graph.(map[string]any)
	n, _ := graph[id].(map[string]any)
	name, _ := n["class_type"].(string)
	return name
}

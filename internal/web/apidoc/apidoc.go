// Package apidoc turns an OpenAPI 3.1 document into what a documentation page shows.
//
// It promises an order that does not change between two builds of the same API. It never fetches
// anything and never renders markup.
package apidoc

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// maxSpec bounds the description that is read.
const maxSpec = 8 << 20

// Parse reads an OpenAPI document.
func Parse(r io.Reader) (Doc, error) {
	var s spec
	if err := json.NewDecoder(io.LimitReader(r, maxSpec)).Decode(&s); err != nil {
		return Doc{}, fmt.Errorf("apidoc: %w", err)
	}
	d := Doc{Title: s.Info.Title, Version: s.Info.Version}
	groups := map[string][]Operation{}
	for path, methods := range s.Paths {
		for method, op := range methods {
			name := groupOf(path, op)
			groups[name] = append(groups[name], describeOperation(path, method, op))
		}
	}
	for name, ops := range groups {
		slices.SortFunc(ops, func(a, b Operation) int {
			return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
		})
		d.Groups = append(d.Groups, Group{name, ops})
	}
	slices.SortFunc(d.Groups, func(a, b Group) int { return cmp.Compare(a.Name, b.Name) })
	for name, sc := range s.Components.Schemas {
		d.Schemas = append(d.Schemas, describeSchema(name, sc))
	}
	slices.SortFunc(d.Schemas, func(a, b Type) int { return cmp.Compare(a.Name, b.Name) })
	return d, nil
}

func groupOf(path string, op operation) string {
	if len(op.Tags) > 0 {
		return op.Tags[0]
	}
	if parts := strings.Split(path, "/"); len(parts) > 2 {
		return parts[2]
	}
	return "server"
}

// spec is the part of an OpenAPI 3.1 document that the documentation shows.
type spec struct {
	Info struct {
		Title, Version, Description string
	} `json:"info"`
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas map[string]Schema `json:"schemas"`
	} `json:"components"`
}

type operation struct {
	ID          string             `json:"operationId"`
	Summary     string             `json:"summary"`
	Description string             `json:"description"`
	Tags        []string           `json:"tags"`
	Parameters  []parameter        `json:"parameters"`
	Body        *answer            `json:"requestBody"`
	Responses   map[string]answer  `json:"responses"`
	Security    []map[string][]any `json:"security"`
}

type parameter struct {
	Name, In, Description string
	Required              bool
	Schema                Schema
}

type answer struct {
	Description string `json:"description"`
	Content     map[string]struct {
		Schema Schema `json:"schema"`
	} `json:"content"`
}

// Schema says what a value is.
type Schema struct {
	Ref         string            `json:"$ref"`
	Type        any               `json:"type"` // a string; a list of strings where another generator wrote it
	Format      string            `json:"format"`
	Description string            `json:"description"`
	Enum        []any             `json:"enum"`
	Items       *Schema           `json:"items"`
	Properties  map[string]Schema `json:"properties"`
	Required    []string          `json:"required"`
}

// Name says in one word what a Schema is: "Task", "Task[]", "string".
func (s Schema) Name() string {
	switch {
	case s.Ref != "":
		return s.Ref[strings.LastIndex(s.Ref, "/")+1:]
	case s.Items != nil:
		return s.Items.Name() + "[]"
	case s.Type == nil:
		return "any"
	}
	if list, ok := s.Type.([]any); ok && len(list) > 0 {
		return fmt.Sprint(list[0])
	}
	return fmt.Sprint(s.Type)
}

// Target is the Schema a name links to, or nothing.
func (s Schema) Target() string {
	if s.Items != nil {
		return s.Items.Target()
	}
	if s.Ref == "" {
		return ""
	}
	return s.Name()
}

// Doc is the documentation page.
// Doc is a whole API, in the order of the page.
type Doc struct {
	Title, Version string
	Groups         []Group
	Schemas        []Type
}

// Group is the operations of one subject.
type Group struct {
	Name       string
	Operations []Operation
}

// Operation is one route.
type Operation struct {
	operation
	Anchor, Method, Path string
	In                   []Schema
	Out                  []Answer
}

// Answer is one possible answer of a route.
type Answer struct {
	Status string
	Text   string
	Schema Schema
}

// Type is one named schema.
type Type struct {
	Name        string
	Description string
	Fields      []Field
}

// Field is one member of a Type.
type Field struct {
	Name     string
	Required bool
	Schema   Schema
}

func describeOperation(path, method string, op operation) Operation {
	d := Operation{operation: op, Method: strings.ToUpper(method), Path: path}
	d.Anchor = "op-" + strings.NewReplacer("/", "-", "{", "", "}", "").Replace(method+path)
	if op.Body != nil {
		for _, c := range op.Body.Content {
			d.In = append(d.In, c.Schema)
		}
	}
	for status, a := range op.Responses {
		row := Answer{Status: status, Text: a.Description}
		for _, c := range a.Content {
			row.Schema = c.Schema
		}
		d.Out = append(d.Out, row)
	}
	slices.SortFunc(d.Out, func(a, b Answer) int { return cmp.Compare(a.Status, b.Status) })
	return d
}

func describeSchema(name string, sc Schema) Type {
	d := Type{Name: name, Description: sc.Description}
	for field, f := range sc.Properties {
		if field != "$schema" {
			d.Fields = append(d.Fields, Field{field, slices.Contains(sc.Required, field), f})
		}
	}
	slices.SortFunc(d.Fields, func(a, b Field) int { return cmp.Compare(a.Name, b.Name) })
	return d
}

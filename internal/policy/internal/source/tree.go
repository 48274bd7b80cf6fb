package source

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// Position is a place in the file; both numbers start at 1.
type Position struct{ Line, Column int }

// Positions maps a JSON pointer to the place of its value, and "key:" + pointer to its key.
type Positions map[string]Position

// At returns the place of the pointer or, where it does not exist, of its nearest parent.
func (p Positions) At(pointer string) Position {
	for {
		if at, ok := p[pointer]; ok {
			return at
		}
		cut := strings.LastIndexByte(pointer, '/')
		if cut < 0 {
			return Position{1, 1}
		}
		pointer = pointer[:cut]
	}
}

// Key returns the place of the key that names the pointer's value, or the place of the value.
func (p Positions) Key(pointer string) Position {
	if at, ok := p["key:"+pointer]; ok {
		return at
	}
	return p.At(pointer)
}

// tree turns the syntax tree into plain values, and notes places and refusals on the way.
type tree struct {
	at       Positions
	problems []Problem
}

func (t *tree) refuse(n ast.Node, pointer, what, fix string) {
	pos := place(n)
	t.problems = append(t.problems, Problem{Position: pos, Pointer: pointer, What: what, Fix: fix})
}

func place(n ast.Node) Position {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return Position{1, 1}
	}
	return Position{n.GetToken().Position.Line, n.GetToken().Position.Column}
}

// value converts one node. An unreadable node becomes nil after a refusal.
func (t *tree) value(n ast.Node, pointer string) any {
	if _, ok := t.at[pointer]; !ok {
		t.at[pointer] = place(n)
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		return t.mapping(n.Values, pointer)
	case *ast.MappingValueNode:
		return t.mapping([]*ast.MappingValueNode{n}, pointer)
	case *ast.SequenceNode:
		list := make([]any, 0, len(n.Values))
		for i, v := range n.Values {
			list = append(list, t.value(v, pointer+"/"+strconv.Itoa(i)))
		}
		return list
	default:
		return t.scalar(n, pointer)
	}
}

func (t *tree) scalar(n ast.Node, pointer string) any {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value
	case *ast.LiteralNode:
		return n.Value.Value
	case *ast.BoolNode:
		return n.Value
	case *ast.IntegerNode:
		return integer(n)
	case *ast.FloatNode:
		return n.Value
	case *ast.NullNode:
		t.refuse(n, pointer, "the value is empty", "write a value, or leave the key out")
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		t.refuse(n, pointer, "anchors, aliases and merge keys are not allowed", "write the value out, so that every line says what it means")
	case *ast.TagNode:
		t.refuse(n, pointer, "tags are not allowed", "write the plain value")
	default:
		t.refuse(n, pointer, "this value is not allowed here", "write a text, a number, true or false, a list or a mapping")
	}
	return nil
}

func integer(n *ast.IntegerNode) any {
	switch v := n.Value.(type) {
	case int64:
		return v
	case uint64:
		if v <= 1<<62 {
			return int64(v)
		}
	}
	return n.String()
}

func (t *tree) mapping(values []*ast.MappingValueNode, pointer string) any {
	object := make(map[string]any, len(values))
	for _, mv := range values {
		key, ok := mv.Key.(*ast.StringNode)
		if !ok {
			t.refuse(mv.Key, pointer, "this key is not a plain text", "write a plain key; anchors, merge keys and complex keys are not allowed")
			continue
		}
		child := pointer + "/" + escape(key.Value)
		if first, twice := t.at["key:"+child]; twice {
			t.refuse(key, child, fmt.Sprintf("the key %q is given twice; the first is in line %d", key.Value, first.Line), "keep one of the two")
			continue
		}
		t.at["key:"+child] = place(key)
		if mv.Value == nil {
			t.refuse(key, child, "the value is empty", "write a value, or leave the key out")
			continue
		}
		t.at[child] = valuePlace(mv)
		object[key.Value] = t.value(mv.Value, child)
	}
	return object
}

// valuePlace returns where the value starts; a block value counts from its key.
func valuePlace(mv *ast.MappingValueNode) Position {
	switch v := mv.Value.(type) {
	case *ast.MappingNode:
		if v.Start != nil && v.Start.Type == token.MappingStartType {
			return place(v)
		}
		return place(mv.Key)
	case *ast.SequenceNode:
		if v.Start != nil && v.Start.Type == token.SequenceStartType {
			return place(v)
		}
		return place(mv.Key)
	case *ast.MappingValueNode:
		return place(mv.Key)
	default:
		return place(v)
	}
}

func escape(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}

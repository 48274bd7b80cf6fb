// Package source reads a policy file: YAML in, a typed document and the place of every value out,
// or everything that is wrong with its form.
//
// It promises that what it returns has the shape of the published JSON Schema, with no unknown
// or repeated key, no anchor, alias, tag or second document. It never judges what the policy
// means; that is the work of package policy.
package source

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// MaxBytes is the largest policy file that is read.
const MaxBytes = 256 << 10

// maxLines bounds the work of the parser, which grows with the square of the lines.
const maxLines = 8000

// maxDepth bounds nesting before the parser sees it, so that a hostile file costs no stack.
const maxDepth = 64

// Problem is one thing that is wrong with the form of the file.
type Problem struct {
	Position
	Pointer, What, Fix string
}

// Path returns the pointer in the notation people write: features[2].recipient.
func (p Problem) Path() string {
	var b strings.Builder
	for step := range strings.SplitSeq(strings.TrimPrefix(p.Pointer, "/"), "/") {
		switch {
		case step == "":
		case step[0] >= '0' && step[0] <= '9':
			b.WriteString("[" + step + "]")
		default:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(strings.NewReplacer("~1", "/", "~0", "~").Replace(step))
		}
	}
	return b.String()
}

// File is a policy file that has the right shape.
type File struct {
	Doc       Doc
	Positions Positions
	Hash      string // lower-case hex SHA-256 of the canonical JSON form
}

// Read reads src. Beside problems of its shape it returns what fits the format, without a hash, so
// that the rest can be checked too; beside any other problem it returns no File.
func Read(src []byte) (*File, []Problem) {
	src = usual(src)
	if p := preflight(src); p != nil {
		return nil, []Problem{*p}
	}
	if p := tooDeep(src); p != nil {
		return nil, []Problem{*p}
	}
	t, plain, problems := plainOf(src)
	if t == nil {
		return nil, problems
	}
	found := append(problems, validate(plain, t.at)...)
	canonical, err := json.Marshal(plain)
	if err != nil {
		return nil, append(found, Problem{Position: Position{1, 1}, What: "the file cannot be written as JSON", Fix: "use plain texts, numbers, lists and mappings"})
	}
	file := &File{Positions: t.at}
	dec := json.NewDecoder(bytes.NewReader(canonical))
	dec.DisallowUnknownFields()
	err = dec.Decode(&file.Doc)
	if len(found) > 0 {
		return file, found // the decoder passes over what does not fit
	}
	if err != nil {
		return nil, []Problem{{Position: Position{1, 1}, What: "the file does not fit the policy format: " + err.Error(), Fix: "see apps/policy.schema.json"}}
	}
	sum := sha256.Sum256(canonical)
	file.Hash = hex.EncodeToString(sum[:])
	return file, nil
}

// Plain reads a YAML file beside the policies, such as one of policy tests: its values and the place of
// each, or what is wrong with its form. The same keys, anchors and tags are refused as in a policy.
func Plain(src []byte) (any, Positions, []Problem) {
	src = usual(src)
	if p := preflight(src); p != nil {
		return nil, nil, []Problem{*p}
	}
	t, plain, problems := plainOf(src)
	if len(problems) > 0 {
		return nil, nil, problems
	}
	return plain, t.at, nil
}

// plainOf returns the values of the file and what is wrong with some of them, or a nil tree where it is
// no YAML at all.
func plainOf(src []byte) (*tree, any, []Problem) {
	root, problems := parse(src)
	if len(problems) > 0 {
		return nil, nil, problems
	}
	t := &tree{at: Positions{}}
	plain := t.value(root, "")
	return t, plain, t.problems
}

// usual drops the mark that some editors write at the beginning, which would become part of the first key,
// and ends every line as the parser counts them.
func usual(src []byte) []byte {
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	return bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n"))
}

// preflight refuses what the parser should not even see.
func preflight(src []byte) *Problem {
	one := Position{1, 1}
	switch {
	case len(src) > MaxBytes:
		return &Problem{Position: one, What: fmt.Sprintf("the file is larger than %d KB", MaxBytes>>10), Fix: "shorten it"}
	case len(bytes.TrimSpace(src)) == 0:
		return &Problem{Position: one, What: "the file is empty", Fix: "start from the file of an app that exists"}
	case bytes.Count(src, []byte("\n")) > maxLines:
		return &Problem{Position: Position{maxLines, 1}, What: fmt.Sprintf("the file has more than %d lines", maxLines), Fix: "shorten it"}
	case !utf8.Valid(src) || bytes.IndexByte(src, 0) >= 0:
		return &Problem{Position: one, What: "the file is not UTF-8 text", Fix: "save it as UTF-8"}
	}
	return nil
}

// tooDeep refuses nesting that would cost the parser its stack.
func tooDeep(src []byte) *Problem {
	depth := 0
	for i, line := range bytes.Split(src, []byte("\n")) {
		depth += bytes.Count(line, []byte("[")) + bytes.Count(line, []byte("{"))
		depth -= bytes.Count(line, []byte("]")) + bytes.Count(line, []byte("}"))
		open := bytes.Count(line, []byte("[")) + bytes.Count(line, []byte("{"))
		compact := len(line) - len(bytes.TrimLeft(line, "-?: \t"))
		indent := len(line) - len(bytes.TrimLeft(line, " \t"))
		if depth > maxDepth || open > maxDepth || compact-indent > maxDepth || indent > 4*maxDepth {
			return &Problem{Position: Position{i + 1, 1}, What: "the file is nested too deeply", Fix: "close the brackets; a policy file needs few levels"}
		}
	}
	return nil
}

// parse returns the one document of the file. A parser that panics has met a file it cannot
// read; that is a problem of the file, not of the server.
func parse(src []byte) (root ast.Node, problems []Problem) {
	defer func() {
		if recover() != nil {
			root = nil
			problems = []Problem{{Position: Position{1, 1}, What: "this is not readable YAML", Fix: "check indentation and quotes"}}
		}
	}()
	file, err := parser.ParseBytes(src, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, []Problem{syntax(err)}
	}
	var docs []ast.Node
	for _, d := range file.Docs {
		if d != nil && d.Body != nil {
			docs = append(docs, d.Body)
		}
	}
	switch {
	case len(docs) == 0:
		return nil, []Problem{{Position: Position{1, 1}, What: "the file holds no document", Fix: "start from the file of an app that exists"}}
	case len(docs) > 1:
		return nil, []Problem{{Position: place(docs[1]), What: "the file holds more than one document", Fix: "remove the line \"---\"; one file is one policy"}}
	}
	return docs[0], nil
}

func syntax(err error) Problem {
	p := Problem{Position: Position{1, 1}, What: "this is not YAML", Fix: "check indentation and quotes"}
	var y yaml.Error
	if errors.As(err, &y) {
		if tk := y.GetToken(); tk != nil && tk.Position != nil {
			p.Position = Position{tk.Position.Line, tk.Position.Column}
		}
		p.What = "this is not YAML: " + strings.TrimSpace(y.GetMessage())
	}
	return p
}

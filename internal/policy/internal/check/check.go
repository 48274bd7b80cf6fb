// Package check finds contradictions in a policy document.
//
// It promises to report all of them at once, each with the value's place, what is wrong and how
// to repair it. It reads nothing but the document, and it never repairs or guesses.
package check

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"vow.example/vow/internal/policy/internal/source"
)

// Result is what a check found. Demo findings do not stop a demonstration.
type Result struct{ Problems, Demo []source.Problem }

// Run checks a document that has the right shape.
func Run(doc *source.Doc, at source.Positions) Result {
	c := &checker{doc: doc, at: at, number: writtenNumber()}
	c.controller()
	c.vocabulary()
	c.repeats()
	c.categories()
	c.clocks()
	c.serverClocks()
	c.recipients()
	c.safety()
	c.label()
	c.inputs()
	for i := range doc.Features {
		c.feature(i)
	}
	c.screens()
	c.rights()
	c.cookies()
	c.periods()
	c.page()
	c.texts()
	return c.result
}

// Rest checks a document whose shape has problems, so that whoever repairs it sees everything at
// once. It leaves out what lies where the shape is wrong, and says nothing about a document that
// lacks a whole part: those findings may be consequences.
func Rest(file *source.File, shape []source.Problem) []source.Problem {
	whole := func(p source.Problem) bool {
		return strings.Count(p.Pointer, "/") < 2 && !isWord("/minors /regions /limits /notices /incidents /cookies /training /updated /effective /version", p.Pointer)
	}
	if file == nil || slices.ContainsFunc(shape, whole) {
		return nil
	}
	return slices.DeleteFunc(Run(&file.Doc, file.Positions).Problems, func(found source.Problem) bool {
		return slices.ContainsFunc(shape, func(p source.Problem) bool {
			return within(found.Pointer, p.Pointer) || within(p.Pointer, found.Pointer)
		})
	})
}

func within(inner, outer string) bool { return inner == outer || strings.HasPrefix(inner, outer+"/") }

type checker struct {
	doc    *source.Doc
	at     source.Positions
	number *regexp.Regexp // a period written by hand
	result Result
}

// refuse reports a contradiction. The place is given as steps: "features", 2, "recipient".
func (c *checker) refuse(what, fix string, steps ...any) {
	c.result.Problems = append(c.result.Problems, c.problem(what, fix, steps))
}

// demo reports what is fit for a demonstration only.
func (c *checker) demo(what, fix string, steps ...any) {
	c.result.Demo = append(c.result.Demo, c.problem(what, fix, steps))
}

func (c *checker) problem(what, fix string, steps []any) source.Problem {
	var pointer strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&pointer, "/%v", s)
	}
	at := pointer.String()
	return source.Problem{Position: c.at.At(at), Pointer: at, What: what, Fix: fix}
}

// texts checks every text of the file: each language of the app, no other, none blank, no number
// written by hand, no slot where nothing is filled.
func (c *checker) texts() {
	c.walk(reflect.ValueOf(*c.doc), nil)
}

func (c *checker) walk(v reflect.Value, steps []any) {
	if text, ok := v.Interface().(source.Text); ok {
		c.text(text, steps)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			c.walk(v.Elem(), steps)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			tag := v.Type().Field(i).Tag.Get("json")
			c.walk(v.Field(i), append(slices.Clone(steps), tag))
		}
	case reflect.Slice:
		for i := range v.Len() {
			c.walk(v.Index(i), append(slices.Clone(steps), i))
		}
	}
}

func (c *checker) text(text source.Text, steps []any) {
	if len(text) == 0 {
		return
	}
	for _, lang := range c.doc.Languages {
		if strings.TrimSpace(text[lang]) == "" {
			c.refuse("the text is missing in "+lang, "write it in every language of the app, so that nobody agrees to a text they cannot read", steps...)
		}
	}
	c.byHand(text, steps...)
	if !isWord("page screens safety retention", fmt.Sprint(steps[0])) && !isWord("line", fmt.Sprint(steps[len(steps)-1])) && !slices.Contains(steps, any("fixed")) {
		c.slots(text, nil, steps...)
	}
	for lang := range text {
		if !slices.Contains(c.doc.Languages, lang) {
			c.refuse("the text is given in "+lang+", which the app does not offer", "remove it, or add "+lang+" to languages", append(slices.Clone(steps), lang)...)
		}
	}
}

// repeats refuses two entries with one name.
func (c *checker) repeats() {
	d := c.doc
	once(c, "purposes", d.Purposes, func(x source.Purpose) string { return x.ID })
	once(c, "categories", d.Categories, func(x source.Category) string { return x.ID })
	once(c, "recipients", d.Recipients, func(x source.Recipient) string { return x.ID })
	once(c, "inputs", d.Inputs, source.Input.Key)
	once(c, "screens", d.Screens, func(x source.Screen) string { return x.ID })
	once(c, "features", d.Features, func(x source.Feature) string { return x.ID })
	once(c, "rights", d.Rights, func(x source.Right) string { return x.ID })
	once(c, "page", d.Page, func(x source.Section) string { return x.ID })
	once(c, "retention", d.Retention, func(x source.Row) string { return x.Category + "." + x.Starts })
	once(c, "safety/steps", d.Safety.Steps, func(x source.Step) string { return x.ID })
}

func once[T any](c *checker, list string, items []T, name func(T) string) {
	seen := map[string]int{}
	for i, item := range items {
		key := name(item)
		if first, twice := seen[key]; twice {
			c.refuse(fmt.Sprintf("%s is given twice; the first is in line %d", key, c.at.At("/"+list+"/"+strconv.Itoa(first)).Line), "keep one of the two", list, i)
			continue
		}
		seen[key] = i
	}
}

func has[T any](list []T, is func(T) bool) bool { return slices.ContainsFunc(list, is) }

func (c *checker) category(id string) (source.Category, bool) {
	i := slices.IndexFunc(c.doc.Categories, func(x source.Category) bool { return x.ID == id })
	if i < 0 {
		return source.Category{}, false
	}
	return c.doc.Categories[i], true
}

func (c *checker) recipient(id string) (source.Recipient, bool) {
	i := slices.IndexFunc(c.doc.Recipients, func(x source.Recipient) bool { return x.ID == id })
	if i < 0 {
		return source.Recipient{}, false
	}
	return c.doc.Recipients[i], true
}

func (c *checker) input(key string) (source.Input, bool) {
	i := slices.IndexFunc(c.doc.Inputs, func(x source.Input) bool { return x.Key() == key })
	if i < 0 {
		return source.Input{}, false
	}
	return c.doc.Inputs[i], true
}

func (c *checker) purpose(id string) bool {
	return has(c.doc.Purposes, func(x source.Purpose) bool { return x.ID == id })
}

func (c *checker) row(category, starts string) (source.Row, bool) {
	i := slices.IndexFunc(c.doc.Retention, func(x source.Row) bool { return x.Category == category && x.Starts == starts })
	if i < 0 {
		return source.Row{}, false
	}
	return c.doc.Retention[i], true
}

// Package check finds contradictions in a policy document.
//
// It promises to report all of them at once, each with the value's place, what is wrong and how
// to repair it. It reads nothing but the document, and it never repairs or guesses.
package check

import (
	"cmp"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"vow.example/vow/internal/policy/internal/report"
	"vow.example/vow/internal/policy/internal/source"
)

// Check reports every contradiction of a document about its features, data and people.
func Check(found *report.Report) {
	c := &checker{doc: found.Doc, at: found.At, number: writtenNumber(), found: found}
	c.controller()
	c.vocabulary()
	c.repeats()
	c.categories()
	c.clocks()
	c.counts()
	c.serverClocks()
	c.guardianAge()
	c.recipients()
	c.safety()
	c.label()
	c.inputs()
	for i := range found.Doc.Features {
		c.feature(i)
	}
	c.screens()
	c.rights()
	c.cookies()
	c.periods()
	c.page()
	c.texts()
}

type checker struct {
	doc    *source.Doc
	at     source.Positions
	number *regexp.Regexp // a period written by hand
	found  *report.Report
}

// refuse reports a contradiction. The place is given as steps: "features", 2, "recipient".
func (c *checker) refuse(what, fix string, steps ...any) {
	c.found.Refuse(what, fix, steps...)
}

// demo reports what is fit for a demonstration only.
func (c *checker) demo(what, fix string, steps ...any) {
	c.found.DemoOnly(what, fix, steps...)
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
	once(c, "permissions", d.Permissions, func(x source.Permission) string { return x.ID })
	once(c, "switches", d.Switches, func(x source.Switch) string { return x.ID })
	once(c, "memberships", d.Memberships, func(x source.Membership) string { return x.ID })
	once(c, "collection", d.Collection, func(x source.Intake) string { return x.ID })
	once(c, "inbound", d.Inbound, func(x source.Inbound) string { return x.ID })
	once(c, "sdks", d.SDKs, func(x source.SDK) string { return cmp.Or(x.ID, x.Name) })
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

func (c *checker) category(id string) (source.Category, bool) { return c.found.Category(id) }

func (c *checker) recipient(id string) (source.Recipient, bool) { return c.found.Recipient(id) }

func (c *checker) input(key string) (source.Input, bool) {
	i := slices.IndexFunc(c.doc.Inputs, func(x source.Input) bool { return x.Key() == key })
	if i < 0 {
		return source.Input{}, false
	}
	return c.doc.Inputs[i], true
}

func (c *checker) purpose(id string) bool {
	_, ok := c.found.Purpose(id)
	return ok
}

func (c *checker) row(category, starts string) (source.Row, bool) {
	i := slices.IndexFunc(c.doc.Retention, func(x source.Row) bool { return x.Category == category && x.Starts == starts })
	if i < 0 {
		return source.Row{}, false
	}
	return c.doc.Retention[i], true
}

// Package report collects what the checks of a policy document find.
//
// It promises that every finding stands at the place of the value that caused it, with what is wrong
// and how to repair it. It never judges anything itself.
package report

import (
	"fmt"
	"slices"
	"strings"

	"vow.example/vow/internal/policy/internal/source"
)

// Report is a document with what was found in it.
type Report struct {
	Doc      *source.Doc
	At       source.Positions
	Problems []source.Problem
	Demo     []source.Problem // fit for a demonstration only
}

// Refuse reports a contradiction. The place is given as steps: "features", 2, "recipient".
func (r *Report) Refuse(what, fix string, steps ...any) {
	r.Problems = append(r.Problems, r.problem(what, fix, steps))
}

// DemoOnly reports what is fit for a demonstration only.
func (r *Report) DemoOnly(what, fix string, steps ...any) {
	r.Demo = append(r.Demo, r.problem(what, fix, steps))
}

func (r *Report) problem(what, fix string, steps []any) source.Problem {
	var pointer strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&pointer, "/%v", s)
	}
	at := pointer.String()
	return source.Problem{Position: r.At.At(at), Pointer: at, What: what, Fix: fix}
}

// Broken reports whether problems of the shape lack a whole part of the document: then whatever else is
// found may be their consequence.
func Broken(shape []source.Problem) bool {
	const small = "/minors /regions /limits /notices /incidents /audits /cookies /training /updated /effective /version /calendar " +
		"/acceptance /staff /holds /transfers /statistics /share /answers /cipher /chosen_by"
	return slices.ContainsFunc(shape, func(p source.Problem) bool { return strings.Count(p.Pointer, "/") < 2 && !Is(small, p.Pointer) })
}

// Beside returns what was found where the shape is right, so that whoever repairs it sees everything at
// once.
func (r *Report) Beside(shape []source.Problem) []source.Problem {
	return slices.DeleteFunc(r.Problems, func(found source.Problem) bool {
		return slices.ContainsFunc(shape, func(p source.Problem) bool {
			return within(found.Pointer, p.Pointer) || within(p.Pointer, found.Pointer)
		})
	})
}

func within(inner, outer string) bool { return inner == outer || strings.HasPrefix(inner, outer+"/") }

// Under returns the steps with one more, without touching the list they came from.
func Under(steps []any, more ...any) []any { return append(slices.Clone(steps), more...) }

// Category returns the declared category.
func (r *Report) Category(id string) (source.Category, bool) {
	return find(r.Doc.Categories, func(x source.Category) bool { return x.ID == id })
}

// Recipient returns the declared recipient.
func (r *Report) Recipient(id string) (source.Recipient, bool) {
	return find(r.Doc.Recipients, func(x source.Recipient) bool { return x.ID == id })
}

// Purpose returns the declared purpose.
func (r *Report) Purpose(id string) (source.Purpose, bool) {
	return find(r.Doc.Purposes, func(x source.Purpose) bool { return x.ID == id })
}

// Permission returns the declared permission.
func (r *Report) Permission(id string) (source.Permission, bool) {
	return find(r.Doc.Permissions, func(x source.Permission) bool { return x.ID == id })
}

// Switch returns the declared switch.
func (r *Report) Switch(id string) (source.Switch, bool) {
	return find(r.Doc.Switches, func(x source.Switch) bool { return x.ID == id })
}

// Intake returns the declared intake.
func (r *Report) Intake(id string) (source.Intake, bool) {
	return find(r.Doc.Collection, func(x source.Intake) bool { return x.ID == id })
}

// Starts returns the events that start a clock of the category.
func (r *Report) Starts(category string) []string {
	var out []string
	for _, row := range r.Doc.Retention {
		if row.Category == category {
			out = append(out, row.Starts)
		}
	}
	return out
}

func find[T any](list []T, is func(T) bool) (T, bool) {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return list[i], true
	}
	var zero T
	return zero, false
}

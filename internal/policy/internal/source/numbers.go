package source

import (
	"slices"
	"strconv"
	"strings"
)

// Number is one number of the file that is not the clock of a row and not the deadline of a right: those
// say beside themselves who chose them.
type Number struct {
	ID       string // as chosen_by names it: "notices.lead"
	Kind     string // "years", "people" or "period"
	Value    string // as written: "13", "P30D"
	ChosenBy string // "policy", "operator", or "" where the file does not say
	Pointer  []any  // the place of the value
	Beside   bool   // its block says who chose it, so that chosen_by does not
}

// Numbers lists the numbers of the file in the order in which people are told of them. One that the file
// does not give is not in the list.
func (d *Doc) Numbers() []Number {
	lifetimes := make([]string, len(d.Cookies.List))
	for i, k := range d.Cookies.List {
		lifetimes[i] = k.Lifetime
	}
	all := []Number{
		years("minors.min_age", d.Minors.MinAge),
		years("minors.guardian_below", d.Minors.GuardianBelow),
		period("notices.lead", d.Notices.Lead),
		period("limits.max_task_age", d.Limits.MaxTaskAge),
		period("limits.most", d.Limits.Most),
		people("holds.approvals", d.Holds.Approvals),
		period("holds.most", d.Holds.Most),
		people("statistics", d.Statistics),
		period("cookies.lifetime", longest(lifetimes)),
		period("incidents.people", d.Incidents.People),
		period("incidents.regulator", d.Incidents.Regulator),
		period("audits.every", d.Audits.Every),
	}
	all = slices.DeleteFunc(all, func(n Number) bool { return n.Value == "" })
	for i, n := range all {
		all[i].ChosenBy, all[i].Pointer = d.ChosenBy[n.ID], pointer(n.ID)
		switch block, _, _ := strings.Cut(n.ID, "."); block {
		case "incidents":
			all[i].ChosenBy, all[i].Beside = d.Incidents.ChosenBy, true
		case "audits":
			all[i].ChosenBy, all[i].Beside = d.Audits.ChosenBy, true
		}
	}
	return all
}

// Number returns the number of that name.
func (d *Doc) Number(id string) (Number, bool) {
	all := d.Numbers()
	if i := slices.IndexFunc(all, func(n Number) bool { return n.ID == id }); i >= 0 {
		return all[i], true
	}
	return Number{}, false
}

func years(id string, n int) Number  { return Number{ID: id, Kind: "years", Value: written(n)} }
func people(id string, n int) Number { return Number{ID: id, Kind: "people", Value: written(n)} }
func period(id, s string) Number     { return Number{ID: id, Kind: "period", Value: s} }

// written returns a count as text; a count of nothing is no number.
func written(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// longest returns the longest of some periods; what is no period, such as "session", is no number.
func longest(periods []string) string {
	out := ""
	for _, s := range periods {
		if _, err := ReadPeriod(s); err == nil && (out == "" || Exceeds(s, out)) {
			out = s
		}
	}
	return out
}

// pointer returns the steps to a number; all cookies share one name, and their register is the place.
func pointer(id string) []any {
	block, key, _ := strings.Cut(id, ".")
	if id == "cookies.lifetime" {
		key = "list"
	}
	if key == "" {
		return []any{block}
	}
	return []any{block, key}
}

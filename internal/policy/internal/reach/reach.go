// Package reach checks what may come in beside the inputs of features, and what may go out of it: the
// collection, permissions, switches, inbound vendors, forwards and embedded kits.
//
// It promises that each accepted field has a category, a purpose and a clock, and that nothing of a
// person's content, place or hardware has a way in or out here. It reads the document alone, and it never
// repairs or guesses.
package reach

import (
	"fmt"
	"slices"
	"strings"

	"vow.example/vow/internal/policy/internal/report"
	"vow.example/vow/internal/policy/internal/source"
)

// Check reports every contradiction of the blocks beside the features.
func Check(r *report.Report) {
	c := &checker{r}
	for i, p := range r.Doc.Permissions {
		if report.Is(neverPermissions, p.ID) {
			c.Refuse("the permission "+p.ID+" opens what this server never accepts", "remove it; no feature and no intake may use it", "permissions", i, "id")
		}
	}
	for i, x := range r.Doc.Recipients {
		if report.Is(notIOS, x.ID) && reaches(x.Platforms, ios) {
			c.Refuse(x.ID+" may never be reached from ios (MIX-1.4-03)", "list platforms without ios", "recipients", i, "id")
		}
	}
	for i, f := range r.Doc.Features {
		for j, id := range f.Permissions {
			c.permission(id, f.Platforms, "the feature "+f.ID, "features", i, "permissions", j)
		}
	}
	for i, in := range r.Doc.Collection {
		c.intake(in, "collection", i)
	}
	for i, in := range r.Doc.Refused {
		c.refused(in, "refused", i)
	}
	for i, in := range r.Doc.Inbound {
		c.inbound(in, "inbound", i)
	}
	for i, f := range r.Doc.Forwards {
		c.forward(f, "forwards", i)
	}
	for i, g := range r.Doc.Notices.Gateways {
		c.gateway(g, "notices", "gateways", i)
	}
	c.channels(r.Doc.Notices.Channels, "channels")
	c.channels(r.Doc.Notices.Major, "major_channels")
	for i, k := range r.Doc.SDKs {
		c.sdk(k, "sdks", i)
	}
}

type checker struct{ *report.Report }

// channels demands somebody who carries what is announced outside of the app, before anybody is served.
func (c *checker) channels(list []string, key string) {
	for i, channel := range list {
		carried := slices.ContainsFunc(c.Doc.Notices.Gateways, func(g source.Gateway) bool { return g.Channel == channel })
		if !carried && channel != "in_app" && channel != "announcement" {
			c.DemoOnly("nobody carries messages over "+channel, "add a gateway for it to notices.gateways, or leave it out: people are told in the app", "notices", key, i)
		}
	}
}

// permission demands that a permission is declared, and can be granted where it is asked for.
func (c *checker) permission(id string, platforms []string, who string, steps ...any) {
	if id == "" {
		return
	}
	p, ok := c.Permission(id)
	switch {
	case !ok:
		c.Refuse("the permission "+id+" is used by "+who+" but not declared", "add it to permissions with its scenario, or remove it here", steps...)
	case !slices.ContainsFunc([]string{ios, "android", "web"}, func(x string) bool { return reaches(platforms, x) && reaches(p.Platforms, x) }):
		c.Refuse("the permission "+id+" exists on no platform of "+who, "give both a platform in common", steps...)
	}
}

func (c *checker) switched(id, who string, steps ...any) {
	if _, ok := c.Switch(id); id != "" && !ok {
		c.Refuse("the switch "+id+" is used by "+who+" but not declared", "add it to switches, or remove it here", steps...)
	}
}

// intake checks one closed schema.
func (c *checker) intake(in source.Intake, steps ...any) {
	who := "the intake " + in.ID
	c.home(who, in.Category, in.Purpose, in.Kind == targets, steps)
	c.kindOf(in, who, steps)
	c.permission(in.Permission, in.Platforms, who, report.Under(steps, "permission")...)
	c.switched(in.Switch, who, report.Under(steps, "switch")...)
	for j, f := range in.Fields {
		c.field(in, f, in.Fields[:j], report.Under(steps, "fields", j))
	}
	for j, e := range in.Events {
		if slices.ContainsFunc(in.Events[:j], func(o source.IntakeEvent) bool { return o.ID == e.ID }) {
			c.Refuse("the event "+e.ID+" is given twice", "keep one of the two", report.Under(steps, "events", j)...)
		}
		for k, f := range e.Fields {
			c.field(in, f, e.Fields[:k], report.Under(steps, "events", j, "fields", k))
		}
	}
}

// home demands a category with a clock, and a purpose that the category has. Share targets are never
// stored, so that they need no category.
func (c *checker) home(who, category, purpose string, unstored bool, steps []any) {
	cat, declared := c.Category(category)
	at := report.Under(steps, "category")
	switch {
	case category == "" && unstored:
	case category == "":
		c.Refuse(who+" has no category", "name the category that its fields belong to", steps...)
	case report.Is(neverCategories, category):
		c.Refuse(who+" takes "+category+", which this server never accepts", "remove it; a published text that allows it is no duty", at...)
	case slices.Contains(c.Doc.Forbidden.Categories, category):
		c.Refuse(who+" takes "+category+", which is forbidden", "remove it here, or from forbidden.categories", at...)
	case slices.ContainsFunc(c.Doc.Refused, func(x source.Refused) bool { return x.Category == category && len(x.Fields) == 0 }):
		c.Refuse(who+" takes "+category+", which is refused as a whole", "remove it here, or list single fields under refused", at...)
	case !declared && !unstored:
		c.Refuse(who+" takes "+category+", which is not declared as a category", "add it to categories, with its clock", at...)
	case declared && !slices.ContainsFunc(c.Starts(category), func(s string) bool { return report.Is(itemEvents, s) }):
		c.Refuse("no clock of "+category+" starts when "+who+" writes it", "add a retention row that starts at item_written", at...)
	}
	if _, known := c.Purpose(purpose); purpose == "" || !known {
		c.Refuse(who+" has no declared purpose", "name a purpose that is declared", purposeAt(purpose, steps)...)
	} else if declared && !slices.Contains(cat.Purposes, purpose) {
		c.Refuse(fmt.Sprintf("%s may not be used for %s", category, purpose), "add the purpose to the category, or choose another", report.Under(steps, "purpose")...)
	}
}

func purposeAt(purpose string, steps []any) []any {
	if purpose == "" {
		return steps
	}
	return report.Under(steps, "purpose")
}

// kindOf checks that the kind, the category and the shape of an intake fit each other.
func (c *checker) kindOf(in source.Intake, who string, steps []any) {
	at := report.Under(steps, "category")
	switch {
	case report.Is(report.Content, in.Category):
		c.Refuse(who+" takes content ("+in.Category+")", "content comes in as the input of a feature only, after its consent screen", at...)
	case report.Is(riskCategories, in.Category) && in.Kind != loginRisk:
		c.Refuse(who+" takes "+in.Category+" outside a login", "use kind: login_risk, or remove it", at...)
	case in.Category == "advertising_id" && reaches(in.Platforms, ios):
		c.Refuse(who+" takes an advertising identifier on ios", "list platforms without ios", at...)
	case in.Category == apps && in.Kind != targets:
		c.Refuse(who+" takes a list of apps", "use kind: share_targets, which is answered and never stored", at...)
	}
	switch events := in.Kind == "events"; {
	case events && len(in.Events) == 0:
		c.Refuse(who+" lists no event", "list every event with its fields", steps...)
	case !events && len(in.Events) > 0:
		c.Refuse(who+" lists events but is of kind "+in.Kind, "write kind: events, or list fields", report.Under(steps, "events")...)
	case !events && len(in.Fields) == 0:
		c.Refuse(who+" lists no field", "list every field that is accepted", steps...)
	}
}

// refused demands that what a text says is never accepted is accepted nowhere.
func (c *checker) refused(r source.Refused, steps ...any) {
	for j, id := range r.Fields {
		for _, in := range c.Doc.Collection {
			if in.Category == r.Category && slices.Contains(fieldsOf(in), id) {
				c.Refuse("the field "+id+" is refused and accepted by "+in.ID, "remove it here or there", report.Under(steps, "fields", j)...)
			}
		}
	}
}

// fieldsOf lists every field that an intake accepts, those of its events included.
func fieldsOf(in source.Intake) []string {
	var out []string
	for _, f := range in.Fields {
		out = append(out, f.ID)
	}
	for _, e := range in.Events {
		for _, f := range e.Fields {
			out = append(out, f.ID)
		}
	}
	return out
}

// inbound checks a vendor that may send data in.
func (c *checker) inbound(in source.Inbound, steps ...any) {
	who := "the vendor " + in.ID
	c.home(who, in.Category, in.Purpose, false, steps)
	if report.Is(report.Content+" "+riskCategories+" device_identifiers analytics_ids "+apps, in.Category) {
		c.Refuse(who+" sends "+in.Category+", which only the app itself may hand over", "choose usage_events, crash_report or support_message", report.Under(steps, "category")...)
	}
	like := source.Intake{ID: in.ID, Kind: "telemetry", Category: in.Category}
	if report.Is("support_message questionnaire_answer complaint", in.Category) {
		like.Kind = "support"
	}
	for j, f := range in.Fields {
		at := report.Under(steps, "fields", j)
		c.field(like, f, in.Fields[:j], at)
		if report.Is(joinFields, f.ID) || f.Kind == "address" {
			c.Refuse("the field "+f.ID+" could join outside data with a device", "remove it; vendors name the person by the app's own pseudonym alone", report.Under(at, "id")...)
		}
	}
}

func list(words string) string { return strings.ReplaceAll(words, " ", ", ") }

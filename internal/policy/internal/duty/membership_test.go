package duty

import (
	"slices"
	"testing"

	"vow.example/vow/internal/policy/internal/source"
)

// members adds a level of membership with everything that it needs.
func members(d *source.Doc) {
	d.Memberships = []source.Membership{{ID: "member", Name: source.Text{"en": "Member"}}}
	d.Categories = append(d.Categories, source.Category{ID: "membership_status"}, source.Category{ID: "subscription_record"})
	d.Retention = append(d.Retention,
		source.Row{Category: "membership_status", Starts: "last_active", Limit: "P180D"},
		source.Row{Category: "subscription_record", Starts: "item_written", Limit: "P300D"})
}

func TestAMembershipNeedsAClockAndAName(t *testing.T) {
	t.Parallel()
	b := full(t)
	without := func(category string) func(*source.Doc) {
		return func(d *source.Doc) {
			d.Retention = slices.DeleteFunc(d.Retention, func(r source.Row) bool { return r.Category == category })
		}
	}
	for name, c := range map[string]struct {
		change        func(*source.Doc)
		pointer, what string // "": nothing is wrong
	}{
		"everything is there":                    {func(*source.Doc) {}, "", ""},
		"a level that is no level":               {func(d *source.Doc) { d.Memberships[0].ID = "free" }, "/memberships/0/id", "whoever has no membership"},
		"a name that nobody has written yet":     {func(d *source.Doc) { d.Memberships[0].Name["en"] = " " }, "/memberships/0/name/en", "membership"},
		"no clock of who is a member":            {without("membership_status"), "/memberships", "membership_status has no clock"},
		"no clock of what was reported":          {without("subscription_record"), "/memberships", "subscription_record has no clock"},
		"no level: then nothing needs any clock": {func(d *source.Doc) { d.Memberships = nil; without("membership_status")(d) }, "", ""},
	} {
		r := b.found(t, func(d *source.Doc) { members(d); c.change(d) })
		if c.what == "" && len(r.Problems) > 0 || c.what != "" && !says(r, c.pointer, c.what) {
			t.Errorf("%s: %+v", name, r.Problems)
		}
	}
}

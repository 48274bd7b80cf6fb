package reach

import (
	"testing"

	"vow.example/vow/internal/policy/internal/source"
)

// carried adds a gateway that is in order.
func carried(d *source.Doc) {
	d.Recipients = append(d.Recipients, source.Recipient{ID: "notification_gateway", Class: "infrastructure", Fields: []string{"address", "message"}})
	d.Categories = append(d.Categories, source.Category{ID: deviceNames, Purposes: []string{"usage_analysis"}})
	d.Notices.Gateways = []source.Gateway{{
		Recipient: "notification_gateway", Channel: "push", Switch: d.Switches[0].ID, Permission: d.Permissions[0].ID, Purpose: "usage_analysis",
	}}
}

func TestWhoCarriesMessagesGetsNothingElse(t *testing.T) {
	t.Parallel()
	p := full(t)
	if got := p.found(t, carried); len(got) > 0 {
		t.Errorf("%+v", got)
	}
	last := func(d *source.Doc) *source.Recipient { return &d.Recipients[len(d.Recipients)-1] }
	for name, tt := range map[string]struct {
		change func(*source.Doc)
		at     string
		what   string
	}{
		"who is not declared": {func(d *source.Doc) { d.Notices.Gateways[0].Recipient = "nobody" }, "/notices/gateways/0/recipient", "is not declared"},
		"another class":       {func(d *source.Doc) { last(d).Class = "analytics" }, "/notices/gateways/0/recipient", "of the class analytics"},
		"a picture":           {func(d *source.Doc) { last(d).Fields = []string{"address", "message", "photo"} }, "/notices/gateways/0/recipient", "something else"},
		"a platform it may not reach": {func(d *source.Doc) {
			last(d).Platforms = []string{"web"}
			d.Notices.Gateways[0].Platforms = []string{"ios"}
		}, "/notices/gateways/0/platforms", "may not be reached from ios"},
		"a switch of nobody":           {func(d *source.Doc) { d.Notices.Gateways[0].Switch = "other" }, "/notices/gateways/0/switch", "the switch other"},
		"a permission of nobody":       {func(d *source.Doc) { d.Notices.Gateways[0].Permission = "other" }, "/notices/gateways/0/permission", "the permission other"},
		"a purpose of something else":  {func(d *source.Doc) { d.Notices.Gateways[0].Purpose = "support" }, "/notices/gateways/0/purpose", "may not be used for support"},
		"no category of device names":  {func(d *source.Doc) { d.Categories = d.Categories[:len(d.Categories)-1] }, "/notices/gateways/0/purpose", "may not be used"},
		"a category that leaves never": {func(d *source.Doc) { d.Categories[len(d.Categories)-1].Stays = true }, "/notices/gateways/0/purpose", "may not be used"},
	} {
		got := p.found(t, func(d *source.Doc) { carried(d); tt.change(d) })
		if !says(got, tt.at, tt.what) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

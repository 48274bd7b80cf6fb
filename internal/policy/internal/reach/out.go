package reach

import (
	"slices"
	"strings"

	"vow.example/vow/internal/policy/internal/report"
	"vow.example/vow/internal/policy/internal/source"
)

// forward checks what leaves for an analytics recipient.
func (c *checker) forward(f source.Forward, steps ...any) {
	r, known := c.Recipient(f.Recipient)
	at := report.Under(steps, "recipient")
	switch {
	case !known:
		c.Refuse("the recipient "+f.Recipient+" is not declared", "add it to recipients, with its contract record", at...)
		return
	case !report.Is(forwardClasses, r.Class):
		c.Refuse(r.ID+" is no analytics or infrastructure recipient but "+r.Class, "forward only to recipients of these classes: "+list(forwardClasses), at...)
	}
	c.lane(r, f, steps)
	if f.Switch == "" {
		c.Refuse("nothing turns the forward to "+r.ID+" off", "name the switch with which people decide it", steps...)
	}
	c.switched(f.Switch, "the forward to "+r.ID, report.Under(steps, "switch")...)
	if _, ok := c.Purpose(f.Purpose); !ok {
		c.Refuse("the forward to "+r.ID+" has no declared purpose", "name a purpose that is declared", purposeAt(f.Purpose, steps)...)
	}
	for j, id := range f.Intakes {
		c.source(f, id, report.Under(steps, "intakes", j))
	}
	for j, id := range f.Fields {
		c.sent(r, f, id, report.Under(steps, "fields", j))
	}
}

// lane refuses a platform that the recipient may not be reached from.
func (c *checker) lane(r source.Recipient, f source.Forward, steps []any) {
	at := steps
	if len(f.Platforms) > 0 {
		at = report.Under(steps, "platforms")
	}
	from := f.Platforms
	if len(from) == 0 {
		from = r.Platforms
	}
	if p := outside(from, r.Platforms); p != "" {
		c.Refuse(r.ID+" may not be reached from "+p+", but the forward says so", "list only platforms of the recipient", at...)
	}
	if report.Is(notIOS, r.ID) && reaches(from, ios) {
		c.Refuse(r.ID+" may never be reached from ios (MIX-1.4-03)", "list platforms without ios for the recipient and the forward", at...)
	}
}

// source checks an intake that a forward draws from.
func (c *checker) source(f source.Forward, id string, steps []any) {
	in, ok := c.Intake(id)
	cat, _ := c.Category(in.Category)
	_, purpose := c.Purpose(f.Purpose)
	switch {
	case !ok:
		c.Refuse("the intake "+id+" is not declared", "add it to collection, or remove it here", steps...)
	case !report.Is("telemetry events crash", in.Kind):
		c.Refuse("what comes in as "+in.Kind+" is forwarded to nobody", "forward only telemetry, events and crash reports", steps...)
	case report.Is(report.Content+" "+riskCategories, in.Category):
		c.Refuse("the intake "+id+" takes "+in.Category+", which is forwarded to nobody", "remove it here", steps...)
	case cat.Stays:
		c.Refuse(in.Category+" leaves for nobody, but a forward sends it", "remove the intake here, or stays from the category", steps...)
	case purpose && cat.ID != "" && !slices.Contains(cat.Purposes, f.Purpose):
		c.Refuse(in.Category+" may not be forwarded for "+f.Purpose, "add the purpose to the category, or choose another", steps...)
	}
}

// sent checks one field that a forward sends.
func (c *checker) sent(r source.Recipient, f source.Forward, id string, steps []any) {
	taken := slices.ContainsFunc(f.Intakes, func(name string) bool {
		in, _ := c.Intake(name)
		return slices.Contains(fieldsOf(in), id)
	})
	switch {
	case report.Is(neverFields+" "+adFields+" "+hardwareFields, id) || isContentField(id):
		c.Refuse("the field "+id+" is forwarded to nobody", "remove it", steps...)
	case !taken:
		c.Refuse("the field "+id+" is sent to "+r.ID+", but no intake of the forward has it", "add it to the intake, or remove it here", steps...)
	case !slices.Contains(r.Fields, id):
		c.Refuse(id+" is not in the list of fields of "+r.ID, "add it to recipients."+r.ID+".fields, or do not send it", steps...)
	}
}

// gateway checks who carries messages to people. It gets a name of a device and a sentence, and nothing
// else, while a switch is on and a permission is granted (MIX-4-05).
func (c *checker) gateway(g source.Gateway, steps ...any) {
	r, known := c.Recipient(g.Recipient)
	at := report.Under(steps, "recipient")
	switch {
	case !known:
		c.Refuse("the recipient "+g.Recipient+" is not declared", "add it to recipients, with its contract record", at...)
		return
	case !report.Is("infrastructure", r.Class):
		c.Refuse(r.ID+" carries messages and is of the class "+r.Class, "write class: infrastructure", at...)
	case !slices.Equal(r.Fields, strings.Fields(letterFields)):
		c.Refuse(r.ID+" carries messages and gets something else", "write fields: [address, message]; a message holds nothing that the person made", at...)
	}
	if p := outside(g.Platforms, r.Platforms); p != "" && len(g.Platforms) > 0 {
		c.Refuse(r.ID+" may not be reached from "+p+", but the gateway says so", "list only platforms of the recipient", report.Under(steps, "platforms")...)
	}
	c.switched(g.Switch, "the gateway "+r.ID, report.Under(steps, "switch")...)
	c.permission(g.Permission, g.Platforms, "the gateway "+r.ID, report.Under(steps, "permission")...)
	if cat, ok := c.Category(deviceNames); !ok || cat.Stays || !slices.Contains(cat.Purposes, g.Purpose) {
		c.Refuse("the name of a device may not be used for "+g.Purpose, "declare the category "+deviceNames+" with that purpose, or choose another", report.Under(steps, "purpose")...)
	}
}

// sdk checks one embedded kit. A kit of which nothing but its name is known is built into no app.
func (c *checker) sdk(k source.SDK, steps ...any) {
	if k.Tracking && reaches(k.Platforms, ios) {
		c.Refuse("the kit "+k.Name+" tracks people on ios (MIX-1.4-04)", "remove the kit or the platform; no app on ios may follow people across apps", report.Under(steps, "tracking")...)
	}
	if declaredOnly(k) {
		return
	}
	demands := []struct {
		missing   bool
		what, fix string
	}{
		{len(k.Platforms) == 0, "it is not said on which platforms the kit " + k.Name + " is built in", "write platforms"},
		{k.Version == "", "it is not said which version of the kit " + k.Name + " is built in", "write version"},
		{k.Checked == "", "the kit " + k.Name + " is unchecked", "check it, and write checked and checked_version; until then it stays out of the apps"},
		{k.Checked != "" && k.CheckedAt == "", "it is not said which version of the kit " + k.Name + " was checked", "write checked_version"},
		{k.Purpose == "", "the kit " + k.Name + " has no purpose", "name a declared purpose"},
		{k.Recipient == "", "it is not said who receives what the kit " + k.Name + " handles", "name a declared recipient"},
	}
	for _, d := range demands {
		if d.missing {
			c.Refuse(d.what, d.fix, steps...)
		}
	}
	c.kit(k, steps)
}

func declaredOnly(k source.SDK) bool {
	return len(k.Platforms)+len(k.Fields) == 0 && k.Version+k.Checked+k.CheckedAt+k.Purpose+k.Recipient == ""
}

// kit checks what a kit that is built in handles, and who gets it.
func (c *checker) kit(k source.SDK, steps []any) {
	if _, ok := c.Purpose(k.Purpose); k.Purpose != "" && !ok {
		c.Refuse(k.Purpose+" is not declared as a purpose", "add it to purposes, with a text for people", report.Under(steps, "purpose")...)
	}
	r, ok := c.Recipient(k.Recipient)
	switch p := outside(k.Platforms, r.Platforms); {
	case k.Recipient == "":
	case !ok:
		c.Refuse("the recipient "+k.Recipient+" is not declared", "add it to recipients, with its contract record", report.Under(steps, "recipient")...)
	case p != "":
		c.Refuse(r.ID+" may not be reached from "+p+", but the kit "+k.Name+" is built in there", "list only platforms of the recipient", report.Under(steps, "platforms")...)
	case report.Is(notIOS, r.ID) && reaches(k.Platforms, ios):
		c.Refuse(r.ID+" may never be reached from ios (MIX-1.4-03)", "list platforms without ios", report.Under(steps, "platforms")...)
	}
	for j, id := range k.Fields {
		if report.Is(neverFields+" "+adFields+" "+hardwareFields, id) || isContentField(id) {
			c.Refuse("the kit "+k.Name+" may not handle "+id, "remove the kit, or configure it so that it does not; then remove the field", report.Under(steps, "fields", j)...)
		}
	}
}

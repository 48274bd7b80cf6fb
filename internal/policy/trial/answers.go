package trial

import (
	"fmt"
	"slices"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/internal/source"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

func ofAge(p *policy.Policy, a *ask) (bool, string) {
	switch m := p.Terms().Minors; {
	case *a.Age >= m.MinAge && *a.Age < m.GuardianBelow:
		return false, fmt.Sprintf("below %d a guardian must consent first", m.GuardianBelow)
	case *a.Age >= m.MinAge:
		return true, fmt.Sprintf("the age is %d or more", m.MinAge)
	case m.Guardian:
		return false, fmt.Sprintf("below %d a guardian must consent first", m.MinAge)
	default:
		return false, fmt.Sprintf("below %d nobody may use the app", m.MinAge)
	}
}

func ofGround(p *policy.Policy, a *ask) (bool, string) {
	t := p.Terms()
	lists := map[string][]terms.Ground{
		"disclosures": t.Disclosures, "exemptions": t.Exemptions, "refusals": t.Refusals, "restrictions": t.Restrictions,
		"overrides": t.Overrides, "holds": t.Holds.Grounds,
	}
	list, known := lists[a.Of]
	if !known {
		return false, "there is no list " + a.Of
	}
	g, ok := terms.Open(list, a.Ground, privacy.Category(a.Category))
	if a.Category == "" {
		i := slices.IndexFunc(list, func(g terms.Ground) bool { return g.ID == a.Ground })
		if ok = i >= 0; ok {
			g = list[i]
		}
	}
	if c := privacy.Category(a.Category); a.Of == "disclosures" && c != "" && p.Hands(a.Ground, c) == policy.Withheld {
		return false, "people make or write " + a.Category + " themselves, and nobody gets it on the ground " + a.Ground
	}
	return said(ok, fmt.Sprintf("the ground needs %v and %d approvals", g.Needs, g.Approvals), "the closed list "+a.Of+" does not open this on the ground "+a.Ground)
}

func ofKit(p *policy.Policy, a *ask) (bool, string) {
	i := slices.IndexFunc(p.Terms().SDKs, func(k terms.SDK) bool { return k.ID == a.SDK || k.Name == a.SDK })
	switch {
	case i < 0:
		return false, "the register of kits does not list " + a.SDK
	case p.Terms().SDKs[i].Pending():
		return false, "the check of the kit " + a.SDK + " is pending"
	case a.Platform != "" && !terms.On(p.Terms().SDKs[i].Platforms, terms.Platform(a.Platform)):
		return false, "the kit " + a.SDK + " is not built in on " + a.Platform
	}
	return true, "the register lists the kit " + a.SDK
}

func ofVendor(p *policy.Policy, a *ask) (bool, string) {
	in, ok := p.Terms().Vendor(a.Vendor)
	switch {
	case !ok:
		return false, "no vendor " + a.Vendor + " may send data in"
	case a.Field != "" && !holds(in.Fields, a.Field, ""):
		return false, "the schema of " + a.Vendor + " does not list the field " + a.Field
	}
	return true, "the vendor " + a.Vendor + " is declared"
}

func holds(list []terms.Field, id, platform string) bool {
	return slices.ContainsFunc(list, func(f terms.Field) bool {
		return f.ID == id && (platform == "" || terms.On(f.Platforms, terms.Platform(platform)))
	})
}

func ofIntake(p *policy.Policy, a *ask) (bool, string) {
	in, ok := p.Terms().Intake(a.Intake)
	switch {
	case !ok:
		return false, "there is no intake " + a.Intake
	case a.Platform != "" && !terms.On(in.Platforms, terms.Platform(a.Platform)):
		return false, "the intake " + a.Intake + " takes nothing from " + a.Platform
	}
	fields := in.Fields
	if a.Event != "" {
		i := slices.IndexFunc(in.Events, func(e terms.EventSchema) bool { return e.ID == a.Event })
		if i < 0 {
			return false, "the intake " + a.Intake + " does not list the event " + a.Event
		}
		fields = in.Events[i].Fields
	} else if a.Field != "" {
		fields = every(in)
	}
	if a.Field != "" && !holds(fields, a.Field, a.Platform) {
		return false, "the intake " + a.Intake + " does not list the field " + a.Field
	}
	return true, "the intake " + a.Intake + " lists it for " + string(in.Purpose)
}

// every lists the fields of an intake, those of its events included.
func every(in terms.Intake) []terms.Field {
	out := slices.Clone(in.Fields)
	for _, e := range in.Events {
		out = append(out, e.Fields...)
	}
	return out
}

func ofField(p *policy.Policy, a *ask) (bool, string) {
	for _, in := range p.Terms().Intakes {
		here := a.Platform == "" || terms.On(in.Platforms, terms.Platform(a.Platform))
		if here && holds(every(in), a.Field, a.Platform) {
			return true, "the intake " + in.ID + " lists the field " + a.Field
		}
	}
	return false, "no intake lists the field " + a.Field
}

func ofRight(p *policy.Policy, a *ask) (bool, string) {
	r, ok := p.Terms().Right(a.Right)
	switch {
	case !ok:
		return false, "there is no right " + a.Right
	case a.Within == "":
		return true, "the right " + a.Right + " is answered within " + r.Deadline.ISO
	}
	most, working, err := source.ReadDeadline(a.Within)
	late := err != nil || working != r.Deadline.Working && !r.Deadline.Immediate
	if !late && working {
		late = r.Deadline.Days > most.Days
	} else if !late {
		late = source.Exceeds(r.Deadline.ISO, a.Within)
	}
	why := "the right " + a.Right + " is answered within " + r.Deadline.ISO
	return said(!late, why, why+", which is not within "+a.Within)
}

func ofRegion(p *policy.Policy, a *ask) (bool, string) {
	pin := p.Terms().StaffRegions
	return said(len(pin) == 0 || slices.Contains(pin, a.Region), "people in "+a.Region+" may read", "people in "+a.Region+" may not read; what opens it: "+p.Terms().Transfers)
}

func ofCookie(p *policy.Policy, a *ask) (bool, string) {
	return said(slices.Contains(p.Cookies(), a.Cookie), "the register lists the cookie", "the register does not list the cookie "+a.Cookie)
}

func ofSwitch(p *policy.Policy, a *ask) (bool, string) {
	_, ok := p.Terms().Switch(a.Switch)
	return said(ok, "the switch is declared", "there is no switch "+a.Switch)
}

func ofPermission(p *policy.Policy, a *ask) (bool, string) {
	x, ok := p.Terms().Permission(a.Permission)
	f, known := p.Feature(privacy.FeatureID(a.Feature))
	switch {
	case !ok:
		return false, "the permission " + a.Permission + " is not declared"
	case a.Platform != "" && !terms.On(x.Platforms, terms.Platform(a.Platform)):
		return false, "the permission " + a.Permission + " is not asked for on " + a.Platform
	case a.Feature != "" && (!known || !slices.Contains(f.Permissions, a.Permission)):
		return false, "the feature " + a.Feature + " does not use the permission " + a.Permission
	}
	return true, "the permission " + a.Permission + " is declared"
}

func ofFeature(p *policy.Policy, a *ask) (bool, string) {
	f, ok := p.Feature(privacy.FeatureID(a.Feature))
	switch {
	case !ok:
		return false, "the policy does not declare the feature " + a.Feature
	case !f.Live:
		return false, "the feature " + a.Feature + " is planned, not offered"
	case a.Platform != "" && !terms.On(f.Platforms, terms.Platform(a.Platform)):
		return false, "the feature " + a.Feature + " is not offered on " + a.Platform
	case a.Field != "" && !f.Sends(privacy.Field(a.Field)):
		return false, string(f.Recipient) + " does not receive " + a.Field + " for " + a.Feature
	}
	return true, "the feature " + a.Feature + " goes to " + string(f.Recipient)
}

func ofPurpose(p *policy.Policy, a *ask) (bool, string) {
	return said(slices.Contains(p.Purposes(), privacy.Purpose(a.Purpose)), "the purpose is declared", "the policy does not declare the purpose "+a.Purpose)
}

func ofCategory(p *policy.Policy, a *ask) (bool, string) {
	c := privacy.Category(a.Category)
	switch {
	case !p.HasCategory(c):
		return false, "the policy does not declare the category " + a.Category
	case a.Purpose != "":
		return p.PurposeAllowed(c, privacy.Purpose(a.Purpose))
	case a.Within != "" || a.Starts != "":
		return ofClock(p, a)
	}
	return true, "the policy declares the category " + a.Category
}

// ofClock decides whether the category's clocks end in time: one of them, or all where none is named.
func ofClock(p *policy.Policy, a *ask) (bool, string) {
	found := false
	for _, row := range p.Retention() {
		if string(row.Category) != a.Category || a.Starts != "" && string(row.Starts) != a.Starts {
			continue
		}
		found = true
		if a.Within != "" && row.Limit.ISO != a.Within && (source.Exceeds(row.Limit.ISO, a.Within) || !isPeriod(a.Within)) {
			return false, fmt.Sprintf("%s is kept for %s from %s", a.Category, row.Limit.ISO, row.Starts)
		}
	}
	return said(found, "the clocks of "+a.Category+" end in time", "no clock of "+a.Category+" starts at "+a.Starts)
}

func isPeriod(s string) bool {
	_, err := source.ReadPeriod(s)
	return err == nil
}

// ofNumber answers whether the policy gives a number, and where that is asked, whether it says that this
// one chose it.
func ofNumber(p *policy.Policy, a *ask) (bool, string) {
	n, ok := p.Terms().Number(a.Number)
	if !ok {
		return false, "the policy gives no number " + a.Number
	}
	return said(a.ChosenBy == "" || a.ChosenBy == n.Chosen, fmt.Sprintf("%s is %s, chosen by the %s", n.ID, n.Value, n.Chosen), fmt.Sprintf("%s is %s; chosen_by says %q", n.ID, n.Value, n.Chosen))
}

package reach

import (
	"slices"

	"vow.example/vow/internal/policy/internal/report"
	"vow.example/vow/internal/policy/internal/source"
)

// field checks one accepted field: what its name promises, and that its values are bounded.
func (c *checker) field(in source.Intake, f source.IntakeField, before []source.IntakeField, steps []any) {
	at := report.Under(steps, "id")
	risk := in.Kind == loginRisk
	switch {
	case slices.ContainsFunc(before, func(o source.IntakeField) bool { return o.ID == f.ID }):
		c.Refuse("the field "+f.ID+" is given twice", "keep one of the two", at...)
	case report.Is(neverFields, f.ID):
		c.Refuse("the field "+f.ID+" is never accepted", "remove it; this server takes no place, contact, list of apps or sensor", at...)
	case report.Is(adFields, f.ID) && c.onIOS(in, f):
		c.Refuse("the field "+f.ID+" is an advertising identifier on ios", "list platforms without ios, or remove it", at...)
	case report.Is(adFields+" "+hardwareFields, f.ID) && !risk:
		c.Refuse("the field "+f.ID+" follows a device and is accepted at a login only", "move it to an intake of kind login_risk, or remove it", at...)
	case report.Is(adFields+" "+hardwareFields, f.ID) && f.Kind != "digest":
		c.Refuse("the field "+f.ID+" would be kept as it is", "write kind: digest, so that only its keyed digest remains", report.Under(steps, "kind")...)
	case report.Is(measuring, in.Kind) && in.Kind != targets && isContentField(f.ID):
		c.Refuse("the field "+f.ID+" is content in a report of kind "+in.Kind, "remove it; reports carry facts about the app, never what a person made or wrote", at...)
	}
	c.permission(f.Permission, f.Platforms, "the field "+f.ID, report.Under(steps, "permission")...)
	if p := outside(f.Platforms, in.Platforms); len(f.Platforms) > 0 && p != "" {
		c.Refuse("the field "+f.ID+" is for "+p+", where its intake is not", "remove the platform, or add it to the intake", report.Under(steps, "platforms")...)
	}
	c.values(in, f, steps)
}

func (c *checker) onIOS(in source.Intake, f source.IntakeField) bool {
	return reaches(in.Platforms, ios) && reaches(f.Platforms, ios)
}

// values demands bounds that fit the kind of the field, and none that do not.
func (c *checker) values(in source.Intake, f source.IntakeField, steps []any) {
	kind := report.Under(steps, "kind")
	switch {
	case report.Is("text mail", f.Kind) && !report.Is(writing, in.Kind):
		c.Refuse("the field "+f.ID+" takes sentences in a report of kind "+in.Kind, "use a kind without free text, such as word, choice or number", kind...)
	case in.Kind == targets && f.Kind != "flag":
		c.Refuse("share targets are answered with yes or no", "write kind: flag, one field per app", kind...)
	case report.Is("word text", f.Kind) && f.Max == 0:
		c.Refuse("the field "+f.ID+" is not bounded", "write max, a number of characters", steps...)
	case f.Max > 0 && !report.Is("word text mail", f.Kind):
		c.Refuse("a "+f.Kind+" has no number of characters", "remove max", report.Under(steps, "max")...)
	case f.Kind == "number" && (f.Least == nil || f.Most == nil):
		c.Refuse("the number "+f.ID+" is not bounded", "write least and most", steps...)
	case f.Kind == "number" && *f.Least >= *f.Most:
		c.Refuse("no number lies between least and most", "write a least that is smaller than most", report.Under(steps, "least")...)
	case f.Kind != "number" && (f.Least != nil || f.Most != nil):
		c.Refuse("least and most bound a number, but "+f.ID+" is a "+f.Kind, "write kind: number, or remove them", steps...)
	case (f.Kind == "choice") != (len(f.Choices) > 0):
		c.Refuse("choices belong to a choice, and only there", "list the permitted values of a choice, and none elsewhere", steps...)
	}
}

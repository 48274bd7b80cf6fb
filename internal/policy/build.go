package policy

import (
	"strings"

	"vow.example/vow/internal/policy/internal/source"
	"vow.example/vow/internal/privacy"
)

// build turns a document that passed every check into a Policy.
func build(file *source.File) *Policy {
	doc := file.Doc
	p := &Policy{doc: doc, hash: privacy.PolicyHash(file.Hash)}
	for _, l := range doc.Languages {
		p.languages = append(p.languages, privacy.Lang(l))
	}
	p.limits.MaxTaskAge, _ = ParseLimit(doc.Limits.MaxTaskAge)
	for _, r := range doc.Recipients {
		p.recipients = append(p.recipients, recipient(r))
	}
	for _, f := range doc.Features {
		p.features = append(p.features, feature(doc, f))
	}
	for _, r := range doc.Retention {
		p.rows = append(p.rows, p.row(r))
	}
	return p
}

func recipient(r source.Recipient) Recipient {
	out := Recipient{
		ID: privacy.RecipientID(r.ID), Name: localized(r.Name), Class: RecipientClass(r.Class),
		Region: r.Region, PolicyURL: r.PolicyURL,
	}
	if r.Keeps != nil {
		out.Retention = ProviderRetention{Inputs: r.Keeps.Inputs, Outputs: r.Keeps.Outputs}
	}
	if c := r.Contract; c != nil {
		out.Contract = Contract{c.UseLimit, c.NoTraining, c.EqualProtection, c.Reference, c.Reviewed}
	}
	return out
}

func feature(doc source.Doc, f source.Feature) Feature {
	out := Feature{
		ID: privacy.FeatureID(f.ID), Title: localized(f.Title), Summary: localized(f.Summary),
		Live: f.State == "live", Face: f.Face, Recipient: privacy.RecipientID(f.Recipient),
		Effect: f.Effect, Review: f.Review, Consent: ConsentMode(f.Consent),
		Purpose: privacy.Purpose(f.Purpose), Result: privacy.Category(f.Result), LabelAI: f.LabelAI,
	}
	for _, name := range f.Required {
		out.Inputs = append(out.Inputs, input(doc, name, true))
	}
	for _, name := range f.Optional {
		out.Inputs = append(out.Inputs, input(doc, name, false))
	}
	for _, s := range f.Send {
		in := declared(doc, s.Field)
		sent := SentField{Field: privacy.Field(s.Field), Transport: s.Transport, Text: localized(in.Line)}
		if len(in.Faces) > 0 {
			sent.Notes = []Localized{localized(in.Faces)}
		}
		out.Fields = append(out.Fields, sent)
	}
	return out
}

func declared(doc source.Doc, field string) source.Input {
	in, _ := find(doc.Inputs, func(i source.Input) bool { return i.Field == field })
	return in
}

func input(doc source.Doc, field string, required bool) Input {
	in := declared(doc, field)
	out := Input{
		Field: privacy.Field(in.Field), Kind: InputKind(in.Kind), Category: privacy.Category(in.Category),
		Required: required, Label: localized(in.Label), Accept: in.Accept, MaxBytes: in.MaxBytes,
		MaxPixels: in.MaxPixels, MaxLength: in.MaxLength, Default: in.Default,
	}
	for _, c := range in.Choices {
		out.Choices = append(out.Choices, Choice{Value: c.Value, Label: localized(c.Label)})
	}
	return out
}

func (p *Policy) row(r source.Row) RetentionRow {
	limit, _ := ParseLimit(r.Limit)
	out := RetentionRow{
		ID:       p.Version() + "#retention." + r.Category + "." + r.Starts,
		Category: privacy.Category(r.Category), Starts: Event(r.Starts), Limit: limit, Floor: r.Floor,
		Storage: p.StorageOf(privacy.Category(r.Category)), End: r.End, ChosenBy: r.ChosenBy,
		Text: Localized{}, Clause: r.Clause,
	}
	for lang, s := range r.Text {
		out.Text[privacy.Lang(lang)] = strings.ReplaceAll(s, "{limit}", limit.Words(privacy.Lang(lang)))
	}
	return out
}

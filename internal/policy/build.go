package policy

import (
	"cmp"
	"slices"
	"strings"

	"vow.example/vow/internal/policy/internal/compile"
	"vow.example/vow/internal/policy/internal/page"
	"vow.example/vow/internal/policy/internal/source"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

// build turns a document that passed every check into a Policy.
func build(file *source.File) *Policy {
	doc := file.Doc
	p := &Policy{doc: doc, hash: privacy.PolicyHash(file.Hash), terms: compile.Terms(&doc), page: page.Of(&doc)}
	for _, l := range doc.Languages {
		p.languages = append(p.languages, privacy.Lang(l))
	}
	p.limits.MaxTaskAge, _ = ParseLimit(doc.Limits.MaxTaskAge)
	for _, r := range doc.Recipients {
		p.recipients = append(p.recipients, recipient(r, p.terms.Calendar))
	}
	for _, f := range doc.Features {
		made := feature(doc, f)
		to, _ := p.Recipient(made.Recipient)
		made.Contract = to.Contract
		p.features = append(p.features, made)
	}
	for _, r := range doc.Retention {
		p.rows = append(p.rows, p.row(r))
	}
	return p
}

func recipient(r source.Recipient, days terms.Calendar) Recipient {
	out := Recipient{
		ID: privacy.RecipientID(r.ID), Name: localized(r.Name), Class: RecipientClass(r.Class),
		Region: r.Region, PolicyURL: r.PolicyURL, Platforms: compile.Platforms(r.Platforms),
	}
	out.Retention = keeps(r.Keeps)
	if c := r.Certificate; c != nil {
		out.Certificate = terms.Certificate{Name: c.Name, Reference: c.Reference, Expires: c.Expires}
	}
	if c := r.Contract; c != nil {
		out.Contract = Contract{c.UseLimit, c.NoTraining, c.EqualProtection, c.Tier, c.Reference, c.Reviewed, days.Begins(c.ReviewBy)}
	}
	return out
}

func keeps(k *source.Keeps) ProviderRetention {
	if k == nil {
		return ProviderRetention{}
	}
	return ProviderRetention{Inputs: k.Inputs, Outputs: k.Outputs}
}

func feature(doc source.Doc, f source.Feature) Feature {
	out := Feature{
		ID: privacy.FeatureID(f.ID), Title: localized(f.Title), Summary: localized(f.Summary),
		Live: f.State == "live", Face: f.Face, Recipient: privacy.RecipientID(f.Recipient),
		Model: f.Model, Effect: f.Effect, Review: f.Review, Consent: ConsentMode(f.Consent),
		Purpose: privacy.Purpose(f.Purpose), Result: privacy.Category(f.Result), LabelAI: f.LabelAI, Once: f.Once, noPoints: f.Points == "none",
		Permissions: slices.Clone(f.Permissions), Platforms: compile.Platforms(f.Platforms),
	}
	r, _ := find(doc.Recipients, func(r source.Recipient) bool { return r.ID == f.Recipient })
	out.Retention = keeps(cmp.Or(f.Keeps, r.Keeps))
	for _, key := range f.Required {
		out.Inputs = append(out.Inputs, input(declared(doc, key), true))
	}
	for _, key := range f.Optional {
		out.Inputs = append(out.Inputs, input(declared(doc, key), false))
	}
	for _, s := range f.Send {
		out.Fields = append(out.Fields, sent(doc, f, s))
	}
	for _, x := range f.Fixed {
		out.Fixed = append(out.Fixed, Fixed{x.Setting, string(x.Value), filled(x.Text, "{value}", func(privacy.Lang) string { return string(x.Value) })})
	}
	return out
}

// sent finds the words for one field among the inputs of the feature.
func sent(doc source.Doc, f source.Feature, s source.Sent) SentField {
	line, faces := page.Told(&doc, f, s)
	out := SentField{Field: privacy.Field(s.Field), Transport: s.Transport, Text: localized(line)}
	if len(faces) > 0 {
		out.Notes = []Localized{localized(faces)}
	}
	return out
}

// filled puts a word in place of a slot, in every language.
func filled(t source.Text, slot string, word func(privacy.Lang) string) Localized {
	out := localized(t)
	for lang, s := range out {
		out[lang] = strings.ReplaceAll(s, slot, word(lang))
	}
	return out
}

func declared(doc source.Doc, key string) source.Input {
	in, _ := find(doc.Inputs, func(i source.Input) bool { return i.Key() == key })
	return in
}

func input(in source.Input, required bool) Input {
	out := Input{
		Field: privacy.Field(in.Field), Kind: InputKind(in.Kind), Category: privacy.Category(in.Category),
		Required: required, Label: localized(in.Label), Accept: in.Accept, MaxBytes: in.MaxBytes,
		MaxPixels: in.MaxPixels, MaxSide: in.MaxSide, MaxLength: in.MaxLength, MaxSeconds: in.MaxSeconds, Material: in.Material, Default: string(in.Default),
	}
	if in.Kind == string(Number) {
		out.Min, out.Max, out.Step = *in.Min, *in.Max, *in.Step
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
		Text: filled(r.Text, "{limit}", limit.Words), Clause: r.Clause,
	}
	return out
}

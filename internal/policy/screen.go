package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/policy/internal/say"
	"vow.example/vow/internal/policy/internal/source"
	"vow.example/vow/internal/privacy"
)

// Screen returns the exact text that a person reads before agreeing to the feature. The same
// policy gives the same text and hash; any change of what is sent, to whom, why, for how long,
// of a link or of the button gives another hash.
func (p *Policy) Screen(id privacy.FeatureID, lang privacy.Lang) (Screen, error) {
	s, ok := p.screens[screenKey{id, Match(string(lang), p.languages)}]
	if !ok {
		return Screen{}, fault.New(fault.NotFound, "not-found", "There is no feature of that name.")
	}
	s.What, s.Who, s.Keep, s.Links = slices.Clone(s.What), slices.Clone(s.Who), slices.Clone(s.Keep), slices.Clone(s.Links)
	return s, nil
}

type screenKey struct {
	feature privacy.FeatureID
	lang    privacy.Lang
}

// writeScreens writes every screen once, so that what a person reads and what is checked later
// are one value.
func (p *Policy) writeScreens() error {
	p.screens = map[screenKey]Screen{}
	for _, f := range p.features {
		for _, lang := range p.languages {
			s, err := p.screen(f, lang)
			if err != nil {
				return err
			}
			p.screens[screenKey{f.ID, lang}] = s
		}
	}
	return nil
}

func (p *Policy) screen(f Feature, lang privacy.Lang) (Screen, error) {
	words, _ := find(p.doc.Screens, func(s source.Screen) bool { return s.ID == p.screenOf(f.ID) })
	r, _ := p.Recipient(f.Recipient)
	fill := func(t source.Text) string {
		return strings.NewReplacer("{app}", p.Name(lang), "{reviewer}", p.reviewer(lang), "{recipient}", say.Called(r.Name.In(lang), f.Model, lang)).Replace(localized(t).In(lang))
	}
	s := Screen{
		Language: lang, PolicyVersion: p.Version(), Feature: f.ID,
		Title: fill(words.Title), Summary: fill(words.Summary), NotSent: fill(words.NotSent),
		Why: p.why(f, fill(words.Why), lang), What: lines(f, lang), Who: p.who(f), Model: f.Model, Keep: p.keep(f, r, lang),
		Links: p.links(r, lang), Accept: fill(words.Accept), Decline: fill(words.Decline), Consent: f.Consent,
	}
	for _, x := range f.Fixed {
		s.Fixed = append(s.Fixed, x.Text.In(lang))
	}
	hash, err := s.digest()
	s.Hash = hash
	return s, err
}

// reviewer names who reads everything first, or returns "".
func (p *Policy) reviewer(lang privacy.Lang) string {
	r, _ := p.Recipient(privacy.RecipientID(p.doc.Safety.Recipient))
	return r.Name.In(lang)
}

func (p *Policy) screenOf(id privacy.FeatureID) string {
	f, _ := find(p.doc.Features, func(f source.Feature) bool { return f.ID == string(id) })
	return f.Screen
}

// lines lists what is sent. A remark about faces is a further line of the same field, so that
// the set of fields on the screen equals the set of fields that leave.
func lines(f Feature, lang privacy.Lang) []Line {
	var plain, sensitive []Line
	for _, s := range f.Fields {
		plain = append(plain, Line{Field: s.Field, Text: s.Text.In(lang), Sensitive: s.Sensitive})
		for _, n := range s.Notes {
			sensitive = append(sensitive, Line{Field: s.Field, Text: n.In(lang), Sensitive: true})
		}
	}
	return append(plain, sensitive...)
}

// why states purpose and safety step ("prompts are also reviewed and rewritten", C-PIX-15). A step
// that finds nothing of its kind in the feature is not spoken of.
func (p *Policy) why(f Feature, why string, lang privacy.Lang) string {
	parts := []string{strings.TrimRight(why, ".。")}
	for _, step := range f.Review {
		if !slices.ContainsFunc(f.Inputs, func(in Input) bool { return !in.IsSetting() && (in.Kind == Prompt) == (step == "prompt_rules") }) {
			continue
		}
		s, _ := find(p.doc.Safety.Steps, func(s source.Step) bool { return s.ID == step })
		parts = append(parts, strings.TrimRight(strings.ReplaceAll(localized(s.Text).In(lang), "{app}", p.Name(lang)), ".。"))
	}
	return strings.Join(parts, say.Pick(lang, ". ", "。")) + say.Pick(lang, ".", "。")
}

// who lists every recipient in the order in which they receive data: a named reviewer first, so
// that people see the whole chain (C-MIX-05).
func (p *Policy) who(f Feature) []Recipient {
	var all []Recipient
	if r, ok := p.Recipient(privacy.RecipientID(p.doc.Safety.Recipient)); ok {
		all = append(all, r)
	}
	if r, ok := p.Recipient(f.Recipient); ok {
		all = append(all, r)
	}
	return all
}

// keep lists how long each kind of data that the feature touches is kept, here and there.
func (p *Policy) keep(f Feature, r Recipient, lang privacy.Lang) []Keep {
	var out []Keep
	for _, c := range p.touched(f) {
		cat, _ := p.category(c)
		for _, row := range p.rows {
			if row.Category == c && len(row.Text) > 0 && tells(f, row) {
				out = append(out, Keep{Where: p.Name(lang), What: localized(cat.Short).In(lang), Text: row.Text.In(lang)})
			}
		}
		if c == f.Result && r.Class != Local {
			out = append(out, Keep{r.Name.In(lang), localized(cat.Short).In(lang), p.theirs(r, f.Retention.Outputs, lang)})
			out = append(out, Keep{r.Name.In(lang), say.Pick(lang, "what is sent", "发送的内容"), p.theirs(r, f.Retention.Inputs, lang)})
		}
	}
	return out
}

// tells reports whether the clock runs for something of the feature: the clock of a result for results
// alone, and it alone for a result that is handed out once.
func tells(f Feature, row RetentionRow) bool {
	if f.Once && row.Category == f.Result || row.Starts == ResultStored {
		return row.Starts == ResultStored && row.Category == f.Result
	}
	return true
}

// touched lists the categories that the feature handles, in the order of their life.
func (p *Policy) touched(f Feature) []privacy.Category {
	var out []privacy.Category
	seen := map[privacy.Category]bool{}
	add := func(c privacy.Category) {
		if !seen[c] {
			seen[c] = true
			out = append(out, c)
		}
	}
	for _, in := range f.Inputs {
		add(in.Category)
	}
	if f.Face && !f.noPoints && (f.IsLocal() || p.doc.Faces.Points == "") {
		add("face_landmarks")
	}
	add(f.Result)
	add("operational_log")
	return out
}

// theirs says what the recipient states about its own copy; "unknown" is said as such (C-PIX-16).
func (p *Policy) theirs(r Recipient, keeps string, lang privacy.Lang) string {
	l, err := ParseLimit(keeps)
	if err != nil {
		return fmt.Sprintf(say.Pick(lang, "%s states no period", "%s 没有说明期限"), r.Name.In(lang))
	}
	return fmt.Sprintf(say.Pick(lang, "up to %[1]s at %[2]s", "在 %[2]s 最长 %[1]s"), l.Words(lang), r.Name.In(lang))
}

func (p *Policy) links(r Recipient, lang privacy.Lang) []Link {
	out := []Link{{Text: p.Title(lang), URL: "/" + p.doc.App.ID + "/policy"}}
	if r.PolicyURL != "" {
		declared, _ := find(p.doc.Recipients, func(d source.Recipient) bool { return d.ID == string(r.ID) })
		out = append(out, Link{Text: localized(declared.PolicyAs).In(lang), URL: r.PolicyURL})
	}
	return out
}

// digest hashes everything that a person agrees to, and nothing else: a new name of a recipient voids a
// consent; a new review date in a contract record does not, nor does a new version of the policy that
// changes other things.
func (s Screen) digest() (string, error) {
	type shown struct{ ID, Name, Class, Region, URL string }
	seen := make([]shown, len(s.Who))
	for i, r := range s.Who {
		seen[i] = shown{string(r.ID), r.Name.In(s.Language), string(r.Class), r.Region, r.PolicyURL}
	}
	s.Hash, s.Who, s.PolicyVersion = "", nil, ""
	text, err := json.Marshal(struct {
		Screen Screen
		Who    []shown
	}{s, seen})
	if err != nil {
		return "", fmt.Errorf("policy: encode screen: %w", err)
	}
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:]), nil
}

// Match returns the offered language that fits an Accept-Language header or a language tag best;
// the first offered one where nothing fits.
func Match(lang string, offered []privacy.Lang) privacy.Lang { return say.Match(lang, offered) }

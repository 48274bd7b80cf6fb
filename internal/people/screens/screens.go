// Package screens holds the exact texts that people read before they decide about the policy itself: the
// person who accepts it, and a guardian who agrees for a minor.
//
// It promises that a text has a hash over everything that is shown, so that a decision names what was
// read. It never decides for anybody, and never shows anything that the policy does not say.
package screens

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

// Reading is the policy as a person reads it before deciding about it, in one language.
type Reading struct {
	Version    string
	Hash       string `json:"-"` // of every other member
	Language   privacy.Lang
	Title      string
	Text       string
	Accept     string
	Decline    string
	Highlights []string // ids of the sections that touch rights
	Sections   []policy.Section
}

// ReadingOf returns the policy as it is shown for acceptance, and whether the app asks for that.
func ReadingOf(p *policy.Policy, lang privacy.Lang) (Reading, bool, error) {
	a := p.Terms().Acceptance
	if a == nil {
		return Reading{}, false, nil
	}
	lang = policy.Match(string(lang), p.Languages())
	r := Reading{
		Version: p.Version(), Language: lang, Title: p.Title(lang), Text: a.Text.In(lang), Accept: a.Accept.In(lang), Decline: a.Decline.In(lang),
		Highlights: a.Highlights, Sections: p.Sections(lang),
	}
	hash, err := hashOf(r)
	r.Hash = hash
	return r, true, err
}

// hashOf stands for what was shown, to the letter.
func hashOf(shown any) (string, error) {
	text, err := json.Marshal(shown)
	if err != nil {
		return "", fmt.Errorf("people: encode what was shown: %w", err)
	}
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:]), nil
}

// FindReading finds in which language the text with this hash is shown under a policy. It fails with
// consent.ErrStale where that policy shows another text or is another version.
func FindReading(p *policy.Policy, version, hash string) (Reading, error) {
	for _, lang := range p.Languages() {
		r, asked, err := ReadingOf(p, lang)
		switch {
		case err != nil:
			return r, err
		case !asked:
			return r, fault.New(fault.NotFound, "not-found", "This app does not ask about its policy.")
		case r.Hash == hash && r.Version == version:
			return r, nil
		}
	}
	return Reading{}, consent.ErrStale
}

// Consenting is the exact text that a guardian reads before agreeing, in one language.
type Consenting struct {
	Hash      string `json:"-"`
	Language  privacy.Lang
	Version   string
	Statement string
	Items     []Item // what leaves, to whom and why; each one is agreed to by itself
}

// Item is one purpose for which one recipient receives data.
type Item struct{ ID, Text string }

// Pair names a purpose for which a recipient receives data.
func Pair(purpose privacy.Purpose, to privacy.RecipientID) string {
	return string(purpose) + ":" + string(to)
}

// Pairs lists every purpose for which somebody else receives data under the policy, sorted.
func Pairs(p *policy.Policy) []string {
	var all []string
	for _, f := range p.Features() {
		if f.Live && !f.IsLocal() {
			all = append(all, Pair(f.Purpose, f.Recipient))
		}
	}
	for _, f := range p.Terms().Forwards {
		all = append(all, Pair(f.Purpose, f.Recipient))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// ConsentingOf returns what a guardian reads under a policy, in lang.
func ConsentingOf(p *policy.Policy, lang privacy.Lang) (Consenting, error) {
	lang = policy.Match(string(lang), p.Languages())
	statement := "I am the parent or guardian of the person who uses %s. We have read its privacy policy together, and I agree that this person uses the app under it."
	item := "%[1]s: %[2]s may receive data for it"
	if lang == "zh-Hans" {
		statement, item = "我是使用 %s 的未成年人的父母或监护人。我们已共同阅读其隐私政策，我同意此人按该政策使用本应用。", "%[1]s：允许 %[2]s 为此接收数据"
	}
	c := Consenting{Language: lang, Version: p.Version(), Statement: fmt.Sprintf(statement, p.Name(lang))}
	for _, id := range Pairs(p) {
		purpose, to, _ := strings.Cut(id, ":")
		r, _ := p.Recipient(privacy.RecipientID(to))
		c.Items = append(c.Items, Item{id, fmt.Sprintf(item, purposeText(p, privacy.Purpose(purpose), lang), r.Name.In(lang))})
	}
	hash, err := hashOf(c)
	c.Hash = hash
	return c, err
}

func purposeText(p *policy.Policy, id privacy.Purpose, lang privacy.Lang) string {
	for _, u := range p.Terms().Purposes {
		if u.ID == id {
			return u.Text.In(lang)
		}
	}
	return string(id)
}

// FindConsenting finds the text with this hash under a policy.
func FindConsenting(p *policy.Policy, hash string) (Consenting, bool) {
	for _, lang := range p.Languages() {
		if c, err := ConsentingOf(p, lang); err == nil && c.Hash == hash {
			return c, true
		}
	}
	return Consenting{}, false
}

package moderate

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
)

//go:embed data
var data embed.FS

// action is what a rule does. Anything else in the data file is refused at load.
type action string

const (
	block   action = "block"
	rewrite action = "rewrite"
	explain action = "explain" // the rule is applied by code; the file holds its words
)

type words map[string]string // by language tag

// rule is one rule of data/rules.yaml.
type rule struct {
	ID       string        `yaml:"id"`
	Category string        `yaml:"category"`
	Action   action        `yaml:"action"`
	Sexual   bool          `yaml:"sexual"` // with a child in the same text: R-01
	Title    words         `yaml:"title"`
	Text     words         `yaml:"text"`
	Change   words         `yaml:"change"` // what a person can do about it
	Terms    []string      `yaml:"terms"`
	Pairs    []pair        `yaml:"pairs"`
	Replace  []replacement `yaml:"replace"`
	Append   words         `yaml:"append"` // added once to a rewritten text
}

// pair breaks the rule when both parts stand close together, in this order.
type pair struct {
	First  []string `yaml:"first"`
	Then   []string `yaml:"then"`
	Unless []string `yaml:"unless"` // between them: something else is meant
	Near   int      `yaml:"near"`   // words in between
	With   words    `yaml:"with"`   // rewrite rules: what the whole is replaced by
}

// replacement is safe wording for risky wording.
type replacement struct {
	Terms []string `yaml:"terms"`
	With  string   `yaml:"with"`
}

// book is the data file.
type book struct {
	Minors []string `yaml:"minors"` // words that name a child
	Allow  []string `yaml:"allow"`  // harmless phrases that contain a term
	Kept   []string `yaml:"kept"`   // what a text of things to leave out may not name
	Rules  []rule   `yaml:"rules"`
}

func loadBook() (*book, *tables, error) {
	src, err := data.ReadFile("data/rules.yaml")
	if err != nil {
		return nil, nil, fmt.Errorf("moderate: rules: %w", err)
	}
	var b book
	if err := yaml.NewDecoder(bytes.NewReader(src), yaml.Strict()).Decode(&b); err != nil {
		return nil, nil, fmt.Errorf("moderate: rules: %w", err)
	}
	skeleton, err := data.ReadFile("data/skeleton.txt")
	if err != nil {
		return nil, nil, fmt.Errorf("moderate: skeleton: %w", err)
	}
	t, err := parseTables(skeleton)
	if err != nil {
		return nil, nil, err
	}
	return &b, t, b.check()
}

// check refuses a rule that could not be explained or would do nothing.
func (b *book) check() error {
	seen := map[string]bool{}
	for _, r := range b.Rules {
		switch {
		case seen[r.ID]:
			return fmt.Errorf("moderate: rule %s stands twice", r.ID)
		case r.Action != block && r.Action != rewrite && r.Action != explain:
			return fmt.Errorf("moderate: rule %s: unknown action", r.ID)
		case r.Action == rewrite && len(r.Terms) > 0:
			return fmt.Errorf("moderate: rule %s: a rewrite rule has replacements, not terms", r.ID)
		}
		for _, lang := range []string{"en", "zh-Hans"} {
			if r.Title[lang] == "" || r.Text[lang] == "" || r.Change[lang] == "" {
				return fmt.Errorf("moderate: rule %s has no words in %s", r.ID, lang)
			}
		}
		seen[r.ID] = true
	}
	if len(b.Minors) == 0 || len(b.Rules) == 0 || len(b.Kept) == 0 {
		return errors.New("moderate: the rules are empty")
	}
	return nil
}

// entries normalises every term of the book.
func (b *book) entries(t *tables) ([]*entry, error) {
	var out []*entry
	add := func(k kind, rule, group int, terms []string) {
		for _, term := range terms {
			e := entry{kind: k, rule: rule, group: group}
			out = append(out, newEntry(t, plain, term, e))
			if k == termKind && strings.ContainsAny(term, "0123456789") { // as leetspeak views read it
				out = append(out, newEntry(t, leetI, term, e))
			}
		}
	}
	add(minorKind, -1, 0, b.Minors)
	add(allowKind, -1, 0, b.Allow)
	for i, r := range b.Rules {
		add(termKind, i, 0, r.Terms)
		for j, p := range r.Pairs {
			add(firstKind, i, j, p.First)
			add(thenKind, i, j, p.Then)
			add(unlessKind, i, j, p.Unless)
		}
		for j, p := range r.Replace {
			add(replaceKind, i, j, p.Terms)
		}
	}
	return out, lettered(out)
}

// kept normalises what a text of things to leave out may not name.
func (b *book) kept(t *tables) ([]*entry, error) {
	var out []*entry
	for _, term := range b.Kept {
		out = append(out, newEntry(t, plain, term, entry{kind: termKind}))
	}
	for _, term := range b.Allow {
		out = append(out, newEntry(t, plain, term, entry{kind: allowKind}))
	}
	return out, lettered(out)
}

func lettered(list []*entry) error {
	for _, e := range list {
		if len(e.text) == 0 {
			return errors.New("moderate: a term has no letters")
		}
	}
	return nil
}

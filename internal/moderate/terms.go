package moderate

import (
	"errors"
	"slices"
)

// Terms finds words of closed lists in texts that nobody disguises: answers, and questions that the
// rules have let through. It reads them as the rules do (look-alikes, traditional characters, case,
// invisible characters). It is safe for concurrent use.
type Terms struct {
	tables *tables
	match  *matcher
	names  []string
}

// NewTerms returns the Terms of named lists. English terms are whole words, or the beginning of longer
// ones with a trailing *. A term within a harmless phrase does not count.
func NewTerms(lists map[string][]string, harmless []string) (*Terms, error) {
	_, t, err := loadBook()
	if err != nil {
		return nil, err
	}
	out := &Terms{tables: t}
	var entries []*entry
	for name := range lists {
		out.names = append(out.names, name)
	}
	slices.Sort(out.names)
	for i, name := range out.names {
		if len(lists[name]) == 0 {
			return nil, errors.New("moderate: a list of terms is empty")
		}
		for _, term := range lists[name] {
			entries = append(entries, newEntry(t, plain, "~"+term, entry{kind: termKind, rule: i}))
		}
	}
	for _, phrase := range harmless {
		entries = append(entries, newEntry(t, plain, phrase, entry{kind: allowKind}))
	}
	out.match = newMatcher(entries)
	return out, lettered(entries)
}

// Found is one place where a term of a list stands in a text.
type Found struct {
	List string
	Term string // as it is read: two that are written differently are the same
	To   int    // the byte behind it
}

// Find returns every place of every term in the text.
func (t *Terms) Find(text string) (list []Found) {
	hits := t.match.find(t.tables.read(text, plain))
	harmless := ofKind(hits, allowKind)
	for _, h := range ofKind(hits, termKind) {
		if !covered(h, harmless) {
			list = append(list, Found{t.names[h.rule], string(h.text), h.to})
		}
	}
	return list
}

package moderate

import (
	"strings"
	"unicode/utf8"

	ahocorasick "github.com/pgavlin/aho-corasick"
)

// kind says what a term is for.
type kind int

const (
	termKind    kind = iota // the term alone breaks the rule
	minorKind               // names a child
	firstKind               // first part of a pair
	thenKind                // second part of a pair
	unlessKind              // between the parts: the pair means something else
	allowKind               // a harmless phrase that contains a term
	replaceKind             // the term is replaced
)

// entry is one term of the rules, normalised.
type entry struct {
	kind   kind
	rule   int // index of the rule
	group  int // index of the pair or the replacement within the rule
	text   []rune
	runs   []int  // run lengths of the collapsed text
	starts []bool // where the term's own words begin
	prefix bool   // "undress*": the last word may go on
	whole  bool   // "~anal": split only letter by letter
	key    string // collapsed text
}

// hit is one place where a term stands in a view.
type hit struct {
	*entry
	from, to    int // bytes of the source
	first, last int // tokens
}

// matcher finds all terms of all rules at once.
type matcher struct {
	ac      ahocorasick.AhoCorasick
	byKey   [][]*entry // per automaton pattern
	byWidth map[int][]*entry
}

// newEntry normalises one term of the data file in the given mode: a leading ~ and a trailing *
// are marks. e says what the term is for.
func newEntry(t *tables, m mode, term string, e entry) *entry {
	term, e.whole = strings.CutPrefix(term, "~")
	term, e.prefix = strings.CutSuffix(term, "*")
	v := t.read(term, m)
	for _, a := range v.atoms {
		e.text = append(e.text, a.r)
		e.starts = append(e.starts, a.start)
	}
	e.key, e.runs = collapse(e.text)
	return &e
}

func collapse(text []rune) (string, []int) {
	var b strings.Builder
	var runs []int
	for i, r := range text {
		if i > 0 && text[i-1] == r {
			runs[len(runs)-1]++
			continue
		}
		b.WriteRune(r)
		runs = append(runs, 1)
	}
	return b.String(), runs
}

func newMatcher(entries []*entry) *matcher {
	m := &matcher{byWidth: map[int][]*entry{}}
	index := map[string]int{}
	var keys []string
	for _, e := range entries {
		i, ok := index[e.key]
		if !ok {
			i = len(keys)
			index[e.key], keys, m.byKey = i, append(keys, e.key), append(m.byKey, nil)
		}
		m.byKey[i] = append(m.byKey[i], e)
		if e.kind == termKind || e.kind == replaceKind {
			m.byWidth[len(e.text)] = append(m.byWidth[len(e.text)], e)
		}
	}
	builder := ahocorasick.NewAhoCorasickBuilder(ahocorasick.Opts{MatchKind: ahocorasick.StandardMatch})
	m.ac = builder.Build(keys)
	return m
}

// find returns every term in the view.
func (m *matcher) find(v view) []hit {
	text, runes, starts := collapsed(v)
	var hits []hit
	for it := m.ac.IterOverlapping(text); ; {
		match := it.Next()
		if match == nil {
			break
		}
		i, j := runes[match.Start()], runes[match.End()]
		for _, e := range m.byKey[match.Pattern()] {
			if p, q, ok := e.fits(v, starts, i, j); ok {
				hits = append(hits, v.hit(e, p, q))
			}
		}
	}
	if v.mode == wildcards {
		hits = append(hits, m.guess(v)...)
	}
	return hits
}

// collapsed returns the letters of the view with repetitions removed, for each byte the number of
// the collapsed letter, and for each collapsed letter the atom where its run begins.
func collapsed(v view) (text string, runes map[int]int, starts []int) {
	var b strings.Builder
	runes = make(map[int]int, len(v.atoms)+1)
	for i, a := range v.atoms {
		if i > 0 && v.atoms[i-1].r == a.r {
			continue
		}
		runes[b.Len()] = len(starts)
		starts = append(starts, i)
		b.WriteRune(a.r)
	}
	runes[b.Len()] = len(starts)
	return b.String(), runes, append(starts, len(v.atoms))
}

// fits decides whether the collapsed letters i to j really are the term, and which atoms p to q
// (inclusive) they are.
func (e *entry) fits(v view, starts []int, i, j int) (p, q int, ok bool) {
	p, q = starts[i], starts[j]-1
	firstEnd, lastStart := starts[i+1]-1, starts[j-1]
	switch {
	case isHan(e.text[0]) && j > i+1:
		p = max(p, firstEnd-e.runs[0]+1)
	case isHan(e.text[0]): // one character, perhaps repeated: its first occurrence
	default:
		for p < firstEnd && !v.atoms[p].start {
			p++
		}
		if !v.atoms[p].start {
			return 0, 0, false
		}
	}
	if last := e.text[len(e.text)-1]; isHan(last) {
		q = min(q, lastStart+e.runs[len(e.runs)-1]-1)
	} else if !e.prefix {
		for q > lastStart && !v.atoms[q].end {
			q--
		}
		if !v.atoms[q].end {
			return 0, 0, false
		}
	}
	if q < p || !e.runsFit(starts, i, p, q) {
		return 0, 0, false
	}
	return p, q, e.splitsFit(v, p, q)
}

// runsFit checks that no letter is repeated less often than in the term ("bobs" is not "boobs").
// A harmless phrase must be written exactly.
func (e *entry) runsFit(starts []int, i, p, q int) bool {
	for k, want := range e.runs {
		lo, hi := max(starts[i+k], p), min(starts[i+k+1]-1, q)
		got := hi - lo + 1
		if got < want || e.exact() && got != want && !(e.prefix && k == len(e.runs)-1) {
			return false
		}
	}
	return true
}

func (e *entry) exact() bool { return e.kind == allowKind || e.kind == unlessKind }

// splitsFit checks how the term is broken into pieces: as it is written; or, to find a word that
// somebody spaced out, anywhere; for words marked whole only letter by letter. Harmless phrases
// are never pieced together.
func (e *entry) splitsFit(v view, p, q int) bool {
	as, single := true, true
	for k := p + 1; k <= q; k++ {
		a := v.atoms[k]
		at := k - p
		if at < len(e.starts) && a.start != e.starts[at] {
			as = false
		}
		if at < len(e.starts) && !a.start {
			single = false
		}
		if e.exact() && (a.before == hard || isHan(a.r) && a.before != none) {
			return false
		}
	}
	if e.exact() {
		return as && v.mode == plain
	}
	return !e.whole || as || single
}

// hit returns the place of the atoms p to q; a prefix goes on to the end of its word.
func (v view) hit(e *entry, p, q int) hit {
	for e.prefix && !v.atoms[q].end {
		q++
	}
	return hit{entry: e, from: v.atoms[p].from, to: v.atoms[q].to, first: v.atoms[p].token, last: v.atoms[q].token}
}

// guess finds words in which signs stand for letters ("n*de", "s#x").
func (m *matcher) guess(v view) []hit {
	var hits []hit
	for p := 0; p < len(v.atoms); {
		q := p
		signs := 0
		for ; q < len(v.atoms) && v.atoms[q].token == v.atoms[p].token; q++ {
			if v.atoms[q].r == wildcard {
				signs++
			}
		}
		if signs > 0 && q-p-signs >= 2 {
			for _, e := range m.byWidth[q-p] {
				if e.like(v.atoms[p:q]) {
					hits = append(hits, v.hit(e, p, q-1))
				}
			}
		}
		p = q
	}
	return hits
}

func (e *entry) like(word []atom) bool {
	for i, a := range word {
		if a.r != wildcard && a.r != e.text[i] {
			return false
		}
	}
	return utf8.RuneLen(e.text[0]) == 1
}

package moderate

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// gap says what stood between two atoms.
type gap uint8

const (
	none gap = iota // nothing
	soft            // spaces, hyphens: one phrase
	hard            // anything else: another phrase, unless somebody is spacing a word out
)

const wildcard = '*'

// atom is one letter, digit or Chinese character after normalisation, with its place in the
// source text.
type atom struct {
	r          rune
	from, to   int // bytes of the source
	start, end bool
	token      int
	before     gap
}

// mode says how a view reads digits and symbols.
type mode int

const (
	plain     mode = iota // digits are digits, symbols separate
	leetI                 // 4→a, 1→i, @→a …
	leetL                 // as leetI, but 1→l and the second reading of look-alikes
	wildcards             // as leetI, and * # % inside a word stands for one letter
	modes
)

// view is one reading of a text.
type view struct {
	mode  mode
	atoms []atom
}

// glyph is one normalised rune before it is known whether it is a letter or a separator.
type glyph struct {
	r        rune
	from, to int
}

// read returns the view of s in the given mode.
func (t *tables) read(s string, m mode) view {
	v := view{mode: m}
	glyphs := t.glyphs(s, m)
	between := hard
	for i, g := range glyphs {
		r, ok := t.letter(glyphs, i, m)
		switch {
		case ok:
			v.add(r, g, between)
			between = none
		case isSoft(g.r):
			between = max(between, soft)
		case isApostrophe(g.r) && i > 0 && i+1 < len(glyphs) && isWord(glyphs[i-1].r) && isWord(glyphs[i+1].r):
			// "girl's" is one word
		default:
			between = hard
		}
	}
	v.close()
	return v
}

// add appends a letter. Chinese characters and a change of script begin a token of their own.
func (v *view) add(r rune, g glyph, before gap) {
	a := atom{r: r, from: g.from, to: g.to, before: before}
	if n := len(v.atoms); n > 0 {
		last := v.atoms[n-1]
		a.token = last.token
		if before != none || isHan(r) || isHan(last.r) {
			a.token++
		}
	}
	v.atoms = append(v.atoms, a)
}

func (v *view) close() {
	for i := range v.atoms {
		v.atoms[i].start = i == 0 || v.atoms[i-1].token != v.atoms[i].token
		v.atoms[i].end = i == len(v.atoms)-1 || v.atoms[i+1].token != v.atoms[i].token
	}
}

// glyphs folds s: NFKC, look-alikes, lower case, no marks, no invisible characters, simplified
// Chinese. Each result remembers the bytes it came from.
func (t *tables) glyphs(s string, m mode) []glyph {
	var out []glyph
	var it norm.Iter
	it.InitString(norm.NFKC, s)
	for !it.Done() {
		from := it.Pos()
		segment := string(it.Next())
		to := it.Pos()
		for _, r := range segment {
			for _, f := range t.fold(r, m) {
				out = append(out, glyph{r: f, from: from, to: to})
			}
		}
	}
	return out
}

// fold returns what one rune looks like to a reader. Invisible runes fold to nothing.
func (t *tables) fold(r rune, m mode) string {
	if r < unicode.MaxASCII {
		return string(unicode.ToLower(r))
	}
	if isInvisible(r) {
		return ""
	}
	if m == leetL {
		if s, ok := t.second[r]; ok {
			return s
		}
	}
	if s, ok := t.looks[r]; ok && m == leetL && strings.HasPrefix(s, " ") {
		return " " // a picture may also be there to part two characters
	} else if ok {
		return s
	}
	if isHan(r) || unicode.Is(unicode.Hangul, r) {
		return string(r)
	}
	var b strings.Builder
	for _, d := range norm.NFD.String(string(r)) {
		d = unicode.ToLower(d)
		if unicode.Is(unicode.M, d) {
			continue
		}
		if s, ok := t.looks[d]; ok {
			b.WriteString(s)
		} else {
			b.WriteRune(d)
		}
	}
	return b.String()
}

// letter decides whether the i-th glyph is a letter in this mode, and which.
func (t *tables) letter(glyphs []glyph, i int, m mode) (rune, bool) {
	r := glyphs[i].r
	if r >= 'a' && r <= 'z' || isHan(r) {
		return r, true
	}
	digit := r >= '0' && r <= '9'
	if m == plain {
		return r, digit
	}
	before, after := i > 0 && isWordOrLeet(glyphs[i-1].r), i+1 < len(glyphs) && isWordOrLeet(glyphs[i+1].r)
	if m == wildcards && before && after && strings.ContainsRune("*#%?^~", r) {
		return wildcard, true
	}
	if s, ok := t.leetSecond[r]; ok && m == leetL {
		return s, digit || before || after
	}
	s, ok := t.leet[r]
	switch {
	case !ok:
		return r, digit
	case digit || r == '@' || r == '$':
		return s, true
	case r == '!': // one view reads a closing "!" as a sign, the other as a letter
		return s, m == leetL || after
	default:
		return s, before || after
	}
}

func isWord(r rune) bool       { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }
func isWordOrLeet(r rune) bool { return isWord(r) || strings.ContainsRune("@$!|+", r) }
func isHan(r rune) bool        { return unicode.Is(unicode.Han, r) }
func isApostrophe(r rune) bool { return strings.ContainsRune("'’‘ʼ`´", r) }

func isSoft(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || r == '_'
}

// isInvisible lists what a reader does not see: format characters, marks, selectors, fillers.
func isInvisible(r rune) bool {
	switch r {
	case '\u115f', '\u1160', '\u3164', '\uffa0', '\u2800', '\u00ad', '\u17b4', '\u17b5':
		return true
	}
	return unicode.In(r, unicode.Cf, unicode.M, unicode.Variation_Selector)
}

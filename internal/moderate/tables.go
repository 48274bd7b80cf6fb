package moderate

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"
)

// tables hold how characters look: the skeleton of data/skeleton.txt.
type tables struct {
	looks      map[rune]string // look-alike → plain
	second     map[rune]string // another reading of the same look-alike
	leet       map[rune]rune
	leetSecond map[rune]rune
}

// parseTables reads lines of "<section> <plain> <characters>": every character of the last column
// looks like the plain text. "pair" lines map one character to the one after it.
func parseTables(src []byte) (*tables, error) {
	t := &tables{looks: map[rune]string{}, second: map[rune]string{}, leet: map[rune]rune{}, leetSecond: map[rune]rune{}}
	lines := bufio.NewScanner(bytes.NewReader(src))
	for n := 1; lines.Scan(); n++ {
		f := strings.Fields(lines.Text())
		if len(f) == 0 || strings.HasPrefix(f[0], "#") {
			continue
		}
		if err := t.line(f); err != nil {
			return nil, fmt.Errorf("moderate: skeleton line %d: %w", n, err)
		}
	}
	return t, lines.Err()
}

func (t *tables) line(f []string) error {
	if f[0] == "pair" { // pair 體体 …
		for _, p := range f[1:] {
			r := []rune(p)
			if len(r) != 2 {
				return fmt.Errorf("want two characters in %q", p)
			}
			t.looks[r[0]] = string(r[1])
		}
		return nil
	}
	if f[0] == "range" { // range a 1D49C: 26 letters from there on
		return t.span(f)
	}
	if len(f) < 3 {
		return fmt.Errorf("want three columns")
	}
	for _, r := range strings.Join(f[2:], "") {
		switch f[0] {
		case "looks":
			t.looks[r] = f[1]
		case "word":
			t.looks[r] = " " + f[1] + " "
		case "second":
			t.second[r] = f[1]
		case "leet":
			t.leet[r] = []rune(f[1])[0]
		case "leetl":
			t.leetSecond[r] = []rune(f[1])[0]
		default:
			return fmt.Errorf("unknown section %q", f[0])
		}
	}
	return nil
}

func (t *tables) span(f []string) error {
	var first rune
	if len(f) != 3 {
		return fmt.Errorf("want three columns")
	}
	if _, err := fmt.Sscanf(f[2], "%X", &first); err != nil {
		return fmt.Errorf("range start: %w", err)
	}
	for i := range rune(26) {
		t.looks[first+i] = string([]rune(f[1])[0] + i)
	}
	return nil
}

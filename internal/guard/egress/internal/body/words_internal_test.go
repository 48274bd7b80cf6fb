package body

import (
	"regexp"
	"strings"
	"testing"
)

// FuzzUnflag checks that no order to the service stays in a text, and that a text without two
// hyphens in a row stays as it is.
func FuzzUnflag(f *testing.F) {
	for _, s := range []string{"a fox --ratio 1:1", "----dur 5", "狐--seed -1 狐", "a --x --y=1 --z", "- --x 1 -ratio 4", "--a1--b 2", "a\n--b\n--c", "-\u00a0--x"} {
		f.Add(s)
	}
	order := regexp.MustCompile(`(?:^|[^A-Za-z0-9-])--[A-Za-z]`)
	f.Fuzz(func(t *testing.T, text string) {
		clean := unflag(text)
		if order.MatchString(clean) {
			t.Fatalf("%q became %q", text, clean)
		}
		if !strings.Contains(text, "--") && clean != strings.TrimSpace(text) {
			t.Fatalf("%q became %q", text, clean)
		}
		if unflag(clean) != clean {
			t.Fatalf("%q changes again", clean)
		}
	})
}

func TestANumberIsOneAsJSONWritesIt(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]bool{
		"5": true, "-1": true, "0.5": true, "1e3": true, "0": true,
		"": false, "05": false, " 5": false, "5 ": false, `"5"`: false, "+5": false, "NaN": false, "5,6": false, "null": false, "true": false, "0x5": false, "1e": false,
	} {
		if isNumber(word) != want {
			t.Errorf("%q: %v", word, isNumber(word))
		}
	}
}

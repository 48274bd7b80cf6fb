package form

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"vow.example/vow/internal/policy/terms"
)

const (
	mostWord   = 64   // characters where the schema names no bound
	mostText   = 4000 // as above
	mostMail   = 254
	mostDigest = 256
	mostNumber = 1e12 // where the schema names no bounds: too small for an identifier of hardware
	thousand   = 1000 // a number keeps three places behind the point
	oldest     = 20   // years that a moment may lie back
)

// take keeps a value where its kind permits it, and otherwise returns the rule and a sentence about it.
func (a Answers) take(f terms.Field, raw json.RawMessage, now time.Time) (code, detail string) {
	value, code, detail := read(f, raw, now)
	if code != "" {
		return code, detail
	}
	if f.Permission != "" {
		a.needs[f.ID] = f.Permission
	}
	if id, ok := value.(string); ok && f.Kind == terms.Digest {
		a.digests[f.ID] = id
		return "", ""
	}
	a.values[f.ID] = value
	return "", ""
}

func read(f terms.Field, raw json.RawMessage, now time.Time) (value any, code, detail string) {
	switch f.Kind {
	case terms.Number:
		return number(f, raw)
	case terms.Flag:
		var b *bool
		if json.Unmarshal(raw, &b) != nil || b == nil {
			return nil, "not_a_flag", "true or false."
		}
		return *b, "", ""
	}
	s, ok := String(raw)
	if !ok || s == "" {
		return nil, "not_a_string", "A string that is not empty."
	}
	if most := bound(f); utf8.RuneCountInString(s) > most {
		return nil, "too_long", "At most " + strconv.Itoa(most) + " characters."
	}
	return words(f, s, now)
}

// words reads the kinds that are written as strings.
func words(f terms.Field, s string, now time.Time) (value any, code, detail string) {
	ok, detail := false, ""
	switch f.Kind {
	case terms.Word:
		// The name that this server gave a device is the one identifier that a word can be (PIX-1-04).
		ok = isWord(s) || f.ID == deviceField && IsDeviceName(s)
		detail = "One word of letters, digits and ._-/:+ that is no sentence, address, blob or identifier."
	case terms.Version:
		ok, detail = isVersion(s), "A version such as 17.5.1."
	case terms.Language:
		ok, detail = isLanguage(s), "A language tag such as en or zh-Hans."
	case terms.Region:
		ok, detail = isRegion(s), "A country or region code such as DE or CN-31."
	case terms.Choice:
		ok, detail = slices.Contains(f.Choices, s), "One of the values that the policy lists."
	case terms.Moment:
		return moment(s, now)
	case terms.Digest:
		ok, detail = isIdentifier(s), "Printable characters without spaces."
	case terms.Mail:
		ok, detail = isMail(s), "An e-mail address."
	case terms.Text:
		ok, detail = IsText(s), "Words for people: no files, no control characters."
	}
	if !ok {
		return nil, "not_a_" + string(f.Kind), detail
	}
	return s, "", ""
}

// bound returns how many characters a field takes.
func bound(f terms.Field) int {
	most := map[terms.FieldKind]int{terms.Text: mostText, terms.Mail: mostMail, terms.Digest: mostDigest}[f.Kind]
	if most == 0 {
		most = mostWord
	}
	if f.Max > 0 {
		return f.Max
	}
	return most
}

func number(f terms.Field, raw json.RawMessage) (value any, code, detail string) {
	var n *float64
	if json.Unmarshal(raw, &n) != nil || n == nil || math.IsNaN(*n) || math.IsInf(*n, 0) {
		return nil, "not_a_number", "A number."
	}
	least, most := f.Least, f.Most
	if least == 0 && most == 0 {
		most = mostNumber
	}
	v := math.Round(*n*thousand) / thousand // what stands behind that measures nothing, and could name a device
	if *n < least || *n > most || identifies(strings.Trim(plainNumber(v), "-")) {
		return nil, "out_of_bounds", "A number from " + plainNumber(least) + " to " + plainNumber(most) + "."
	}
	return v, "", ""
}

func plainNumber(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// moment reads a time, which is kept to the second.
func moment(s string, now time.Time) (value any, code, detail string) {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return nil, "not_a_moment", "A time such as 2026-11-21T14:10:00Z."
	}
	if at.After(now.Add(Skew)) || at.Before(now.AddDate(-oldest, 0, 0)) {
		return nil, "out_of_bounds", "A time that is not in the future, nor decades ago."
	}
	return at.UTC().Truncate(time.Second).Format(time.RFC3339), "", ""
}

// deviceField is the one field that takes a name of a device which this server made.
const deviceField = "device_identifier"

// Skew is how far a device's clock may be wrong.
const Skew = 24 * time.Hour

// IsText reports whether s is what a person writes. A file that was turned into letters is none.
func IsText(s string) bool {
	const longestRun = 200
	run := 0
	for _, r := range s {
		if unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' || r == utf8.RuneError {
			return false
		}
		if run++; r > unicode.MaxASCII || !base64(byte(r)) {
			run = 0
		}
		if run > longestRun {
			return false
		}
	}
	return strings.TrimSpace(s) != ""
}

func isIdentifier(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// isMail takes an address as people have one: a name, an @, and a host with a dot.
func isMail(s string) bool {
	name, host, ok := strings.Cut(s, "@")
	dot := strings.LastIndexByte(host, '.')
	return ok && name != "" && isIdentifier(s) && !strings.ContainsAny(s, `<>"(),:;[]\`) && !strings.Contains(host, "@") && dot > 0 && dot < len(host)-2
}

func isVersion(s string) bool {
	numbers, extra, more := strings.Cut(s, "-")
	if more && (extra == "" || len(extra) > 16 || strings.ContainsFunc(extra, func(r rune) bool { return r != '.' && !letter(r) && !digit(r) }) || identifies(extra)) {
		return false
	}
	parts := strings.Split(numbers, ".")
	for _, p := range parts {
		if p == "" || len(p) > 8 || strings.ContainsFunc(p, func(r rune) bool { return !digit(r) }) {
			return false
		}
	}
	return len(parts) <= 4 && !identifies(s) // nor one whose numbers, side by side, are one of hardware
}

func isLanguage(s string) bool {
	for i, p := range strings.Split(s, "-") {
		if i == 0 && (len(p) < 2 || len(p) > 3) || i > 3 || len(p) < 2 || len(p) > 8 || strings.ContainsFunc(p, func(r rune) bool { return !letter(r) && (i == 0 || !digit(r)) }) {
			return false
		}
	}
	const most = 8 // a region and a variant; no identifier is that short
	return len(s)-len(strings.Map(func(r rune) rune {
		if digit(r) {
			return -1
		}
		return r
	}, s)) <= most
}

func isRegion(s string) bool {
	country, part, more := strings.Cut(s, "-")
	upper := func(r rune) bool { return r >= 'A' && r <= 'Z' }
	if len(country) != 2 || strings.ContainsFunc(country, func(r rune) bool { return !upper(r) }) {
		return false
	}
	return !more || len(part) >= 1 && len(part) <= 3 && !strings.ContainsFunc(part, func(r rune) bool { return !upper(r) && !digit(r) })
}

func letter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

func digit(r rune) bool { return r >= '0' && r <= '9' }

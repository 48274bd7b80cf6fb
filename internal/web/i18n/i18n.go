// Package i18n holds the words of the web pages, one catalogue per language.
//
// It promises that every language has exactly the same keys, that a missing key is an error and
// never an empty place on a page, and that plural forms follow the ICU notation. It never reads
// anything but its own embedded files.
package i18n

import (
	"embed"
	"encoding/json"
	"fmt"
	"sort"
	"strings"

	"golang.org/x/text/language"
)

//go:embed en.json zh-Hans.json
var files embed.FS

// Catalog is the words of one language.
type Catalog struct {
	lang     string
	messages map[string]string
}

// Languages returns the tags that catalogues exist for, the default first.
func Languages() []string { return []string{"en", "zh-Hans"} }

// Load returns the catalogue of one language of Languages.
func Load(lang string) (*Catalog, error) {
	b, err := files.ReadFile(lang + ".json")
	if err != nil {
		return nil, fmt.Errorf("i18n: catalogue: %w", err)
	}
	c := &Catalog{lang: lang}
	if err := json.Unmarshal(b, &c.messages); err != nil {
		return nil, fmt.Errorf("i18n: catalogue %s: %w", lang, err)
	}
	return c, nil
}

// Match returns the language of Languages that fits wanted best: a tag such as "zh-CN" or a whole
// Accept-Language header. Nothing that fits gives the default.
func Match(wanted string) string {
	tags, _, err := language.ParseAcceptLanguage(wanted)
	if err != nil || len(tags) == 0 {
		return Languages()[0]
	}
	matcher := language.NewMatcher([]language.Tag{language.English, language.SimplifiedChinese})
	_, i, _ := matcher.Match(tags...)
	return Languages()[i]
}

// Lang returns the language tag of the catalogue.
func (c *Catalog) Lang() string { return c.lang }

// Has reports whether the catalogue knows key.
func (c *Catalog) Has(key string) bool {
	_, ok := c.messages[key]
	return ok
}

// Keys returns all keys in order.
func (c *Catalog) Keys() []string {
	keys := make([]string, 0, len(c.messages))
	for k := range c.messages {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// WithPrefix returns the messages whose key starts with prefix, by the rest of the key.
func (c *Catalog) WithPrefix(prefix string) map[string]string {
	out := map[string]string{}
	for k, m := range c.messages {
		if rest, ok := strings.CutPrefix(k, prefix); ok {
			out[rest] = m
		}
	}
	return out
}

// Text returns the message of key with its arguments filled in; pairs alternates name and value.
func (c *Catalog) Text(key string, pairs ...any) (string, error) {
	m, ok := c.messages[key]
	if !ok {
		return "", fmt.Errorf("i18n: %s has no key %q", c.lang, key)
	}
	if len(pairs)%2 != 0 {
		return "", fmt.Errorf("i18n: key %q: names and values do not pair up", key)
	}
	args := make(map[string]string, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		args[fmt.Sprint(pairs[i])] = fmt.Sprint(pairs[i+1])
	}
	out, err := c.fill(m, args)
	if err != nil {
		return "", fmt.Errorf("i18n: key %q: %w", key, err)
	}
	return out, nil
}

// fill replaces {name} and {name, plural, one {…} other {…}}.
func (c *Catalog) fill(m string, args map[string]string) (string, error) {
	var b strings.Builder
	for m != "" {
		open := strings.IndexByte(m, '{')
		if open < 0 {
			b.WriteString(m)
			break
		}
		b.WriteString(m[:open])
		size := closing(m[open:])
		if size < 0 {
			return "", fmt.Errorf("brace is never closed")
		}
		text, err := c.place(m[open+1:open+size], args)
		if err != nil {
			return "", err
		}
		b.WriteString(text)
		m = m[open+size+1:]
	}
	return b.String(), nil
}

// place returns the text of one pair of braces.
func (c *Catalog) place(inner string, args map[string]string) (string, error) {
	name, rest, plural := strings.Cut(inner, ", plural,")
	value, ok := args[strings.TrimSpace(name)]
	if !ok {
		return "", fmt.Errorf("argument %q is missing", name)
	}
	if !plural {
		return value, nil
	}
	form := "other"
	if c.lang == "en" && value == "1" && strings.Contains(rest, "one {") {
		form = "one"
	}
	at := strings.Index(rest, form+" {")
	if at < 0 {
		return "", fmt.Errorf("plural form %q is missing", form)
	}
	body := rest[at+len(form)+1:]
	size := closing(body)
	if size < 0 {
		return "", fmt.Errorf("plural form %q is never closed", form)
	}
	return c.fill(strings.ReplaceAll(body[1:size], "#", value), args)
}

// closing returns the index of the brace that closes the one at s[0], or -1.
func closing(s string) int {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '{':
			depth++
		case '}':
			depth--
			if depth == 0 {
				return i
			}
		}
	}
	return -1
}

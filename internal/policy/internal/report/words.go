package report

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Content is what a person hands over and what is made of it, face data included.
const Content = "source_photo source_video prompt negative_prompt generated_image generated_video generated_text face_image " +
	"face_attributes face_landmarks face_alignment_features hair_mask voice_audio chat_message transcript background_media"

// Is reports whether a list of words holds the word.
func Is(words, w string) bool { return slices.Contains(strings.Fields(words), w) }

// Empty reports whether a text says nothing: no letter, or a word that stands for a text to come.
func Empty(text string) bool {
	s := strings.ToLower(strings.TrimSpace(text))
	return strings.Trim(s, ".,:;-–—…_?*#0 ") == "" || regexp.MustCompile(`^(`+stand+`|`+standZh+`|none|text|name)[.…]*$|^[\[<{(].*[\]>})]$`).MatchString(s)
}

// stand are the words that stand for something to come.
const stand = `tbd|tba|tbc|todo|fixme|placeholder|lorem( ipsum)?|unknown|unnamed|n/a|your company|company name|xx+`

// standZh are such words of a language that puts no space between words.
const standZh = `待定|待补充|某某|占位`

// Blank reports whether a name stands for a name that nobody has written yet.
func Blank(name string) bool {
	s := strings.ToLower(name)
	return Empty(s) || strings.ContainsAny(s, "[]<>{}") || regexp.MustCompile(`(^|[^\p{L}])(`+stand+`)([^\p{L}]|$)|`+standZh).MatchString(s)
}

// Link says what is wrong with an address: "", "demo" for one that is an example and fit for a
// demonstration only, or the reason why nobody can open it.
func Link(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	host := ""
	if err == nil {
		host = strings.ToLower(u.Hostname())
	}
	switch {
	case err != nil || u.Scheme != "https" || !strings.Contains(host, "."):
		return "is no full https address"
	case strings.HasSuffix(host, ".example"):
		return "demo"
	case isReserved(host) || regexp.MustCompile(`(^|[.-])(`+stand+`)([.-]|$)`).MatchString(host):
		return "leads nowhere"
	}
	return ""
}

func isReserved(host string) bool {
	for _, name := range []string{"example.com", "example.org", "example.net"} {
		if host == name || strings.HasSuffix(host, "."+name) {
			return true
		}
	}
	return strings.HasSuffix(host, ".invalid") || strings.HasSuffix(host, ".test") || strings.HasSuffix(host, ".localhost")
}

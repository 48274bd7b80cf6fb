package drivertest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress/medialink"
	"vow.example/vow/internal/guard/guardtest"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

// Links returns a book of links that a simulator on this machine can read from, until the test ends.
func Links(t *testing.T) *medialink.Book {
	t.Helper()
	srv := httptest.NewUnstartedServer(nil)
	book := medialink.NewBook("http://"+srv.Listener.Addr().String()+"/m", clock.Real{}, noLedger{})
	srv.Config.Handler = book
	srv.Start()
	t.Cleanup(srv.Close)
	return book
}

// Heard is one request as it arrived.
type Heard struct {
	Method, Target string
	Header         http.Header
	Body           string
}

// Everything is content for every field that the policy lets leave, travelling as it says.
func Everything(f policy.Feature, mediaType string) disclosure.Content {
	content := disclosure.Content{}
	for _, in := range f.Inputs {
		at := slices.IndexFunc(f.Fields, func(s policy.SentField) bool { return s.Field == in.Field })
		if at < 0 {
			continue
		}
		switch in.Kind {
		case policy.Photo:
			photo := disclosure.Media(guardtest.Picture(vault.Ref{MediaType: mediaType}, pixels(in.Field)))
			content[in.Field] = guardtest.Travelling(photo, f.Fields[at].Transport)
		case policy.Prompt:
			content[in.Field] = disclosure.Text(privacy.NewText("[the person's " + string(in.Field) + "]"))
		case policy.Option, policy.Number:
			content[in.Field] = disclosure.Code(in.Choices[len(in.Choices)-1].Value)
		}
	}
	return content
}

// pixels is a picture by its first bytes, which names the field.
func pixels(f privacy.Field) []byte {
	return []byte("\x89PNG\r\n\x1a\n pixels of THE PERSON'S " + string(f))
}

// Names lists the fields of content, sorted.
func Names(content disclosure.Content) (names []string) {
	for field := range content {
		names = append(names, string(field))
	}
	slices.Sort(names)
	return names
}

// Report is written for a privacy officer: everything that went over the wire for one task with the
// content of Everything. hide takes out what changes from run to run in the recipient's own way.
func Report(f policy.Feature, owner string, list []Heard, hide func(string) string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Mixoo, feature %s: everything that goes to %s for one task, in order, its erasure included.\n", f.ID, owner)
	b.WriteString("[the person's …] stands for content, [our link] for a short-lived address of one picture, [our key] for our\n")
	b.WriteString("credential, [job] and [file] for names that are given there. Repeated questions are left out.\n")
	told := map[string]bool{}
	shown := func(s string) string { return hide(anonymous(f, s)) }
	for _, r := range list {
		line := shown(r.Method + " " + r.Target)
		if told[line] {
			continue
		}
		told[line] = true
		fmt.Fprintf(&b, "\n%s\n", line)
		for _, name := range slices.Sorted(maps.Keys(r.Header)) {
			v := shown(r.Header.Get(name))
			if name == "Content-Length" {
				v = "[number]"
			}
			fmt.Fprintf(&b, "  %s: %s\n", name, v)
		}
		var pretty bytes.Buffer
		if json.Indent(&pretty, []byte(r.Body), "  ", "  ") == nil {
			fmt.Fprintf(&b, "  %s\n", shown(pretty.String()))
		}
	}
	return b.String()
}

// anonymous takes out the pictures and our own addresses.
func anonymous(f policy.Feature, s string) string {
	for _, field := range f.Fields {
		raw := base64.StdEncoding.EncodeToString(pixels(field.Field))
		s = strings.ReplaceAll(s, raw, "[the person's "+string(field.Field)+"]")
	}
	s = regexp.MustCompile(`http://127\.0\.0\.1:\d+/m/[A-Za-z0-9_-]+\.(?:png|jpg)`).ReplaceAllString(s, "[our link]")
	return regexp.MustCompile(`http://127\.0\.0\.1:\d+/hooks`).ReplaceAllString(s, "https://[our server]/hooks")
}

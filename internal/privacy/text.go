package privacy

import (
	"fmt"
	"io"
	"log/slog"
)

const personal = "[personal]"

// Text boxes a personal string (a prompt, a name, an address). It prints as "[personal]" under
// every fmt verb, in slog, JSON and text encoders; the pointer keeps %#v and reflection-based
// printers from walking into it. The zero value is the empty text.
type Text struct{ box *string }

// NewText boxes s.
func NewText(s string) Text { return Text{box: &s} }

// Reveal returns the boxed string. It is a reserved call: archtest lists who may use it.
func (t Text) Reveal() string {
	if t.box == nil {
		return ""
	}
	return *t.box
}

// Empty reports whether there is no text, without revealing it.
func (t Text) Empty() bool { return t.box == nil || *t.box == "" }

// Len returns the number of bytes, without revealing the text.
func (t Text) Len() int { return len(t.Reveal()) }

// Format prints "[personal]" whatever the verb or flag.
func (t Text) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, personal) }

// String returns "[personal]".
func (t Text) String() string { return personal }

// MarshalJSON encodes "[personal]".
func (t Text) MarshalJSON() ([]byte, error) { return []byte(`"` + personal + `"`), nil }

// MarshalText encodes "[personal]".
func (t Text) MarshalText() ([]byte, error) { return []byte(personal), nil }

// GobEncode encodes "[personal]".
func (t Text) GobEncode() ([]byte, error) { return []byte(personal), nil }

// LogValue logs "[personal]".
func (t Text) LogValue() slog.Value { return slog.StringValue(personal) }

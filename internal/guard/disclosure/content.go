package disclosure

import (
	"fmt"
	"io"

	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/privacy"
)

// kind says what an Item is. The zero kind is refused.
type kind int

const (
	unknownKind kind = iota
	textKind
	mediaKind
	codeKind
)

// Content is what is to leave, by field.
type Content map[privacy.Field]Item

// Item is the content of one field: a text, a medium or an option. The zero Item is refused.
type Item struct {
	kind      kind
	text      privacy.Text
	code      string
	open      func() (io.ReadCloser, error)
	bytes     int64
	mediaType string
	transport string // as the policy names it; set by Prepare and Resume
	app       privacy.AppID
	subject   privacy.SubjectID
	category  privacy.Category
	why       vault.Why
}

// Text is an item that holds the person's words.
func Text(t privacy.Text) Item { return Item{kind: textKind, text: t, bytes: int64(t.Len())} }

// Code is an item that holds a chosen option: a word of the policy, not of the person.
func Code(word string) Item { return Item{kind: codeKind, code: word, bytes: int64(len(word))} }

// Media is an item that holds a picture or clip, read through its lease while it is being sent.
func Media(l vault.Lease) Item {
	ref := l.Ref()
	return Item{
		kind: mediaKind, open: l.Open, bytes: l.Bytes(), mediaType: l.MediaType(),
		app: ref.App, subject: ref.Subject, category: ref.Category, why: l.Why(),
	}
}

func (i Item) size() int64 { return i.bytes }

// Format prints "[item]" whatever the verb.
func (i Item) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[item]") }

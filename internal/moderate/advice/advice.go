// Package advice tells which answers of a model touch medicine or law, so that they carry the notice
// that they are for reference only (KME-AI-02).
//
// It promises that the same words always get the same notice, in English and Chinese, whether the
// question or the answer names the subject; and that every answer counts as made by a machine. It
// decides by closed lists and not by meaning: it would rather add a notice too many than leave one out,
// it says nothing about whether an answer is right, and it never calls anyone or keeps a text.
package advice

import (
	"bytes"
	_ "embed" // for the terms
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"

	"vow.example/vow/internal/moderate"
	"vow.example/vow/internal/privacy"
)

// Notice is a code that an answer carries.
type Notice string

// The notices, in the order in which an answer carries them.
const (
	AIGenerated Notice = "ai_generated"
	Medical     Notice = "medical"
	Legal       Notice = "legal"
)

//go:embed terms.yaml
var terms []byte

// enoughHints is how many different hints of one subject make it the subject of a conversation. One
// sign is enough by itself.
const enoughHints = 2

// subject is what one subject is known by.
type subject struct {
	Signs []string `yaml:"signs"` // one is enough
	Hints []string `yaml:"hints"` // words of other subjects too
}

// Reader reads questions and answers. It is safe for concurrent use.
type Reader struct{ terms *moderate.Terms }

// New returns a Reader with the terms that are built in.
func New() (*Reader, error) {
	var file struct {
		Medical, Legal subject
		Harmless       []string
	}
	if err := yaml.NewDecoder(bytes.NewReader(terms), yaml.Strict()).Decode(&file); err != nil {
		return nil, fmt.Errorf("advice: terms: %w", err)
	}
	t, err := moderate.NewTerms(map[string][]string{
		"medical.signs": file.Medical.Signs, "medical.hints": file.Medical.Hints,
		"legal.signs": file.Legal.Signs, "legal.hints": file.Legal.Hints,
	}, file.Harmless)
	if err != nil {
		return nil, fmt.Errorf("advice: terms: %w", err)
	}
	return &Reader{terms: t}, nil
}

// Of returns the notices of an answer to a question, which may have several texts.
func (r *Reader) Of(answer privacy.Text, question ...privacy.Text) []Notice {
	g := r.Read(question...)
	g.Add(answer)
	return g.End()
}

// How much of a text that is still being written is not read yet, because the next word may give it
// another meaning ("kidney" … "beans"), and how much of what was read is read again with what follows.
const (
	unsettled = 40
	again     = 96
)

// Reading is one question, and its answer as far as it has come. It is for one goroutine.
type Reading struct {
	reader *Reader
	seen   map[string]map[string]bool // terms by list
	text   string                     // not settled yet, and a little before it
	read   int                        // bytes of the text that were read
}

// Read begins a Reading with the question.
func (r *Reader) Read(question ...privacy.Text) *Reading {
	g := &Reading{reader: r, seen: map[string]map[string]bool{}}
	for _, q := range question {
		g.note(q.Reveal(), 0, q.Len())
	}
	return g
}

// Add reads on as far as the meaning of the words is settled, and returns the notices so far. What is
// added later adds notices and takes none away.
func (g *Reading) Add(piece privacy.Text) []Notice {
	g.text += piece.Reveal()
	if settled := boundary(g.text, len(g.text)-unsettled); settled > g.read {
		g.note(g.text, g.read, settled)
		keep := boundary(g.text, max(0, settled-again))
		g.text, g.read = g.text[keep:], settled-keep
	}
	return g.notices()
}

// End reads the rest and returns the notices of the whole answer.
func (g *Reading) End() []Notice {
	g.note(g.text, g.read, len(g.text))
	g.read = len(g.text)
	return g.notices()
}

// note remembers the terms that end between two places of the text; what stands around them tells which
// of them are harmless.
func (g *Reading) note(text string, behind, most int) {
	for _, f := range g.reader.terms.Find(text) {
		if f.To <= behind || f.To > most {
			continue
		}
		if g.seen[f.List] == nil {
			g.seen[f.List] = map[string]bool{}
		}
		g.seen[f.List][f.Term] = true
	}
}

func (g *Reading) notices() []Notice {
	list := []Notice{AIGenerated}
	for _, n := range []Notice{Medical, Legal} {
		if len(g.seen[string(n)+".signs"]) > 0 || len(g.seen[string(n)+".hints"]) >= enoughHints {
			list = append(list, n)
		}
	}
	return list
}

// boundary returns the last place at or before most where a word ends, or 0. Chinese characters are
// words of their own.
func boundary(text string, most int) int {
	for at := min(most, len(text)); at > 0; at-- {
		if !utf8.RuneStart(text[min(at, len(text)-1)]) && at < len(text) {
			continue
		}
		if r, _ := utf8.DecodeLastRuneInString(text[:at]); !unicode.IsLetter(r) && !unicode.IsDigit(r) || unicode.Is(unicode.Han, r) {
			return at
		}
	}
	return 0
}

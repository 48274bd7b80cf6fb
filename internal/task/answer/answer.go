// Package answer passes the words of a model on as they come, with what they must be shown with.
//
// It promises that whoever reads along has every notice of an answer no later than with its last piece,
// that a notice which was shown is never taken back, and that the record of the answer carries the same
// notices as its last piece. It keeps no more of an answer than one piece and the words around it, and
// never changes a word.
package answer

import (
	"errors"

	"vow.example/vow/internal/moderate/advice"
	"vow.example/vow/internal/privacy"
)

// Stream is one answer while it comes. It is for one goroutine. The zero Stream shows nothing.
type Stream struct {
	reading *advice.Reading
	show    func(piece privacy.Text, notices []string)
	held    privacy.Text // the newest piece: nobody knows yet whether it is the last
}

// New returns the Stream of the answer to a question.
func New(r *advice.Reader, question []privacy.Text, show func(piece privacy.Text, notices []string)) *Stream {
	return &Stream{reading: r.Read(question...), show: show}
}

// Add takes a piece, and shows the one before it.
func (s *Stream) Add(piece privacy.Text) {
	notices := s.reading.Add(piece)
	s.flush(notices)
	s.held = piece
}

// End shows the last piece, and returns the notices of the whole answer.
func (s *Stream) End() []string {
	notices := s.reading.End()
	s.flush(notices)
	return codes(notices)
}

func (s *Stream) flush(notices []advice.Notice) {
	if !s.held.Empty() {
		s.show(s.held, codes(notices))
	}
	s.held = privacy.Text{}
}

// errNoReader says that nobody could tell what an answer must be shown with.
var errNoReader = errors.New("answer: nobody can tell its notices")

// transcript is what somebody has said into a microphone: no answer to anything.
const transcript = privacy.Category("transcript")

// Words is the text of a result.
type Words struct {
	Of    privacy.Category
	Asked func() []privacy.Text // what it answers
	Text  privacy.Text
}

// Notices returns what words must be shown with, and ends their stream, where there is one (nil: they
// came in one piece). Without a reader there are no notices, and the words are not taken.
func Notices(r *advice.Reader, s *Stream, w Words) ([]string, error) {
	switch {
	case r == nil:
		return nil, errNoReader
	case s != nil && w.Of == transcript:
		s.End()
		return Machine(), nil
	case s != nil:
		return s.End(), nil
	case w.Of == transcript:
		return Machine(), nil
	default:
		return codes(r.Of(w.Text, w.Asked()...)), nil
	}
}

// Machine returns the notices of a result that is no answer: a machine made it.
func Machine() []string { return []string{string(advice.AIGenerated)} }

func codes(notices []advice.Notice) (list []string) {
	for _, n := range notices {
		list = append(list, string(n))
	}
	return list
}

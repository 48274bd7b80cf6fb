package xmp

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxField bounds a field of the AIGC record that is written.
const maxField = 200

// AIGC is the record that GB 45438 and TC260's guide to it put into a file that an algorithm made. The
// zero record says nothing.
type AIGC struct {
	Label             string // "1": made by an algorithm
	ContentProducer   string // who made it: the service, never the person
	ProduceID         string // a number of this making that says nothing about the person
	ReservedCode1     string
	ContentPropagator string
	PropagateID       string
	ReservedCode2     string
}

// Produced is the record of what a producer made.
func Produced(producer, id string) AIGC {
	return AIGC{Label: "1", ContentProducer: producer, ProduceID: id}
}

// json writes the record, all of its fields in their order.
func (a AIGC) json() ([]byte, error) {
	for _, field := range []string{a.Label, a.ContentProducer, a.ProduceID, a.ReservedCode1, a.ContentPropagator, a.PropagateID, a.ReservedCode2} {
		if len(field) > maxField || !utf8.ValidString(field) || strings.ContainsFunc(field, unicode.IsControl) {
			return nil, errors.New("xmp: a field of the AIGC record is too long or no text")
		}
	}
	var b strings.Builder
	out := json.NewEncoder(&b)
	out.SetEscapeHTML(false) // XML escapes it once more
	if err := out.Encode(a); err != nil {
		return nil, err
	}
	return []byte(strings.TrimSpace(b.String())), nil
}

// readAIGC reads a record as anybody may have written it; what is no record is the zero one.
func readAIGC(value string) AIGC {
	var a AIGC
	if json.Unmarshal([]byte(value), &a) != nil {
		return AIGC{}
	}
	return a
}

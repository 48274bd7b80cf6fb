// Package wire holds the request values that adapters write: literals and placeholders.
//
// It promises that a request is a value: it can be read, compared and refused before anything is
// opened, and nobody outside this package can add a kind of value that egress does not know. It
// never holds a secret or the content of a person, and it sends nothing.
package wire

import "vow.example/vow/internal/privacy"

// Request is a call to a recipient as an adapter writes it down: a value with placeholders. Only
// egress puts secrets and content in their place.
type Request struct {
	Method string
	Path   string           // literal, below the recipient's base URL
	Header map[string]Value // Accept and Authorization only
	Body   Body             // nil for none
}

// Body is the body of a request: JSON or Multipart.
type Body interface{ isBody() }

// JSON is a JSON object. Its members go out sorted by name.
type JSON Object

// Multipart is a multipart/form-data body with its parts in order.
type Multipart []Part

// Part is one part of a Multipart. A part with a Media value is a file with a random name.
type Part struct {
	Name  string
	Value Value
}

func (JSON) isBody()      {}
func (Multipart) isBody() {}

// Value is a literal or a placeholder.
type Value interface{ isValue() }

// The literals. They are scanned, and refused where they look like an identifier of ours, an
// address of a person or machine, or a secret.
type (
	// Literal is a string that is neither secret nor personal.
	Literal string
	// Int is a whole number.
	Int int64
	// Bool is a truth value.
	Bool bool
	// Object is a JSON object.
	Object map[string]Value
	// Array is a JSON array.
	Array []Value
)

// The placeholders.
type (
	// Secret stands for a configured credential.
	Secret string
	// Bearer stands for "Bearer " and a configured credential, in a header.
	Bearer string
	// Text stands for the text or option behind a field of the Disclosure.
	Text privacy.Field
	// Media stands for the file behind a field of the Disclosure, in a Part.
	Media privacy.Field
	// Callback is an address of our own server, which must lie below the configured one.
	Callback string
)

func (Literal) isValue()  {}
func (Int) isValue()      {}
func (Bool) isValue()     {}
func (Object) isValue()   {}
func (Array) isValue()    {}
func (Secret) isValue()   {}
func (Bearer) isValue()   {}
func (Text) isValue()     {}
func (Media) isValue()    {}
func (Callback) isValue() {}

// Fields returns the fields whose content a request would carry, in no particular order.
func Fields(r Request) []privacy.Field {
	var list []privacy.Field
	var walk func(v Value)
	walk = func(v Value) {
		switch v := v.(type) {
		case Text:
			list = append(list, privacy.Field(v))
		case Media:
			list = append(list, privacy.Field(v))
		case Object:
			for _, item := range v {
				walk(item)
			}
		case Array:
			for _, item := range v {
				walk(item)
			}
		}
	}
	switch b := r.Body.(type) {
	case JSON:
		walk(Object(b))
	case Multipart:
		for _, part := range b {
			walk(part.Value)
		}
	}
	return list
}

// Package wire holds the request values that adapters write: literals and placeholders.
//
// It promises that a request is a value: it can be read, compared and refused before anything is
// opened, and nobody outside this package can add a kind of value that egress does not know. It
// never holds a secret or the content of a person, and it sends nothing.
package wire

import (
	"time"

	"vow.example/vow/internal/privacy"
)

// Request is a call to a recipient as an adapter writes it down: a value with placeholders. Only
// egress puts secrets and content in their place.
type Request struct {
	Method  string
	Service string           // which of the recipient's addresses; empty: its base URL
	Path    string           // literal, below that address
	Query   map[string]Value // goes out sorted by name
	Header  map[string]Value // Accept and the headers that carry a credential only
	Body    Body             // nil for none
	Sign    Signature        // nil for none
	Reply   Reply            // what a success must look like
}

// Body is the body of a request: JSON, Form or Multipart.
type Body interface{ isBody() }

// JSON is a JSON object. Its members go out sorted by name.
type JSON Object

// Form is an application/x-www-form-urlencoded body. Its members go out sorted by name.
type Form map[string]Value

// Multipart is a multipart/form-data body with its parts in order.
type Multipart []Part

// Part is one part of a Multipart. A part with a Media value is a file with a random name, one with
// a Blank a file under the name that it says.
type Part struct {
	Name  string
	Value Value
}

func (JSON) isBody()      {}
func (Form) isBody()      {}
func (Multipart) isBody() {}

// Signature says how egress signs a request. The keys are the recipient's credentials.
type Signature interface{ isSignature() }

type (
	// ACS3 is Alibaba Cloud's ACS3-HMAC-SHA256, with the credentials access_key_id and
	// access_key_secret, and security_token where there is one.
	ACS3 struct{ Action, Version string }
	// TC3 is Tencent Cloud's TC3-HMAC-SHA256, with the credentials secret_id and secret_key, and
	// token where there is one.
	TC3 struct{ Service, Action, Version, Region string }
	// AOP is _aop_signature of Alibaba's and Umeng's open gateways, with the credentials api_key,
	// which becomes the last part of the path, and api_security. The body is a Form.
	AOP struct{}
	// Webhook is the signature of Standard Webhooks over a JSON body, with the credential
	// webhook_secret. The ID stays the same in every try.
	Webhook struct{ ID string }
)

func (ACS3) isSignature()    {}
func (TC3) isSignature()     {}
func (AOP) isSignature()     {}
func (Webhook) isSignature() {}

// Reply says what a success of a call looks like.
type Reply int

// The kinds of answer. The zero Reply is a small JSON document.
const (
	Small  Reply = iota // JSON of at most Config.MaxReply bytes
	Large               // JSON with media inside: at most Config.MaxResult bytes, and a third
	Empty               // JSON, or nothing at all
	Events              // text/event-stream; only for Stream
)

// Value is a literal or a placeholder.
type Value interface{ isValue() }

// The literals. They are scanned, and refused where they look like an identifier of ours, an
// address of a person or machine, or a secret.
type (
	// Literal is a string that is neither secret nor personal.
	Literal string
	// Int is a whole number.
	Int int64
	// Float is a number with a fraction.
	Float float64
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
	// AddressKey stands for a configured credential in the query, for a recipient that takes its key
	// nowhere else: addresses end up in logs.
	AddressKey string
	// BearerIfSet is a Bearer whose header is left out where that credential is not configured.
	BearerIfSet string
	// Text stands for the text or option behind a field of the Disclosure.
	Text privacy.Field
	// Unflagged is a Text without words of the form " --flag value", which some models read as
	// orders to the service.
	Unflagged privacy.Field
	// Number stands for the option behind a field, as a number.
	Number privacy.Field
	// Coded stands for the option behind a field, in the recipient's words.
	Coded struct {
		Field  privacy.Field
		Words  map[string]string // by the policy's word; an option without an entry keeps its own
		Number bool              // the word goes out as a number
	}
	// Batch stands for the usage events behind a field, a JSON array of {name, at, params}, as a JSON
	// array in the recipient's words. Whatever is not exactly such an array is refused.
	Batch struct {
		Field            privacy.Field
		Name, At, Params string            // the recipient's members; what has none is left out
		Unit             time.Duration     // times go out as whole units since 1970
		Words            map[string]string // by our name of an event; one without an entry keeps its own
	}
	// Single stands for one part of the only event behind a field, for recipients that take one at a
	// time. Several may stand in one request. A batch of more than one is refused.
	Single struct {
		Field privacy.Field
		Part  string            // "name", "at" or "params"
		Unit  time.Duration     // of "at"
		Words map[string]string // of "name"; an event without an entry is refused
	}
	// Letter stands for the message behind a field, a JSON object {title, body}, and for nothing else.
	Letter privacy.Field
	// Turns stands, as an item of an Array, for the earlier turns of a conversation behind a field, a
	// JSON array of {"role":"user|assistant","text":"…"}: one {"role","content"} for each, in their
	// order. Whatever is not exactly such an array is refused.
	Turns privacy.Field
	// Media stands for the file behind a field of the Disclosure, in a Part.
	Media privacy.Field
	// Base64 stands for the file behind a field, as a base64 string in JSON.
	Base64 privacy.Field
	// DataURL stands for the file behind a field, as a "data:" address in JSON.
	DataURL privacy.Field
	// Link stands for a short-lived address of ours from which the file behind a field is read.
	Link privacy.Field
	// Blank is, in a Part, a picture of one black pixel under this file name, which the recipient
	// itself gave out: it overwrites a file that no call erases. It is nobody's content.
	Blank string
	// Callback is an address of our own server, which must lie below the configured one.
	Callback string
)

func (Literal) isValue()     {}
func (Int) isValue()         {}
func (Float) isValue()       {}
func (Bool) isValue()        {}
func (Object) isValue()      {}
func (Array) isValue()       {}
func (Secret) isValue()      {}
func (Bearer) isValue()      {}
func (BearerIfSet) isValue() {}
func (AddressKey) isValue()  {}
func (Batch) isValue()       {}
func (Single) isValue()      {}
func (Letter) isValue()      {}
func (Text) isValue()        {}
func (Unflagged) isValue()   {}
func (Turns) isValue()       {}
func (Number) isValue()      {}
func (Coded) isValue()       {}
func (Media) isValue()       {}
func (Base64) isValue()      {}
func (DataURL) isValue()     {}
func (Link) isValue()        {}
func (Blank) isValue()       {}
func (Callback) isValue()    {}

// FieldOf returns the field whose content a value stands for.
func FieldOf(v Value) (privacy.Field, bool) {
	switch v := v.(type) {
	case Text:
		return privacy.Field(v), true
	case Unflagged:
		return privacy.Field(v), true
	case Turns:
		return privacy.Field(v), true
	case Number:
		return privacy.Field(v), true
	case Coded:
		return v.Field, true
	case Batch:
		return v.Field, true
	case Single:
		return v.Field, true
	case Letter:
		return privacy.Field(v), true
	case Media:
		return privacy.Field(v), true
	case Base64:
		return privacy.Field(v), true
	case DataURL:
		return privacy.Field(v), true
	case Link:
		return privacy.Field(v), true
	default:
		return "", false
	}
}

// Fields returns the fields whose content a request would carry, in no particular order.
func Fields(r Request) []privacy.Field {
	var list []privacy.Field
	var walk func(v Value)
	walk = func(v Value) {
		switch v := v.(type) {
		case Object:
			for _, item := range v {
				walk(item)
			}
		case Array:
			for _, item := range v {
				walk(item)
			}
		default:
			if f, ok := FieldOf(v); ok {
				list = append(list, f)
			}
		}
	}
	for _, v := range r.Query {
		walk(v)
	}
	switch b := r.Body.(type) {
	case JSON:
		walk(Object(b))
	case Form:
		for _, v := range b {
			walk(v)
		}
	case Multipart:
		for _, part := range b {
			walk(part.Value)
		}
	}
	return list
}

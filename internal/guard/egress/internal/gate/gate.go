// Package gate reads a request as an adapter wrote it, before anything is opened.
//
// It promises that what it lets through has placeholders only where they belong, and literals that
// hold no secret, no identifier of ours and no address of a person or machine. It never sees
// content, and never fills anything in.
package gate

import (
	"maps"
	"slices"
	"strings"

	"vow.example/vow/internal/guard/egress/internal/rule"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
)

// Bounds of what an adapter may write. Literals are small by nature: a picture or a text pasted
// into one would slip past the Disclosure. Together they have room for a workflow's graph.
const (
	maxLiteral  = 2 << 10
	maxLiterals = 64 << 10
	maxDepth    = 8
)

// Terms are what a recipient's configuration permits.
type Terms struct {
	Secrets      []string // of every recipient: one recipient's key must not reach another either
	Credentials  []string // names of this recipient's
	Services     []string // names of its addresses; "" is the base
	CallbackBase string
}

// Gate judges the requests to one recipient. It is safe for concurrent use.
type Gate struct {
	terms Terms
	scan  scanner
}

// New returns a gate for the terms.
func New(t Terms) *Gate { return &Gate{terms: t, scan: newScanner(t.Secrets)} }

// reading is one request on its way through the gate: which fields it wants, or the rule it breaks.
type reading struct {
	*Gate
	fields  []privacy.Field
	singles map[privacy.Field]bool // of which a part of the only event was wanted
	size    int
	rule    string
}

// Read walks the request and returns the fields it wants, in order of appearance.
func (g *Gate) Read(r wire.Request) ([]privacy.Field, error) {
	p := &reading{Gate: g, singles: map[privacy.Field]bool{}}
	p.method(r)
	p.address(r.Service, r.Path)
	p.query(r.Query)
	p.header(r.Header)
	p.signature(r)
	p.body(r.Body)
	if p.rule != "" {
		return nil, rule.Broken(p.rule)
	}
	return p.fields, nil
}

// Address judges a path of the recipient's own, and the headers with which it is read.
func (g *Gate) Address(service, path string, query map[string]string, header map[string]wire.Value) error {
	p := &reading{Gate: g}
	if path != "" {
		p.address(service, path)
	}
	for name, v := range query {
		p.literal(name)
		p.literal(v)
	}
	p.header(header)
	if p.rule != "" {
		return rule.Broken(p.rule)
	}
	return nil
}

func (p *reading) refuse(name string) {
	if p.rule == "" {
		p.rule = name
	}
}

func (p *reading) method(r wire.Request) {
	withBody := r.Method == "POST" || r.Method == "PUT"
	if !withBody && r.Method != "GET" && r.Method != "DELETE" || !withBody && r.Body != nil {
		p.refuse("method")
	}
	if r.Reply < wire.Small || r.Reply > wire.Events {
		p.refuse("reply")
	}
}

func (p *reading) address(service, path string) {
	if !slices.Contains(p.terms.Services, service) {
		p.refuse("unknown-service")
	}
	plain := strings.HasPrefix(path, "/") && !strings.Contains(path, "//") && !strings.Contains(path, "/.")
	for _, c := range path {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		plain = plain && (letter || strings.ContainsRune("/._-:", c))
	}
	if !plain {
		p.refuse("path")
	}
	p.literal(path)
}

// query lets through literals, options and links. Credentials and the person's words have no place
// in an address, which ends up in logs: the words are known, and refused, when they are filled in. A
// credential passes under its own name for this, for a recipient that takes it nowhere else.
func (p *reading) query(q map[string]wire.Value) {
	for _, name := range slices.Sorted(maps.Keys(q)) {
		p.literal(name)
		switch v := q[name].(type) {
		case wire.Literal, wire.Int, wire.Bool, wire.Float, wire.Text, wire.Number, wire.Coded, wire.Link:
			p.value(v, 0)
		case wire.AddressKey:
			p.secret(string(v))
		default:
			p.refuse("query")
		}
	}
}

// header lets through what a recipient needs and nothing that describes us or the person.
func (p *reading) header(h map[string]wire.Value) {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		forKey := strings.EqualFold(name, "Authorization") || strings.EqualFold(name, "x-goog-api-key")
		switch v := h[name].(type) {
		case wire.Literal:
			p.literal(string(v))
			if !strings.EqualFold(name, "Accept") || strings.ContainsAny(string(v), "\r\n\x00") {
				p.refuse("header")
			}
			continue
		case wire.Secret:
			p.secret(string(v))
		case wire.Bearer:
			p.secret(string(v))
		case wire.BearerIfSet:
		default:
			p.refuse("header")
		}
		if !forKey {
			p.refuse("header")
		}
	}
}

// signature checks what goes into headers and into the signed text, and that the keys are there.
func (p *reading) signature(r wire.Request) {
	var words []string
	switch s := r.Sign.(type) {
	case nil:
		return
	case wire.ACS3:
		words = []string{s.Action, s.Version}
		p.secret("access_key_id")
		p.secret("access_key_secret")
		if _, form := r.Body.(wire.Form); r.Body != nil && !form {
			p.refuse("signature")
		}
	case wire.TC3:
		words = []string{s.Service, s.Action, s.Version}
		if s.Region != "" {
			words = append(words, s.Region)
		}
		p.secret("secret_id")
		p.secret("secret_key")
		if _, isJSON := r.Body.(wire.JSON); !isJSON || r.Method != "POST" || r.Path != "/" || len(r.Query) > 0 {
			p.refuse("signature")
		}
	case wire.AOP:
		p.secret("api_key")
		p.secret("api_security")
		if f, form := r.Body.(wire.Form); !form || len(f) == 0 || r.Method != "POST" || !strings.HasPrefix(r.Path, "/openapi/") || len(r.Query) > 0 {
			p.refuse("signature")
		}
	case wire.Webhook:
		words = []string{s.ID}
		p.secret("webhook_secret")
		if _, isJSON := r.Body.(wire.JSON); !isJSON || r.Method != "POST" {
			p.refuse("signature")
		}
	default:
		p.refuse("signature")
	}
	for _, word := range words {
		p.literal(word)
		if word == "" || strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") != "" {
			p.refuse("signature")
		}
	}
	for name := range r.Header {
		if strings.EqualFold(name, "Authorization") {
			p.refuse("signature")
		}
	}
}

func (p *reading) literal(s string) {
	p.size += len(s)
	if len(s) > maxLiteral || p.size > maxLiterals {
		p.refuse("literal-too-large")
		return
	}
	if broken := p.scan.find(s); broken != "" {
		p.refuse(broken)
	}
}

func (p *reading) secret(name string) {
	if !slices.Contains(p.terms.Credentials, name) {
		p.refuse("unknown-credential")
	}
}

// callback accepts an address below our own. The part that is ours may be a machine's address;
// the rest is a literal like any other.
func (p *reading) callback(address string) {
	base := strings.TrimSuffix(p.terms.CallbackBase, "/") + "/"
	rest, ok := strings.CutPrefix(address, base)
	if base == "/" || !ok || strings.Contains(rest, "..") {
		p.refuse("callback")
		return
	}
	p.literal(rest)
}

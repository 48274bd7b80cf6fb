package egress

import (
	"maps"
	"slices"
	"strings"

	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
)

// Bounds of what an adapter may write. Literals are small by nature: a picture or a text pasted
// into one would slip past the Disclosure.
const (
	maxLiteral  = 2 << 10
	maxLiterals = 16 << 10
	maxDepth    = 8
)

// plan is the outcome of reading a request before anything is opened: which fields it wants, or
// the rule it breaks.
type plan struct {
	link   *link
	fields []privacy.Field
	size   int
	rule   string
}

// read walks the request and returns the fields it wants, in order of appearance.
func (l *link) read(r wire.Request) ([]privacy.Field, error) {
	p := &plan{link: l}
	p.method(r)
	p.path(r.Path)
	p.header(r.Header)
	switch b := r.Body.(type) {
	case nil:
	case wire.JSON:
		p.value(wire.Object(b), 0)
	case wire.Multipart:
		p.parts(b)
	default:
		p.refuse("body")
	}
	if p.rule != "" {
		return nil, blocked(p.rule)
	}
	return p.fields, nil
}

func (p *plan) refuse(rule string) {
	if p.rule == "" {
		p.rule = rule
	}
}

func (p *plan) method(r wire.Request) {
	withBody := r.Method == "POST" || r.Method == "PUT"
	if !withBody && r.Method != "GET" && r.Method != "DELETE" || !withBody && r.Body != nil {
		p.refuse("method")
	}
}

func (p *plan) path(path string) {
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

// header lets through what a recipient needs and nothing that describes us or the person.
func (p *plan) header(h map[string]wire.Value) {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		switch v := h[name].(type) {
		case wire.Literal:
			p.literal(string(v))
			if name != "Accept" || strings.ContainsAny(string(v), "\r\n") {
				p.refuse("header")
			}
		case wire.Secret:
			p.secret(string(v))
			if name != "Authorization" {
				p.refuse("header")
			}
		case wire.Bearer:
			p.secret(string(v))
			if name != "Authorization" {
				p.refuse("header")
			}
		default:
			p.refuse("header")
		}
	}
}

func (p *plan) parts(m wire.Multipart) {
	for _, part := range m {
		if part.Name == "" || strings.ContainsAny(part.Name, "\"\r\n\\") {
			p.refuse("part-name")
		}
		p.literal(part.Name)
		switch v := part.Value.(type) {
		case wire.Media:
			p.fields = append(p.fields, privacy.Field(v))
		case wire.Object, wire.Array:
			p.refuse("part-value")
		default:
			p.value(v, 0)
		}
	}
}

func (p *plan) value(v wire.Value, depth int) {
	if depth > maxDepth {
		p.refuse("too-deep")
		return
	}
	switch v := v.(type) {
	case wire.Literal:
		p.literal(string(v))
	case wire.Int, wire.Bool:
	case wire.Object:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			p.literal(name)
			p.value(v[name], depth+1)
		}
	case wire.Array:
		for _, item := range v {
			p.value(item, depth+1)
		}
	case wire.Secret:
		p.secret(string(v))
	case wire.Text:
		p.fields = append(p.fields, privacy.Field(v))
	case wire.Callback:
		p.callback(string(v))
	default: // Media and Bearer have no place here; an unknown value has none anywhere
		p.refuse("value")
	}
}

func (p *plan) literal(s string) {
	p.size += len(s)
	if len(s) > maxLiteral || p.size > maxLiterals {
		p.refuse("literal-too-large")
		return
	}
	if rule := p.link.scan.find(s); rule != "" {
		p.refuse(rule)
	}
}

func (p *plan) secret(name string) {
	if _, ok := p.link.config.Credentials[name]; !ok {
		p.refuse("unknown-credential")
	}
}

// callback accepts an address below our own. The part that is ours may be a machine's address;
// the rest is a literal like any other.
func (p *plan) callback(address string) {
	base := strings.TrimSuffix(p.link.config.CallbackBase, "/") + "/"
	rest, ok := strings.CutPrefix(address, base)
	if base == "/" || !ok || strings.Contains(rest, "..") {
		p.refuse("callback")
		return
	}
	p.literal(rest)
}

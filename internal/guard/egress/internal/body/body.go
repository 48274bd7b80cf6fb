// Package body fills a request: it puts secrets, words, options, files and links into the places
// that an adapter named.
//
// It promises that the length of what goes out is known before the first byte, that a file is read
// only when its turn comes and is held whole only where a signature covers it, that a placeholder
// which does not match the way in which the policy lets a field travel is refused, and that it can
// say at any moment how much of the person's content has been handed over. It never decides what may
// leave, and it never connects to anything.
package body

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress/internal/rule"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
)

// Filling is what goes into the places.
type Filling struct {
	Secret  func(name string) string
	Content map[privacy.Field]disclosure.Payload
	Link    func(f privacy.Field, p disclosure.Payload) (string, error) // nil: there are no links
}

// Filled is a request with everything in its place.
type Filled struct {
	Query       string // encoded (RFC 3986), sorted by name
	QueryBytes  int64  // bytes of content in it
	InAddress   bool   // the query holds content, or a link to it
	ContentType string
	Body        *Stream
}

// composer lays out a body as segments with a known total length.
type composer struct {
	fill     Filling
	segments []segment
	rule     string
	err      error
}

// Fill returns the request, which the gate has let through, with everything in its place.
func Fill(r wire.Request, f Filling) (Filled, error) {
	c := &composer{fill: f}
	var out Filled
	c.query(r.Query, &out)
	switch b := r.Body.(type) {
	case wire.JSON:
		out.ContentType = "application/json"
		c.json(wire.Object(b))
	case wire.Form:
		out.ContentType = "application/x-www-form-urlencoded"
		c.form(b)
	case wire.Multipart:
		boundary := randomName()
		out.ContentType = "multipart/form-data; boundary=" + boundary
		c.multipart(b, boundary)
	}
	out.Body = &Stream{segments: c.segments}
	if c.rule == "" && c.err == nil {
		return out, nil
	}
	out.Body.Wipe()
	if c.rule != "" {
		return Filled{}, rule.Broken(c.rule)
	}
	return Filled{}, c.err
}

func (c *composer) refuse(name string) {
	if c.rule == "" {
		c.rule = name
	}
}

// randomName is used for boundaries and file names: it says nothing about the file or the person.
func randomName() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails since Go 1.24
	return hex.EncodeToString(raw[:])
}

func (c *composer) literal(s string) {
	if n := len(c.segments); n > 0 && c.segments[n-1].open == nil && !c.segments[n-1].exposes {
		c.segments[n-1].data = append(c.segments[n-1].data, s...)
		c.segments[n-1].size += int64(len(s))
		return
	}
	c.segments = append(c.segments, segment{data: []byte(s), size: int64(len(s))})
}

// content adds what is, or leads to, raw bytes of the person's.
func (c *composer) content(s string, raw int) {
	c.segments = append(c.segments, segment{data: []byte(s), size: int64(len(s)), raw: int64(raw), exposes: true})
}

// plain returns the text of a value that is one word: what it says, how many bytes of it are
// content, and whether it leads to content.
func (c *composer) plain(v wire.Value) (text string, raw int, exposes bool) {
	switch v := v.(type) {
	case wire.Literal:
		return string(v), 0, false
	case wire.Callback:
		return string(v), 0, false
	case wire.Int:
		return strconv.FormatInt(int64(v), 10), 0, false
	case wire.Float:
		return number(v), 0, false
	case wire.Bool:
		return strconv.FormatBool(bool(v)), 0, false
	case wire.Secret:
		return c.fill.Secret(string(v)), 0, false
	case wire.AddressKey:
		return c.fill.Secret(string(v)), 0, false
	case wire.Text, wire.Unflagged, wire.Number, wire.Coded:
		words, _ := c.words(v)
		return words, len(words), true
	case wire.Batch, wire.Single, wire.Letter:
		words, _ := c.record(v)
		return words, len(words), true
	case wire.Link:
		return c.link(v), 0, true
	default:
		c.refuse("value")
		return "", 0, false
	}
}

func (c *composer) link(v wire.Link) string {
	p, f := c.payload(v)
	if c.fill.Link == nil {
		c.refuse("no-links")
	}
	if c.rule != "" || c.err != nil {
		return ""
	}
	address, err := c.fill.Link(f, p)
	if err != nil {
		c.err = err
	}
	return address
}

// query encodes the query. An option may stand in it, and a link; the person's own words may not:
// addresses end up in logs.
func (c *composer) query(q map[string]wire.Value, out *Filled) {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(q)) {
		if v, ok := q[name].(wire.Text); ok && c.fill.Content[privacy.Field(v)].Code == "" {
			c.refuse("words-in-address")
			return
		}
		text, raw, exposes := c.plain(q[name])
		out.QueryBytes += int64(raw)
		out.InAddress = out.InAddress || exposes
		pairs = append(pairs, percent(name)+"="+percent(text))
	}
	out.Query = strings.Join(pairs, "&")
}

func (c *composer) form(f wire.Form) {
	for i, name := range slices.Sorted(maps.Keys(f)) {
		if i > 0 {
			c.literal("&")
		}
		c.literal(percent(name) + "=")
		if text, raw, exposes := c.plain(f[name]); exposes {
			c.content(percent(text), raw)
		} else {
			c.literal(percent(text))
		}
	}
}

// percent encodes a word as RFC 3986 does, which the signatures are made over.
func percent(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

func number(f wire.Float) string { return strconv.FormatFloat(float64(f), 'f', -1, 64) }

func (c *composer) json(v wire.Value) {
	switch v := v.(type) {
	case wire.Int, wire.Float, wire.Bool:
		text, _, _ := c.plain(v)
		c.literal(text)
	case wire.Text, wire.Unflagged, wire.Number, wire.Coded:
		words, isNumber := c.words(v)
		if raw := len(words); isNumber {
			c.content(words, raw)
		} else {
			c.content(quote(words), raw)
		}
	case wire.Batch, wire.Single, wire.Letter:
		words, isJSON := c.record(v)
		if raw := len(words); isJSON {
			c.content(words, raw)
		} else {
			c.content(quote(words), raw)
		}
	case wire.Link:
		c.content(quote(c.link(v)), 0)
	case wire.Base64:
		c.embed(v, "")
	case wire.DataURL:
		c.embed(v, "data:")
	case wire.Array:
		c.literal("[")
		for i, item := range v {
			c.comma(i)
			if turns, ok := item.(wire.Turns); ok {
				c.turns(turns)
				continue
			}
			c.json(item)
		}
		c.literal("]")
	case wire.Object:
		c.literal("{")
		for i, name := range slices.Sorted(maps.Keys(v)) {
			c.comma(i)
			c.literal(quote(name) + ":")
			c.json(v[name])
		}
		c.literal("}")
	default:
		text, _, _ := c.plain(v)
		c.literal(quote(text))
	}
}

func (c *composer) comma(i int) {
	if i > 0 {
		c.literal(",")
	}
}

// quote returns s as a JSON string, without the HTML escapes that recipients do not expect.
func quote(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always encodes
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

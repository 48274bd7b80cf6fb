package egress

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
)

// errLength says that a file did not have the length it was announced with.
var errLength = errors.New("egress: content has another length than announced")

// segment is a run of bytes of a body: data in memory, or a file that is opened when its turn comes.
type segment struct {
	data    []byte
	open    func() (io.ReadCloser, error)
	size    int64
	content bool // bytes of the person
}

// composer lays out a body as segments with a known total length.
type composer struct {
	link     *link
	payloads map[privacy.Field]disclosure.Payload
	segments []segment
	rule     string
}

// compose returns the segments and the content type of a body that read has accepted.
func (l *link) compose(b wire.Body, payloads map[privacy.Field]disclosure.Payload) ([]segment, string, error) {
	c := &composer{link: l, payloads: payloads}
	contentType := ""
	switch b := b.(type) {
	case wire.JSON:
		contentType = "application/json"
		c.json(wire.Object(b))
	case wire.Multipart:
		boundary := randomName()
		contentType = "multipart/form-data; boundary=" + boundary
		c.multipart(b, boundary)
	}
	if c.rule != "" {
		wipe(c.segments)
		return nil, "", blocked(c.rule)
	}
	return c.segments, contentType, nil
}

// randomName is used for boundaries and file names: it says nothing about the file or the person.
func randomName() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails since Go 1.24
	return hex.EncodeToString(raw[:])
}

func (c *composer) literal(s string) {
	if n := len(c.segments); n > 0 && c.segments[n-1].open == nil && !c.segments[n-1].content {
		c.segments[n-1].data = append(c.segments[n-1].data, s...)
		c.segments[n-1].size += int64(len(s))
		return
	}
	c.segments = append(c.segments, segment{data: []byte(s), size: int64(len(s))})
}

func (c *composer) content(data []byte) {
	c.segments = append(c.segments, segment{data: data, size: int64(len(data)), content: true})
}

// text returns the words behind a field: the prompt or the chosen option.
func (c *composer) text(f privacy.Field) string {
	p := c.payloads[f]
	if p.IsMedia() {
		c.rule = "media-as-text"
		return ""
	}
	if p.Code != "" {
		return p.Code
	}
	return p.Text.Reveal()
}

func (c *composer) json(v wire.Value) {
	switch v := v.(type) {
	case wire.Literal:
		c.literal(quote(string(v)))
	case wire.Callback:
		c.literal(quote(string(v)))
	case wire.Int:
		c.literal(strconv.FormatInt(int64(v), 10))
	case wire.Bool:
		c.literal(strconv.FormatBool(bool(v)))
	case wire.Secret:
		c.literal(quote(c.link.config.Credentials[string(v)].reveal()))
	case wire.Text:
		c.content([]byte(quote(c.text(privacy.Field(v)))))
	case wire.Array:
		c.literal("[")
		for i, item := range v {
			c.comma(i)
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
		c.rule = "value"
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

func (c *composer) multipart(m wire.Multipart, boundary string) {
	for _, part := range m {
		c.literal("--" + boundary + "\r\n")
		if f, ok := part.Value.(wire.Media); ok {
			c.file(part.Name, privacy.Field(f))
			continue
		}
		c.literal(fmt.Sprintf("Content-Disposition: form-data; name=%q\r\n\r\n", part.Name))
		switch v := part.Value.(type) {
		case wire.Text:
			c.content([]byte(c.text(privacy.Field(v))))
		case wire.Literal:
			c.literal(string(v))
		case wire.Secret:
			c.literal(c.link.config.Credentials[string(v)].reveal())
		case wire.Callback:
			c.literal(string(v))
		case wire.Int:
			c.literal(strconv.FormatInt(int64(v), 10))
		case wire.Bool:
			c.literal(strconv.FormatBool(bool(v)))
		default:
			c.rule = "value"
		}
		c.literal("\r\n")
	}
	c.literal("--" + boundary + "--\r\n")
}

func (c *composer) file(name string, f privacy.Field) {
	p := c.payloads[f]
	ext, known := extension(p.MediaType)
	if !p.IsMedia() || !known {
		c.rule = "media-type"
		return
	}
	c.literal(fmt.Sprintf("Content-Disposition: form-data; name=%q; filename=%q\r\nContent-Type: %s\r\n\r\n",
		name, randomName()+ext, p.MediaType))
	c.segments = append(c.segments, segment{open: p.Open, size: p.Bytes, content: true})
	c.literal("\r\n")
}

func extension(mediaType string) (string, bool) {
	switch mediaType {
	case "image/jpeg":
		return ".jpg", true
	case "image/png":
		return ".png", true
	case "image/webp":
		return ".webp", true
	case "video/mp4":
		return ".mp4", true
	default:
		return "", false
	}
}

// wipe overwrites what was laid out in memory: it holds secrets and the person's words.
func wipe(segments []segment) {
	for _, s := range segments {
		clear(s.data)
	}
}

func total(segments []segment) (n int64) {
	for _, s := range segments {
		n += s.size
	}
	return n
}

package kit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Call is one call as it came in.
type Call struct {
	Method, Path, Host string
	Base               string // "http://" or "https://" and the host that was called
	MediaType          string // of the body, without parameters
	Query              url.Values
	Header             http.Header
	Body               []byte
	JSON               map[string]any // of a JSON body; numbers are json.Number
	Form               url.Values     // of an urlencoded body
	Parts              []Part         // of a multipart body, in order
	Problem            string         // why the call cannot be processed, in a word: "JSON", "body"
	Fault              Fault          // that the call meets

	kit     *Kit
	ctx     context.Context
	request *Request
	raw     string // the query as it came
}

// Part is one part of a multipart body.
type Part struct {
	Name, FileName, MediaType string
	Data                      []byte
}

// Context ends with the call or with the service.
func (c *Call) Context() context.Context { return c.ctx }

// Field notes that the call carried the content of a personal field.
func (c *Call) Field(name string) {
	c.kit.mu.Lock()
	defer c.kit.mu.Unlock()
	if at, ok := slices.BinarySearch(c.request.Fields, name); !ok {
		c.request.Fields = slices.Insert(c.request.Fields, at, name)
	}
}

// Odd notes something that a recipient should never have seen.
func (c *Call) Odd(what string) { c.kit.notice(what) }

// Text returns a string member of the JSON body, or "".
func (c *Call) Text(name string) string {
	s, _ := c.JSON[name].(string)
	return s
}

// Part returns the first part of that name, or nil.
func (c *Call) Part(name string) *Part {
	for i := range c.Parts {
		if c.Parts[i].Name == name {
			return &c.Parts[i]
		}
	}
	return nil
}

// Only reports whether a JSON object has every required member and none besides the optional ones.
func Only(object map[string]any, required []string, optional ...string) bool {
	for _, name := range required {
		if _, ok := object[name]; !ok {
			return false
		}
	}
	for name := range object {
		if !slices.Contains(required, name) && !slices.Contains(optional, name) {
			return false
		}
	}
	return true
}

// arrive reads a call to its end, looks it over and records it.
func (k *Kit) arrive(r *http.Request) *Call {
	base := "http://" + r.Host
	if r.TLS != nil {
		base = "https://" + r.Host
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, k.opts.MaxBody+1))
	c := &Call{
		Method: r.Method, Path: r.URL.Path, Host: r.Host, Base: base, Query: r.URL.Query(), Header: r.Header.Clone(), Body: body,
		kit: k, ctx: r.Context(), raw: r.URL.RawQuery,
	}
	var keys []string
	if err != nil || int64(len(body)) > k.opts.MaxBody {
		c.Problem = "body"
	} else {
		keys = c.parse(r.Header.Get("Content-Type"))
	}
	k.memory.KeepCall(r, body)
	odd := k.inspect(c)
	if c.Problem != "" {
		odd = append(odd, "unprocessable: "+c.Problem)
	}
	c.request = &Request{
		At: k.opts.Clock.Now(), Method: c.Method, Path: c.Path, Bytes: int64(len(body)), Fields: []string{},
		Keys: append(append([]string{}, slices.Sorted(maps.Keys(c.Query))...), keys...),
	}
	if k.opts.Show {
		c.request.Body = c.says()
	}
	k.mu.Lock()
	k.requests = append(k.requests, c.request)
	k.odd = append(k.odd, odd...)
	k.mu.Unlock()
	if k.opts.Arrive != nil {
		k.opts.Arrive(c)
	}
	return c
}

// parse reads the body by its media type and returns the names in it.
func (c *Call) parse(contentType string) []string {
	if len(c.Body) == 0 && contentType == "" {
		return nil
	}
	if c.Method == http.MethodGet || c.Method == http.MethodHead {
		if len(c.Body) > 0 {
			c.Problem = "body"
		}
		return nil
	}
	mediaType, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		c.Problem = "content type"
		return nil
	}
	c.MediaType = mediaType
	switch mediaType {
	case "application/json":
		return c.parseJSON()
	case "multipart/form-data":
		return c.parseParts(params["boundary"])
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(c.Body))
		if err != nil {
			c.Problem = "form"
		}
		c.Form = form
		return slices.Sorted(maps.Keys(form))
	}
	c.Problem = "content type"
	return nil
}

func (c *Call) parseJSON() []string {
	d := json.NewDecoder(bytes.NewReader(c.Body))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil || v == nil {
		c.Problem = "JSON"
		return nil
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		c.Problem = "JSON"
	}
	c.JSON = v
	return keysOf(v)
}

func (c *Call) parseParts(boundary string) (keys []string) {
	m := multipart.NewReader(bytes.NewReader(c.Body), boundary)
	for {
		part, err := m.NextRawPart()
		if errors.Is(err, io.EOF) {
			return keys
		}
		if err != nil {
			c.Problem = "form"
			return keys
		}
		data, err := io.ReadAll(part)
		if err != nil || part.FormName() == "" {
			c.Problem = "form"
			return keys
		}
		keys = append(keys, part.FormName())
		c.Parts = append(c.Parts, Part{Name: part.FormName(), FileName: part.FileName(), MediaType: part.Header.Get("Content-Type"), Data: data})
	}
}

// says returns the members of a body. A member of a form that is JSON is returned as such; signatures and
// credentials are left out.
func (c *Call) says() map[string]any {
	if c.JSON != nil {
		return maps.Clone(c.JSON)
	}
	out := map[string]any{}
	for name := range c.Form {
		if strings.HasPrefix(name, "_") {
			continue
		}
		d := json.NewDecoder(strings.NewReader(c.Form.Get(name)))
		d.UseNumber()
		var v any
		if err := d.Decode(&v); err != nil || d.More() {
			v = c.Form.Get(name)
		}
		out[name] = v
	}
	return out
}

// keysOf returns every member name of a JSON value, nested ones included.
func keysOf(v any) []string {
	seen := map[string]bool{}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, item := range v {
				seen[k] = true
				walk(item)
			}
		case []any:
			for _, item := range v {
				walk(item)
			}
		}
	}
	walk(v)
	return slices.Sorted(maps.Keys(seen))
}

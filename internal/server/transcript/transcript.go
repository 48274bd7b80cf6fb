// Package transcript turns the bytes of a recorded request into a page that an officer can read.
//
// It promises that no secret, signature or token stays readable, that everything which differs from
// run to run stands as a word in brackets, so that two transcripts can be compared, and that media
// are named by type and size and never shown. It never sends or stores anything.
package transcript

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Options say what a Transcript hides and how it names the two sides.
type Options struct {
	Secrets map[string]string // by name
	Own     string            // start of our own addresses: "http://127.0.0.1:8420"
	Hosts   map[string]string // the recipient's host as recorded, and what stands for it
}

// Requests returns the requests of one connection, in order, as text.
func Requests(raw []byte, o Options) ([]string, error) {
	var list []string
	in := bufio.NewReader(bytes.NewReader(raw))
	for {
		head, err := readHead(in)
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return list, err
		}
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(head)))
		if err != nil {
			return list, fmt.Errorf("transcript: request: %w", err)
		}
		body := make([]byte, max(0, r.ContentLength))
		if _, err := io.ReadFull(in, body); err != nil {
			return list, fmt.Errorf("transcript: body: %w", err)
		}
		list = append(list, o.request(head, r, body))
	}
}

// readHead reads the request line and the headers, up to the empty line.
func readHead(in *bufio.Reader) ([]byte, error) {
	var head []byte
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			if len(head)+len(line) == 0 {
				return nil, io.EOF
			}
			return nil, fmt.Errorf("transcript: head: %w", err)
		}
		head = append(head, line...)
		if len(bytes.TrimSpace(line)) == 0 {
			return head, nil
		}
	}
}

func (o Options) request(head []byte, r *http.Request, body []byte) string {
	var b strings.Builder
	target, query, _ := strings.Cut(r.RequestURI, "?")
	fmt.Fprintf(&b, "%s %s\n", r.Method, o.hide(target))
	o.pairs(&b, "?", query)
	for _, line := range strings.Split(strings.TrimSpace(string(head)), "\r\n")[1:] {
		name, value, _ := strings.Cut(line, ": ")
		fmt.Fprintf(&b, "%s: %s\n", name, o.header(name, value))
	}
	if len(body) == 0 {
		return b.String()
	}
	b.WriteString("\n")
	mediaType, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch mediaType {
	case "application/json":
		o.json(&b, body)
	case "application/x-www-form-urlencoded":
		o.pairs(&b, "", string(body))
	case "multipart/form-data":
		o.parts(&b, multipart.NewReader(bytes.NewReader(body), params["boundary"]))
	default:
		fmt.Fprintf(&b, "[%d bytes]\n", len(body))
	}
	return b.String()
}

// pairs writes a query or a form, one parameter a line.
func (o Options) pairs(b *strings.Builder, mark, encoded string) {
	values, err := url.ParseQuery(encoded)
	if err != nil {
		return
	}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, v := range values[name] {
			switch word := strings.ToLower(name); {
			case strings.Contains(word, "expires"), strings.Contains(word, "date"), strings.Contains(word, "timestamp"):
				v = "[time]"
			case strings.Contains(word, "signature"), strings.Contains(word, "credential"), strings.Contains(word, "token"):
				v = "[signature]"
			}
			fmt.Fprintf(b, "%s%s = %s\n", mark, name, o.hide(v))
		}
	}
}

// header hides what differs from run to run.
func (o Options) header(name, value string) string {
	switch strings.ToLower(name) {
	case "x-acs-date", "x-tc-timestamp", "webhook-timestamp":
		return "[time]"
	case "webhook-signature":
		return "[signature]"
	case "x-acs-signature-nonce":
		return "[random]"
	case "x-acs-content-sha256":
		return "[hash of the body]"
	case "content-length":
		return "[n]"
	case "content-type":
		return regexp.MustCompile(`boundary=[0-9a-f]+`).ReplaceAllString(value, "boundary=[random]")
	case "host":
		if known, ok := o.Hosts[value]; ok {
			return known
		}
		return value
	}
	value = regexp.MustCompile(`Signature=[0-9a-f]{64}`).ReplaceAllString(value, "Signature=[signature]")
	value = regexp.MustCompile(`/\d{4}-\d{2}-\d{2}/`).ReplaceAllString(value, "/[date]/")
	return o.hide(value)
}

// json writes a document with indents and with long texts cut out.
func (o Options) json(b *strings.Builder, body []byte) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		fmt.Fprintf(b, "[%d bytes that are no JSON]\n", len(body))
		return
	}
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	_ = enc.Encode(o.walk(v)) // strings, numbers and lists always encode
}

func (o Options) walk(v any) any {
	switch v := v.(type) {
	case string:
		return o.hide(v)
	case []any:
		for i := range v {
			v[i] = o.walk(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = o.walk(v[k])
		}
	}
	return v
}

// parts writes a form with files.
func (o Options) parts(b *strings.Builder, m *multipart.Reader) {
	for {
		part, err := m.NextRawPart()
		if err != nil {
			return
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return
		}
		if part.FileName() == "" {
			fmt.Fprintf(b, "part %s = %s\n", part.FormName(), o.hide(string(data)))
			continue
		}
		name := regexp.MustCompile(`^[0-9a-f]{32}`).ReplaceAllString(part.FileName(), "[random]")
		fmt.Fprintf(b, "part %s = file %s [%s, %d bytes]\n", part.FormName(), name, part.Header.Get("Content-Type"), len(data))
	}
}

const longest = 200 // characters of a text that is shown whole

// hide replaces secrets, tokens, identifiers and media by words in brackets.
func (o Options) hide(s string) string {
	for name, secret := range o.Secrets {
		if secret != "" {
			s = strings.ReplaceAll(s, secret, "[secret "+name+"]")
		}
	}
	if o.Own != "" {
		s = regexp.MustCompile(regexp.QuoteMeta(o.Own)+`/(m|hooks)/[A-Za-z0-9_-]+`).ReplaceAllString(s, "https://[this server]/$1/[token]")
	}
	s = regexp.MustCompile(`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`).ReplaceAllString(s, "[id]")
	s = regexp.MustCompile(`\[id\]/[0-9a-f]{32}\.`).ReplaceAllString(s, "[id]/[random].") // a file of ours in a folder of the order's
	prefix := ""
	data := s
	if rest, ok := strings.CutPrefix(s, "data:"); ok {
		if mediaType, encoded, ok := strings.Cut(rest, ";base64,"); ok {
			prefix, data = "data:"+mediaType+";base64,", encoded
		}
	}
	if len(data) <= longest {
		return s
	}
	if plain, err := base64.StdEncoding.DecodeString(data); err == nil {
		return fmt.Sprintf("%s[base64 of %s, %d bytes]", prefix, http.DetectContentType(plain), len(plain))
	}
	return s
}

package runninghub

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
)

const maxBody = 32 << 20

// arrival is one call as it came in, read and recorded.
type arrival struct {
	method, path, host string
	bearer             string
	values             map[string]any // JSON members, or form values
	file               *upFile
	problem            string // why it cannot be processed
	keys               []string
	bytes              int64
}

// upFile is the file part of an upload.
type upFile struct {
	name, mediaType string
	data            []byte
}

// arrive reads a call to its end, looks it over and records it.
func (s *Sim) arrive(r *http.Request) *arrival {
	in := &arrival{method: r.Method, path: r.URL.Path, host: r.Host, bearer: r.Header.Get("Authorization"), values: map[string]any{}}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	in.bytes = int64(len(body))
	odd := inspectHeader(r)
	switch {
	case err != nil || len(body) > maxBody:
		in.problem = "body"
	case r.URL.RawQuery != "":
		in.problem = "query"
	case r.Method == http.MethodPost:
		in.parse(r.Header.Get("Content-Type"), body)
	case len(body) > 0:
		in.problem = "body"
	}
	if in.problem != "" {
		odd = append(odd, "unprocessable: "+in.problem)
	}
	s.record(in, append(odd, in.inspect()...))
	return in
}

func (in *arrival) parse(contentType string, body []byte) {
	mediaType, params, err := mime.ParseMediaType(contentType)
	switch {
	case err != nil:
		in.problem = "content type"
	case in.path == "/task/openapi/upload" && mediaType == "multipart/form-data":
		in.parseForm(multipart.NewReader(bytes.NewReader(body), params["boundary"]))
	case in.path != "/task/openapi/upload" && mediaType == "application/json":
		in.parseJSON(body)
	default:
		in.problem = "content type"
	}
}

func (in *arrival) parseForm(m *multipart.Reader) {
	for {
		part, err := m.NextRawPart()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			in.problem = "form"
			return
		}
		name := part.FormName()
		data, err := io.ReadAll(part)
		if _, twice := in.values[name]; err != nil || twice || name == "" {
			in.problem = "form"
			return
		}
		in.keys = append(in.keys, name)
		in.values[name] = string(data)
		if name == "file" {
			in.values[name] = nil
			in.file = &upFile{name: part.FileName(), mediaType: part.Header.Get("Content-Type"), data: data}
		}
	}
}

func (in *arrival) parseJSON(body []byte) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&in.values); err != nil || in.values == nil {
		in.values, in.problem = map[string]any{}, "JSON"
		return
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		in.problem = "JSON"
	}
	in.keys = keysOf(in.values)
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

// only reports whether the call has no member besides these, and every one that is required.
func (in *arrival) only(required []string, optional ...string) bool {
	for _, name := range required {
		if _, ok := in.values[name]; !ok {
			return false
		}
	}
	for name := range in.values {
		if !slices.Contains(required, name) && !slices.Contains(optional, name) {
			return false
		}
	}
	return true
}

func (in *arrival) text(name string) string {
	v, _ := in.values[name].(string)
	return v
}

// authorize checks the key in the body, and the bearer where one came along.
func (s *Sim) authorize(in *arrival) (reply, bool) {
	key := in.text("apiKey")
	switch {
	case key == "":
		return refuse(412, "APIKEY_REQUIRED"), false
	case key != s.opts.Key, in.bearer != "" && in.bearer != "Bearer "+s.opts.Key:
		return refuse(802, "APIKEY_UNAUTHORIZED"), false
	}
	return reply{}, true
}

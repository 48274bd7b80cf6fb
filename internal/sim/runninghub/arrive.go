package runninghub

import (
	"strings"
	"time"

	"vow.example/vow/internal/sim/kit"
)

const (
	maxBody = 32 << 20
	// kept is how long the simulated service keeps results, and inputs likewise (RunningHub
	// publishes nothing about inputs; the longest reported time is assumed).
	kept = 15 * 24 * time.Hour
)

// Evidence is everything the service has received and still holds.
type Evidence = kit.Evidence

// Request is one call that arrived.
type Request = kit.Request

// Hold is one thing the service still holds.
type Hold = kit.Hold

// arrival is one call with the members of its body.
type arrival struct {
	*kit.Call
	values map[string]any // nil: the body is none that its path takes
}

// valuesOf returns the members of a body: JSON, and on the path of uploads a form.
func valuesOf(c *kit.Call) map[string]any {
	if c.Path != "/task/openapi/upload" {
		return c.JSON
	}
	if c.Parts == nil {
		return nil
	}
	values := map[string]any{}
	for _, p := range c.Parts {
		if _, twice := values[p.Name]; twice {
			return nil
		}
		values[p.Name] = string(p.Data)
		if p.Name == "file" {
			values[p.Name] = nil
		}
	}
	return values
}

// arrive names the fields whose content a call carries, by the nodes of its workflow, and what it
// should not carry at RunningHub in particular.
func (s *Sim) arrive(c *kit.Call) {
	in := &arrival{Call: c, values: valuesOf(c)}
	if len(c.Query) > 0 {
		c.Odd("unprocessable: query")
	}
	if v, ok := in.values["addMetadata"]; c.Path == "/task/openapi/create" && (!ok || v != false) {
		c.Odd("addMetadata: the result would carry the prompt")
	}
	if file := c.Part("file"); file != nil && c.Path == "/task/openapi/upload" {
		c.Field(fieldOf(file.MediaType))
	}
	list, _ := in.values["nodeInfoList"].([]any)
	flow, _ := s.flow(in)
	for _, item := range list {
		switch n, _, ok := flow.node(item); {
		case !ok:
			c.Field("unknown")
		case n.Kind != Media:
			c.Field(n.Field)
		}
	}
}

// fieldOf returns the personal field behind an uploaded file.
func fieldOf(mediaType string) string {
	if strings.HasPrefix(mediaType, "video/") {
		return "video"
	}
	return "photo"
}

// only reports whether the call has no member besides these, and every one that is required.
func (in *arrival) only(required []string, optional ...string) bool {
	return kit.Only(in.values, required, optional...)
}

func (in *arrival) text(name string) string {
	v, _ := in.values[name].(string)
	return v
}

// authorize checks the key in the body, and the bearer where one came along.
func (s *Sim) authorize(in *arrival) (kit.Reply, bool) {
	key := in.text("apiKey")
	bearer := in.Header.Get("Authorization")
	switch {
	case key == "":
		return refuse(412, "APIKEY_REQUIRED"), false
	case key != s.opts.Key, bearer != "" && bearer != "Bearer "+s.opts.Key:
		return refuse(802, "APIKEY_UNAUTHORIZED"), false
	}
	return kit.Reply{}, true
}

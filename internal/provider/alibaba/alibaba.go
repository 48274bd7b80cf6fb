// Package alibaba translates orders into Alibaba Cloud's vision API (viapi) and its answers into
// statuses.
//
// It promises requests that are, field by field, those of Alibaba's own SDK; that a parameter
// which its table does not list is never sent; that a face is only asked about with the flags of
// the feature, so that no embedding is made for us; that of an analysis nothing but the four
// permitted attributes is read; and that a face template is deleted in the job that made it. It
// never compares, searches or verifies faces, and never repeats Alibaba's messages.
package alibaba

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"time"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/provider/driver"
)

// Name is the word by which wiring names this driver.
const Name = "alibaba"

// resultKept is how long a result's address works by Alibaba's statement.
const resultKept = 30 * time.Minute

// The names under which the operator configures the addresses of Alibaba's services.
const (
	facebody   = "facebody"
	imageenhan = "imageenhan"
	viapi      = "viapi"
)

// Credentials returns the names of the keys that calls are signed with. The token belongs to
// temporary keys.
func Credentials() (required, optional []string) {
	return []string{"access_key_id", "access_key_secret"}, []string{"security_token"}
}

// Services returns the names of the addresses that calls go to.
func Services() []string { return []string{facebody, imageenhan, viapi} }

// Driver speaks Alibaba Cloud's protocol. It has no state.
type Driver struct{}

// ticket names what one order left at Alibaba: a job to ask about or a result to read, and a face
// template that must be gone.
type ticket struct {
	Service  string `json:"service,omitempty"` // of Job
	Job      string `json:"job,omitempty"`
	File     string `json:"file,omitempty"`     // address of the result
	Template string `json:"template,omitempty"` // identifier of a face template
}

// Begin makes the one call of a feature, or the three of a face swap.
func (Driver) Begin(ctx context.Context, s driver.Sender, o driver.Order) (driver.Begun, error) {
	var done swap
	if len(o.Resume) > 0 {
		if err := json.Unmarshal(o.Resume, &done); err != nil || !done.sound() {
			return driver.Begun{}, driver.Fail(egress.Bug, "resume")
		}
	}
	if err := placed(s, o.Workflow); err != nil {
		return driver.Begun{}, err
	}
	if o.Workflow.Call == mergeImageFace {
		return done.begin(ctx, s, o.Workflow)
	}
	a, ok := actionOf(o.Workflow.Call)
	if !ok || a.yields == nothing {
		return driver.Begun{}, driver.Fail(egress.Bug, "call")
	}
	p, err := a.fill(s, o.Workflow)
	if err != nil {
		return driver.Begun{}, err
	}
	answer, err := s.Send(ctx, a.request(p))
	if err != nil {
		return driver.Begun{}, refine(answer, err)
	}
	switch a.yields {
	case link:
		return begunLink(answer)
	case job:
		return begunJob(a.service, answer)
	default:
		return begunFaces(a, p, answer)
	}
}

// placed checks that every field has a place, and travels as Alibaba takes it: a picture as an
// address, everything else as words.
func placed(s driver.Sender, w driver.Workflow) error {
	for _, f := range s.Fields() {
		node, ok := w.Nodes[f]
		if !ok || node.ID != "" && node.ID != w.Call && (node.ID != addTemplate || w.Call != mergeImageFace) {
			return driver.Fail(egress.Bug, "no-node")
		}
		want := "text"
		if s.MediaType(f) != "" {
			want = "url"
		}
		if s.Transport(f) != want {
			return driver.Fail(egress.Bug, "transport")
		}
	}
	return nil
}

// params are the parameters of one call.
type params map[string]wire.Value

// fill puts what is always sent, the fixed settings and the fields in their places. Nothing that
// the table does not list gets one.
func (a action) fill(s driver.Sender, w driver.Workflow) (params, error) {
	p := params{}
	for name, word := range a.always {
		p[name] = wire.Literal(word)
	}
	if w.Call == a.name {
		for name, word := range w.Set {
			if !slices.Contains(a.words, name) {
				return nil, driver.Fail(egress.Bug, "parameter")
			}
			p[name] = wire.Literal(word)
		}
	}
	pictures := 0
	for _, f := range s.Fields() {
		node := w.Nodes[f]
		if node.ID != a.name && (node.ID != "" || w.Call != a.name) {
			continue // another call's
		}
		switch isPicture := s.MediaType(f) != ""; {
		case isPicture && slices.Contains(a.pictures, node.Name):
			p[node.Name] = wire.Link(f)
			pictures++
		case !isPicture && slices.Contains(a.words, node.Name):
			p[node.Name] = wire.Coded{Field: f, Words: node.Words}
		default:
			return nil, driver.Fail(egress.Bug, "parameter")
		}
	}
	if pictures != 1 || a.flags != nil && !a.flagged(p) {
		return nil, driver.Fail(egress.Bug, "parameter")
	}
	return p, nil
}

// flagged reports whether the call asks for something by a flag: without one, Alibaba answers with
// everything it can tell of a face, vectors included.
func (a action) flagged(p params) bool {
	return slices.ContainsFunc(a.flags, func(name string) bool { return p[name] == wire.Literal("true") })
}

// request writes the call down. Its place for parameters is the action's own: most have it in the
// body, a few in the query.
func (a action) request(p params) wire.Request {
	r := wire.Request{
		Method: "POST", Service: a.service, Path: "/",
		Header: map[string]wire.Value{"Accept": wire.Literal("application/json")},
		Sign:   wire.ACS3{Action: a.name, Version: versionOf(a.service)},
	}
	if a.asks {
		r.Method = "GET"
	}
	if a.asks || a.inQuery {
		r.Query = p
	} else {
		r.Body = wire.Form(p)
	}
	return r
}

// isName reports whether s can be an identifier that Alibaba gave: it goes back as a literal.
func isName(s string) bool { return regexp.MustCompile(`^[A-Za-z0-9_-]{8,100}$`).MatchString(s) }

func (t ticket) sound() bool {
	known := t.Service == facebody || t.Service == imageenhan
	return (t.Job == "" || isName(t.Job) && known) && (t.File == "" || isLink(t.File)) &&
		(t.Template == "" || isName(t.Template)) && (t.Job != "" || t.File != "" || t.Template != "")
}

func (t ticket) begun() (driver.Begun, error) {
	raw, err := driver.TicketOf(t)
	return driver.Begun{Ticket: raw}, err
}

func open(t driver.Ticket) (ticket, error) {
	var is ticket
	if err := json.Unmarshal(t, &is); err != nil || !is.sound() {
		return is, driver.Fail(egress.Bug, "ticket")
	}
	return is, nil
}

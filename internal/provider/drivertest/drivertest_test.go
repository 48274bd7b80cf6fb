package drivertest_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/provider/drivertest"
	"vow.example/vow/internal/sim/kit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const png = "\x89PNG\r\n\x1a\n pixels of somebody"

// painter is a driver of an invented recipient that answers in one of the shapes.
type painter struct{ shape drivertest.Shape }

// answer is everything that the recipient may say.
type answer struct{ ID, URL, Data string }

func (p painter) Begin(ctx context.Context, s driver.Sender, o driver.Order) (driver.Begun, error) {
	body := wire.JSON{}
	for _, f := range s.Fields() {
		node, ok := o.Workflow.Nodes[f]
		if !ok {
			return driver.Begun{}, driver.Fail(egress.Bug, "no-node")
		}
		switch s.Transport(f) {
		case "url":
			body[node.Name] = wire.Link(f)
		case "base64":
			body[node.Name] = wire.Base64(f)
		default:
			body[node.Name] = wire.Text(f)
		}
	}
	resp, err := s.Send(ctx, wire.Request{Method: "POST", Path: "/paint", Body: body, Reply: wire.Large})
	if err != nil {
		return driver.Begun{}, err
	}
	var a answer
	if err := json.Unmarshal(resp.Body, &a); err != nil {
		return driver.Begun{}, driver.Fail(egress.UnknownOutcome, "reply")
	}
	if p.shape == drivertest.Delivery {
		return driver.Begun{Status: &driver.Status{State: driver.Delivered}}, nil
	}
	if p.shape == drivertest.AtOnce {
		st, err := done(a)
		return driver.Begun{Status: &st}, err
	}
	ticket, err := json.Marshal(a)
	return driver.Begun{Ticket: ticket}, err
}

func done(a answer) (driver.Status, error) {
	if a.URL != "" {
		return driver.Status{State: driver.Done, Results: []driver.Result{{File: &egress.Address{URL: a.URL}}}}, nil
	}
	data, err := base64.StdEncoding.DecodeString(a.Data)
	if err != nil || len(data) == 0 {
		return driver.Status{}, driver.Fail(egress.UnknownOutcome, "reply")
	}
	return driver.Status{State: driver.Done, Results: []driver.Result{{Inline: data}}}, nil
}

func (p painter) Poll(ctx context.Context, f driver.Follower, t driver.Ticket) (driver.Status, error) {
	var a answer
	if err := json.Unmarshal(t, &a); err != nil || a.ID == "" && a.URL == "" {
		return driver.Status{}, driver.Fail(egress.Bug, "ticket")
	}
	if p.shape == drivertest.AtOnceLink {
		return done(a)
	}
	resp, err := f.Follow(ctx, wire.Request{Method: "POST", Path: "/ask", Body: wire.JSON{"id": wire.Literal(a.ID)}, Reply: wire.Large})
	if err != nil {
		return driver.Status{}, err
	}
	a = answer{}
	if err := json.Unmarshal(resp.Body, &a); err != nil {
		return driver.Status{}, driver.Fail(egress.Transient, "reply")
	}
	if a.Data == "" && a.URL == "" {
		return driver.Status{State: driver.Running}, nil
	}
	return done(a)
}

func (painter) Cancel(context.Context, driver.Follower, driver.Ticket) (driver.CancelOutcome, error) {
	return driver.Unsupported, nil
}

func (painter) Forget(context.Context, driver.Follower, driver.Ticket) (driver.Residue, error) {
	return driver.Residue{Held: []driver.Held{{What: "result", Reason: "no-erase-call"}}}, nil
}

func (painter) Leftover([]byte) (driver.Ticket, bool) { return nil, false }

// studio is the invented recipient.
type studio struct {
	*kit.Kit
	shape drivertest.Shape
	jobs  map[string]kit.Job
	slow  bool
	took  [][]byte
}

func newStudio(shape drivertest.Shape, slow bool) *studio {
	s := &studio{shape: shape, jobs: map[string]kit.Job{}, slow: slow}
	render := func(_ context.Context, j kit.Job) (kit.Output, error) {
		return kit.Output{Data: append(slices.Clone(j.Media["photo"]), j.Texts["prompt"]...), MediaType: "image/png"}, nil
	}
	s.Kit = kit.New("studio", kit.Options{Seed: 1, Render: render, Oversize: 3 << 20, Down: kit.JSON(503, map[string]any{})}, s.answer)
	return s
}

func (s *studio) answer(c *kit.Call) kit.Reply {
	if c.Fault == kit.Throttled {
		return kit.Reply{Status: 429, Body: []byte(`{"error":"busy"}`), Throttle: true}
	}
	switch c.Path {
	case "/paint":
		return s.paint(c)
	case "/ask":
		s.Lock()
		job := s.jobs[c.Text("id")]
		s.Unlock()
		if s.slow {
			return kit.JSON(200, answer{ID: c.Text("id")})
		}
		return s.result(c, job)
	}
	return kit.JSON(http.StatusNotFound, map[string]any{"error": "no such path"})
}

func (s *studio) paint(c *kit.Call) kit.Reply {
	photo, err := base64.StdEncoding.DecodeString(c.Text("picture"))
	if kit.IsAddress(c.Text("picture")) {
		photo, _, err = s.FetchLink(c.Context(), c.Text("picture"), "photo")
	}
	if err != nil || len(photo) == 0 {
		return kit.JSON(http.StatusBadRequest, map[string]any{"error": "picture"})
	}
	for member, field := range map[string]string{"picture": "photo", "prompt": "prompt", "style": "style"} {
		if c.Text(member) != "" {
			c.Field(field)
		}
	}
	job := kit.Job{Want: "image", Media: map[string][]byte{"photo": photo}, Texts: map[string]string{"prompt": c.Text("prompt")}}
	if s.shape == drivertest.AskedInline || s.shape == drivertest.Asked {
		id := s.ID("job-")
		s.Lock()
		s.jobs[id] = job
		s.Unlock()
		return kit.JSON(200, answer{ID: id})
	}
	return s.result(c, job)
}

func (s *studio) result(c *kit.Call, job kit.Job) kit.Reply {
	out, err := s.Render(c.Context(), job)
	if err != nil {
		return kit.JSON(http.StatusInternalServerError, map[string]any{})
	}
	if s.shape == drivertest.Delivery {
		s.Lock()
		s.took = append(s.took, out.Data)
		s.Unlock()
		return kit.JSON(200, answer{})
	}
	if s.shape == drivertest.AtOnce || s.shape == drivertest.AskedInline {
		return kit.JSON(200, answer{Data: base64.StdEncoding.EncodeToString(out.Data)})
	}
	held := s.Hold("result", "output", out.Data, out.MediaType, time.Hour)
	return kit.JSON(200, answer{URL: s.Publish(held, c.Host, "/files/"+s.ID("")+"?sign="+url.QueryEscape(s.ID("")))})
}

func harness(shape drivertest.Shape, transport string) drivertest.Harness {
	return drivertest.Harness{
		Driver: painter{shape}, App: "app", Feature: "painting", Recipient: "studio", Shape: shape,
		Wiring: provider.Wiring{"studio": {Driver: "painter", Workflows: map[privacy.FeatureID]driver.Workflow{"painting": {Call: "paint", Nodes: map[privacy.Field]driver.Node{
			"photo": {Name: "picture"}, "prompt": {Name: "prompt"}, "style": {Name: "style"},
		}}}}},
		Fields: map[privacy.Field]drivertest.Field{
			"photo":  {Kind: drivertest.Photo, Value: png, Transport: transport},
			"prompt": {Kind: drivertest.Words, Value: "a fox", Optional: true},
			"style":  {Kind: drivertest.Choice, Value: "pencil", Optional: true},
		},
		Calls:   [][]privacy.Field{{"photo", "prompt", "style"}},
		Matches: drivertest.Same("photo", "prompt"),
		Start: func(t *testing.T, slow bool) drivertest.Service {
			s := newStudio(shape, slow)
			t.Cleanup(s.Close)
			base, err := s.Start("127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			service := drivertest.On(s.Kit, egress.Config{Recipient: "studio", BaseURL: base, AllowLoopback: true}, func(c drivertest.Call, _, path string) bool {
				return c == 0 && path == "/paint" || c == drivertest.Ask && path == "/ask" || c == drivertest.Result && strings.HasPrefix(path, "/files/")
			})
			if shape == drivertest.Delivery {
				service.Took = func() [][]byte {
					s.Lock()
					defer s.Unlock()
					return slices.Clone(s.took)
				}
			}
			return service
		},
	}
}

// linkOnly is a recipient that is sent no byte of content in a call.
func linkOnly() drivertest.Harness {
	h := harness(drivertest.AtOnce, "url")
	for _, f := range []privacy.Field{"prompt", "style"} {
		delete(h.Fields, f)
		delete(h.Wiring["studio"].Workflows["painting"].Nodes, f)
	}
	h.Calls = [][]privacy.Field{{"photo"}}
	return h
}

func TestTheSuiteFitsEveryShapeOfRecipient(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]drivertest.Harness{
		"a job with a file": harness(drivertest.Asked, "base64"), "a job whose answer holds the result": harness(drivertest.AskedInline, "url"),
		"an answer that holds the result": harness(drivertest.AtOnce, "base64"), "an answer that names a file": harness(drivertest.AtOnceLink, "url"),
		"a call that carries a link and nothing else": linkOnly(), "an answer that says that the call was taken": harness(drivertest.Delivery, "base64"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			drivertest.Run(t, h)
		})
	}
}

func TestALinkThatServesNothingFailsTheOrder(t *testing.T) {
	t.Parallel()
	s := newStudio(drivertest.AtOnce, false)
	defer s.Close()
	if _, _, err := s.FetchLink(t.Context(), "http://127.0.0.1:1/m/x.png", "photo"); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

package e2e

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"vow.example/vow/client"
	"vow.example/vow/internal/effects/samples"
	"vow.example/vow/internal/server"
)

// stage is one server with every app and its simulated recipients.
type stage struct {
	t    *testing.T
	url  string
	keys map[string]string // app → publishable key
}

func newStage(t *testing.T) *stage {
	t.Helper()
	needBrowser(t)
	url, keys, stop, err := server.Private(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return &stage{t: t, url: url, keys: keys}
}

func (s *stage) client() *client.Client { return client.New(s.url, "", nil) }

// received is everything that the simulated RunningHub got.
func (s *stage) received() client.Received { return s.receivedBy("runninghub") }

// receivedBy is everything that a simulated recipient got.
func (s *stage) receivedBy(recipient string) client.Received {
	s.t.Helper()
	got, err := s.client().DemoReceived(s.t.Context(), recipient)
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

// receivedFields is the sorted set of personal fields that the simulated RunningHub got.
func (s *stage) receivedFields() []string {
	s.t.Helper()
	var fields []string
	for _, r := range s.received().Requests {
		fields = append(fields, r.Fields...)
	}
	return sorted(fields)
}

// nothingReceived fails the test if a single request reached the simulated RunningHub.
func (s *stage) nothingReceived() {
	s.t.Helper()
	if got := s.received(); len(got.Requests) != 0 || len(got.Holds) != 0 {
		s.t.Errorf("RunningHub received %d requests and holds %d things, want none", len(got.Requests), len(got.Holds))
	}
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// member is a person with a session, prepared through the API so that a page can be looked at.
type member struct {
	*stage
	app   string
	token string
	api   *client.Client
}

func (s *stage) member(app string) *member {
	s.t.Helper()
	made := s.admitted(app)
	return &member{stage: s, app: app, token: made.AccessToken, api: client.New(s.url, made.AccessToken, nil)}
}

// task agrees to the disclosure, uploads a sample and starts a task.
func (m *member) task(feature, prompt string) client.Task {
	m.t.Helper()
	ctx := m.t.Context()
	must := func(err error) {
		m.t.Helper()
		if err != nil {
			m.t.Fatal(err)
		}
	}
	photo, err := samples.Open(samples.Astronaut)
	must(err)
	up, err := m.api.Upload(ctx, bytes.NewReader(photo), "image/jpeg")
	must(err)
	task, err := m.api.CreateTask(ctx, client.TaskCreate{Feature: feature, Inputs: []client.TaskInput{{Role: "photo", Upload: up.ID}}, Prompt: prompt, Consent: m.agree(feature)}, "")
	must(err)
	return task
}

// agree says yes to what a feature discloses, and returns the consent.
func (m *member) agree(feature string) string {
	m.t.Helper()
	d, err := m.api.Disclosure(m.t.Context(), feature, "en")
	if err != nil {
		m.t.Fatal(err)
	}
	f, err := m.api.Feature(m.t.Context(), feature)
	if err != nil {
		m.t.Fatal(err)
	}
	yes, err := m.api.CreateConsent(m.t.Context(), client.ConsentCreate{Feature: feature, Recipient: f.Recipient.ID, Decision: "granted", DisclosureHash: d.Hash, Scope: d.Scope})
	if err != nil {
		m.t.Fatal(err)
	}
	return yes.ID
}

// reach waits until a task is in one of the states.
func (m *member) reach(id string, states ...string) client.Task {
	m.t.Helper()
	var last client.Task
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		var err error
		if last, err = m.api.Task(m.t.Context(), id); err != nil {
			m.t.Fatal(err)
		}
		if slices.Contains(states, last.State) {
			return last
		}
	}
	m.t.Fatalf("the task is %s (%+v), want one of %v", last.State, last.Error, states)
	return last
}

// sit gives the window the member's session.
func (m *member) sit(p *tab) {
	m.t.Helper()
	_, err := chromedp.Call(p.ctx, network.SetCookie, network.SetCookieParams{Name: "sid-" + m.app, Value: m.token, URL: m.url, Path: "/"})
	p.must(err)
	p.known[m.app] = true
}

// photoFile is a photo on the person's disk.
func photoFile(t *testing.T) string {
	t.Helper()
	b, err := samples.Open(samples.Astronaut)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "holiday in Lisbon.jpg")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

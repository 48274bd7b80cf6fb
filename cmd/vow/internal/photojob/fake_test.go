package photojob

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"vow.example/vow/client"
)

// fakeServer answers the routes of one job and remembers what was asked of it.
type fakeServer struct {
	*httptest.Server
	mu       sync.Mutex
	calls    []string
	consent  client.ConsentCreate
	upload   string
	uploads  int
	failAt   int // the upload that is refused, from 1
	taken    []string
	create   client.TaskCreate
	accepted *bool

	task    client.Task // what GET /v1/tasks/{id} answers
	stream  string      // the event stream
	hang    bool        // keep the stream open after stream
	refuse  map[string]client.Problem
	content string
	lose    func() // called where the answer to POST /v1/tasks gets lost
}

func newFakeServer(t *testing.T) *fakeServer {
	t.Helper()
	when := time.Date(2026, 11, 28, 14, 2, 0, 0, time.UTC)
	f := &fakeServer{
		refuse:  map[string]client.Problem{},
		content: "pixels",
		stream: "id: 1\nevent: state\ndata: {\"state\":\"generating\",\"progress\":{\"percent\":40,\"message\":\"Making it\"}}\n\n" +
			"id: 2\nevent: transfer\ndata: {\"id\":\"trf_1\",\"recipient\":\"runninghub\",\"fields\":[\"photo\"],\"bytes\":9}\n\n" +
			"id: 3\nevent: done\ndata: {\"state\":\"succeeded\"}\n\n",
		task: client.Task{
			ID: "tsk_1", State: "succeeded", WasSent: true,
			Recipient: client.RecipientRef{ID: "runninghub", Name: "RunningHub"},
			Outputs:   []client.Output{{ID: "out_1", MediaType: "image/jpeg", Clock: client.Clock{DeleteAt: &when}}},
			Transfers: []client.Transfer{{Recipient: client.RecipientRef{ID: "runninghub"}, Fields: []string{"photo"}}},
			Receipts:  []string{"rcp_1"},
		},
	}
	f.Server = httptest.NewServer(f.routes())
	t.Cleanup(f.Close)
	return f
}

func (f *fakeServer) routes() http.Handler {
	mux := http.NewServeMux()
	answer := func(route string, v func(r *http.Request) any) {
		mux.HandleFunc(route, func(w http.ResponseWriter, r *http.Request) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.calls = append(f.calls, route)
			if f.lose != nil && route == "POST /v1/tasks" {
				f.lose()
				panic(http.ErrAbortHandler)
			}
			w.Header().Set("Content-Type", "application/json")
			if p, ok := f.refuse[route]; ok {
				w.WriteHeader(p.Status)
				_ = json.NewEncoder(w).Encode(p)
				return
			}
			_ = json.NewEncoder(w).Encode(v(r))
		})
	}
	fixed := func(v any) func(*http.Request) any { return func(*http.Request) any { return v } }
	answer("POST /v1/sessions", fixed(client.Session{AccessToken: "tok"}))
	answer("DELETE /v1/sessions/current", fixed(struct{}{}))
	answer("GET /v1/features", fixed(client.Page[client.Feature]{Data: features()}))
	answer("GET /v1/features/{id}/disclosure", fixed(client.Disclosure{
		Hash: "sha256:1", Title: "Before we send your photo", AcceptLabel: "Agree", DeclineLabel: "Not now",
		Scope: "single_job", Links: []client.Link{{Text: "Policy", URL: "/pixplus/policy"}},
	}))
	answer("POST /v1/consents", func(r *http.Request) any {
		_ = json.NewDecoder(r.Body).Decode(&f.consent)
		return client.Consent{ID: "con_1"}
	})
	answer("POST /v1/uploads", func(r *http.Request) any {
		b, _ := io.ReadAll(r.Body)
		f.upload = r.Header.Get("Content-Type") + " " + string(b)
		f.uploads++
		if f.uploads+1 == f.failAt {
			f.refuse["POST /v1/uploads"] = client.Problem{Status: 413, Code: "media-too-large"}
		}
		return client.Upload{ID: fmt.Sprintf("upl_%d", f.uploads)}
	})
	answer("DELETE /v1/uploads/{id}", func(r *http.Request) any {
		f.taken = append(f.taken, r.PathValue("id"))
		return client.Receipt{}
	})
	answer("POST /v1/tasks", func(r *http.Request) any {
		_ = json.NewDecoder(r.Body).Decode(&f.create)
		return client.Task{ID: "tsk_1", State: "reviewing"}
	})
	answer("GET /v1/tasks", func(*http.Request) any { return client.Page[client.Task]{Data: []client.Task{f.task}} })
	answer("GET /v1/tasks/{id}", func(*http.Request) any { return f.task })
	answer("DELETE /v1/tasks/{id}", fixed(client.Page[client.Receipt]{Data: []client.Receipt{{ID: "rcp_1"}, {ID: "rcp_2"}}}))
	answer("POST /v1/tasks/{id}/cancel", func(*http.Request) any { return f.task })
	answer("GET /v1/receipts/{id}", func(r *http.Request) any { return client.Receipt{ID: r.PathValue("id")} })
	answer("POST /v1/tasks/{id}/confirm", func(r *http.Request) any {
		var in client.TaskConfirm
		_ = json.NewDecoder(r.Body).Decode(&in)
		f.accepted = &in.Accept
		return f.task
	})
	mux.HandleFunc("GET /v1/tasks/{id}/events", f.events)
	mux.HandleFunc("GET /v1/outputs/{id}/content", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", f.task.Outputs[0].MediaType)
		_, _ = io.WriteString(w, f.content)
	})
	return mux
}

func (f *fakeServer) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = io.WriteString(w, f.stream)
	_ = http.NewResponseController(w).Flush()
	if f.hang {
		<-r.Context().Done()
	}
}

func (f *fakeServer) called(route string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Contains(f.calls, route)
}

func features() []client.Feature {
	photo := client.Input{Role: "photo", Kind: "photo", Required: true, Label: "Your photo", MaxBytes: 100}
	other := func(role string, required bool) client.Input {
		return client.Input{Role: role, Kind: "photo", Required: required, Label: "The " + role, MaxBytes: 100}
	}
	prompt := client.Input{Role: "prompt", Kind: "text", Required: true, Label: "What happens"}
	live := func(id, makes string, inputs ...client.Input) client.Feature {
		return client.Feature{ID: id, State: "live", Available: true, Makes: makes, Recipient: client.RecipientRef{ID: "runninghub"}, Inputs: inputs}
	}
	paused := live("paused", "image", photo)
	paused.Available, paused.ReasonText = false, "Not available now: its recipient is paused"
	return []client.Feature{
		live("avatar", "image", photo, client.Input{Role: "prompt", Kind: "text", MaxLength: 5},
			client.Input{Role: "style", Kind: "choice", Choices: []client.Choice{{Value: "soft"}, {Value: "bold"}}, Default: "soft"}),
		live("story", "image", photo, prompt),
		live("poster", "image", photo, client.Input{Role: "size", Kind: "choice", Required: true, Choices: []client.Choice{{Value: "a4"}}}),
		live("plain", "image", photo),
		live("words", "image", prompt, client.Input{Role: "negative_prompt", Kind: "text", MaxLength: 9}),
		live("swap", "image", other("template", true), photo),
		live("mix", "image", other("first", false), other("second", false)),
		live("small", "image", client.Input{Role: "photo", Kind: "photo", MaxBytes: 5}),
		live("clip", "video", photo),
		live("faces", "attributes", photo),
		live("chat", "text", prompt),
		paused,
		{ID: "later", State: "planned"},
	}
}

// fakeUI remembers what was shown and gives the answers it was told to give.
type fakeUI struct {
	shown   []string
	words   []Words
	answers []bool
	err     error
	onState func()
}

func (u *fakeUI) Disclosure(f client.Feature, d client.Disclosure) {
	u.shown = append(u.shown, "disclosure "+f.ID+" "+d.Title)
	for _, l := range d.Links {
		u.shown = append(u.shown, "link "+l.URL)
	}
}

func (u *fakeUI) Confirm(_ context.Context, question string) (bool, error) {
	u.shown = append(u.shown, "question "+question)
	if u.err != nil || len(u.answers) == 0 {
		return false, u.err
	}
	a := u.answers[0]
	u.answers = u.answers[1:]
	return a, nil
}

func (u *fakeUI) State(s client.TaskState) {
	u.shown = append(u.shown, "state "+s.State)
	if u.onState != nil {
		u.onState()
	}
}

func (u *fakeUI) Transfer(t client.TransferState) {
	u.shown = append(u.shown, fmt.Sprintf("transfer %s %v", t.Recipient, t.Fields))
}

func (u *fakeUI) Words(w Words) { u.words = append(u.words, w) }

func (u *fakeUI) Note(text string) { u.shown = append(u.shown, text) }

package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"vow.example/vow/client"
	"vow.example/vow/internal/api/progress"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task"
	"vow.example/vow/internal/task/result"
)

func (a *API) taskRoutes() {
	rest.Register(a.rest, rest.Op{Method: http.MethodPost, Path: "/v1/tasks", ID: "createTask", Tag: "create", Summary: "Run a feature", Status: http.StatusAccepted}, a.createTask)
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/v1/tasks", ID: "listTasks", Tag: "create", Summary: "My work, newest first"}, a.listTasks)
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/v1/tasks/{id}", ID: "getTask", Tag: "create", Summary: "One task with its inputs, results, transfers and receipts"}, a.getTask)
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/v1/tasks/{id}/texts", ID: "listTaskTexts", Tag: "create", Summary: "What the person typed into a task, while it is kept, with the words that a rule was about"}, a.listTaskTexts)
	rest.Register(a.rest, rest.Op{Method: http.MethodDelete, Path: "/v1/tasks/{id}", ID: "deleteTask", Always: true, Tag: "create", Summary: "Erase a task with everything it used and made; ledger and receipts stay"}, a.deleteTask)
	rest.Register(a.rest, rest.Op{Method: http.MethodPost, Path: "/v1/tasks/{id}/cancel", ID: "cancelTask", Always: true, Tag: "create", Summary: "Stop a task and learn which of three things happened"}, a.cancelTask)
	rest.Register(a.rest, rest.Op{Method: http.MethodPost, Path: "/v1/tasks/{id}/confirm", ID: "confirmTask", Tag: "create", Summary: "Accept or decline a wording that the review proposed"}, a.confirmTask)
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/v1/tasks/{id}/events", ID: "streamTask", Tag: "create", Summary: "Live progress as server-sent events; resume with Last-Event-ID", More: eventStream}, a.streamTask)
}

type createTaskInput struct {
	Key  string `header:"Idempotency-Key" maxLength:"255" doc:"Repeat a request safely for 24 hours; no body is stored"`
	Body client.TaskCreate
}

type createdTask struct {
	Location string `header:"Location"`
	Replayed string `header:"Idempotent-Replayed"`
	Body     client.Task
}

func (a *API) createTask(ctx context.Context, in *createTaskInput) (*createdTask, error) {
	who := rest.WhoOf(ctx)
	r := task.Request{
		Feature: privacy.FeatureID(in.Body.Feature), Inputs: map[privacy.Field]privacy.ObjectID{},
		Texts:  map[privacy.Field]privacy.Text{"prompt": privacy.NewText(in.Body.Prompt), "negative_prompt": privacy.NewText(in.Body.NegativePrompt)},
		Params: map[privacy.Field]string{}, Consent: privacy.ConsentID(in.Body.Consent), ExpiresIn: in.Body.ExpiresIn, Language: who.Lang, Key: in.Key,
	}
	for i, input := range in.Body.Inputs {
		if _, twice := r.Inputs[privacy.Field(input.Role)]; twice {
			return nil, rest.Invalid("/inputs/"+strconv.Itoa(i), "duplicate", "Each role takes one upload.")
		}
		r.Inputs[privacy.Field(input.Role)] = privacy.ObjectID(input.Upload)
	}
	for name, value := range in.Body.Params {
		r.Params[privacy.Field(name)] = value
	}
	k, replayed, err := a.Tasks.Submit(ctx, who.Who, r)
	if err != nil {
		return nil, nothingSent(err)
	}
	view, err := a.taskView(ctx, who, k)
	if err != nil {
		return nil, err
	}
	out := &createdTask{Location: "/v1/tasks/" + string(k.ID), Body: view}
	if replayed {
		out.Replayed = "true"
	}
	return out, nil
}

// nothingSent adds to a refusal at the door what every task error says.
func nothingSent(err error) error {
	var f *fault.Error
	if !errors.As(err, &f) {
		f = fault.New(fault.Internal, "internal", "").Because(err)
	}
	return f.With("was_sent", false)
}

func (a *API) task(ctx context.Context, id string) (*rest.Credential, store.Task, error) {
	who := rest.WhoOf(ctx)
	k, err := a.DB.App(who.App()).Task(ctx, who.Subject, privacy.TaskID(id))
	if errors.Is(err, store.ErrNotFound) {
		return who, k, rest.NotFound()
	}
	return who, k, err
}

func (a *API) getTask(ctx context.Context, in *struct {
	rest.IDPath
	rest.LangQuery
}) (*rest.Answer[client.Task], error) {
	return a.showTask(ctx, in.ID)
}

func (a *API) showTask(ctx context.Context, id string) (*rest.Answer[client.Task], error) {
	who, k, err := a.task(ctx, id)
	if err != nil {
		return nil, err
	}
	view, err := a.taskView(ctx, who, k)
	if err != nil {
		return nil, err
	}
	return rest.Reply(view)
}

func (a *API) listTasks(ctx context.Context, in *struct {
	rest.Paging
	rest.LangQuery
}) (*rest.Answer[client.Page[client.Task]], error) {
	who := rest.WhoOf(ctx)
	rows, err := a.DB.App(who.App()).Tasks(ctx, who.Subject, privacy.TaskID(in.Cursor), in.Limit+1)
	if err != nil {
		return nil, err
	}
	views := make(map[privacy.TaskID]client.Task, len(rows))
	for _, k := range rows {
		if views[k.ID], err = a.taskView(ctx, who, k); err != nil {
			return nil, err
		}
	}
	return rest.Reply(rest.Page(rows, in.Limit, func(k store.Task) string { return string(k.ID) }, func(k store.Task) client.Task { return views[k.ID] }))
}

func (a *API) deleteTask(ctx context.Context, in *rest.IDPath) (*rest.Answer[client.Page[client.Receipt]], error) {
	who, k, err := a.task(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if err := a.Tasks.Stop(ctx, k, "canceled"); err != nil {
		return nil, err
	}
	list, err := a.DB.App(who.App()).TaskObjects(ctx, k.ID)
	if err != nil {
		return nil, err
	}
	receipts, err := a.Eraser.Objects(ctx, list, erasure.SubjectRequest, func(tx *store.Tx) error { return tx.DeleteTask(ctx, k.App, k.ID) })
	if errors.Is(err, store.ErrNotFound) {
		return nil, rest.NotFound() // erased by another request a moment ago
	}
	if err != nil {
		return nil, err
	}
	views, err := a.receipts(ctx, receipts)
	if err != nil {
		return nil, err
	}
	return rest.Reply(client.Page[client.Receipt]{Data: views})
}

func (a *API) cancelTask(ctx context.Context, in *rest.IDPath) (*rest.Answer[client.Task], error) {
	if err := a.Tasks.Cancel(ctx, rest.WhoOf(ctx).Who, privacy.TaskID(in.ID)); err != nil {
		return nil, err
	}
	return a.showTask(ctx, in.ID)
}

func (a *API) confirmTask(ctx context.Context, in *struct {
	rest.IDPath
	Body client.TaskConfirm
}) (*rest.Answer[client.Task], error) {
	if err := a.Tasks.Confirm(ctx, rest.WhoOf(ctx).Who, privacy.TaskID(in.ID), in.Body.Accept); err != nil {
		return nil, err
	}
	return a.showTask(ctx, in.ID)
}

func eventStream(o *huma.Operation) {
	o.Responses = map[string]*huma.Response{"200": {
		Description: "Events state, copy, transfer, text, output, deleted and done; comments every 15 seconds. " +
			"A text event carries a piece of a text while it is made, and its notices; it has no id and is never stored. A stream that is opened again begins the text again.",
		Content: map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: "string"}}},
	}}
}

const (
	pingEvery  = 15 * time.Second
	lookEvery  = time.Second
	retryAfter = 3000 // milliseconds
)

func (a *API) streamTask(ctx context.Context, in *struct {
	rest.IDPath
	rest.LangQuery
	Last string `header:"Last-Event-ID" maxLength:"20"`
}) (*huma.StreamResponse, error) {
	who, k, err := a.task(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	after, over, err := a.resume(ctx, k, in.Last)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		if over {
			h.SetStatus(http.StatusNoContent) // tells an EventSource not to come again
			return
		}
		h.SetHeader("Content-Type", "text/event-stream")
		h.SetHeader("X-Accel-Buffering", "no")
		if h.Method() == http.MethodHead {
			return
		}
		a.stream(h.Context(), flusher(h), who, k, after)
	}}, nil
}

// resume finds where to go on after the last event that the reader has seen; what was never sent
// starts from the beginning. over says that the task has ended and the reader has seen everything.
func (a *API) resume(ctx context.Context, k store.Task, last string) (after int64, over bool, err error) {
	after, err = strconv.ParseInt(last, 10, 64)
	if err != nil {
		return 0, false, nil
	}
	all, err := a.DB.App(k.App).Events(ctx, k.ID, 0)
	if err != nil || len(all) == 0 || after < 0 || after > all[len(all)-1].Seq {
		return 0, false, err
	}
	return after, k.State.Ended() && after == all[len(all)-1].Seq, nil
}

// flusher returns a writer that pushes every event out at once, and gives up on a reader that takes
// none.
func flusher(h huma.Context) func(string) error {
	w := h.BodyWriter()
	wait, push := func() {}, func() {}
	if rw, ok := w.(http.ResponseWriter); ok {
		control := http.NewResponseController(rw)
		wait = func() { _ = control.SetWriteDeadline(clock.Real{}.Now().Add(pingEvery)) } // where unsupported there is none
		push = func() { _ = control.Flush() }                                             // a failed flush shows at the next write
	}
	return func(s string) error {
		wait()
		_, err := w.Write([]byte(s))
		push()
		return err
	}
}

// stream sends what has happened and what happens, until the task has ended or the reader is gone.
func (a *API) stream(ctx context.Context, send func(string) error, who *rest.Credential, k store.Task, after int64) {
	w := &watching{send: send}
	var done, read func()
	w.news, done = a.Tasks.Watch(k.ID)
	defer done()
	w.text, read = a.Tasks.Read(k.ID)
	defer read()
	look, ping := time.NewTicker(lookEvery), time.NewTicker(pingEvery)
	defer look.Stop()
	defer ping.Stop()
	if send("retry: "+strconv.Itoa(retryAfter)+"\n\n") != nil {
		return
	}
	for {
		list, err := a.DB.App(k.App).Events(ctx, k.ID, after)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			a.Log.Error("the event stream broke off", log.Task(k.ID), log.Code(err))
			return
		}
		if w.pieces() != nil { // made before what was just looked up
			return
		}
		for _, e := range list {
			after = e.Seq
			if send(a.event(ctx, who, k, e)) != nil || e.Kind == "done" {
				return
			}
		}
		if k.State.Ended() {
			return // everything was sent
		}
		if k, err = a.DB.App(k.App).TaskByID(ctx, k.ID); err != nil {
			return // erased, or the reader is gone
		}
		if there, err := a.DB.App(k.App).HasSession(ctx, who.Session); err != nil || !there {
			return // whoever signs out is told nothing more
		}
		if k.State.Ended() {
			continue // its last events may have come after the look
		}
		if !w.wait(ctx, look.C, ping.C) {
			return
		}
	}
}

// watching is one reader of an event stream.
type watching struct {
	send func(string) error
	news <-chan struct{}
	text interface {
		News() <-chan struct{}
		Take() (at int, pieces []privacy.Text, notices []string)
	}
}

// wait returns true when the task may have changed, and false when the reader is gone. Meanwhile it
// passes pieces of a text on, for which the store need not be asked.
func (w *watching) wait(ctx context.Context, look, ping <-chan time.Time) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-w.text.News():
			if w.pieces() != nil {
				return false
			}
		case <-w.news:
			return true
		case <-look:
			return true
		case <-ping:
			return w.send(": ping\n\n") == nil
		}
	}
}

// pieces sends what has come of the text.
func (w *watching) pieces() error {
	at, list, notices := w.text.Take()
	if len(list) == 0 {
		return nil
	}
	return w.send(textEvent(at, list, notices))
}

// event writes one server-sent event. State events carry the progress page's steps as they are now.
func (a *API) event(ctx context.Context, who *rest.Credential, k store.Task, e store.Event) string {
	data := e.Data
	switch e.Kind {
	case "state":
		data = a.stateEvent(ctx, who, k, e)
	case "output":
		var o struct {
			ID       string   `json:"id"`
			Type     string   `json:"media_type"`
			DeleteAt string   `json:"delete_at"`
			Notices  []string `json:"notices"`
		}
		if json.Unmarshal(e.Data, &o) == nil {
			data, _ = json.Marshal(map[string]any{"id": o.ID, "media_type": o.Type, "kind": result.KindOf(o.Type), "content_url": "/v1/outputs/" + o.ID + "/content", "notices": o.Notices, "clock": map[string]string{"delete_at": o.DeleteAt}})
		}
	}
	return fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", e.Seq, e.Kind, data)
}

func (a *API) stateEvent(ctx context.Context, who *rest.Credential, k store.Task, e store.Event) json.RawMessage {
	var s struct {
		State         string `json:"state"`
		Percent       int    `json:"percent"`
		QueuePosition int    `json:"queue_position"`
	}
	if json.Unmarshal(e.Data, &s) != nil {
		return e.Data
	}
	out := struct {
		State    string          `json:"state"`
		Progress client.Progress `json:"progress"`
		Steps    []client.Step   `json:"steps,omitempty"`
	}{State: s.State, Progress: client.Progress{Percent: s.Percent, QueuePosition: s.QueuePosition, Message: progress.State(s.State, who.Lang)}}
	if now, err := a.DB.App(k.App).TaskByID(ctx, k.ID); err == nil {
		if view, err := a.taskView(ctx, who, now); err == nil {
			out.Steps = view.Steps
		}
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return e.Data
	}
	return raw
}

// hook takes a recipient's hint. Every answer is the same, and comes before the hint is looked at: a
// stranger learns nothing. The request lasts as long as the work, so that a server that stops waits.
func (a *API) hook(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("token")
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush() // a recipient that is gone does not need the answer
	if err := a.Tasks.Hook(context.WithoutCancel(r.Context()), token); err != nil && fault.KindOf(err) != fault.NotFound {
		a.Log.Error("a hint was not followed", log.Code(err))
	}
}

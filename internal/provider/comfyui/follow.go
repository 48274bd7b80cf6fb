package comfyui

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/provider/driver"
)

// lost is the code of a job that neither the history nor the queue knows: the server was restarted,
// or the job was taken out. It is not sent again by itself.
const lost = "lost"

// ticket names a job.
type ticket struct {
	ID     string   `json:"id"`
	Output string   `json:"output,omitempty"` // the node whose files are the result
	Inputs []string `json:"inputs,omitempty"` // what was uploaded for it, with its folder
}

// file is where ComfyUI keeps a file.
type file struct {
	Filename  string
	Name      string // as uploads call it
	Subfolder string
	Type      string
}

// UnmarshalJSON reads both forms, of uploads and of results.
func (f *file) UnmarshalJSON(raw []byte) error {
	type form file
	if err := json.Unmarshal(raw, (*form)(f)); err != nil {
		return err
	}
	f.Filename = cmp.Or(f.Filename, f.Name)
	return nil
}

// plain reports whether the names are names: no way up, nothing hidden, nothing encoded.
func (f *file) plain() bool {
	name := len(f.Filename) <= 200 && made(f.Filename, "._-") && f.Filename[0] != '.'
	folder := f.Subfolder == "" || len(f.Subfolder) <= 200 && made(f.Subfolder, "._-/")
	for _, part := range strings.Split(f.Subfolder, "/") {
		folder = folder && (f.Subfolder == "" || part != "" && part[0] != '.')
	}
	return name && folder
}

// entry is what is read of a history entry. Prompt, inputs and tracebacks stay unread.
type entry struct {
	Outputs map[string]map[string]json.RawMessage
	Status  struct {
		Word     string              `json:"status_str"`
		Messages [][]json.RawMessage // name and data
	}
}

// Poll looks for the job in the history and then in the queue.
func (Driver) Poll(ctx context.Context, f driver.Follower, t driver.Ticket) (driver.Status, error) {
	job, err := open(t)
	if err != nil {
		return driver.Status{}, err
	}
	return job.find(ctx, f)
}

func open(t driver.Ticket) (ticket, error) {
	var job ticket
	strange := func(name string) bool { _, ok := uploaded(name); return !ok }
	if err := json.Unmarshal(t, &job); err != nil || !isID(job.ID) || slices.ContainsFunc(job.Inputs, strange) {
		return job, driver.Fail(egress.Bug, "ticket")
	}
	return job, nil
}

// find asks the history, the queue, and the history once more: a job may end between two questions.
func (job ticket) find(ctx context.Context, f driver.Follower) (driver.Status, error) {
	for range 2 {
		done, err := job.history(ctx, f)
		if done != nil || err != nil {
			return job.ended(done), err
		}
		waiting, err := job.queue(ctx, f)
		if waiting.State != driver.Unknown || err != nil {
			return waiting, err
		}
	}
	return driver.Status{State: driver.Failed, Class: egress.Failed, Code: lost}, nil
}

// history returns the job's entry, or nil while there is none.
func (job ticket) history(ctx context.Context, f driver.Follower) (*entry, error) {
	answer, err := f.Follow(ctx, wire.Request{Method: "GET", Path: "/history/" + job.ID, Header: header(), Reply: wire.Large})
	if err != nil {
		return nil, err
	}
	var list map[string]*entry
	if json.Unmarshal(answer.Body, &list) != nil || list == nil {
		return nil, driver.Fail(egress.Transient, "history-reply")
	}
	return list[job.ID], nil
}

// queue returns the job's state where it waits or runs. Of each item only number and identifier
// are read: the rest is somebody's prompt.
func (job ticket) queue(ctx context.Context, f driver.Follower) (driver.Status, error) {
	answer, err := f.Follow(ctx, wire.Request{Method: "GET", Path: "/queue", Header: header(), Reply: wire.Large})
	if err != nil {
		return driver.Status{}, err
	}
	var reply struct {
		Running [][]json.RawMessage `json:"queue_running"`
		Pending [][]json.RawMessage `json:"queue_pending"`
	}
	if json.Unmarshal(answer.Body, &reply) != nil || reply.Running == nil || reply.Pending == nil {
		return driver.Status{}, driver.Fail(egress.Transient, "queue-reply")
	}
	for _, item := range reply.Running {
		if _, id := item2(item); id == job.ID {
			return driver.Status{State: driver.Running}, nil
		}
	}
	at := slices.IndexFunc(reply.Pending, func(item []json.RawMessage) bool { _, id := item2(item); return id == job.ID })
	if at < 0 {
		return driver.Status{}, nil
	}
	own, _ := item2(reply.Pending[at])
	before := 0
	for _, item := range reply.Pending {
		if n, id := item2(item); id != "" && n < own { // the list is a heap, not a line
			before++
		}
	}
	return driver.Status{State: driver.Queued, QueuePosition: before + 1}, nil
}

// ended turns a history entry into a status.
func (job ticket) ended(e *entry) driver.Status {
	if e == nil {
		return driver.Status{}
	}
	if e.Status.Word == "error" {
		class, code := e.failure()
		return driver.Status{State: driver.Failed, Class: class, Code: code}
	}
	s := driver.Status{State: driver.Done}
	for _, kind := range []string{"images", "gifs", "videos", "video"} {
		files, _ := filesIn(e.Outputs[job.Output][kind])
		for _, at := range files {
			s.Results = append(s.Results, driver.Result{File: &egress.Address{
				Path: "/view", Header: header(),
				Query: map[string]string{"filename": at.Filename, "subfolder": at.Subfolder, "type": at.Type},
			}})
		}
	}
	if len(s.Results) == 0 {
		return driver.Status{State: driver.Failed, Class: egress.Failed, Code: "empty"}
	}
	return s
}

// failure reads why a job failed: the kind of message, the kind of exception and the kind of node.
// The traceback and the inputs beside them are not read.
func (e *entry) failure() (egress.Class, string) {
	for _, m := range slices.Backward(e.Status.Messages) {
		var name string
		if len(m) != 2 || json.Unmarshal(m[0], &name) != nil {
			continue
		}
		var data struct {
			Exception string `json:"exception_type"`
			Node      string `json:"node_type"`
		}
		_ = json.Unmarshal(m[1], &data) // without it the kind of message is all that is known
		switch {
		case name == "execution_interrupted":
			return egress.Failed, name
		case name != "execution_error":
		case strings.HasSuffix(data.Exception, "OutOfMemoryError"):
			return egress.Failed, "out_of_memory"
		case strings.Contains(data.Node, "LoadImage"):
			return egress.BadMedia, name
		default:
			return egress.Failed, name
		}
	}
	return egress.Failed, "unlisted"
}

// Cancel takes a waiting job out of the queue, or interrupts a running one, and looks again. What
// is not seen to have stopped is not called stopped.
func (Driver) Cancel(ctx context.Context, f driver.Follower, t driver.Ticket) (driver.CancelOutcome, error) {
	job, err := open(t)
	if err != nil {
		return driver.Unsupported, err
	}
	return job.stop(ctx, f)
}

func (job ticket) stop(ctx context.Context, f driver.Follower) (driver.CancelOutcome, error) {
	const looks = 5 // an interruption takes effect at the next step of the model
	asked := false
	for range looks {
		s, err := job.find(ctx, f)
		switch {
		case err != nil:
			return driver.Unsupported, err
		case s.State == driver.Failed && asked:
			return driver.Stopped, nil
		case s.State == driver.Failed || s.State == driver.Done:
			return driver.TooLate, nil
		case s.State == driver.Queued:
			err = job.tell(ctx, f, "/queue", wire.JSON{"delete": wire.Array{wire.Literal(job.ID)}})
		default:
			err = job.tell(ctx, f, "/interrupt", wire.JSON{"prompt_id": wire.Literal(job.ID)})
		}
		if err != nil {
			return driver.Unsupported, err
		}
		asked = true
	}
	return driver.TooLate, nil
}

// tell makes a call whose answer is empty.
func (job ticket) tell(ctx context.Context, f driver.Follower, path string, body wire.JSON) error {
	_, err := f.Follow(ctx, wire.Request{Method: "POST", Path: path, Header: header(), Body: body, Reply: wire.Empty})
	return err
}

// item2 reads number and identifier of an item of the queue.
func item2(item []json.RawMessage) (number float64, id string) {
	if len(item) < 2 || json.Unmarshal(item[0], &number) != nil || json.Unmarshal(item[1], &id) != nil {
		return 0, ""
	}
	return number, id
}

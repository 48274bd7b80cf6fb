package comfyui

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/provider/driver"
)

// Forget stops the job where it still waits or runs, and overwrites its files with a picture of
// nobody, because ComfyUI has no call that erases one. The history entry, which holds the prompt and
// names the files, is erased last, so that what failed can be tried again.
func (Driver) Forget(ctx context.Context, f driver.Follower, t driver.Ticket) (driver.Residue, error) {
	job, err := open(t)
	if err != nil {
		return driver.Residue{}, err
	}
	outcome, err := job.stop(ctx, f)
	if err != nil {
		return driver.Residue{}, err
	}
	done, err := job.history(ctx, f)
	if err != nil {
		return driver.Residue{}, err
	}
	var r driver.Residue
	made, named := done.files()
	if err := blankAll(ctx, f, job.uploads(), "inputs", &r); err != nil {
		return driver.Residue{}, err
	}
	if err := blankAll(ctx, f, made, "result", &r); err != nil {
		return driver.Residue{}, err
	}
	if !named || done == nil && outcome != driver.Stopped { // a job that was taken out of the queue made nothing
		r.Held = append(r.Held, driver.Held{What: "result", Reason: driver.NoEraseCall}) // nobody knows the names
	}
	if slices.ContainsFunc(r.Held, func(h driver.Held) bool { return h.Reason == driver.EraseFailed }) {
		r.Held = append(r.Held, driver.Held{What: record, Reason: driver.EraseFailed})
		return r, nil
	}
	return r, job.unremember(ctx, f, &r)
}

// record is the history entry, in the words of what stays.
const record = "task record"

// unremember erases the history entry and looks whether it is gone.
func (job ticket) unremember(ctx context.Context, f driver.Follower, r *driver.Residue) error {
	if err := job.tell(ctx, f, "/history", wire.JSON{"delete": wire.Array{wire.Literal(job.ID)}}); err != nil {
		return err
	}
	s, err := job.find(ctx, f)
	switch {
	case err != nil:
		return err
	case s.Code == lost:
		r.Erased = append(r.Erased, record)
	default:
		r.Held = append(r.Held, driver.Held{What: record, Reason: driver.EraseFailed})
	}
	return nil
}

// uploads are the files that were uploaded for the job.
func (job ticket) uploads() (list []file) {
	for _, name := range job.Inputs {
		at, _ := uploaded(name)
		list = append(list, at)
	}
	return list
}

// files are the files of every node; false: there is one that cannot be named.
func (e *entry) files() (list []file, named bool) {
	const most = 500
	named = true
	if e == nil {
		return nil, true
	}
	for _, node := range slices.Sorted(maps.Keys(e.Outputs)) {
		for _, kind := range slices.Sorted(maps.Keys(e.Outputs[node])) {
			found, ok := filesIn(e.Outputs[node][kind])
			list, named = append(list, found...), named && ok
		}
	}
	if len(list) > most {
		return list[:most], false
	}
	return list, named
}

// filesIn reads a list of an output, which may be one of files that the job made; false: one of
// them has a name that is none.
func filesIn(raw json.RawMessage) (list []file, named bool) {
	var items []json.RawMessage
	_ = json.Unmarshal(raw, &items) // no list, no files
	named = true
	for _, item := range items {
		var at file
		switch err := json.Unmarshal(item, &at); {
		case err != nil || at.Filename == "" || at.Type == "input": // a word, or a picture of the graph's own
		case at.plain() && (at.Type == "output" || at.Type == "temp"):
			list = append(list, at)
		default:
			named = false
		}
	}
	return list, named
}

// uploaded reads the name of an upload, as a graph has it.
func uploaded(name string) (file, bool) {
	cut := strings.LastIndexByte(name, '/')
	if cut <= 0 {
		return file{}, false
	}
	at := file{Filename: name[cut+1:], Subfolder: name[:cut], Type: "input"}
	return at, at.plain()
}

// blankAll overwrites the files of one kind, and notes whether the server says so of every one.
func blankAll(ctx context.Context, f driver.Follower, files []file, what string, r *driver.Residue) error {
	all := true
	for _, at := range files {
		done, err := at.blank(ctx, f)
		if err != nil {
			return err
		}
		all = all && done
	}
	switch {
	case !all:
		r.Held = append(r.Held, driver.Held{What: what, Reason: driver.EraseFailed})
	case len(files) > 0:
		r.Erased = append(r.Erased, what+" overwritten")
	}
	return nil
}

// blank overwrites a file with a picture of nobody. The server's answer says where it was stored:
// under another name, the old one stays. A refusal that will not change is no error.
func (f *file) blank(ctx context.Context, to driver.Follower) (bool, error) {
	answer, err := to.Follow(ctx, wire.Request{
		Method: "POST", Path: "/upload/image", Header: header(), Body: wire.Multipart{
			{Name: "overwrite", Value: wire.Literal("true")},
			{Name: "subfolder", Value: wire.Literal(f.Subfolder)},
			{Name: "type", Value: wire.Literal(f.Type)},
			{Name: "image", Value: wire.Blank(f.Filename)},
		},
	})
	var e *egress.Error
	if errors.As(err, &e) && !e.Class.Retryable() {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var now file
	err = json.Unmarshal(answer.Body, &now)
	return err == nil && now.Filename == f.Filename && now.Subfolder == f.Subfolder && now.Type == f.Type, nil
}

// Leftover returns a ticket by the order's key, under which the job was queued if it was.
func (Driver) Leftover(saved []byte) (driver.Ticket, bool) {
	var done notes
	if err := json.Unmarshal(saved, &done); err != nil || !isID(done.Key) {
		return nil, false
	}
	t, err := driver.TicketOf(ticket{ID: done.Key, Inputs: done.inputs()})
	return t, err == nil
}

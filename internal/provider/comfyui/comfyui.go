// Package comfyui translates orders into calls of a ComfyUI server of the operator's own, and its
// answers into statuses.
//
// It promises that the operator's graph is checked against the places of the fields before any
// call; that every upload of an order lies in a folder of its own; and that of the server's answers,
// which hold prompts, inputs and tracebacks, only states, codes and names of files are read. It
// never sends a field that the graph has no place for, never opens the server's event socket, and
// never claims that a file is gone: ComfyUI has no call for that, so files are overwritten with a
// picture of nobody, and what could not be is said to stay.
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
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/driver"
)

// Name is the word by which wiring names this driver.
const Name = "comfyui"

// token is the credential of a proxy in front of the server, which itself asks for none.
const token = "token"

// Credentials returns the names of the credentials that the driver needs, and of those it can use.
func Credentials() (required, optional []string) { return nil, []string{token} }

// Driver speaks ComfyUI's protocol. It has no state.
type Driver struct{}

// notes is what Begin saves: the order's name at the server, and what was uploaded there.
type notes struct {
	Key   string                   `json:"key"`
	Files map[privacy.Field]string `json:"files,omitempty"` // names at the server, with their folder
}

// Begin checks the graph, uploads each picture once into the order's own folder, and queues the
// graph under the order's key.
func (Driver) Begin(ctx context.Context, s driver.Sender, o driver.Order) (driver.Begun, error) {
	done, err := resume(o)
	if err != nil {
		return driver.Begun{}, err
	}
	g, err := readGraph(s, o.Workflow)
	if err != nil {
		return driver.Begun{}, err
	}
	for _, f := range s.Fields() {
		if s.Transport(f) != "bytes" || done.Files[f] != "" {
			continue
		}
		if done.Files[f], err = upload(ctx, s, f, o.Key); err != nil {
			return driver.Begun{}, err
		}
		if err := save(ctx, s, done); err != nil {
			return driver.Begun{}, err
		}
	}
	if len(done.Files) == 0 { // an order without pictures is noted too: it can be forgotten by its key
		if err := save(ctx, s, done); err != nil {
			return driver.Begun{}, err
		}
	}
	return submit(ctx, s, o, done, g.request(s, o, done))
}

// resume reads what an earlier attempt saved.
func resume(o driver.Order) (notes, error) {
	done := notes{}
	if !isID(o.Key) {
		return done, driver.Fail(egress.Bug, "key")
	}
	if len(o.Resume) > 0 {
		if err := json.Unmarshal(o.Resume, &done); err != nil || done.Key != o.Key {
			return done, driver.Fail(egress.Bug, "resume")
		}
		for _, name := range done.Files {
			if _, ok := uploaded(name); !ok {
				return done, driver.Fail(egress.Bug, "resume")
			}
		}
	}
	done.Key = o.Key
	if done.Files == nil {
		done.Files = map[privacy.Field]string{}
	}
	return done, nil
}

func save(ctx context.Context, s driver.Sender, done notes) error {
	state, err := json.Marshal(done)
	if err != nil {
		return driver.Fail(egress.Bug, "state")
	}
	return s.Save(ctx, state)
}

// inputs are the names of what was uploaded, in a fixed order.
func (n *notes) inputs() []string {
	var list []string
	for _, f := range slices.Sorted(maps.Keys(n.Files)) {
		list = append(list, n.Files[f])
	}
	return list
}

// upload stores a picture in the order's folder and returns its name there. A name that is not
// plain, or another folder, is no answer of ComfyUI's.
func upload(ctx context.Context, s driver.Sender, f privacy.Field, folder string) (string, error) {
	answer, err := s.Send(ctx, wire.Request{
		Method: "POST", Path: "/upload/image", Header: header(), Body: wire.Multipart{
			{Name: "overwrite", Value: wire.Literal("true")},
			{Name: "subfolder", Value: wire.Literal(folder)},
			{Name: "type", Value: wire.Literal("input")},
			{Name: "image", Value: wire.Media(f)},
		},
	})
	if err != nil {
		return "", err
	}
	var at file
	if err := json.Unmarshal(answer.Body, &at); err != nil || !at.plain() || at.Subfolder != folder || at.Type != "input" {
		return "", driver.Fail(egress.UnknownOutcome, "upload-reply")
	}
	return at.Subfolder + "/" + at.Filename, nil
}

// submit queues the graph. The server takes the identifier that it is given; an older one makes its own.
func submit(ctx context.Context, s driver.Sender, o driver.Order, done notes, r wire.Request) (driver.Begun, error) {
	answer, err := s.Send(ctx, r)
	if err != nil {
		return driver.Begun{}, refused(err, answer, o.Workflow, s)
	}
	var reply struct {
		ID string `json:"prompt_id"`
	}
	if err := json.Unmarshal(answer.Body, &reply); err != nil || !isID(reply.ID) {
		return driver.Begun{}, driver.Fail(egress.UnknownOutcome, "prompt-reply")
	}
	t, err := driver.TicketOf(ticket{ID: reply.ID, Output: o.Workflow.Set["output"], Inputs: done.inputs()})
	return driver.Begun{Ticket: t}, err
}

// refused reads the codes of a graph that the server did not accept. The messages and details
// beside them, which quote inputs, are not read.
func refused(err error, answer egress.Response, w driver.Workflow, s driver.Sender) error {
	var reply struct {
		Error struct{ Type string }
		Nodes map[string]struct {
			Errors []struct{ Type string }
		} `json:"node_errors"`
	}
	var e *egress.Error
	if !errors.As(err, &e) || e.Class != egress.Bug || json.Unmarshal(answer.Body, &reply) != nil || reply.Error.Type == "" {
		return err
	}
	finer := *e
	finer.Code = driver.Code(reply.Error.Type)
	for _, id := range slices.Sorted(maps.Keys(reply.Nodes)) {
		list := reply.Nodes[id].Errors
		if len(list) == 0 {
			continue
		}
		finer.Code = driver.Code(list[0].Type)
		if list[0].Type == "custom_validation_failed" && takesMedia(id, w, s) {
			finer.Class = egress.BadMedia // LoadImage could not open the picture
			break
		}
	}
	return &finer
}

// takesMedia reports whether a picture of this order goes into the node.
func takesMedia(id string, w driver.Workflow, s driver.Sender) bool {
	return slices.ContainsFunc(s.Fields(), func(f privacy.Field) bool {
		return s.MediaType(f) != "" && w.Nodes[f].ID == id
	})
}

// header carries the proxy's token where one is configured.
func header() map[string]wire.Value {
	return map[string]wire.Value{"Authorization": wire.BearerIfSet(token)}
}

// made reports whether s is made of letters, digits and the given signs only.
func made(s, signs string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		plain := r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
		return !plain && !strings.ContainsRune(signs, r)
	})
}

// isID reports whether s is a UUID in its usual form.
func isID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, r := range s {
		hyphen := i == 8 || i == 13 || i == 18 || i == 23
		if hyphen != (r == '-') || !hyphen && !strings.ContainsRune("0123456789abcdef", r) {
			return false
		}
	}
	return true
}

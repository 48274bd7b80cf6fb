// Package runninghub translates orders into RunningHub's workflow API ("task/openapi") and its
// answers into statuses.
//
// It promises requests that are, field by field, those of the recorded reference client, and
// addMetadata false in every order, so that a result does not carry the prompt. It never sends a
// field that the workflow has no node for, never repeats RunningHub's messages, and never trusts
// a callback: those are hints to poll.
package runninghub

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/driver"
)

// Name is the word by which wiring names this driver. Credential is the name of its key.
const (
	Name       = "runninghub"
	Credential = "api_key"
)

// Credentials names the keys that the operator must give, and those they may.
func Credentials() (required, optional []string) { return []string{Credential}, nil }

// outputsKept is how long RunningHub is reported to keep results (PIX-7-07: "up to 15 days").
const outputsKept = 15 * 24 * time.Hour

// Driver speaks RunningHub's protocol. It has no state.
type Driver struct{}

// saved is what Begin notes between upload and create.
type saved struct {
	Files map[privacy.Field]string `json:"files"` // names at RunningHub
}

// ticket names a job at RunningHub.
type ticket struct {
	Task string `json:"task"`
}

// Begin uploads each medium once, notes its name there, and creates the task.
func (Driver) Begin(ctx context.Context, s driver.Sender, o driver.Order) (driver.Begun, error) {
	done := saved{Files: map[privacy.Field]string{}}
	if len(o.Resume) > 0 {
		if err := json.Unmarshal(o.Resume, &done); err != nil || done.Files == nil {
			return driver.Begun{}, driver.Fail(egress.Bug, "resume")
		}
	}
	for _, f := range s.Fields() {
		if _, ok := o.Workflow.Nodes[f]; !ok {
			return driver.Begun{}, driver.Fail(egress.Bug, "no-node")
		}
	}
	for _, f := range s.Fields() {
		if s.MediaType(f) == "" || done.Files[f] != "" {
			continue
		}
		name, err := upload(ctx, s, f)
		if err != nil {
			return driver.Begun{}, err
		}
		done.Files[f] = name
		state, err := json.Marshal(done)
		if err != nil {
			return driver.Begun{}, driver.Fail(egress.Bug, "state")
		}
		if err := s.Save(ctx, state); err != nil {
			return driver.Begun{}, err
		}
	}
	return create(ctx, s, o, done)
}

func upload(ctx context.Context, s driver.Sender, f privacy.Field) (string, error) {
	kind, _, _ := strings.Cut(s.MediaType(f), "/")
	answer, err := s.Send(ctx, wire.Request{Method: "POST", Path: "/task/openapi/upload", Body: wire.Multipart{
		{Name: "apiKey", Value: wire.Secret(Credential)},
		{Name: "fileType", Value: wire.Literal(kind)},
		{Name: "file", Value: wire.Media(f)},
	}})
	if err != nil {
		return "", err
	}
	var data struct{ FileName string }
	if err := read(answer, &data); err != nil {
		return "", err
	}
	if !regexp.MustCompile(`^api/[A-Za-z0-9_-]+\.[a-z0-9]+$`).MatchString(data.FileName) {
		return "", driver.Fail(egress.UnknownOutcome, "upload-reply")
	}
	return data.FileName, nil
}

func create(ctx context.Context, s driver.Sender, o driver.Order, done saved) (driver.Begun, error) {
	nodes := wire.Array{}
	for _, f := range slices.Sorted(maps.Keys(o.Workflow.Nodes)) {
		if !slices.Contains(s.Fields(), f) {
			continue // an optional input that was not given keeps the workflow's own default
		}
		var value wire.Value = wire.Text(f)
		if name := done.Files[f]; name != "" {
			value = wire.Literal(name)
		}
		node := o.Workflow.Nodes[f]
		nodes = append(nodes, wire.Object{
			"nodeId": wire.Literal(node.ID), "fieldName": wire.Literal(node.Name), "fieldValue": value,
		})
	}
	body := wire.JSON{
		"apiKey": wire.Secret(Credential), "workflowId": wire.Literal(o.Workflow.ID),
		"nodeInfoList": nodes, "addMetadata": wire.Bool(false),
	}
	if o.Webhook != "" {
		body["webhookUrl"] = wire.Callback(o.Webhook)
	}
	answer, err := s.Send(ctx, post("create", body))
	if err != nil {
		return driver.Begun{}, err
	}
	var data struct{ TaskID json.RawMessage }
	if err := read(answer, &data); err != nil {
		return driver.Begun{}, err
	}
	id := strings.Trim(string(data.TaskID), `"`)
	if !isNumber(id) {
		return driver.Begun{}, driver.Fail(egress.UnknownOutcome, "create-reply")
	}
	t, err := driver.TicketOf(ticket{Task: id})
	return driver.Begun{Ticket: t}, err
}

// isNumber reports whether s is an identifier of RunningHub's, which are numbers in quotes.
func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 64)
	return err == nil
}

// post is a JSON call as the reference client makes it: the key in the body and as bearer.
func post(call string, body wire.JSON) wire.Request {
	return wire.Request{
		Method: "POST", Path: "/task/openapi/" + call, Body: body,
		Header: map[string]wire.Value{"Authorization": wire.Bearer(Credential)},
	}
}

// about is a call about a job.
func about(call string, t driver.Ticket) (wire.Request, error) {
	var id ticket
	if err := json.Unmarshal(t, &id); err != nil || !isNumber(id.Task) {
		return wire.Request{}, driver.Fail(egress.Bug, "ticket")
	}
	return post(call, wire.JSON{"apiKey": wire.Secret(Credential), "taskId": wire.Literal(id.Task)}), nil
}

// ask makes a call about a job and reads the data of its answer.
func ask(ctx context.Context, f driver.Follower, call string, t driver.Ticket, data any) error {
	r, err := about(call, t)
	if err != nil {
		return err
	}
	answer, err := f.Follow(ctx, r)
	if err != nil {
		return err
	}
	if err = read(answer, data); errors.Is(err, egress.ErrUnknownOutcome) {
		return driver.Fail(egress.Transient, "reply") // a question may be asked again
	}
	return err
}

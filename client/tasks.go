package client

import (
	"context"
	"iter"
	"net/http"
)

// CreateTask asks for one generation. With an idempotency key, which may be empty, the same call
// can be made twice and still makes one task.
func (c *Client) CreateTask(ctx context.Context, in TaskCreate, idempotencyKey string) (Task, error) {
	h := http.Header{}
	if idempotencyKey != "" {
		h.Set("Idempotency-Key", idempotencyKey)
	}
	var out Task
	err := c.post(ctx, "/v1/tasks", h, in, &out)
	return out, err
}

// Task returns a task as it stands now.
func (c *Client) Task(ctx context.Context, id string) (Task, error) {
	var out Task
	err := c.get(ctx, at("/v1/tasks/", id, ""), nil, &out)
	return out, err
}

// Tasks lists the person's tasks, newest first.
func (c *Client) Tasks(ctx context.Context) iter.Seq2[Task, error] {
	return pages[Task](ctx, c, "/v1/tasks", nil)
}

// CancelTask stops a task. CancelOutcome of the answer says honestly what that achieved.
func (c *Client) CancelTask(ctx context.Context, id string) (Task, error) {
	var out Task
	err := c.post(ctx, at("/v1/tasks/", id, "/cancel"), nil, nil, &out)
	return out, err
}

// TaskConfirm answers a rewritten prompt.
type TaskConfirm struct {
	Accept bool `json:"accept" doc:"true: go on with the shown prompt; false: end the task, nothing is sent"`
}

// TaskText is what the person typed into one input of a task.
type TaskText struct {
	Field string `json:"field"`
	Label string `json:"label"`
	Text  string `json:"text"`
	Marks []Mark `json:"marks" doc:"The words that the rule of the review is about; empty where it is about none or all"`
}

// Mark is a place in a text, counted in characters (Unicode code points): From is the first, To the one behind the last.
type Mark struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// TaskTexts returns what the person typed into a task, as long as it is kept: to change it and try again.
func (c *Client) TaskTexts(ctx context.Context, id string) ([]TaskText, error) {
	var out Page[TaskText]
	err := c.get(ctx, at("/v1/tasks/", id, "/texts"), nil, &out)
	return out.Data, err
}

// ConfirmTask answers the review's rewritten prompt: go on with it, or end the task.
func (c *Client) ConfirmTask(ctx context.Context, id string, accept bool) (Task, error) {
	var out Task
	err := c.post(ctx, at("/v1/tasks/", id, "/confirm"), nil, TaskConfirm{Accept: accept}, &out)
	return out, err
}

// DeleteTask erases a task with all it still holds and returns the receipts.
func (c *Client) DeleteTask(ctx context.Context, id string) ([]Receipt, error) {
	var out Page[Receipt]
	err := c.delete(ctx, at("/v1/tasks/", id, ""), &out)
	return out.Data, err
}

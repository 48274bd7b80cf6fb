package client

import (
	"context"
	"iter"
	"time"
)

// Chat is a conversation.
type Chat struct {
	ID        string     `json:"id" doc:"cht_…"`
	CreatedAt time.Time  `json:"created_at"`
	TouchedAt time.Time  `json:"touched_at" doc:"Of the latest question"`
	Questions int        `json:"questions"`
	Turns     []ChatTurn `json:"turns,omitempty" doc:"The oldest first; in lists left out"`
}

// ChatTurn is one question with its answer. A text that is missing is not there yet, or erased.
type ChatTurn struct {
	Task     string         `json:"task" doc:"The task that answers; its events carry the answer while it is written"`
	State    string         `json:"state"`
	WasSent  bool           `json:"was_sent"`
	At       time.Time      `json:"at"`
	Question string         `json:"question,omitempty"`
	Answer   string         `json:"answer,omitempty"`
	Notices  []AnswerNotice `json:"notices,omitempty" doc:"What must be shown beside the answer"`
	DeleteAt *time.Time     `json:"delete_at,omitempty" doc:"When the last word of it is erased"`
}

// AnswerNotice is a notice that must be shown beside what a machine made.
type AnswerNotice struct {
	Code string `json:"code" enum:"ai_generated,medical,legal"`
	Text string `json:"text"`
}

// ChatSay is one question.
type ChatSay struct {
	Text    string `json:"text" minLength:"1" maxLength:"16384"`
	Consent string `json:"consent,omitempty" maxLength:"64" doc:"Left out: the standing consent to the chat"`
}

// NewChat begins a conversation.
func (c *Client) NewChat(ctx context.Context) (Chat, error) {
	var out Chat
	err := c.post(ctx, "/v1/chats", nil, nil, &out)
	return out, err
}

// Chats lists conversations, the newest first.
func (c *Client) Chats(ctx context.Context) iter.Seq2[Chat, error] {
	return pages[Chat](ctx, c, "/v1/chats", nil)
}

// Chat returns a conversation with its turns.
func (c *Client) Chat(ctx context.Context, id string) (Chat, error) {
	var out Chat
	err := c.get(ctx, at("/v1/chats/", id, ""), nil, &out)
	return out, err
}

// ChatSaid is a question that was taken.
type ChatSaid struct {
	Chat   string `json:"chat"`
	Task   string `json:"task" doc:"The task that answers"`
	Events string `json:"events" doc:"Where the answer can be read while it is written"`
}

// ChatDeleted is a conversation that has ended.
type ChatDeleted struct {
	Receipts []string `json:"receipts" doc:"One for everything that was erased"`
}

// Say asks a question. The answer comes on the events of the task.
func (c *Client) Say(ctx context.Context, chat string, in ChatSay) (ChatSaid, error) {
	var out ChatSaid
	err := c.post(ctx, at("/v1/chats/", chat, "/messages"), nil, in, &out)
	return out, err
}

// DeleteChat ends a conversation and erases every word of it.
func (c *Client) DeleteChat(ctx context.Context, id string) (ChatDeleted, error) {
	var out ChatDeleted
	err := c.delete(ctx, at("/v1/chats/", id, ""), &out)
	return out, err
}

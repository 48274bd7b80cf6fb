// Package talk is the group of routes of conversations.
//
// It promises that an answer is never shown without the notices that belong to it, and that a text which
// is erased is missing and not empty words. It never decides: the service does.
package talk

import (
	"context"
	"errors"
	"net/http"

	"vow.example/vow/client"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/talk"
	service "vow.example/vow/internal/talk"
)

// group is the routes with their service.
type group struct{ talk *service.Service }

// known gives a conversation that the person does not have its answer.
func known(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return rest.NotFound()
	}
	return err
}

// Routes returns what registers the group.
func Routes(s *service.Service) func(*rest.Server) {
	g := &group{s}
	return func(r *rest.Server) {
		rest.Register(r, rest.Op{Method: http.MethodPost, Path: "/v1/chats", ID: "createChat", Tag: "chat", Status: http.StatusCreated, Summary: "Begin a conversation"}, g.create)
		rest.Register(r, rest.Op{Method: http.MethodGet, Path: "/v1/chats", ID: "listChats", Tag: "chat", Summary: "My conversations, the newest first"}, g.list)
		rest.Register(r, rest.Op{Method: http.MethodGet, Path: "/v1/chats/{id}", ID: "getChat", Tag: "chat", Summary: "A conversation with its turns"}, g.get)
		rest.Register(r, rest.Op{Method: http.MethodPost, Path: "/v1/chats/{id}/messages", ID: "sayInChat", Tag: "chat", Status: http.StatusAccepted,
			Summary: "Ask a question; the answer comes on the task's events and is stopped by cancelling the task"}, g.say)
		rest.Register(r, rest.Op{Method: http.MethodDelete, Path: "/v1/chats/{id}", ID: "deleteChat", Tag: "chat", Always: true, Summary: "End a conversation and erase every word of it, now"}, g.erase)
	}
}

func (g *group) create(ctx context.Context, _ *struct{}) (*rest.Answer[client.Chat], error) {
	c, err := g.talk.Start(ctx, rest.WhoOf(ctx).Who)
	if err != nil {
		return nil, err
	}
	return rest.Reply(view(c))
}

func view(c talk.Chat) client.Chat {
	return client.Chat{ID: string(c.ID), CreatedAt: c.At, TouchedAt: c.TouchedAt, Questions: c.Turns}
}

func (g *group) list(ctx context.Context, in *rest.Paging) (*rest.Answer[client.Page[client.Chat]], error) {
	list, err := g.talk.List(ctx, rest.WhoOf(ctx).Who, talk.Page{Before: privacy.ChatID(in.Cursor), Limit: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	return rest.Reply(rest.Page(list, in.Limit, func(c talk.Chat) string { return string(c.ID) }, view))
}

func (g *group) get(ctx context.Context, in *rest.IDPath) (*rest.Answer[client.Chat], error) {
	who := rest.WhoOf(ctx)
	c, err := g.talk.Find(ctx, who.Who, privacy.ChatID(in.ID))
	if err != nil {
		return nil, known(err)
	}
	turns, err := g.talk.Turns(ctx, who.Who, c.ID)
	if err != nil {
		return nil, err
	}
	out := view(c)
	for _, t := range turns {
		out.Turns = append(out.Turns, client.ChatTurn{
			Task: string(t.Task), State: string(t.State), WasSent: t.WasSent, At: t.At,
			Question: t.Question.Reveal(), Answer: t.Answer.Reveal(), Notices: notices(who, t), DeleteAt: rest.TimeOrNil(t.GoneBy),
		})
	}
	return rest.Reply(out)
}

// notices puts the notices of an answer into words.
func notices(who *rest.Credential, t service.Turn) []client.AnswerNotice {
	if t.Answer.Empty() {
		return nil
	}
	words := map[string]terms.Localized{}
	if a := who.Policy.Terms().Answers; a != nil {
		words = map[string]terms.Localized{"ai_generated": a.AI, "medical": a.Medical, "legal": a.Legal}
	}
	var list []client.AnswerNotice
	for _, code := range t.Notices {
		list = append(list, client.AnswerNotice{Code: code, Text: words[code].In(who.Lang)})
	}
	return list
}

// saying is the request of a question.
type saying struct {
	rest.IDPath
	Key  string `header:"Idempotency-Key" maxLength:"255" doc:"The same key and request make one question"`
	Body client.ChatSay
}

func (g *group) say(ctx context.Context, in *saying) (*rest.Answer[client.ChatSaid], error) {
	who := rest.WhoOf(ctx)
	k, err := g.talk.Say(ctx, who.Who, privacy.ChatID(in.ID), service.Say{
		Text: privacy.NewText(in.Body.Text), Consent: privacy.ConsentID(in.Body.Consent), Language: who.Lang, Key: in.Key,
	})
	if err != nil {
		return nil, known(err)
	}
	return rest.Reply(client.ChatSaid{Chat: in.ID, Task: string(k.ID), Events: "/v1/tasks/" + string(k.ID) + "/events"})
}

func (g *group) erase(ctx context.Context, in *rest.IDPath) (*rest.Answer[client.ChatDeleted], error) {
	receipts, err := g.talk.Erase(ctx, rest.WhoOf(ctx).Who, privacy.ChatID(in.ID))
	if err != nil {
		return nil, known(err)
	}
	out := client.ChatDeleted{Receipts: []string{}}
	for _, r := range receipts {
		out.Receipts = append(out.Receipts, string(r.ID))
	}
	return rest.Reply(out)
}

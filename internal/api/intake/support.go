package intake

import (
	"context"
	"net/http"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/intake"
	facts "vow.example/vow/internal/store/intake"
)

// supportRoutes stay open whatever a person's standing: whoever is shut out must be able to ask why, and to complain.
func (g *group) supportRoutes(s *rest.Server) {
	always := func(o rest.Op) rest.Op {
		o.Always = true
		return o
	}
	taking[client.Letter](s, always(op("POST", "/v1/support", "writeSupport", http.StatusCreated, "Write to support")), g.write)
	rest.Register(s, always(op("GET", "/v1/support", "listSupport", http.StatusOK, "Conversations with support, newest first")), g.threads)
	rest.Register(s, always(op("GET", "/v1/support/{id}", "getSupport", http.StatusOK, "A conversation, with everything that was said")), g.thread)
	taking[client.Letter](s, always(op("POST", "/v1/support/{id}/messages", "replySupport", http.StatusCreated, "Write to a conversation that is open")), g.reply)
	rest.Register(s, always(op("POST", "/v1/support/{id}/close", "closeSupport", http.StatusOK, "End a conversation: the clock of its messages starts")), g.close)
	taking[client.Letter](s, always(op("POST", "/v1/complaints/{source}", "sendComplaint", http.StatusCreated, "Complain about something of somebody else's, in a source of the policy, which says whether it is handed on")), g.complain)
}

func (g *group) complain(ctx context.Context, in *struct {
	Source string `path:"source" maxLength:"64" doc:"Id of the source, see the policy's collection"`
	Raw
}) (*rest.Answer[client.Complaint], error) {
	o, err := g.Intake.Complain(ctx, in.Source, in.call(ctx))
	if err != nil {
		return nil, err
	}
	return rest.Reply(client.Complaint{ID: string(o.Object), Source: in.Source, At: o.WrittenAt, DeleteBy: o.Due()})
}

func (g *group) write(ctx context.Context, in *Raw) (*rest.Answer[client.SupportThread], error) {
	return g.shown(g.Intake.Write(ctx, "", in.call(ctx)))
}

func (g *group) reply(ctx context.Context, in *struct {
	rest.IDPath
	Raw
}) (*rest.Answer[client.SupportThread], error) {
	return g.shown(g.Intake.Write(ctx, in.ID, in.call(ctx)))
}

func (g *group) shown(t facts.Thread, err error) (*rest.Answer[client.SupportThread], error) {
	if err != nil {
		return nil, err
	}
	return rest.Reply(threadView(t, g.Now()))
}

func (g *group) threads(ctx context.Context, in *rest.Paging) (*rest.Answer[client.Page[client.SupportThread]], error) {
	list, err := g.Intake.Threads(ctx, rest.WhoOf(ctx).Who, in.Cursor, in.Limit+1)
	if err != nil {
		return nil, err
	}
	view := func(t facts.Thread) client.SupportThread { return threadView(t, g.Now()) }
	return rest.Reply(rest.Page(list, in.Limit, func(t facts.Thread) string { return t.ID }, view))
}

func (g *group) thread(ctx context.Context, in *rest.IDPath) (*rest.Answer[client.SupportThread], error) {
	t, said, err := g.Intake.Messages(ctx, rest.WhoOf(ctx).Who, in.ID, vault.Reading{Why: vault.ForSubject})
	if err != nil {
		return nil, err
	}
	out := threadView(t, g.Now())
	for _, m := range said {
		out.Messages = append(out.Messages, messageView(m))
	}
	return rest.Reply(out)
}

func (g *group) close(ctx context.Context, in *rest.IDPath) (*rest.Answer[client.SupportThread], error) {
	if err := g.Intake.Close(ctx, rest.WhoOf(ctx).Who, in.ID); err != nil {
		return nil, err
	}
	return g.thread(ctx, in)
}

func threadView(t facts.Thread, now time.Time) client.SupportThread {
	out := client.SupportThread{ID: t.ID, State: "open", CreatedAt: t.At, UpdatedAt: t.ChangedAt, ClosesAt: t.ClosesAt, DeleteBy: t.ExpiresAt}
	if t.Closed(now) {
		out.State = "closed"
	}
	return out
}

func messageView(m intake.Message) client.SupportMessage {
	out := client.SupportMessage{Author: m.Author, At: m.At, Erased: m.Data == nil}
	for name, v := range m.Data {
		s, _ := v.(string)
		switch name {
		case "text":
			out.Text = s
		case "email":
			out.Email = s
		default:
			if out.Data == nil {
				out.Data = map[string]any{}
			}
			out.Data[name] = v
		}
	}
	return out
}

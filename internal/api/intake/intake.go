// Package intake is the part of the public API through which an app hands over what is no input of a
// feature, and reads what its policy permits.
//
// It promises that a body is read as it came and judged as a whole, and that the network address is the one
// that the server sees. It never decides what is permitted: it asks the room that holds the schemas.
package intake

import (
	"context"
	"net/http"
	"net/netip"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"vow.example/vow/client"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/intake"
	"vow.example/vow/internal/intake/bound"
	"vow.example/vow/internal/intake/device"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/task"
)

// Options are the parts that the routes speak for.
type Options struct {
	Intake   *intake.Service
	Devices  *device.Service
	Policies interface {
		InForce(app privacy.AppID, at time.Time) (*policy.Policy, bool)
	}
	Now func() time.Time
	// Apps that declare a source, where a vendor names none.
	Apps []privacy.AppID
	// Pending returns the ids of notices that wait for a person; nil: there are none.
	Pending func(ctx context.Context, who task.Who) ([]string, error)
}

type group struct{ Options }

// Routes registers the routes of the group.
func Routes(s *rest.Server, o Options) {
	g := &group{o}
	taking[client.Telemetry](s, op("POST", "/v1/telemetry", "sendTelemetry", http.StatusAccepted, "Hand over facts about device, build and connection"), g.take(terms.Telemetry))
	taking[client.EventReport](s, op("POST", "/v1/events", "sendEvents", http.StatusAccepted, "Hand over named events"), g.take(terms.Events))
	taking[client.Telemetry](s, op("POST", "/v1/crash-reports", "sendCrashReport", http.StatusAccepted, "Hand over a report about a crash"), g.take(terms.Crash))
	taking[client.Telemetry](s, op("POST", "/v1/login-risk", "checkLoginRisk", http.StatusOK, "Compare the identifiers of this device with those of earlier logins; only keyed digests are kept"), g.loginRisk)
	taking[client.Letter](s, op("POST", "/v1/feedback", "sendFeedback", http.StatusAccepted, "Say what you think"), g.feedback)
	taking[client.Letter](s, op("POST", "/v1/surveys/{id}", "answerSurvey", http.StatusAccepted, "Answer a questionnaire of the policy"), g.survey)
	taking[client.SharePresence](s, op("POST", "/v1/share-targets", "matchShareTargets", http.StatusOK, "Say which of the listed apps are present; nothing is kept"), g.share)
	rest.Register(s, op("GET", "/v1/share-targets", "listShareTargets", http.StatusOK, "The short list of apps that the device may be asked about"), g.targets)
	g.deviceRoutes(s)
	g.supportRoutes(s)
	g.policyRoutes(s)
	g.inboundRoutes(s)
	rest.Register(s, rest.Op{Method: "GET", Path: "/v1/bootstrap", ID: "getBootstrap", Tag: "intake", AppKey: true, Summary: "What the app on this platform may hold, ask for and hand over"}, g.bootstrap)
}

func op(method, path, id string, status int, summary string) rest.Op {
	return rest.Op{Method: method, Path: path, ID: id, Tag: "intake", Summary: summary, Status: status}
}

// Raw takes a body unread, and the address of the other end.
type Raw struct {
	RawBody []byte
	peer    netip.Addr
}

// Resolve keeps the address that the connection comes from. No header may say another one.
func (r *Raw) Resolve(ctx huma.Context) []error {
	if at, err := netip.ParseAddrPort(ctx.RemoteAddr()); err == nil {
		r.peer = at.Addr()
	}
	return nil
}

func (r *Raw) call(ctx context.Context) intake.Call {
	return intake.Call{Who: rest.WhoOf(ctx).Who, Body: r.RawBody, Peer: r.peer}
}

// taking registers an operation whose body, documented as B, is judged by the room that stores it.
func taking[B, I, O any](s *rest.Server, o rest.Op, f func(context.Context, *I) (*O, error)) {
	more := o.More
	o.More = func(h *huma.Operation) {
		if h.MaxBodyBytes = intake.MaxBytes; more != nil {
			more(h)
		}
	}
	rest.Register(s, o, f)
	schema := s.Huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[B](), true, "")
	path := s.Huma.OpenAPI().Paths[o.Path]
	for _, h := range []*huma.Operation{path.Post, path.Put} {
		if h != nil && h.OperationID == o.ID {
			h.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}
		}
	}
}

func (g *group) take(kind terms.IntakeKind) func(context.Context, *Raw) (*rest.Answer[client.Accepted], error) {
	return func(ctx context.Context, in *Raw) (*rest.Answer[client.Accepted], error) {
		return accepted(g.Intake.Take(ctx, kind, in.call(ctx)))
	}
}

func accepted(n int, err error) (*rest.Answer[client.Accepted], error) {
	if err != nil {
		return nil, err
	}
	return rest.Reply(client.Accepted{Accepted: n})
}

func (g *group) loginRisk(ctx context.Context, in *Raw) (*rest.Answer[client.LoginRisk], error) {
	r, err := g.Intake.AtLogin(ctx, in.call(ctx))
	if err != nil {
		return nil, err
	}
	return rest.Reply(client.LoginRisk{StepUp: r.StepUp, ReducedSecurity: r.Reduced})
}

func (g *group) feedback(ctx context.Context, in *Raw) (*rest.Answer[client.Accepted], error) {
	return accepted(g.Intake.Say(ctx, terms.Feedback, "", in.call(ctx)))
}

func (g *group) survey(ctx context.Context, in *struct {
	rest.IDPath
	Raw
}) (*rest.Answer[client.Accepted], error) {
	return accepted(g.Intake.Say(ctx, terms.Survey, in.ID, in.call(ctx)))
}

// PlatformQuery says which platform an app runs on.
type PlatformQuery struct {
	Platform string `query:"platform" required:"true" enum:"ios,android,web"`
}

func (g *group) targets(ctx context.Context, in *PlatformQuery) (*rest.Answer[client.ShareTargets], error) {
	list := intake.Targets(rest.WhoOf(ctx).Policy, terms.Platform(in.Platform))
	if len(list) == 0 {
		return nil, fault.New(fault.NotFound, "feature-unavailable", "This app does not offer this here.")
	}
	return rest.Reply(client.ShareTargets{Targets: list})
}

func (g *group) share(ctx context.Context, in *Raw) (*rest.Answer[client.ShareTargets], error) {
	list, err := g.Intake.Share(ctx, in.call(ctx))
	if err != nil {
		return nil, err
	}
	return rest.Reply(client.ShareTargets{Targets: list})
}

func (g *group) deviceRoutes(s *rest.Server) {
	name := func(ctx context.Context, in *struct{ Body client.DeviceCreate }) (*rest.Answer[client.Device], error) {
		d, err := g.Devices.Name(ctx, rest.WhoOf(ctx).Who, terms.Platform(in.Body.Platform), in.Body.ID)
		if err != nil {
			return nil, err
		}
		return rest.Reply(client.Device{ID: d.ID, Platform: d.Platform, CreatedAt: d.At, DeleteAt: d.ExpiresAt})
	}
	rest.Register(s, op("POST", "/v1/devices", "createDevice", http.StatusCreated, "Give the app on this device a name, drawn at random"), name)
	rest.Register(s, op("PUT", "/v1/devices", "renewDevice", http.StatusOK, "The same name again, where it is the person's; otherwise a new one"), name)
	rest.Register(s, op("DELETE", "/v1/devices/{id}", "forgetDevice", http.StatusNoContent, "Erase the name of a device"), func(ctx context.Context, in *rest.IDPath) (*struct{}, error) {
		return nil, g.Devices.Forget(ctx, rest.WhoOf(ctx).Who, in.ID)
	})
}

func (g *group) inboundRoutes(s *rest.Server) {
	o := op("POST", "/v1/inbound/{source}", "receiveInbound", http.StatusAccepted, "Data of a vendor that the policy names, signed with HMAC-SHA256 over the timestamp, a dot and the body")
	o.Open = true
	taking[map[string]any](s, o, g.inbound)
}

func (g *group) inbound(ctx context.Context, in *struct {
	Source    string `path:"source" maxLength:"64"`
	App       string `query:"app" maxLength:"64" doc:"Needed where several apps name the source"`
	Timestamp string `header:"Vow-Timestamp" maxLength:"20" doc:"Seconds since 1970"`
	Signature string `header:"Vow-Signature" maxLength:"80" doc:"v1= and the hex HMAC-SHA256"`
	Raw
}) (*rest.Answer[client.Accepted], error) {
	d := intake.Delivery{App: privacy.AppID(in.App), Source: in.Source, Body: in.RawBody, Stamp: bound.Stamp{Timestamp: in.Timestamp, Signature: in.Signature}}
	if d.App == "" {
		d.App = g.only(in.Source)
	}
	if _, err := g.Intake.Receive(ctx, d); err != nil {
		return nil, err
	}
	// The same whatever became of it: whether there is such a person, and what they let be taken, is no vendor's business.
	return rest.Reply(client.Accepted{Accepted: 1})
}

// only returns the app that names a source, where it is one.
func (g *group) only(source string) (found privacy.AppID) {
	for _, app := range g.Apps {
		p, ok := g.Policies.InForce(app, g.Now())
		if !ok {
			continue
		}
		if _, names := p.Terms().Vendor(source); names {
			if found != "" {
				return ""
			}
			found = app
		}
	}
	return found
}

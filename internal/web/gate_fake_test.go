package web

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vow.example/vow/client"
)

// gate is the fake of an app that asks for the age band and about its policy, marks and shares works, and
// knows logins. It keeps what was said, as the server does.
type gate struct {
	*fakeAPI
	sync.Mutex
	asks     []string
	sessions map[string]*client.Me // by token
	refused  []string              // devices
	below    int                   // a guardian has to agree for minors below this age; 0: there is no such age
	marked   bool
	shared   bool
	silent   []client.MessageChoice // as the form sent them
	erased   []string
}

const gateToken = "tok_gate"

func newGate(t *testing.T, change func(*client.App), asks ...string) (http.Handler, *gate) {
	t.Helper()
	g := &gate{asks: asks, sessions: map[string]*client.Me{}}
	site, _ := newSite(t, func(o *Options) {
		g.fakeAPI = o.API.(*fakeAPI)
		o.API = g
		o.Apps = func() []client.App {
			a := client.App{ID: "pixplus", Name: "PixPlus", MinAge: 13, Operator: "PixPlus Support Team", Asks: asks, Offers: []string{"favorites", "sharing", "one_click"}, AppKey: "pk_test_pixplus"}
			if change != nil {
				change(&a)
			}
			g.below = a.GuardianBelow
			return []client.App{a}
		}
	})
	return site, g
}

// standing is what has to happen before anything else.
func (g *gate) standing(me *client.Me) string {
	switch {
	case slices.Contains(g.asks, "age") && me.AgeBand == "":
		return "age-required"
	case (me.AgeBand == "under" || me.AgeBand == "minor") && me.Guardian != "confirmed":
		return "guardian-required"
	case slices.Contains(g.asks, "acceptance") && !me.Accepted:
		return "policy-not-accepted"
	}
	return ""
}

// shuts reports whether the app stays shut for a band, whatever a guardian says.
func (g *gate) shuts(band string) bool {
	return band == "under" && (g.below > 0 || !slices.Contains(g.asks, "guardian"))
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.Lock()
	defer g.Unlock()
	key, token := r.Method+" "+r.URL.Path, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case key == "POST /v1/sessions":
		g.open(w, r)
		return
	case key == "POST /v1/sessions/remembered":
		g.enter(w, &client.Me{ID: "sub_1", UserID: "sub_1", AgeBand: "over", Accepted: true}, &client.Keepsake{Cookie: "__Host-remember-pixplus", Token: "kept_2", ExpiresAt: day().Add(24 * time.Hour)})
		return
	case !needsSession(r) && !strings.HasPrefix(r.URL.Path, "/v1/account"):
		g.fakeAPI.ServeHTTP(w, r)
		return
	}
	me := g.sessions[token]
	if me == nil {
		problem(w, 401, "unauthenticated")
		return
	}
	if g.about(w, r, key, me) {
		return
	}
	if code := g.standing(me); code != "" && r.Method != http.MethodGet {
		problem(w, 403, code)
		return
	}
	r.Header.Set("Authorization", "Bearer "+fakeToken)
	g.work(w, r, key)
}

func (g *gate) open(w http.ResponseWriter, r *http.Request) {
	var in client.SessionCreate
	_ = json.NewDecoder(r.Body).Decode(&in)
	switch {
	case in.Login != "" && in.Password != "long and odd 47":
		problem(w, 401, "unauthenticated")
	case g.shuts(in.AgeBand):
		g.refused = append(g.refused, in.Device)
		problem(w, 403, "age-not-allowed")
	default:
		g.enter(w, &client.Me{ID: "sub_1", UserID: "sub_1", Membership: "free", AgeBand: in.AgeBand, CreatedAt: day()}, nil)
	}
}

func (g *gate) enter(w http.ResponseWriter, me *client.Me, kept *client.Keepsake) {
	g.sessions[gateToken] = me
	reply(w, 201, client.Session{ID: "ses_1", Subject: me.ID, AccessToken: gateToken, ExpiresAt: day().Add(time.Hour), Standing: g.standing(me), Remembered: kept})
}

// about answers what concerns the person, and reports whether it did.
func (g *gate) about(w http.ResponseWriter, r *http.Request, key string, me *client.Me) bool {
	answer := func() bool {
		out := *me
		out.Standing = g.standing(me)
		reply(w, 200, out)
		return true
	}
	switch key {
	case "GET /v1/me":
		return answer()
	case "PUT /v1/me/age":
		var in client.AgeStatement
		_ = json.NewDecoder(r.Body).Decode(&in)
		if me.AgeBand = in.Band; g.shuts(in.Band) {
			g.refused = append(g.refused, in.Device)
			delete(g.sessions, gateToken)
			problem(w, 403, "age-not-allowed")
			return true
		}
		return answer()
	case "GET /v1/me/acceptance":
		reply(w, 200, client.Reading{Required: true, Version: "pixplus/v1", Hash: "sha256:p", Title: "PixPlus Privacy Policy", Text: "PixPlus opens after you agree.", AcceptLabel: "Agree", DeclineLabel: "Do not agree",
			Highlights: []string{"faces"}, Sections: []client.PolicySection{{ID: "faces", Title: "1. Faces", Body: []string{"Faces."}}, {ID: "end", Title: "2. End", Body: []string{"End."}}}})
	case "POST /v1/me/acceptance":
		var in client.Acceptance
		_ = json.NewDecoder(r.Body).Decode(&in)
		switch {
		case in.Decision == "declined":
			delete(g.sessions, gateToken)
			reply(w, 200, client.Me{Standing: "account-erased"})
		case in.Hash != "sha256:p" || in.Version != "pixplus/v1":
			problem(w, 409, "consent-stale")
		default:
			me.Accepted = true
			return answer()
		}
	default:
		return g.choices(w, r, key, me)
	}
	return true
}

// choices answers guardian, switches and login.
func (g *gate) choices(w http.ResponseWriter, r *http.Request, key string, me *client.Me) bool {
	switch key {
	case "POST /v1/me/guardian":
		var in client.GuardianStep
		_ = json.NewDecoder(r.Body).Decode(&in)
		switch in.Code {
		case "":
			me.Guardian = "asked"
			reply(w, 200, client.GuardianState{State: "asked", Link: "gl_1", URL: "http://127.0.0.1:8420/g/gl_1"})
		case "12345678":
			me.Guardian = "confirmed"
			reply(w, 200, client.GuardianState{State: "confirmed"})
		default:
			problem(w, 403, "guardian-required")
		}
	case "GET /v1/me/privacy-settings":
		reply(w, 200, client.Page[client.Setting]{Data: []client.Setting{{ID: "analytics", Name: "Usage facts", Text: "which functions are used", On: me.Switches["analytics"]}, {ID: "diagnostics", Name: "Crash reports", Text: "what happened"}}})
	case "PUT /v1/me/privacy-settings":
		_ = json.NewDecoder(r.Body).Decode(&me.Switches)
		reply(w, 200, *me)
	case "GET /v1/me/messages":
		list := cannedMessages()
		for _, m := range list.Data {
			for i := range m.Ways {
				m.Ways[i].Off = slices.Contains(g.silent, client.MessageChoice{Kind: m.Kind, Channel: m.Ways[i].Channel, Off: true})
			}
		}
		reply(w, 200, list)
	case "PUT /v1/me/messages":
		g.silent = nil
		_ = json.NewDecoder(r.Body).Decode(&g.silent)
		if slices.ContainsFunc(g.silent, func(c client.MessageChoice) bool { return c.Kind == "security_alert" }) {
			problem(w, 422, "validation")
			return true
		}
		reply(w, 200, cannedMessages())
	case "GET /v1/me/permissions":
		reply(w, 200, client.Page[client.DevicePermission]{Data: []client.DevicePermission{{ID: "camera", Name: "Camera", Text: "to take a picture", Help: "Settings, then Camera.", State: "denied"}}})
	case "PATCH /v1/me":
		_ = json.NewDecoder(r.Body).Decode(me)
		reply(w, 200, *me)
	case "POST /v1/account":
		var in client.Account
		_ = json.NewDecoder(r.Body).Decode(&in)
		if me.Login = len(in.Password) >= 10; !me.Login {
			problem(w, 422, "validation")
			return true
		}
		w.WriteHeader(204)
	case "DELETE /v1/account":
		var in client.LoginRemoval
		_ = json.NewDecoder(r.Body).Decode(&in)
		if in.Password != "long and odd 47" {
			problem(w, 401, "unauthenticated")
			return true
		}
		me.Login = false
		w.WriteHeader(204)
	case "PUT /v1/me/remembered":
		reply(w, 200, client.Keepsake{Cookie: "__Host-remember-pixplus", Token: "kept_1", ExpiresAt: day().Add(24 * time.Hour)})
	case "DELETE /v1/me/remembered":
		reply(w, 200, client.Forgotten{Devices: 1})
	default:
		return false
	}
	return true
}

// work answers what concerns results.
func (g *gate) work(w http.ResponseWriter, r *http.Request, key string) {
	own := func() client.Output {
		o := output("out_1")
		o.Favorite, o.Shared = g.marked, g.shared
		return o
	}
	switch key {
	case "GET /v1/outputs":
		reply(w, 200, client.Page[client.Output]{Data: []client.Output{own(), output("out_3")}})
	case "GET /v1/outputs/out_1":
		reply(w, 200, own())
	case "GET /v1/privacy/export":
		reply(w, 200, client.ExportSize{Files: 2, Bytes: 176_000, Rows: 9})
	case "PUT /v1/outputs/out_1/favorite", "DELETE /v1/outputs/out_1/favorite":
		g.marked = r.Method == http.MethodPut
		w.WriteHeader(204)
	case "POST /v1/outputs/out_1/share":
		g.shared = true
		reply(w, 201, client.Share{Token: "tk", URL: "http://127.0.0.1:8420/s/tk"})
	case "DELETE /v1/outputs/out_1/share":
		g.shared = false
		w.WriteHeader(204)
	case "DELETE /v1/outputs/out_1", "DELETE /v1/outputs/out_3":
		g.erased = append(g.erased, r.URL.Path)
		reply(w, 200, receipt("rcp_1"))
	default:
		g.fakeAPI.ServeHTTP(w, r)
	}
}

package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"vow.example/vow/client"
)

func TestTheTableOfMessagesIsAFormOfWhatMayBeOffAndSaysWhatIsAlwaysSent(t *testing.T) {
	t.Parallel()
	site, g := newGate(t, nil, "age")
	_, page := newBrowser(t, site).get("/pixplus/settings") // a stranger sees what could be switched
	inOrder(t, page, `id="messages"`, "in the app", "SMS", "push message", "Policy change", "always", "always", "not sent", "About your work", "your choice", "not sent", "your choice")
	lacks(t, page, `name="known"`)
	b := grown(t, site, g)
	_, page = b.get("/pixplus/settings")
	inOrder(t, page, `action="/pixplus/settings/messages"`, "Policy change", "always", "sent</td>", "About your work", `name="known" value="task_status.in_app"`, `name="on" value="task_status.in_app" checked`,
		`value="task_status.push" checked`, "Results that are about to be deleted", `value="result_expiring.in_app" checked`, "not sent", "stays on record in the privacy center")
	lacks(t, page, `value="policy_change.`, "e-mail", `value="result_expiring.push"`)
	resp, _ := b.post("/pixplus/settings/messages", url.Values{"known": {"task_status.in_app", "task_status.push"}, "on": {"task_status.in_app"}})
	leads(t, resp, "/pixplus/settings?saved=messages#messages")
	want := []client.MessageChoice{{Kind: "task_status", Channel: "in_app"}, {Kind: "task_status", Channel: "push", Off: true}}
	if !slices.Equal(g.silent, want) {
		t.Errorf("sent %+v", g.silent)
	}
	_, page = b.get("/pixplus/settings?saved=messages")
	holds(t, page, "Saved.", `name="on" value="task_status.push">`)
	resp, page = b.post("/pixplus/settings/messages", url.Values{"known": {"security_alert.in_app"}})
	if resp.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(page, `role="alert"`) {
		t.Errorf("switching off an alert answered %d", resp.StatusCode)
	}
	_, page = b.get("/pixplus/settings?lang=zh")
	holds(t, page, "作品即将删除", "始终发送", "工作人员查看了您的内容")
}

func TestWhatIsSwitchedOffIsNotToldAndNotEvenRead(t *testing.T) {
	t.Parallel()
	off, none := map[string]bool{}, false
	var asked []string
	soon := output("out_1")
	soon.Clock.DeleteAt = at(time.Hour)
	seen := []client.Access{{ID: "acc_3", At: *at(-time.Hour)}, {ID: "acc_2", At: *at(-6 * 24 * time.Hour)}, {ID: "acc_1", At: *at(-7 * 24 * time.Hour)}}
	site, _ := newSite(t, func(o *Options) {
		f := o.API
		o.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.URL.Path)
			switch r.URL.Path {
			case "/v1/outputs":
				reply(w, 200, client.Page[client.Output]{Data: []client.Output{soon}})
			case "/v1/privacy/access":
				reply(w, 200, client.Page[client.Access]{Data: seen})
			case "/v1/notices":
				if none {
					reply(w, 200, client.Page[client.Notice]{Data: []client.Notice{}})
					return
				}
				f.ServeHTTP(w, r)
			case "/v1/me/messages":
				list := cannedMessages()
				for i, m := range list.Data {
					list.Data[i].Ways[0].Off = off[m.Kind]
				}
				reply(w, 200, list)
			default:
				f.ServeHTTP(w, r)
			}
		})
	})
	b := signedIn(t, site)
	_, page := b.get("/pixplus/notices")
	inOrder(t, page, `id="expiring"`, `id="looked"`, "Staff looked at your content 2 times", "In the last 7 days", `href="/pixplus/privacy#access"`)
	off["result_expiring"], off["staff_access"], asked = true, true, nil
	_, page = b.get("/pixplus/notices")
	holds(t, page, "PixPlus changes its privacy policy")
	lacks(t, page, `id="expiring"`, `id="looked"`)
	if slices.Contains(asked, "/v1/outputs") || slices.Contains(asked, "/v1/privacy/access") {
		t.Errorf("what is switched off is read: %v", asked)
	}
	none = true
	_, page = b.get("/pixplus/notices")
	holds(t, page, "Nothing. You are told here", `href="/pixplus/settings#messages"`)
	off["staff_access"] = false
	_, page = b.get("/pixplus/notices")
	holds(t, page, `id="looked"`)
	lacks(t, page, "Nothing. You are told here")
	_, page = b.get("/pixplus/privacy")
	inOrder(t, page, `id="access"`, "<li>") // the record stays
}

package people

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"

	"vow.example/vow/client"
)

// way finds how a kind of messages stands on a channel.
func way(t *testing.T, list client.Page[client.MessageKind], kind, channel string) client.MessageWay {
	t.Helper()
	for _, m := range list.Data {
		for _, w := range m.Ways {
			if m.Kind == kind && w.Channel == channel {
				return w
			}
		}
	}
	t.Fatalf("%s is on no channel %s", kind, channel)
	return client.MessageWay{}
}

func TestAPersonSeesAndChangesWhatTheyAreWrittenToAbout(t *testing.T) {
	d := newDesk(t)
	s := d.session("pixplus")
	read := func() (list client.Page[client.MessageKind]) {
		d.ask("GET", "/v1/me/messages", s.AccessToken, "", &list)
		return list
	}
	list := read()
	if w := way(t, list, "result_expiring", "in_app"); !w.Sent || !w.CanBeOff || w.Off {
		t.Errorf("%+v", w)
	}
	for _, kind := range []string{"policy_change", "security_alert", "support_answer"} {
		if w := way(t, list, kind, "in_app"); !w.Sent || w.CanBeOff || w.Off {
			t.Errorf("%s: %+v", kind, w)
		}
	}
	d.wants(200, "", "PUT", "/v1/me/messages", s.AccessToken, `[{"kind":"result_expiring","channel":"in_app","off":true}]`)
	if w := way(t, read(), "result_expiring", "in_app"); !w.Off || way(t, read(), "staff_access", "in_app").Off {
		t.Errorf("%+v", w)
	}
	for body, want := range map[string]string{
		`[{"kind":"staff_access","channel":"in_app","off":true},{"kind":"newsletter","channel":"in_app","off":true}]`:     "/1/kind",
		`[{"kind":"staff_access","channel":"in_app","off":true},{"kind":"support_answer","channel":"push","off":true}]`:   "/1/channel",
		`[{"kind":"staff_access","channel":"in_app","off":true},{"kind":"security_alert","channel":"in_app","off":true}]`: "/1/off",
	} {
		var p client.Problem
		if status, raw := d.ask("PUT", "/v1/me/messages", s.AccessToken, body, &p); status != 422 || p.Code != "validation" || !strings.Contains(string(raw), `"`+want+`"`) {
			t.Errorf("%s: %d %s", body, status, raw)
		}
	}
	if way(t, read(), "staff_access", "in_app").Off {
		t.Error("half of a refused change was made")
	}
	d.wants(401, "unauthenticated", "GET", "/v1/me/messages", "", "")
	many := strings.Repeat(`{"kind":"staff_access","channel":"in_app","off":true},`, 65)
	d.wants(422, "validation", "PUT", "/v1/me/messages", s.AccessToken, "["+strings.TrimSuffix(many, ",")+"]")
}

func TestAChoiceAboutMessagesIsOpenLikeEverySettingAndInTheCopy(t *testing.T) {
	d := newDesk(t)
	s := d.session("sample")
	d.wants(200, "", "PUT", "/v1/me/restriction", s.AccessToken, `{"ground":"accuracy_contested"}`)
	d.wants(200, "", "PUT", "/v1/me/messages", s.AccessToken, `[{"kind":"staff_access","channel":"in_app","off":true}]`)
	_, raw := d.ask("GET", "/v1/privacy/export", s.AccessToken, "", nil)
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	must(t, err)
	f, err := z.Open("data.json")
	must(t, err)
	copied, err := io.ReadAll(f)
	must(t, err)
	if !strings.Contains(string(copied), "message.staff_access.in_app=0") {
		t.Error("the copy does not tell the choice")
	}
}

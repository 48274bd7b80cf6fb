package e2e

import (
	"slices"
	"strings"
	"testing"

	permit "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
)

// TestATaskThatIsSlowerThanUsualSaysSo lets a recipient take longer than it did before: the open page says
// so and asks whether to wait or to cancel, and so does the page without scripts.
func TestATaskThatIsSlowerThanUsualSaysSo(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	axe := axeSource(t)
	s := newStage(t)
	m := s.member("pixplus")
	for range 3 {
		m.reach(m.task("avatar", "a portrait").ID, "succeeded")
	}
	id := m.task("avatar", strings.Repeat("test:slow ", 6)).ID
	m.reach(id, "generating")
	p, plain := newTab(t, s.url, phone()), newTab(t, s.url, phone().in("zh-CN"))
	m.sit(p)
	m.sit(plain)
	plain.scriptless()
	p.open("/pixplus/tasks/" + id)
	if got := p.text("#task-message"); !strings.Contains(got, "usually about") {
		t.Errorf("the page says %q, not how long it usually takes", got)
	}
	if p.count("#notify") != 0 {
		t.Error("an app whose policy knows no messages of the browser offers them")
	}
	if p.count("#task-live[data-slow]")+p.count("details.confirm[open]") != 0 {
		t.Error("the page says that it is slow before it is")
	}
	if _, err := s.client().DemoAdvance(t.Context(), "PT10M"); err != nil {
		t.Fatal(err)
	}
	p.until("the page says that it is slow", `location.pathname.endsWith('`+id+`') && document.querySelector('#task-live[data-slow] .note.warn')`)
	p.bring(axe)
	for _, v := range p.axe() {
		t.Errorf("%s (%s)\n\t%s", v.ID, v.Help, strings.Join(v.Where, "\n\t"))
	}
	plain.open("/pixplus/tasks/" + id)
	if got := plain.text("#task-live .note.warn"); got != "比平时慢。您可以继续等待，也可以取消。" || plain.count("details.confirm[open]") != 1 {
		t.Errorf("the page without scripts says %q", got)
	}
	p.press("#task-live a[href='#stop']")
	p.until("the question is in view", `document.querySelector('#stop button').getBoundingClientRect().bottom <= innerHeight`)
	p.press("details.confirm[open] [data-keep]")
	p.until("the question is closed and the warning stays", `!document.querySelector('details.confirm[open]') && document.querySelector('#task-live[data-slow] .note.warn')`)
	p.press("details.confirm summary")
	p.press("details.confirm button")
	p.until("the task is canceled", `document.querySelector('#task')?.dataset.state === 'canceled'`)
}

// rings is what a page that records its messages has shown.
const rings = `window.rung ?? []`

// record lets a page remember what it asks the browser to show.
const record = `(() => { const Real = window.Notification; window.rung = []
  window.Notification = class extends Real { constructor(title, more) { super(title, more); window.rung.push(title + ': ' + more.body) } }
  return true })()`

// TestWhoeverWantsToBeToldIsTold asks for a message of the browser: it says that the task is done and
// nothing of what it was; a browser that says no is believed, and the policy's help tells how to allow it.
func TestWhoeverWantsToBeToldIsTold(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, setting := range []permit.PermissionSetting{permit.PermissionSettingGranted, permit.PermissionSettingDenied} {
		m := s.member("mixoo")
		p := newTab(t, s.url, desktop())
		m.sit(p)
		_, err := chromedp.CallBrowser(p.ctx, permit.SetPermission, permit.SetPermissionParams{
			Permission: &permit.PermissionDescriptor{Name: "notifications"}, Setting: setting, Origin: s.url, BrowserContextID: chromedp.FromContext(p.ctx).BrowserContextID,
		})
		p.must(err)
		id := m.task("image_to_video", strings.Repeat("test:slow ", 3)).ID
		p.open("/mixoo/tasks/" + id)
		read[bool](p, record)
		p.press("#notify button")
		p.until("the page answers", `document.querySelector('#notify [role=status]').textContent`)
		said := p.text("#notify [role=status]")
		m.reach(id, "succeeded")
		p.until("the result is there", `location.pathname.startsWith('/mixoo/works/')`)
		heard := read[[]string](p, rings)
		state := permission(m, "notifications")
		if setting == permit.PermissionSettingDenied {
			if len(heard) != 0 || state != "denied" || !strings.Contains(said, "then Mixoo, then Notifications") {
				t.Errorf("after a no the page rang %q, reported %q and said %q", heard, state, said)
			}
			continue
		}
		want := []string{"Mixoo: You will be told when it is done, as long as this tab stays open.", "Mixoo: Your result is ready"}
		if !slices.Equal(heard, want) || state != "granted" {
			t.Errorf("the page rang %q and reported %q, want %q", heard, state, want)
		}
	}
}

// permission is what the server was told about a permission of this person's device.
func permission(m *member, id string) string {
	m.t.Helper()
	list, err := m.api.Permissions(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	for _, p := range list.Data {
		if p.ID == id {
			return p.State
		}
	}
	return ""
}

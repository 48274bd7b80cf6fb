package e2e

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"vow.example/vow/apps"
	"vow.example/vow/client"
)

// publish makes the next version of an app's policy, in force in three months.
func (s *stage) publish(app, was, is string) client.PublishedPolicy {
	s.t.Helper()
	return s.publishAt(app, time.Now().AddDate(0, 3, 0), was, is)
}

// publishAt makes the next version of an app's policy, in which something is written differently.
func (s *stage) publishAt(app string, from time.Time, was, is string) client.PublishedPolicy {
	s.t.Helper()
	src, err := fs.ReadFile(apps.FS, app+"/policy.yaml")
	if err != nil {
		s.t.Fatal(err)
	}
	yaml := strings.Replace(string(src), "\nversion: v1\n", "\nversion: v2\n", 1)
	yaml = regexp.MustCompile(`(?m)^updated: .*$`).ReplaceAllString(yaml, `updated: "2026-12-01"`)
	yaml = strings.Replace(yaml, was, is, 1)
	if !strings.Contains(yaml, is) {
		s.t.Fatalf("the policy of %s has no %q", app, was)
	}
	p, err := client.New(s.url, "rk_demo_officer", nil).PublishPolicy(s.t.Context(), client.PolicyDraft{YAML: yaml, EffectiveAt: from})
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// TestThePrivacyCenterTellsTheTruth works without scripts: what the page counts is what the API counts,
// item by item, before and after everything is deleted; and the copy opens offline.
func TestThePrivacyCenterTellsTheTruth(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	m := s.member("pixplus")
	m.reach(m.task("avatar", "a portrait").ID, "succeeded")
	p := newTab(t, s.url, phone())
	p.scriptless()
	m.sit(p)
	items, err := client.Collect(m.api.Items(t.Context()))
	if err != nil || len(items) == 0 {
		t.Fatalf("%v, %v", items, err)
	}
	p.open("/pixplus/privacy/items")
	if n := p.count(".item"); n != len(items) {
		t.Errorf("the page lists %d items, the API %d", n, len(items))
	}
	consents, err := client.Collect(m.api.Consents(t.Context()))
	if err != nil || len(consents) != 1 {
		t.Fatalf("%v, %v", consents, err)
	}
	p.open("/pixplus/consents/" + consents[0].ID)
	if copied := p.text(".hash"); copied != consents[0].DisclosureHash {
		t.Errorf("the copy has the fingerprint %s, the decision %s", copied, consents[0].DisclosureHash)
	}
	if _, err := m.api.DeleteItem(t.Context(), items[0].ID); err != nil {
		t.Error(err)
	}
	p.open("/pixplus/privacy/items")
	if n := p.count(".item"); n != len(items)-1 {
		t.Errorf("after one was deleted the page lists %d of %d", n, len(items))
	}
	z := m.saved()
	for _, name := range []string{"index.html", "data.json", "transfers.csv", "consents.json"} {
		if _, err := z.Open(name); err != nil {
			t.Errorf("the copy lacks %s", name)
		}
	}
	transfers, err := client.Collect(m.api.Transfers(t.Context()))
	if page := inZip(t, z, "index.html"); err != nil || len(transfers) != 1 || !strings.Contains(page, transfers[0].Recipient.Name) {
		t.Errorf("the copy does not name who received something: %v %v", transfers, err)
	}
	p.open("/pixplus/privacy/delete?scope=account")
	p.press("form button.d")
	p.there(".note.ok")
	if got, err := m.api.Holdings(t.Context()); err == nil {
		t.Errorf("the account is still there: %+v", got)
	}
}

func (m *member) saved() *zip.Reader {
	m.t.Helper()
	body, err := m.api.Export(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	defer func() { _ = body.Close() }()
	b, err := io.ReadAll(body)
	if err != nil {
		m.t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		m.t.Fatal(err)
	}
	return z
}

func inZip(t *testing.T, z *zip.Reader, name string) string {
	t.Helper()
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestAPopUpNoticeLeadsThereAndBack: kmeng lets changes pop up before anything else works.
func TestAPopUpNoticeLeadsThereAndBack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	m := s.member("kmeng")
	s.publish("kmeng", "{category: support_message, starts: case_closed, limit: P7D", "{category: support_message, starts: case_closed, limit: P14D")
	p := newTab(t, s.url, phone())
	m.sit(p)
	p.open("/kmeng/works")
	p.there(".notice")
	p.there(".bell")
	p.press(".notice button[value=seen]")
	p.until("back at the works", `location.pathname === '/kmeng/works'`)
}

// TestCenterShots takes pictures of the privacy centre, the policy and what belongs to them.
func TestCenterShots(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("VOW_SHOTS")
	if dir == "" {
		t.Skip("VOW_SHOTS names no folder")
	}
	for _, l := range everyLook() {
		t.Run(l.String(), func(t *testing.T) {
			c := &camera{stage: newStage(t), dir: dir}
			c.p = newTab(t, c.url, l)
			c.center()
		})
	}
}

func (c *camera) center() {
	p, ctx := c.p, c.t.Context()
	m := c.member("pixplus")
	m.reach(m.task("avatar", "a portrait in the evening").ID, "succeeded")
	thread, err := m.api.Support(ctx, client.Letter{Platform: "web", Text: "Which photo of mine was refused yesterday?"})
	p.must(err)
	consents, err := client.Collect(m.api.Consents(ctx))
	p.must(err)
	m.sit(p)
	for name, path := range map[string]string{
		"center": "/privacy", "center-items": "/privacy/items", "center-copy": "/privacy/rights/access", "center-correct": "/privacy/rights/correct", "center-object": "/privacy/rights/object",
		"center-withdraw": "/privacy/rights/withdraw", "center-person": "/privacy/rights/person", "center-delete": "/privacy/delete?scope=account", "center-consent": "/consents/" + consents[0].ID,
		"support": "/support", "support-thread": "/support/" + thread.ID + "?done=sent", "policy-whole": "/policy", "policy-lists": "/policy/lists", "policy-versions": "/policy/versions", "contact": "/contact", "notices-empty": "/notices",
	} {
		p.open("/pixplus" + path)
		c.take(name)
	}
	x := c.member("mixoo")
	x.reach(x.task("image_to_video", "a slow pan").ID, "succeeded")
	x.sit(p)
	for name, path := range map[string]string{
		"notices-soon": "/notices", "center-restrict": "/privacy/rights/restrict", "center-new": "/privacy", "policy-mixoo": "/policy", "policy-lists-mixoo": "/policy/lists"} {
		p.open("/mixoo" + path)
		c.take(name)
	}
	k := c.member("kmeng")
	c.publish("kmeng", "{category: support_message, starts: case_closed, limit: P7D", "{category: support_message, starts: case_closed, limit: P14D")
	k.sit(p)
	for name, path := range map[string]string{"notices": "/notices?next=%2Fkmeng%2Fworks", "policy-diff": "/policy/diff", "policy-versions-two": "/policy/versions", "deletion": "/data-deletion"} {
		p.open("/kmeng" + path)
		c.take(name)
	}
}

package server

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/editions"
	"vow.example/vow/internal/policy/diff"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	facts "vow.example/vow/internal/store/editions"
)

// second publishes a version of Mixoo that it promises to tell over every channel, in effect at once: whom to
// write to is another address.
func (w *told) second() editions.Published {
	w.t.Helper()
	now := w.demo.core.clock.Now()
	yaml := policytest.Source(w.t, "mixoo")
	for _, e := range [][2]string{{"version: v1", "version: v2"}, {`updated: "2026-06"`, `updated: "` + now.Format(time.DateOnly) + `"`}, {"email: ios@mixoo.example", "email: apple@mixoo.example"}} {
		yaml = policytest.Mutate(w.t, yaml, e[0], e[1])
	}
	p, err := w.demo.core.editions.Publish(w.t.Context(), editions.Draft{YAML: yaml, EffectiveAt: now})
	if err != nil {
		w.t.Fatal(err)
	}
	if p.Diff.Class() != diff.Significant || p.EffectiveAt.After(w.demo.core.clock.Now()) {
		w.t.Fatalf("a %s change from %s", p.Diff.Class(), p.EffectiveAt)
	}
	return p
}

// boundBy says how the second version came to bind a person; "": it is on no record.
func (w *told) boundBy(s privacy.SubjectID) string {
	w.t.Helper()
	f, err := facts.FactsOf(w.t.Context(), w.demo.core.db.App("mixoo"), s)
	if err != nil {
		w.t.Fatal(err)
	}
	return f.Bound[2].How
}

// TestANewVersionIsToldAndBindsNobodyByWhatTheServerDoes has a version take effect while a task is under way
// and its person does nothing: the sweep ends, the person is told twice, and only their own request goes on.
func TestANewVersionIsToldAndBindsNobodyByWhatTheServerDoes(t *testing.T) {
	t.Parallel()
	published := make(chan struct{})
	publish := sync.OnceFunc(func() { close(published) })
	w := newToldAt(t, func(point string) {
		if point == "review.start" {
			<-published
		}
	})
	t.Cleanup(publish)
	w.enter("ios")
	var me client.Me
	w.send(http.MethodGet, "/v1/me", "", &me)
	anna := privacy.SubjectID(me.ID)
	w.send(http.MethodPost, "/v1/devices", `{"platform":"ios"}`, nil)
	w.send(http.MethodPut, "/v1/me/permissions", `{"notifications":"granted"}`, nil)
	id := w.begin("a lighthouse")
	v2 := w.second()
	swept := make(chan error, 1)
	go func() { _, err := w.demo.core.sweeper.Sweep(t.Context()); swept <- err }()
	select {
	case err := <-swept:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the sweep waits for itself")
	}
	publish()
	said := fmt.Sprint(w.until("notification_gateway", 2)) // of the version, and of the task
	if !strings.Contains(said, "There is news about the privacy policy.") {
		t.Errorf("the gateway got %s", said)
	}
	k, err := w.demo.core.db.App("mixoo").TaskByID(t.Context(), id)
	if err != nil || !k.EndedAt.After(v2.EffectiveAt) {
		t.Errorf("the task ended at %s, %v: too early to show anything", k.EndedAt, err)
	}
	if how := w.boundBy(anna); how != "" {
		t.Errorf("who did nothing is bound by %q", how)
	}
	w.send(http.MethodGet, "/v1/tasks/"+string(id), "", nil)
	if how := w.boundBy(anna); how != facts.Continued {
		t.Errorf("who goes on is bound by %q", how)
	}
}

package editions

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/editions"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task"
)

// world serves the group with real rows behind it.
type world struct {
	*editions.Service
	t     *testing.T
	clock *clock.Adjustable
	url   string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	clk := clock.NewFake(time.Date(2026, 11, 21, 14, 10, 0, 0, time.UTC))
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "vow.db"), [64]byte{1})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	yaml := source(t, "v1")
	s, err := editions.Open(t.Context(), editions.Options{DB: db, Clock: clk, Log: log.Logger{}, Demo: true}, map[privacy.AppID]editions.Source{"sample": {Policy: policytest.Load(t, yaml), YAML: yaml}})
	must(t, err)
	w := &world{Service: s, t: t, clock: clk}
	must(t, db.Write(t.Context(), func(tx *store.Tx) error {
		return tx.InsertSubject(t.Context(), "sample", store.Subject{ID: "sub_anna", Locale: "en", CreatedAt: clk.Now(), ExpiresAt: clk.Now().AddDate(1, 0, 0)})
	}))
	clk.Advance(time.Hour)
	server := &rest.Server{Base: "http://127.0.0.1", Log: log.Logger{}, SessionOf: w.session, StaffOf: staff}
	server.Standing = func(ctx context.Context, who task.Who) error {
		if _, waits, err := s.Waiting(ctx, who.App(), who.Subject); err != nil || waits {
			return fault.New(fault.Refused, "notice-required", "")
		}
		return nil
	}
	server.Open("test")
	Routes(server, s)
	rest.Register(server, rest.Op{Method: http.MethodGet, Path: "/v1/work", ID: "work", Tag: "test"}, func(context.Context, *struct{}) (*struct{}, error) { return nil, nil })
	http := httptest.NewServer(server.Handler())
	t.Cleanup(http.Close)
	w.url = http.URL
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func source(t *testing.T, version string, edits ...string) []byte {
	t.Helper()
	src := policytest.Mutate(t, policytest.Minimal(), "version: v1", "version: "+version)
	src = policytest.Mutate(t, src, `updated: "2026-06"`, `updated: "2026-06-0`+version[1:]+`"`)
	src = policytest.Mutate(t, src, "{lead: immediate, channels: [in_app]}", "{lead: P7D, channels: [in_app], reductions: consent, popup: true}")
	for i := 0; i < len(edits); i += 2 {
		src = policytest.Mutate(t, src, edits[i], edits[i+1])
	}
	return src
}

func (w *world) session(ctx context.Context, authorization string) (*rest.Credential, error) {
	if rest.Bearer(authorization) != "anna" {
		return nil, fault.New(fault.Refused, "unauthenticated", "")
	}
	p, err := w.For(ctx, "sample", "sub_anna")
	return &rest.Credential{Who: task.Who{Policy: p, Subject: "sub_anna"}, Lang: rest.LangOf(ctx)}, err
}

func staff(_ context.Context, authorization string) (*rest.Staff, error) {
	known := map[string]rest.Staff{
		"officer": {ID: "stf_1", Role: "officer"}, "developer": {ID: "stf_2", App: "sample", Role: "developer"},
		"support": {ID: "stf_3", Role: "support"}, "elsewhere": {ID: "stf_4", App: "other", Role: "officer"},
	}
	s, ok := known[rest.Bearer(authorization)]
	if !ok {
		return nil, fault.New(fault.Refused, "unauthenticated", "")
	}
	return &s, nil
}

// as returns a client with a credential.
func (w *world) as(token string) *client.Client { return client.New(w.url, token, http.DefaultClient) }

func (w *world) draft(version string, in time.Duration, edits ...string) client.PolicyDraft {
	w.t.Helper()
	return client.PolicyDraft{YAML: string(source(w.t, version, edits...)), EffectiveAt: w.clock.Now().Add(in)}
}

// problem is the document of a refusal.
func problem(t *testing.T, err error, status int, code string) client.Problem {
	t.Helper()
	var p *client.Problem
	if !errors.As(err, &p) || p.Status != status || p.Code != code {
		t.Fatalf("got %v, want %d %s", err, status, code)
	}
	return *p
}

const week = 7 * 24 * time.Hour

func TestAVersionIsPublishedReadComparedAndAcknowledged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p, err := w.as("developer").PublishPolicy(t.Context(), w.draft("v2", week, "limit: P7D", "limit: P14D"))
	must(t, err)
	if p.Version != "sample/v2" || p.State != "upcoming" || p.Diff.Class != "material" || !p.Diff.ReducesRights || p.Notice == "" {
		t.Errorf("%+v", p)
	}
	open := w.as("")
	list, err := open.PolicyVersions(t.Context(), "sample")
	if err != nil || len(list) != 2 || list[0].State != "in_force" || list[0].EffectiveAt != nil || list[1].Hash != p.Hash || list[1].EffectiveAt == nil {
		t.Errorf("%+v, %v", list, err)
	}
	d, err := open.PolicyDiff(t.Context(), "sample", 1, 2)
	if err != nil || len(d.Changes) == 0 || d.From != "sample/v1" || len(d.Reconsent) != 1 {
		t.Errorf("%+v, %v", d, err)
	}
	back, err := open.WithLanguage("zh-CN").PolicyDiff(t.Context(), "sample", 2, 1)
	shorter := slices.ContainsFunc(back.Changes, func(c client.PolicyChange) bool {
		return c.Kind == "clock.shorter" && strings.Contains(c.Text, "缩短") && c.Class == "protects"
	})
	if err != nil || !shorter {
		t.Errorf("%+v, %v", back, err)
	}
	doc, err := open.PolicyVersion(t.Context(), "sample", 2, "")
	if err != nil || doc.Version != "sample/v2" || doc.Hash != p.Hash || len(doc.Sections) == 0 {
		t.Errorf("%+v, %v", doc, err)
	}
	anna := w.as("anna")
	notices, err := anna.Notices(t.Context())
	if err != nil || len(notices) != 1 || notices[0].ID != p.Notice || !notices[0].NeedsConsent || notices[0].Binds || len(notices[0].Lines) == 0 {
		t.Fatalf("%+v, %v", notices, err)
	}
	w.clock.Advance(week)
	n, err := anna.AcknowledgeNotice(t.Context(), p.Notice, "agree")
	if err != nil || n.AcknowledgedAt == nil || !n.Binds || n.NeedsConsent {
		t.Errorf("%+v, %v", n, err)
	}
}

func TestNothingElseWorksBeforeAPopUpIsSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if got := w.status("GET", "/v1/work", "anna"); got != http.StatusNoContent {
		t.Errorf("before: %d", got)
	}
	p, err := w.as("officer").PublishPolicy(t.Context(), w.draft("v2", week, "limit: P7D", "limit: P14D"))
	must(t, err)
	if got := w.status("GET", "/v1/work", "anna"); got != http.StatusForbidden {
		t.Errorf("unseen: %d", got)
	}
	_, err = w.as("anna").AcknowledgeNotice(t.Context(), p.Notice, "seen")
	must(t, err)
	if got := w.status("GET", "/v1/work", "anna"); got != http.StatusNoContent {
		t.Errorf("seen: %d", got)
	}
}

// status sends a request and returns the status of its answer.
func (w *world) status(method, path, token string) int {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, strings.NewReader("{}"))
	must(w.t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	must(w.t, err)
	defer res.Body.Close()
	return res.StatusCode
}

func TestAPublishedVersionCannotBeEdited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, method := range []string{"PUT", "PATCH", "DELETE", "POST"} {
		for _, path := range []string{"/v1/apps/sample/policy/versions/1", "/v1/apps/sample/policy/versions"} {
			if got := w.status(method, path, "officer"); got != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: %d", method, path, got)
			}
		}
	}
}

func TestOnlyOfficersAndDevelopersOfTheAppPublish(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.draft("v2", week)
	for token, want := range map[string]struct {
		status int
		code   string
	}{
		"support": {http.StatusForbidden, "forbidden"}, "anna": {http.StatusUnauthorized, "unauthenticated"}, "": {http.StatusUnauthorized, "unauthenticated"},
		"elsewhere": {http.StatusUnprocessableEntity, "policy-refused"},
	} {
		_, err := w.as(token).PublishPolicy(t.Context(), d)
		problem(t, err, want.status, want.code)
	}
	if n := len(w.All("sample")); n != 1 {
		t.Errorf("%d versions", n)
	}
}

func TestARefusalNamesEveryFinding(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.as("officer").PublishPolicy(t.Context(), w.draft("v3", 0, "limit: P7D", "limit: P14D"))
	p := problem(t, err, http.StatusUnprocessableEntity, "policy-refused")
	text, err := json.Marshal(p.Errors)
	must(t, err)
	for _, want := range []string{"the next version is v2", "too early"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
	empty := w.draft("v2", week)
	empty.YAML = ""
	_, err = w.as("officer").PublishPolicy(t.Context(), empty)
	p = problem(t, err, http.StatusUnprocessableEntity, "policy-refused")
	if got := p.Errors[0].Detail; !strings.HasPrefix(got, "1:1: the file is empty (fix: ") {
		t.Errorf("what concerns the whole file: %s", got)
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	open := w.as("")
	_, err := open.PolicyVersions(t.Context(), "other")
	problem(t, err, http.StatusNotFound, "not-found")
	_, err = open.PolicyVersion(t.Context(), "sample", 9, "")
	problem(t, err, http.StatusNotFound, "not-found")
	_, err = open.PolicyDiff(t.Context(), "sample", 1, 9)
	problem(t, err, http.StatusNotFound, "not-found")
	if got := w.status("GET", "/v1/apps/sample/policy/versions/vx", ""); got != http.StatusNotFound {
		t.Errorf("a version that is no number: %d", got)
	}
	_, err = w.as("anna").AcknowledgeNotice(t.Context(), "ntc_other", "seen")
	problem(t, err, http.StatusNotFound, "not-found")
	_, err = open.Notices(t.Context())
	problem(t, err, http.StatusUnauthorized, "unauthenticated")
}

func TestCountingNoticesShowsNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.as("officer").PublishPolicy(t.Context(), w.draft("v2", week, "limit: P7D", "limit: P14D"))
	must(t, err)
	anna := w.as("anna")
	if n, err := anna.NoticesWaiting(t.Context()); err != nil || n != 1 {
		t.Fatalf("%d wait, %v", n, err)
	}
	w.clock.Advance(time.Hour)
	list, err := anna.Notices(t.Context())
	if err != nil || len(list) != 1 || !list[0].ShownAt.Equal(w.clock.Now()) {
		t.Fatalf("counting counted as showing: %+v, %v", list, err)
	}
	_, err = anna.AcknowledgeNotice(t.Context(), list[0].ID, "seen")
	must(t, err)
	if n, err := anna.NoticesWaiting(t.Context()); err != nil || n != 0 {
		t.Errorf("%d wait afterwards, %v", n, err)
	}
	if _, err := w.as("").NoticesWaiting(t.Context()); err == nil {
		t.Error("a stranger counted somebody's notices")
	}
}

package api

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/blob"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

// shelf is the API in front of a vault with results of one person, whose token is "me".
type shelf struct {
	t       *testing.T
	handler http.Handler
	db      *store.DB
	vault   *vault.Vault
	pol     *policy.Policy
	now     time.Time
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	s := &shelf{t: t, pol: policytest.PixPlus(t), now: time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC)}
	dir := t.TempDir()
	var root [32]byte
	_, _ = rand.Read(root[:])
	ring, err := keyring.Open(filepath.Join(dir, "keyring.bin"), keyring.RootFromBytes(root))
	s.ok(err)
	s.db, err = store.Open(t.Context(), filepath.Join(dir, "vow.db"), [64]byte{1})
	s.ok(err)
	blobs, err := blob.NewFile(filepath.Join(dir, "objects"))
	s.ok(err)
	clk := clock.NewFake(s.now)
	s.vault = vault.New(ring, blobs, clk, 1<<20)
	t.Cleanup(func() { _, _, _ = s.db.Close(), blobs.Close(), ring.Close() })
	s.handler, err = New(Options{
		DB: s.db, Vault: s.vault, Digest: func(token string) []byte { return []byte(token) }, Policies: book.Fixed{"pixplus": s.pol},
		PublicURL: "http://127.0.0.1:8420", Clock: clk,
	})
	s.ok(err)
	year := s.now.AddDate(1, 0, 0)
	s.ok(s.db.Write(t.Context(), func(tx *store.Tx) error {
		if err := tx.InsertSubject(t.Context(), "pixplus", store.Subject{ID: "sub_1", Locale: "en", CreatedAt: s.now, ExpiresAt: year}); err != nil {
			return err
		}
		return tx.InsertSession(t.Context(), store.Session{ID: "ses_1", App: "pixplus", Subject: "sub_1", ExpiresAt: year}, []byte("me"), s.now)
	}))
	return s
}

func (s *shelf) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// put stores a result and returns its identifier.
func (s *shelf) put(mediaType string, raw []byte) string {
	s.t.Helper()
	const category = "generated_image"
	d, err := retention.For(s.pol, category, policy.ResultStored, s.now)
	s.ok(err)
	id := privacy.ObjectID(privacy.NewID(privacy.PrefixOutput))
	ref, err := s.vault.Put(s.t.Context(), vault.Spec{
		App: "pixplus", Subject: "sub_1", Object: id, Category: category, MediaType: mediaType, Storage: policy.Disk, PolicyHash: s.pol.Hash(),
	}, d, bytes.NewReader(raw))
	s.ok(err)
	s.ok(s.db.Write(s.t.Context(), func(tx *store.Tx) error {
		return tx.InsertObject(s.t.Context(), store.Object{Ref: ref, Storage: policy.Disk, Task: "tsk_1", WrittenAt: s.now}, d, retention.Deadline{})
	}))
	return string(id)
}

func (s *shelf) get(path, byteRange string) (*http.Response, []byte) {
	s.t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Authorization", "Bearer me")
	if byteRange != "" {
		r.Header.Set("Range", byteRange)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	res := w.Result()
	raw, err := io.ReadAll(res.Body)
	s.ok(err)
	return res, raw
}

func TestAVideoIsServedInThePartsThatAPlayerAsksFor(t *testing.T) {
	s := newShelf(t)
	film := bytes.Repeat([]byte("0123456789abcdef"), 20_000)
	id := s.put("video/mp4", film)
	whole, raw := s.get("/v1/outputs/"+id+"/content", "")
	if whole.StatusCode != http.StatusOK || !bytes.Equal(raw, film) || whole.Header.Get("Accept-Ranges") != "bytes" || whole.ContentLength != int64(len(film)) {
		t.Errorf("the whole: %d, %d bytes, %v", whole.StatusCode, len(raw), whole.Header)
	}
	for asked, want := range map[string][]byte{
		"bytes=0-1": film[:2], "bytes=70000-70015": film[70_000:70_016], "bytes=319990-": film[319_990:], "bytes=-5": film[len(film)-5:],
	} {
		part, raw := s.get("/v1/outputs/"+id+"/content", asked)
		if part.StatusCode != http.StatusPartialContent || !bytes.Equal(raw, want) {
			t.Errorf("%s: %d, %q", asked, part.StatusCode, raw)
		}
		if h := part.Header; h.Get("Content-Type") != "video/mp4" || h.Get("Cache-Control") != "no-store" || h.Get("Content-Range") == "" || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", asked, h)
		}
	}
	if beyond, _ := s.get("/v1/outputs/"+id+"/content", "bytes=999999-"); beyond.StatusCode != http.StatusRequestedRangeNotSatisfiable {
		t.Errorf("behind the end: %d", beyond.StatusCode)
	}
}

func TestEveryKindOfResultSaysWhatItIs(t *testing.T) {
	s := newShelf(t)
	for mediaType, want := range map[string]struct{ kind, header, name string }{
		"image/jpeg":       {"image", "image/jpeg", "result.jpg"},
		"video/mp4":        {"video", "video/mp4", "result.mp4"},
		"application/json": {"attributes", "application/json", "result.json"},
		"text/plain":       {"text", "text/plain; charset=utf-8", "result.txt"},
	} {
		id := s.put(mediaType, []byte(`{"face_count":1}`))
		res, raw := s.get("/v1/outputs/"+id+"/content", "")
		if res.Header.Get("Content-Type") != want.header || res.Header.Get("Cache-Control") != "no-store" || string(raw) != `{"face_count":1}` ||
			!strings.Contains(res.Header.Get("Content-Disposition"), want.name) {
			t.Errorf("%s: %v", mediaType, res.Header)
		}
		var out client.Output
		ask(t, s.handler, "GET", "/v1/outputs/"+id, "me", "", &out)
		if out.Kind != want.kind || out.MediaType != mediaType || (len(out.AILabel.Metadata) > 0) != (want.kind == "image" || want.kind == "video") {
			t.Errorf("%s: %+v", mediaType, out)
		}
	}
}

func TestATransferSaysInWordsWhatIsHeldAndWhenItWasRead(t *testing.T) {
	s := newShelf(t)
	year := s.now.AddDate(1, 0, 0)
	s.ok(s.db.Write(t.Context(), func(tx *store.Tx) error {
		ctx := context.Background()
		e := disclosure.Entry{ID: "trf_1", App: "pixplus", Subject: "sub_1", Task: "tsk_1", Recipient: "runninghub", Feature: "avatar", Fields: []privacy.Field{"photo"}, At: s.now}
		if err := tx.InsertTask(ctx, store.Task{ID: "tsk_1", App: "pixplus", Subject: "sub_1", Feature: "avatar", State: store.Generating, CreatedAt: s.now, OverdueAt: year, ExpiresAt: year}); err != nil {
			return err
		}
		if err := tx.InsertTransfer(ctx, e, year); err != nil {
			return err
		}
		for i, h := range []store.Held{
			{What: "result", Reason: "no-erase-call", State: store.HeldOpen, Until: s.now.Add(time.Hour)}, {What: "log", Reason: "no-erase-call", State: store.HeldOpen},
			{What: "template", Reason: "erase-failed", State: store.HeldOverdue}, {What: "job", Reason: "lost-reply", State: store.HeldOpen}, {What: "inputs", Reason: "no-erase-call", State: store.HeldClosed, ClosedAt: s.now},
		} {
			h.ID, h.App, h.Subject, h.Task, h.Transfer, h.Recipient, h.At = "hld_"+string(rune('a'+i)), "pixplus", "sub_1", "tsk_1", "trf_1", "runninghub", s.now
			if err := tx.InsertHeld(ctx, h, year); err != nil {
				return err
			}
		}
		if err := tx.InsertLinkFetch(ctx, store.LinkFetch{App: "pixplus", Subject: "sub_1", Task: "tsk_1", Transfer: "trf_1", Recipient: "runninghub", Field: "photo", Number: 1, Bytes: 7, At: s.now}, year); err != nil {
			return err
		}
		return tx.FinishTransfer(ctx, "trf_1", "sent", 3, time.Time{})
	}))
	var page client.Page[client.Transfer]
	ask(t, s.handler, "GET", "/v1/privacy/transfers", "me", "", &page)
	if len(page.Data) != 1 || len(page.Data[0].Held) != 5 {
		t.Fatalf("%+v", page)
	}
	got := page.Data[0]
	if len(got.Fetches) != 1 || got.Fetches[0].Field != "photo" || got.Bytes != 10 {
		t.Errorf("%+v", got.Fetches)
	}
	for i, want := range []string{
		"RunningHub keeps the result. Until: 2026-11-21 15:00 UTC. Why: cannot be shortened: the recipient has no erase call.",
		"RunningHub keeps its log. Until: not stated. Why: cannot be shortened: the recipient has no erase call.",
		"RunningHub keeps an uploaded copy. Until: not stated. Why: erasing it there failed; it is tried again.",
		"RunningHub may keep the job. Until: not stated. Why: the answer was lost, so it is not known whether there is anything.",
		"RunningHub no longer keeps what it received.",
	} {
		if got.Held[i].Text != want {
			t.Errorf("%q, want %q", got.Held[i].Text, want)
		}
	}
	ask(t, s.handler, "GET", "/v1/privacy/transfers?lang=zh-Hans", "me", "", &page)
	if h := page.Data[0].Held[1]; h.UntilText != "未说明" || !strings.Contains(h.Text, "无法缩短") {
		t.Errorf("%+v", h)
	}
}

func TestOnlyAnAppWhoseFilesNameTheirMakerIsAskedForThePseudonym(t *testing.T) {
	t.Parallel()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "vow.db"), [64]byte{1})
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	a := &API{Options: Options{DB: db, Clock: clock.Real{}, Policies: book.Fixed{"pixplus": policytest.PixPlus(t), "aifitting": policytest.AIFitting(t)}}}
	now := time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC)
	for app, want := range map[privacy.AppID]string{"pixplus": "", "aifitting": "pseudonym", "gone": ""} {
		k := store.Task{ID: privacy.TaskID(privacy.NewID(privacy.PrefixTask)), App: app, Subject: "sub_1", State: store.Succeeded, Produce: "pseudonym", CreatedAt: now, ExpiresAt: now.AddDate(1, 0, 0)}
		must(t, db.Write(t.Context(), func(tx *store.Tx) error {
			if err := tx.InsertSubject(t.Context(), app, store.Subject{ID: "sub_1", Locale: "en", CreatedAt: now, ExpiresAt: k.ExpiresAt}); err != nil {
				return err
			}
			return tx.InsertTask(t.Context(), k)
		}))
		if got := a.produce(t.Context(), store.Object{Ref: vault.Ref{App: app}, Task: k.ID}); got != want {
			t.Errorf("%s: %q, want %q", app, got, want)
		}
	}
}

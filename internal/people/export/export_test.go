package export

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/erasure/erasuretest"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/editions"
	"vow.example/vow/internal/task"
)

type world struct {
	*Exporter
	t      *testing.T
	clock  *clock.Adjustable
	eraser *erasure.Eraser
	pols   book.Fixed
}

func newWorld(t *testing.T) *world {
	t.Helper()
	parts := erasuretest.Open(t, erasuretest.Start())
	pols := book.Fixed{"mixoo": policytest.Mixoo(t), "picwiz": policytest.Picwiz(t)}
	return &world{New(parts.DB, parts.Vault, parts.Clock), t, parts.Clock, parts.Eraser(pols), pols}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) person(app privacy.AppID) task.Who {
	w.t.Helper()
	who := task.Who{Policy: w.pols[app], Subject: privacy.SubjectID(privacy.NewID(privacy.PrefixSubject))}
	now := w.clock.Now()
	must(w.t, w.db.Write(w.t.Context(), func(tx *store.Tx) error {
		if err := tx.InsertSubject(w.t.Context(), app, store.Subject{ID: who.Subject, Locale: "en", CreatedAt: now, ExpiresAt: now.AddDate(0, 6, 0)}); err != nil {
			return err
		}
		if err := tx.InsertSession(w.t.Context(), store.Session{ID: privacy.SessionID(privacy.NewID("ses")), App: app, Subject: who.Subject, ExpiresAt: now.AddDate(0, 6, 0)}, []byte("marker-digest"+who.Subject), now); err != nil {
			return err
		}
		e := disclosure.Entry{
			ID: privacy.TransferID(privacy.NewID(privacy.PrefixTransfer)), App: app, Subject: who.Subject, Task: "tsk_1", Feature: "nano_banana", Recipient: "gemini",
			Fields: []privacy.Field{"photo", "prompt"}, Purpose: "requested_feature", At: now,
		}
		if err := tx.InsertTransfer(w.t.Context(), e, now.AddDate(1, 0, 0)); err != nil {
			return err
		}
		return tx.InsertConsent(w.t.Context(), consent.Record{
			ID: privacy.ConsentID(privacy.NewID(privacy.PrefixConsent)), App: app, Subject: who.Subject, Feature: "nano_banana", Recipient: "gemini", Decision: consent.Withdrawn,
			Screen: "sha256:seen", Language: "en", Version: "mixoo/v1", Mode: "per_task", At: now, ChangedAt: now,
		}, now.AddDate(1, 0, 0))
	}))
	return who
}

// keep stores content of a person.
func (w *world) keep(who task.Who, prefix string, c privacy.Category, mediaType, content string) store.Object {
	w.t.Helper()
	now := w.clock.Now()
	d, err := retention.Ceiling(who.Policy, c, now)
	must(w.t, err)
	o := store.Object{Storage: who.Policy.StorageOf(c), WrittenAt: now, Orientation: 1}
	o.Ref, err = w.vault.Put(w.t.Context(), vault.Spec{
		App: who.App(), Subject: who.Subject, Object: privacy.ObjectID(privacy.NewID(prefix)), Category: c, MediaType: mediaType, Storage: o.Storage, PolicyHash: who.Policy.Hash(),
	}, d, strings.NewReader(content))
	must(w.t, err)
	must(w.t, w.db.Write(w.t.Context(), func(tx *store.Tx) error { return tx.InsertObject(w.t.Context(), o, d, retention.Deadline{}) }))
	return o
}

// Write makes a copy.
func (w *world) Write(ctx context.Context, who task.Who, out io.Writer) error {
	c, err := w.Begin(ctx, who)
	if err != nil {
		return err
	}
	return c.Write(ctx, out)
}

// copied unpacks a person's copy.
func (w *world) copied(who task.Who) map[string]string {
	w.t.Helper()
	var b bytes.Buffer
	must(w.t, w.Write(w.t.Context(), who, &b))
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	must(w.t, err)
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		must(w.t, err)
		content, err := io.ReadAll(r)
		must(w.t, errors.Join(err, r.Close()))
		files[f.Name] = string(content)
	}
	return files
}

func TestACopyHoldsWhatTheStaffWroteToThePerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, other := w.person("mixoo"), w.person("mixoo")
	for text, to := range map[string][]privacy.SubjectID{"to you": {who.Subject}, "to you both": {who.Subject, other.Subject}, "to the other": {other.Subject}, "to everybody": nil} {
		n := editions.Notice{App: "mixoo", ID: privacy.NewID("ntc"), Kind: "service_notice", Text: `{"en":"` + text + `"}`, Directed: to != nil, CreatedAt: w.clock.Now(), EffectiveAt: w.clock.Now()}
		must(t, w.db.Write(t.Context(), func(tx *store.Tx) error {
			err := editions.InsertNotice(t.Context(), tx, n)
			for _, s := range to {
				_, failed := editions.Address(t.Context(), tx, n, s)
				err = errors.Join(err, failed)
			}
			return err
		}))
	}
	data := w.copied(who)["data.json"]
	for text, want := range map[string]bool{"to you": true, "to you both": true, "to the other": false, "to everybody": false} {
		if strings.Contains(data, `\"`+text+`\"`) != want {
			t.Errorf("%q: want %v", text, want)
		}
	}
	if strings.Contains(data, string(other.Subject)) {
		t.Error("it names the other person")
	}
}

func TestACopyHoldsEverythingOfThePersonAndNothingOfAnybodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, other := w.person("mixoo"), w.person("mixoo")
	photo := w.keep(who, privacy.PrefixUpload, "source_photo", "image/jpeg", "the photo itself")
	words := w.keep(who, privacy.PrefixPrompt, "prompt", "text/plain", "the words themselves")
	work := w.keep(who, privacy.PrefixOutput, "generated_image", "image/png", "the work itself")
	w.keep(other, privacy.PrefixOutput, "generated_image", "image/png", "somebody else's work")
	gone := w.keep(who, privacy.PrefixUpload, "source_photo", "image/jpeg", "an erased photo")
	gone, err := w.db.App("mixoo").Object(t.Context(), who.Subject, gone.Object)
	must(t, err)
	receipt, err := w.eraser.Object(t.Context(), gone, erasure.SubjectRequest, nil)
	must(t, err)
	files := w.copied(who)
	for name, want := range map[string]string{
		"files/" + string(photo.Object) + ".jpg": "the photo itself", "files/" + string(words.Object) + ".txt": "the words themselves", "files/" + string(work.Object) + ".png": "the work itself",
	} {
		if files[name] != want {
			t.Errorf("%s: %q", name, files[name])
		}
	}
	for _, name := range []string{"index.html", "data.json", "transfers.csv", "consents.json", "README.txt", "schema.json"} {
		if files[name] == "" {
			t.Errorf("%s is missing", name)
		}
	}
	if len(files) != 9 {
		t.Errorf("%d files", len(files))
	}
	for name, content := range files {
		for _, never := range []string{string(other.Subject), "somebody else", "marker-digest", "an erased photo"} {
			if strings.Contains(content, never) {
				t.Errorf("%s holds %q", name, never)
			}
		}
	}
	for _, part := range []string{string(who.Subject), string(receipt.ID), string(photo.Object), `"outcome": "prepared"`} {
		if !strings.Contains(files["data.json"], part) {
			t.Errorf("data.json lacks %s", part)
		}
	}
	if !strings.Contains(files["consents.json"], "nano_banana") {
		t.Error(files["consents.json"])
	}
}

func TestTheDataIsOfThePublishedSchema(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	must(t, err)
	must(t, c.AddResource("urn:vow:export:1", doc))
	sch, err := c.Compile("urn:vow:export:1")
	must(t, err)
	empty, full := w.person("picwiz"), w.person("mixoo")
	w.keep(full, privacy.PrefixUpload, "source_photo", "image/jpeg", "a photo")
	w.keep(full, privacy.PrefixOutput, "generated_image", "image/png", "a work")
	w.keep(empty, privacy.PrefixOutput, "face_landmarks", "application/vnd.vow.points+json", "[]")
	for _, who := range []task.Who{empty, full} {
		data := w.copied(who)["data.json"]
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(data))
		must(t, err)
		if err := sch.Validate(v); err != nil {
			t.Errorf("%s: %v\n%s", who.App(), err, data)
		}
	}
	for name, change := range map[string][2]string{
		"a foreign member": {`"app":`, `"secret": 1, "app":`}, "no subject": {`"subject": "sub_`, `"subject": "`}, "an object without content or reason": {`"file":`, `"height": 1, "wide":`},
	} {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(strings.Replace(w.copied(full)["data.json"], change[0], change[1], 1)))
		must(t, err)
		if sch.Validate(v) == nil {
			t.Errorf("%s is valid", name)
		}
	}
}

func TestThePageLoadsNothingAndSpeaksBothLanguages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("mixoo")
	o := w.keep(who, privacy.PrefixOutput, "generated_image", "image/png", "a work")
	page := w.copied(who)["index.html"]
	if regexp.MustCompile(`(?i)https?:|//[a-z]|<script|<link|<img|<iframe|@import|url\(`).MatchString(page) {
		t.Error("the page reaches out")
	}
	for _, part := range []string{"What was held", "当时保存的内容", `href="files/` + string(o.Object) + `.png"`, "withdrawn", "已撤回", `lang="zh-Hans"`, "the photo you chose", "您选择的照片"} {
		if !strings.Contains(page, part) {
			t.Errorf("the page lacks %s", part)
		}
	}
}

func TestTheTableOfTransfersIsSafeForASpreadsheet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("mixoo")
	list, err := csv.NewReader(strings.NewReader(w.copied(who)["transfers.csv"])).ReadAll()
	if err != nil || len(list) != 2 || list[0][0] != "id" || list[1][2] != "gemini" || list[1][3] == "gemini" || list[1][6] != "photo,prompt" {
		t.Errorf("%v %v", list, err)
	}
	for value, want := range map[string]string{"=1+1": "'=1+1", "@x": "'@x", "-2": "'-2", "plain": "plain", "": ""} {
		if got := cell(value); got != want {
			t.Errorf("%q: %q", value, got)
		}
	}
}

func TestTheSizeIsToldFirstAndIsTheSizeOfTheFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("mixoo")
	w.keep(who, privacy.PrefixUpload, "source_photo", "image/jpeg", "12345")
	w.keep(who, privacy.PrefixOutput, "generated_image", "image/png", "1234567")
	size, err := w.Size(t.Context(), who)
	if err != nil || size.Files != 2 || size.Bytes != 12 || size.Rows < 4 {
		t.Errorf("%+v %v", size, err)
	}
}

func TestWhatIsDueOrHandedOutOnceComesWithoutContent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("picwiz")
	points := w.keep(who, privacy.PrefixOutput, "face_landmarks", "application/vnd.vow.points+json", "[1,2,3]")
	files := w.copied(who)
	if strings.Contains(files["data.json"], "[1,2,3]") || !strings.Contains(files["data.json"], onceOnly) || !w.vault.Holds(t.Context(), points.Ref) {
		t.Error("the copy used up what is handed over once")
	}
	lost := w.keep(who, privacy.PrefixUpload, "source_photo", "image/jpeg", "a photo")
	must(t, w.vault.Erase(t.Context(), lost.Ref)) // and its row is still there
	if files := w.copied(who); !strings.Contains(files["data.json"], erased) || files["files/"+string(lost.Object)+".jpg"] != "" {
		t.Error("an erased photo is not told")
	}
	w.clock.Advance(20 * 24 * time.Hour)
	var d struct {
		Objects []struct{ ID string } `json:"objects"`
	}
	must(t, json.Unmarshal([]byte(w.copied(who)["data.json"]), &d))
	if len(d.Objects) != 0 {
		t.Errorf("past their clocks: %+v", d.Objects)
	}
}

// failing breaks after some bytes, like a connection.
type failing struct{ left int }

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, io.ErrClosedPipe
	}
	return len(p), nil
}

func TestABrokenCopyIsVisiblyBrokenAndOnlySoManyAreMadeAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("mixoo")
	w.keep(who, privacy.PrefixUpload, "source_photo", "image/jpeg", strings.Repeat("a photo ", 4000))
	var whole bytes.Buffer
	must(t, w.Write(t.Context(), who, &whole))
	for _, left := range []int{0, 100, 9000, whole.Len() - 1} {
		if err := w.Write(t.Context(), who, &failing{left}); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("after %d bytes: %v", left, err)
		}
	}
}

func TestFewCopiesAreMadeAtOneTimeAndATurnIsGivenBackHoweverItEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("mixoo")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 * parallel {
		if _, err := w.Begin(gone, who); !errors.Is(err, context.Canceled) {
			t.Errorf("what cannot be read begins: %v", err)
		}
		if err := w.Write(t.Context(), who, &failing{100}); err == nil {
			t.Error("a copy that nobody takes ends well")
		}
	}
	var under []*Copy
	for range parallel {
		c, err := w.Begin(t.Context(), who)
		must(t, err)
		under = append(under, c)
	}
	_, err := w.Begin(t.Context(), who)
	var refused *fault.Error
	if !errors.As(err, &refused) || refused.Code() != "busy" || refused.Extra()["retry_after"] != time.Minute {
		t.Errorf("one more: %v", err)
	}
	if _, err := w.Size(t.Context(), who); err != nil {
		t.Errorf("the size needs no turn: %v", err)
	}
	for _, c := range under {
		must(t, c.Write(t.Context(), io.Discard))
	}
	must(t, w.Write(t.Context(), who, io.Discard))
}

package task

import (
	"bytes"
	"image"
	"io"
	"slices"
	"testing"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/sim/film"
	"vow.example/vow/internal/store"
)

// outputs lists the results of a subject.
func (w *world) outputs(who Who) []store.Object {
	w.t.Helper()
	list, err := w.DB.App(who.App()).Objects(w.t.Context(), who.Subject)
	must(w.t, err)
	return slices.DeleteFunc(list, func(o store.Object) bool { return !privacy.HasPrefix(string(o.Object), privacy.PrefixOutput) })
}

// output reads the only result of a subject.
func (w *world) output(who Who) (store.Object, []byte) {
	w.t.Helper()
	list := w.outputs(who)
	if len(list) != 1 {
		w.t.Fatalf("%d results", len(list))
	}
	lease, err := w.Vault.Lend(w.t.Context(), list[0].Ref, list[0].Due(), vault.Reading{Why: vault.ForSubject})
	must(w.t, err)
	in, err := lease.Open()
	must(w.t, err)
	defer in.Close()
	raw, err := io.ReadAll(in)
	must(w.t, err)
	return list[0], raw
}

func clip(t *testing.T) []byte {
	t.Helper()
	raw, err := film.MP4(t.Context(), film.Pan(image.NewNRGBA(image.Rect(0, 0, 64, 48)), 1, 4, 64, 48), 4)
	must(t, err)
	return raw
}

func TestARecipientThatAnswersAtOnceIsStoredLikeAnyOther(t *testing.T) {
	t.Parallel()
	n := 2
	for feature, c := range map[privacy.FeatureID]struct {
		result driver.Result
		kind   string
		roles  []privacy.Field
		words  map[privacy.Field]privacy.Text
	}{
		"text_to_image":  {driver.Result{Inline: photo()}, media.JPEG, nil, words("a fox")},
		"veo_3_1":        {driver.Result{Inline: clip(t)}, media.MP4, []privacy.Field{"first_frame"}, words("a fox runs")},
		"face_detection": {driver.Result{Attributes: &driver.Attributes{FaceCount: &n}}, "application/json", []privacy.Field{"photo"}, nil},
	} {
		w := newWorld(t)
		w.other.answers(c.result)
		who := w.person("mixoo")
		k := w.finish(w.submit(who, w.fill(who, feature, c.words, c.roles...)))
		if k.State != store.Succeeded || !k.WasSent {
			t.Fatalf("%s: %+v", feature, k)
		}
		if row := w.ledgerRow(k); row.Outcome != "sent" || feature != "face_detection" && row.Bytes == 0 {
			t.Errorf("%s: the ledger says %+v", feature, row)
		}
		o, raw := w.output(who)
		if o.MediaType != c.kind || int64(len(raw)) != o.Bytes || o.Labelled != (c.kind == media.JPEG) {
			t.Errorf("%s: %+v", feature, o)
		}
		if c.kind == "application/json" && string(raw) != `{"face_count":2}` {
			t.Errorf("kept %s", raw)
		}
		if c.kind != "application/json" {
			if source, err := media.ReadLabel(bytes.NewReader(raw)); source != media.SourceTrained || err != nil {
				t.Errorf("%s: labelled %q, %v", feature, source, err)
			}
		}
		if len(w.other.forgot) != 1 || w.other.forgot[0] != "done-1" {
			t.Errorf("%s: forgot %q", feature, w.other.forgot)
		}
	}
}

func TestAnAnswerOfAnotherKindIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("mixoo")
	n := 1
	for name, r := range map[string]driver.Result{
		"a video": {Inline: clip(t)}, "facts": {Attributes: &driver.Attributes{FaceCount: &n}}, "words": {Text: privacy.NewText("no")}, "nothing": {}, "a page": {Inline: []byte("<html>")},
		"a file on a host that nobody allowed": {File: &egress.Address{URL: "https://elsewhere.example/x.png"}},
	} {
		w.other.answers(r)
		k := w.finish(w.submit(who, w.fill(who, "text_to_image", words("a fox"))))
		if k.State != store.Failed || k.ErrorCode != "provider-refused" || !k.WasSent {
			t.Errorf("%s: %+v", name, k)
		}
		if list := w.outputs(who); len(list) != 0 {
			t.Errorf("%s was kept: %d results", name, len(list))
		}
	}
}

func TestARefusalInTheAnswerHasItsOwnCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("mixoo")
	for class, code := range map[egress.Class]string{
		egress.ContentRefused: "content-refused", egress.RealPersonRefused: "real-person-refused", egress.NoFace: "no-face", egress.BadMedia: "picture-refused",
	} {
		w.other.set(func(o *other) {
			o.begin = func(driver.Order) (driver.Begun, error) {
				return driver.Begun{Status: &driver.Status{State: driver.Failed, Class: class, Code: "x"}}, nil
			}
		})
		if k := w.finish(w.submit(who, w.fill(who, "text_to_image", words("a fox")))); k.ErrorCode != code || k.ErrorClass != string(class) || !k.WasSent {
			t.Errorf("%s: %+v", class, k)
		}
	}
}

func TestAProcessThatDiesWithTheAnswerInItsHandsSaysSoAndSendsNothingTwice(t *testing.T) {
	t.Parallel()
	for point, outcome := range map[string]string{"send.done": "unknown", "send.recorded": "sent", "collect.done": "sent", "result.sealed": "sent"} {
		w := newWorld(t)
		w.other.answers(driver.Result{Inline: photo()})
		who := w.person("mixoo")
		k := w.submit(who, w.fill(who, "text_to_image", words("a fox")))
		w.dies(k, point)
		k = w.finish(k)
		if k.State != store.Failed || k.ErrorCode != "provider-interrupted" || !k.WasSent || w.other.calls() != 1 {
			t.Errorf("%s: %+v after %d calls", point, k, w.other.calls())
		}
		if row := w.ledgerRow(k); row.Outcome != outcome {
			t.Errorf("%s: the ledger says %s", point, row.Outcome)
		}
		if want := map[string]string{"unknown": "upload-1", "sent": "done-1"}[outcome]; len(w.other.forgot) != 1 || w.other.forgot[0] != want {
			t.Errorf("%s: forgot %q, want %s", point, w.other.forgot, want)
		}
	}
}

func TestAStopAfterTheAnswerLeavesNoResult(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.other.answers(driver.Result{Inline: photo()})
	who := w.person("mixoo")
	k := w.submit(who, w.fill(who, "text_to_image", words("a fox")))
	w.when("result.sealed", func() {
		w.write(func(tx *store.Tx) error {
			return tx.RequestStop(t.Context(), k.App, k.ID, "canceled", w.clock.Now())
		})
	})
	if k = w.finish(k); k.State != store.Canceled || !k.WasSent || k.CancelOutcome != mayFinish {
		t.Errorf("%+v", k)
	}
	if list := w.outputs(who); len(list) != 0 {
		t.Errorf("%d results", len(list))
	}
}

func TestALinkIsOnTheLedgerBeforeItIsReadAndDiesWithItsTask(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := 1
	w.other.answers(driver.Result{Attributes: &driver.Attributes{FaceCount: &n}})
	who := w.person("mixoo")
	k := w.finish(w.submit(who, w.fill(who, "face_detection", nil, "photo")))
	if k.State != store.Succeeded || len(w.other.links) != 1 {
		t.Fatalf("%+v, links %d", k, len(w.other.links))
	}
	fetches, err := w.DB.App(k.App).LinkFetches(t.Context(), w.ledgerRow(k).ID)
	if err != nil || len(fetches) != 1 || fetches[0].Field != "photo" || fetches[0].Number != 1 || fetches[0].Bytes == 0 || fetches[0].Recipient != k.Recipient {
		t.Errorf("%+v %v", fetches, err)
	}
	if status, _ := readLink(w.other.links[0]); status == 200 {
		t.Error("the link outlives its task")
	}
	if w.other.book.Alive(k.ID) != 0 {
		t.Error("a link is alive")
	}
}

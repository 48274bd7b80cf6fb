package task

import (
	"errors"
	"testing"

	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

func TestAYesThatIsTakenBackDuringTheReviewStopsThePreview(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("aifitting")
	id := w.agree(who, "avatar")
	ask := func() error {
		data, kind, err := w.Preview(t.Context(), who, Request{Feature: "avatar", Consent: id, Language: "en"}, map[privacy.Field][]byte{"photo": photo()})
		if (err == nil) != (len(data) > 0 && kind != "") {
			t.Errorf("%d bytes of %q with %v", len(data), kind, err)
		}
		return err
	}
	must(t, ask())
	w.when("preview.cleared", func() {
		w.write(func(tx *store.Tx) error {
			return tx.ChangeConsent(t.Context(), who.App(), who.Subject, id, consent.Withdrawn, w.clock.Now())
		})
	})
	if err := ask(); !errors.Is(err, consent.ErrWithdrawn) && !errors.Is(err, consent.ErrRequired) {
		t.Errorf("drawn without a yes: %v", err)
	}
}

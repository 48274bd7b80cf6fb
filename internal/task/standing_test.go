package task

import (
	"context"
	"testing"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

func TestAPersonWithoutStandingStartsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("pixplus")
	up, c := w.upload(who), w.agree(who, "avatar")
	r := Request{Feature: "avatar", Inputs: map[privacy.Field]privacy.ObjectID{"photo": up.Object}, Consent: c, Language: "en"}
	w.Standing = func(_ context.Context, app privacy.AppID, s privacy.SubjectID) error {
		if app != "pixplus" || s != who.Subject {
			t.Errorf("asked about %s of %s", s, app)
		}
		return fault.New(fault.Refused, "policy-not-accepted", "")
	}
	if _, _, err := w.Submit(t.Context(), who, r); fault.CodeOf(err) != "policy-not-accepted" {
		t.Error(err)
	}
	w.Standing = nil
	w.MayReceive = func(_ context.Context, _ Who, purpose privacy.Purpose, to privacy.RecipientID) error {
		if purpose != "requested_feature" || to != abroad {
			t.Errorf("asked about %s for %s", purpose, to)
		}
		return fault.New(fault.Refused, "guardian-required", "")
	}
	if _, _, err := w.Submit(t.Context(), who, r); fault.CodeOf(err) != "guardian-required" {
		t.Error(err)
	}
	w.MayReceive = nil
	if _, _, err := w.Submit(t.Context(), who, r); err != nil {
		t.Errorf("the consent was used up by a refusal: %v", err)
	}
}

func TestARestrictionBetweenTwoStepsStopsTheTaskBeforeAnythingLeaves(t *testing.T) {
	t.Parallel()
	for code, refuse := range map[string]func(*world, error){
		"processing-restricted": func(w *world, err error) {
			w.Standing = func(context.Context, privacy.AppID, privacy.SubjectID) error { return err }
		},
		"guardian-required": func(w *world, err error) {
			w.MayReceive = func(context.Context, Who, privacy.Purpose, privacy.RecipientID) error { return err }
		},
	} {
		w := newWorld(t)
		who := w.person("pixplus")
		k, _, err := w.Submit(t.Context(), who, Request{
			Feature: "avatar", Inputs: map[privacy.Field]privacy.ObjectID{"photo": w.upload(who).Object}, Consent: w.agree(who, "avatar"), Language: "en",
		})
		must(t, err)
		if _, _, err := w.step(t.Context(), k.App, k.ID); err != nil { // the review
			t.Fatal(err)
		}
		refuse(w, fault.New(fault.Refused, code, ""))
		if _, err := w.Work(t.Context(), k.App, k.ID); err != nil {
			t.Fatal(err)
		}
		k, err = w.DB.App(k.App).TaskByID(t.Context(), k.ID)
		must(t, err)
		if n := len(w.sim.Received().Requests); k.State != store.Canceled || k.ErrorCode != code || k.WasSent || n != 0 {
			t.Errorf("%s: %+v, %d requests", code, k, n)
		}
	}
}

func TestATaskInABurstIsRefusedAndARepeatedRequestIsNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("pixplus")
	counted, most := 0, 1
	w.Paced = func(_ context.Context, app privacy.AppID, s privacy.SubjectID) error {
		if app != "pixplus" || s != who.Subject {
			t.Errorf("counted for %s of %s", s, app)
		}
		if counted++; counted > most {
			return fault.New(fault.Unavailable, "rate-limited", "")
		}
		return nil
	}
	r := Request{
		Feature: "avatar", Inputs: map[privacy.Field]privacy.ObjectID{"photo": w.upload(who).Object}, Consent: w.agree(who, "avatar"), Language: "en", Key: "once",
	}
	first, _, err := w.Submit(t.Context(), who, r)
	must(t, err)
	if again, replayed, err := w.Submit(t.Context(), who, r); err != nil || !replayed || again.ID != first.ID || counted != 1 {
		t.Errorf("the same request again: %v, counted %d times", err, counted)
	}
	next := Request{Feature: "avatar", Inputs: map[privacy.Field]privacy.ObjectID{"photo": w.upload(who).Object}, Consent: w.agree(who, "avatar"), Language: "en"}
	if _, _, err := w.Submit(t.Context(), who, next); fault.CodeOf(err) != "rate-limited" {
		t.Errorf("past the limit: %v", err)
	}
	most = 10
	if _, _, err := w.Submit(t.Context(), who, next); err != nil {
		t.Errorf("the refusal used up the photo or the consent: %v", err)
	}
}

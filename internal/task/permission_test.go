package task

import (
	"bytes"
	"context"
	"testing"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task/grant"
)

// reports lets a device tell of its permissions.
func (w *world) reports(states map[string]bool) {
	w.Reported = func(_ context.Context, _ privacy.AppID, _ privacy.SubjectID, p string) (granted, reported bool, err error) {
		granted, reported = states[p]
		return granted, reported, nil
	}
}

func (w *world) from(who Who, origin string) (store.Object, error) {
	return w.Upload(w.t.Context(), who, Incoming{Body: bytes.NewReader(photo()), Declared: media.JPEG, Name: "me.jpg", Origin: origin})
}

func TestAnUploadOfADeniedOriginLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("pixplus")
	w.reports(map[string]bool{"camera": false, "photos": true})
	for origin, want := range map[string]string{grant.Capture: "permission-required", "background": "validation"} {
		if _, err := w.from(who, origin); fault.CodeOf(err) != want {
			t.Errorf("%s: %v", origin, err)
		}
	}
	if list, err := w.DB.App("pixplus").Objects(t.Context(), who.Subject); err != nil || len(list) != 0 {
		t.Errorf("%d objects, %v", len(list), err)
	}
	for _, origin := range []string{"", grant.Library, grant.Import} {
		o, err := w.from(who, origin)
		if err != nil || o.Origin != origin {
			t.Errorf("%q is kept as %q: %v", origin, o.Origin, err)
		}
	}
	w.reports(map[string]bool{"camera": true, "photos": false}) // taken back: it counts at once
	if _, err := w.from(who, grant.Library); fault.CodeOf(err) != "permission-required" {
		t.Error(err)
	}
	if o, err := w.from(who, grant.Capture); err != nil || o.Origin != grant.Capture {
		t.Errorf("%q, %v", o.Origin, err)
	}
}

func TestADeniedPermissionStopsTheFeatureThatUsesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := Who{Policy: policytest.Load(t, policytest.Collection()), Subject: w.person("pixplus").Subject}
	r := Request{Feature: "sketch", Inputs: map[privacy.Field]privacy.ObjectID{"photo": "upl_none"}, Language: "en"}
	preview := func() error {
		_, _, err := w.Preview(t.Context(), who, r, map[privacy.Field][]byte{"photo": photo()})
		return err
	}
	submit := func() error {
		_, _, err := w.Submit(t.Context(), who, r)
		return err
	}
	for name, ask := range map[string]func() error{"a task": submit, "a preview": preview} {
		w.reports(map[string]bool{"photos": false})
		if err := ask(); fault.CodeOf(err) != "permission-required" {
			t.Errorf("%s: %v", name, err)
		}
		w.reports(map[string]bool{"photos": true, "camera": false})
		if err := ask(); fault.CodeOf(err) != "consent-required" { // the next gate
			t.Errorf("%s with the permission: %v", name, err)
		}
	}
}

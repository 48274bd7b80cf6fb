package api

import (
	"context"
	"testing"

	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/task"
)

func TestAFeatureWhosePermissionIsDeniedIsShownAsSuchAndNoOther(t *testing.T) {
	t.Parallel()
	pol := policytest.Load(t, policytest.Collection())
	states := map[string]bool{}
	a := &API{Options: Options{Policies: book.Fixed{pol.App(): pol}, Tasks: &task.Service{Options: task.Options{
		Reported: func(_ context.Context, _ privacy.AppID, _ privacy.SubjectID, p string) (granted, reported bool, err error) {
			granted, reported = states[p]
			return granted, reported, nil
		},
	}}}}
	f, _ := pol.Feature("sketch")
	for _, tt := range []struct {
		name      string
		subject   privacy.SubjectID
		states    map[string]bool
		available bool
	}{
		{"nothing was told", "sub_a", nil, true},
		{"granted", "sub_a", map[string]bool{"photos": true, "camera": false}, true},
		{"denied", "sub_a", map[string]bool{"photos": false}, false},
		{"a visitor has no device", "", map[string]bool{"photos": false}, true},
	} {
		states = tt.states
		v, err := a.feature(t.Context(), &rest.Credential{Who: task.Who{Policy: pol, Subject: tt.subject}, Lang: "en"}, f)
		if err != nil || v.Available != tt.available || (v.Reason == "permission") == tt.available || (v.Needs == "photos") == tt.available || (v.ReasonText == "") != tt.available || v.Permissions[0] != "photos" {
			t.Errorf("%s: %+v, %v", tt.name, v, err)
		}
	}
}

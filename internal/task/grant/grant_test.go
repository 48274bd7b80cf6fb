package grant_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/task/grant"
)

func told(states map[string]bool) grant.Reported {
	return func(_ context.Context, _ privacy.AppID, _ privacy.SubjectID, p string) (granted, reported bool, err error) {
		granted, reported = states[p]
		return granted, reported, nil
	}
}

func TestOnlyADeniedPermissionStops(t *testing.T) {
	t.Parallel()
	device := told(map[string]bool{"camera": false, "photos": true})
	for name, tt := range map[string]struct {
		reported grant.Reported
		needs    []string
		denied   string
	}{
		"nothing needed":           {device, nil, ""},
		"granted":                  {device, []string{"photos"}, ""},
		"never told":               {device, []string{"microphone"}, ""},
		"denied":                   {device, []string{"camera"}, "camera"},
		"one of several is denied": {device, []string{"photos", "camera"}, "camera"},
		"no device is known":       {nil, []string{"camera"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.reported.Denied(t.Context(), "a", "s", tt.needs)
			if err != nil || got != tt.denied {
				t.Errorf("%q, %v", got, err)
			}
			err = tt.reported.Check(t.Context(), "a", "s", tt.needs)
			if (err != nil) != (tt.denied != "") || err != nil && (fault.CodeOf(err) != "permission-required" || fault.KindOf(err) != fault.Conflict) {
				t.Error(err)
			}
		})
	}
}

func TestWhatCannotBeReadStops(t *testing.T) {
	t.Parallel()
	broken := grant.Reported(func(context.Context, privacy.AppID, privacy.SubjectID, string) (granted, reported bool, err error) {
		return true, true, errors.New("no database")
	})
	if err := broken.Check(t.Context(), "a", "s", []string{"camera"}); err == nil {
		t.Error("it passes")
	}
}

func TestAnOriginNeedsItsPermission(t *testing.T) {
	t.Parallel()
	open := &terms.Terms{}
	saves := &terms.Terms{Permissions: []terms.Permission{{ID: "photo_library"}, {ID: "microphone"}}}
	for _, tt := range []struct {
		terms  *terms.Terms
		origin string
		sound  bool
		needs  []string
		code   string
	}{
		{open, "", false, nil, ""},
		{open, grant.Import, false, nil, ""},
		{open, grant.Library, false, []string{"photos"}, ""},
		{open, grant.Capture, false, []string{"camera"}, ""},
		{open, grant.Capture, true, []string{"microphone"}, ""},
		{open, "background", false, nil, "validation"},
		{saves, grant.Library, false, nil, "permission-required"},
		{saves, grant.Capture, false, nil, "permission-required"},
		{saves, grant.Capture, true, []string{"microphone"}, ""},
		{saves, "", false, nil, ""},
	} {
		needs, err := grant.Origin(tt.terms, tt.origin, tt.sound)
		if !slices.Equal(needs, tt.needs) || (err == nil) != (tt.code == "") || err != nil && fault.CodeOf(err) != tt.code {
			t.Errorf("%q: %v, %v", tt.origin, needs, err)
		}
	}
}

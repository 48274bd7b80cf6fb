// Package grant asks whether the device's permissions that something needs are granted.
//
// It promises that a permission which was reported as denied or taken back stops what needs it at once, and
// nothing else (MIX-4-01, KME-PERM-02). It never asks a device, and it never keeps an answer.
package grant

import (
	"context"
	"slices"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

// Reported returns what a subject's device has told about a permission. A nil Reported knows no device.
type Reported func(ctx context.Context, app privacy.AppID, s privacy.SubjectID, permission string) (granted, reported bool, err error)

// Denied returns the first of the permissions that was reported as not granted, or "". What no device has
// told is not denied: a page in a browser asks only when it needs to.
func (r Reported) Denied(ctx context.Context, app privacy.AppID, s privacy.SubjectID, permissions []string) (string, error) {
	if r == nil {
		return "", nil
	}
	for _, p := range permissions {
		granted, reported, err := r(ctx, app, s, p)
		if err != nil {
			return p, err
		}
		if reported && !granted {
			return p, nil
		}
	}
	return "", nil
}

// Check is Denied as a refusal.
func (r Reported) Check(ctx context.Context, app privacy.AppID, s privacy.SubjectID, permissions []string) error {
	p, err := r.Denied(ctx, app, s, permissions)
	if err != nil || p == "" {
		return err
	}
	return required(p)
}

func required(permission string) error {
	return fault.New(fault.Conflict, "permission-required", "This needs the permission "+permission+" of the device. Nothing was kept.").With("rule", "permission."+permission)
}

// The origins that an upload may name.
const (
	Library = "library" // picked in the device's library
	Capture = "capture" // taken just now, with camera or microphone
	Import  = "import"  // handed over by another app or a file
)

// The permissions that stand behind an origin.
const (
	photos     = "photos"
	camera     = "camera"
	microphone = "microphone"
)

// Origin refuses an upload whose origin the app has no permission for, and returns the permissions that it
// needs. Where the policy lists permissions, that list is closed: "write-only purpose; library uploads are
// refused" (KME-PERM-05). An upload that names no origin needs none.
func Origin(t *terms.Terms, origin string, sound bool) ([]string, error) {
	need := ""
	switch {
	case origin == "" || origin == Import:
		return nil, nil
	case origin == Library:
		need = photos
	case origin == Capture && sound:
		need = microphone
	case origin == Capture:
		need = camera
	default:
		return nil, fault.New(fault.Invalid, "validation", "origin is library, capture or import.")
	}
	if len(t.Permissions) > 0 && !slices.ContainsFunc(t.Permissions, func(p terms.Permission) bool { return p.ID == need }) {
		return nil, required(need)
	}
	return []string{need}, nil
}

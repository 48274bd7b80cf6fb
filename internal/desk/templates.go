package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"slices"

	"vow.example/vow/internal/effects/material"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/desk"
)

// The states of a template.
const (
	Draft     = "draft"
	Approved  = "approved"
	Rejected  = "rejected"
	Published = "published"
)

var errState = fault.New(fault.Conflict, "conflict", "The template is in a state that does not allow this.")

// own returns the drawn things that an app brought along.
func (s *Service) own(app privacy.AppID) fs.FS {
	if s.Materials == nil {
		return nil
	}
	return s.Materials(app)
}

// digest stands for the files of a drawn thing: another file, another digest.
func (s *Service) digest(app privacy.AppID, kind, id string) (string, error) {
	folder, err := material.Folder(s.own(app), material.Kind(kind), id)
	if err != nil {
		return "", errNotFound
	}
	h := sha256.New()
	err = fs.WalkDir(folder, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := folder.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		_, _ = io.WriteString(h, path+"\x00") // a hash takes everything
		n, err := io.Copy(h, f)
		_, _ = h.Write([]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)})
		return err
	})
	if err != nil {
		return "", errors.New("desk: the files of a template cannot be read")
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// uses reports whether a live feature of the app takes such things: PicWiz and its like take no face of
// somebody else.
func uses(p *policy.Policy, kind string) bool {
	return slices.ContainsFunc(p.Features(), func(f policy.Feature) bool {
		return f.Live && slices.ContainsFunc(f.Inputs, func(in policy.Input) bool { return in.Material == kind })
	})
}

// Submit hands a drawn thing in for review, as it is now.
func (s *Service) Submit(ctx context.Context, by facts.Staff, t facts.Template) (facts.Template, error) {
	p, err := s.inApp(by, actAuthor, t.App)
	if err != nil {
		return t, err
	}
	if !uses(p, t.Kind) {
		return t, fault.New(fault.Invalid, "feature-unavailable", "No feature of this app uses such a template.")
	}
	if t.Digest, err = s.digest(t.App, t.Kind, t.ID); err != nil {
		return t, err
	}
	t.State, t.Author, t.Reviewer = Draft, by.ID, ""
	return t, s.put(ctx, by, &t)
}

// Review judges a draft. Who handed it in does not judge it.
func (s *Service) Review(ctx context.Context, by facts.Staff, t facts.Template, verdict string) (facts.Template, error) {
	t, err := s.template(ctx, by, t)
	switch {
	case err != nil:
		return t, err
	case t.Author == by.ID:
		return t, ErrSame
	case verdict != Approved && verdict != Rejected:
		return t, invalid("/verdict", "unknown", "A verdict is approved or rejected.")
	case t.State != Draft:
		return t, errState.With("state", t.State)
	}
	t.State, t.Reviewer = verdict, by.ID
	return t, s.put(ctx, by, &t)
}

// Publish offers an approved template in its app.
func (s *Service) Publish(ctx context.Context, by facts.Staff, t facts.Template) (facts.Template, error) {
	t, err := s.template(ctx, by, t)
	if err != nil {
		return t, err
	}
	if t.State != Approved {
		return t, errState.With("state", t.State)
	}
	t.State = Published
	return t, s.put(ctx, by, &t)
}

// Unpublish takes a template back, to be reviewed anew.
func (s *Service) Unpublish(ctx context.Context, by facts.Staff, t facts.Template) (facts.Template, error) {
	t, err := s.template(ctx, by, t)
	if err != nil {
		return t, err
	}
	t.State, t.Reviewer = Draft, ""
	return t, s.put(ctx, by, &t)
}

// template returns a template as its files make it: files that changed since it was handed in make it a
// draft again.
func (s *Service) template(ctx context.Context, by facts.Staff, t facts.Template) (facts.Template, error) {
	if _, err := s.inApp(by, actReview, t.App); err != nil {
		return t, err
	}
	found, err := facts.TemplateBy(ctx, s.DB.App(t.App), t.Kind, t.ID)
	if errors.Is(err, store.ErrNotFound) && s.builtIn(t.App, t.Kind, t.ID) {
		found = facts.Template{App: t.App, Kind: t.Kind, ID: t.ID, State: Published}
		found.Digest, err = s.digest(t.App, t.Kind, t.ID)
	}
	if err != nil {
		return t, unlessNotFound(err)
	}
	return s.current(found)
}

// builtIn reports whether a drawn thing came with this program and a live feature of the app uses it.
func (s *Service) builtIn(app privacy.AppID, kind, id string) bool {
	p, ok := s.Policies.InForce(app, s.Clock.Now())
	return ok && uses(p, kind) && material.Built(s.own(app), material.Kind(kind), id)
}

func (s *Service) current(t facts.Template) (facts.Template, error) {
	now, err := s.digest(t.App, t.Kind, t.ID)
	if err == nil && now != t.Digest {
		t.Digest, t.State, t.Reviewer = now, Draft, ""
	}
	return t, err
}

func (s *Service) put(ctx context.Context, by facts.Staff, t *facts.Template) error {
	t.At = s.Clock.Now()
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := t.Put(ctx, tx); err != nil {
			return err
		}
		return s.note(ctx, tx, by, audit.Event{Kind: "template_changed", App: t.App, Data: map[string]string{"template": t.Kind + "/" + t.ID, "state": t.State, "digest": t.Digest}})
	})
}

// Templates lists the templates of an app with their states.
func (s *Service) Templates(ctx context.Context, by facts.Staff, app privacy.AppID) ([]facts.Template, error) {
	_, err := s.inApp(by, actReview, app)
	if errors.Is(err, ErrForbidden) {
		_, err = s.inApp(by, actAuthor, app)
	}
	if err != nil {
		return nil, err
	}
	list, err := facts.Templates(ctx, s.DB.App(app))
	for i := range list {
		if now, err := s.current(list[i]); err == nil {
			list[i] = now
		}
	}
	return list, err
}

// Offers reports whether a drawn thing is published in an app, with the very files that were reviewed
// (PIX-8-04). What came with this program was reviewed by its makers, until staff say otherwise. What cannot
// be read is not offered.
func (s *Service) Offers(ctx context.Context, app privacy.AppID, kind, id string) bool {
	t, err := facts.TemplateBy(ctx, s.DB.App(app), kind, id)
	if errors.Is(err, store.ErrNotFound) {
		return s.builtIn(app, kind, id)
	}
	if err != nil || t.State != Published {
		return false
	}
	t, err = s.current(t)
	return err == nil && t.State == Published
}

// Seed publishes every drawn thing that an app's features use, as somebody who reviewed them: what a
// demonstration ships with. What is there already stays as it is.
func (s *Service) Seed(ctx context.Context, by facts.Staff, app privacy.AppID) error {
	p, err := s.inApp(by, actReview, app)
	if err != nil {
		return err
	}
	for _, kind := range []material.Kind{material.Template, material.Hair, material.Frame} {
		if !uses(p, string(kind)) {
			continue
		}
		for _, m := range material.All(s.own(app), kind) {
			if _, err := facts.TemplateBy(ctx, s.DB.App(app), string(kind), m.ID); !errors.Is(err, store.ErrNotFound) {
				continue
			}
			t := facts.Template{App: app, Kind: string(kind), ID: m.ID, State: Published, Reviewer: by.ID}
			if t.Digest, err = s.digest(app, t.Kind, t.ID); err != nil {
				return err
			}
			if err := s.put(ctx, by, &t); err != nil {
				return err
			}
		}
	}
	return nil
}

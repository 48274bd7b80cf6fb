package people

import (
	"context"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/task"
)

// Present is Standing for a request of the person itself. Whom nothing stops goes on by it under the version
// of the policy that binds it. Standing binds nobody: what the server does of itself is not going on.
func (s *Service) Present(ctx context.Context, who task.Who) error {
	if err := s.Standing(ctx, who); err != nil || s.GoOn == nil {
		return err
	}
	return s.GoOn(ctx, who.App(), who.Subject)
}

// PresentOf is Present for a caller that knows no policy.
func (s *Service) PresentOf(ctx context.Context, app privacy.AppID, subject privacy.SubjectID) error {
	who, err := s.who(ctx, app, subject)
	if err != nil {
		return err
	}
	return s.Present(ctx, who)
}

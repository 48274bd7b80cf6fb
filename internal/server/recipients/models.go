package recipients

import (
	"context"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
)

// lister is a driver that can ask which models its recipient has.
type lister interface {
	Models(ctx context.Context, f driver.Follower) ([]string, error)
}

// Models asks a recipient which models it has. can is false where its driver knows no such call.
func Models(ctx context.Context, e *egress.Egress, id privacy.RecipientID, driverName string) (list []string, can bool, err error) {
	l, can := Kinds()[driverName].Driver.(lister)
	if !can {
		return nil, false, nil
	}
	list, err = l.Models(ctx, provider.NewFollower(e, id))
	return list, true, err
}

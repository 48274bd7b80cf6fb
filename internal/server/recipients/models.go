package recipients

import (
	"context"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/driver"
)

// lister is a driver that can ask which models its recipient has.
type lister interface {
	Models(ctx context.Context, f driver.Follower) ([]string, error)
}

// follower asks one recipient without content.
type follower struct {
	egress *egress.Egress
	to     privacy.RecipientID
}

// Follow implements driver.Follower.
func (f follower) Follow(ctx context.Context, r wire.Request) (egress.Response, error) {
	return f.egress.Follow(ctx, f.to, r)
}

// Models asks a recipient which models it has. can is false where its driver knows no such call.
func Models(ctx context.Context, e *egress.Egress, id privacy.RecipientID, driverName string) (list []string, can bool, err error) {
	l, can := Kinds()[driverName].Driver.(lister)
	if !can {
		return nil, false, nil
	}
	list, err = l.Models(ctx, follower{e, id})
	return list, true, err
}

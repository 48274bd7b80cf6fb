package server

import (
	"context"
	"errors"
	"time"

	"vow.example/vow/internal/desk"
	"vow.example/vow/internal/editions"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/server/storage"
	"vow.example/vow/internal/task"
)

// due is one sweep. What is due goes first: a recipient that is slow to stop a task that is too old
// must not keep anything alive.
type due struct {
	editions *editions.Service
	desk     *desk.Service
	eraser   *erasure.Eraser
	tasks    *task.Service
	blobs    *storage.Stores
	tick     func() error
}

// Sweep implements retention.Due.
func (d due) Sweep(ctx context.Context, now time.Time) (int, error) {
	_, failed := d.editions.Sweep(ctx, now)   // what a new version shortens goes in the same sweep
	purged, closing := d.desk.Sweep(ctx, now) // accounts of apps that have ended
	failed = errors.Join(failed, closing)
	n, err := d.eraser.Sweep(ctx, now)
	err = errors.Join(failed, err, d.tasks.Overdue(ctx), d.blobs.Sweep(ctx))
	if d.tick != nil {
		err = errors.Join(err, d.tick())
	}
	return n + purged, err
}

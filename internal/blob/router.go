package blob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"

	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/privacy"
)

// Router keeps the blobs of several apps in several stores. A new blob goes to the store of its app;
// every other call goes to the store that has the blob, so that a blob is read and erased where it
// is, also after its app was given another store.
type Router struct {
	standard vault.Blobs
	byApp    map[privacy.AppID]vault.Blobs
	all      []vault.Blobs
}

var _ vault.Blobs = (*Router)(nil)

// NewRouter returns a router. Apps without a store of their own use the standard one; former stores
// are read and erased from, and never written to. A store must say quickly whether it has a blob:
// the ones here look at their own disk.
func NewRouter(standard vault.Blobs, byApp map[privacy.AppID]vault.Blobs, former ...vault.Blobs) *Router {
	r := &Router{standard: standard, byApp: map[privacy.AppID]vault.Blobs{}, all: []vault.Blobs{standard}}
	for app, store := range byApp {
		r.byApp[app] = store
		r.add(store)
	}
	for _, store := range former {
		r.add(store)
	}
	return r
}

func (r *Router) add(store vault.Blobs) {
	if !slices.Contains(r.all, store) {
		r.all = append(r.all, store)
	}
}

// Create starts a blob in the store of the app. It fails with fs.ErrExist where any store has the
// name.
func (r *Router) Create(ctx context.Context, app privacy.AppID, id string) (vault.BlobWriter, error) {
	switch taken, err := r.find(ctx, id); {
	case err != nil:
		return nil, err
	case taken != nil:
		return nil, fmt.Errorf("blob: create: %w", fs.ErrExist)
	}
	store, ok := r.byApp[app]
	if !ok {
		store = r.standard
	}
	return store.Create(ctx, app, id)
}

// find returns the store that has the blob, or nil. Where a store does not answer, the blob may be
// there: that is an error and never "none".
func (r *Router) find(ctx context.Context, id string) (vault.Blobs, error) {
	var silent error
	for _, store := range r.all {
		_, ok, err := store.Stat(ctx, id)
		if ok && err == nil {
			return store, nil
		}
		silent = errors.Join(silent, err)
	}
	return nil, silent
}

// at is find where the blob must exist.
func (r *Router) at(ctx context.Context, id, what string) (vault.Blobs, error) {
	store, err := r.find(ctx, id)
	if err == nil && store == nil {
		err = fmt.Errorf("blob: %s: %w", what, fs.ErrNotExist)
	}
	return store, err
}

// Open opens a blob for reading.
func (r *Router) Open(ctx context.Context, id string) (vault.BlobFile, error) {
	store, err := r.at(ctx, id, "open")
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, id)
}

// OverwriteHeader overwrites the header where the blob is.
func (r *Router) OverwriteHeader(ctx context.Context, id string, header [vault.HeaderSize]byte) error {
	store, err := r.at(ctx, id, "overwrite header")
	if err != nil {
		return err
	}
	return store.OverwriteHeader(ctx, id, header)
}

// Remove removes a blob from every store that has it.
func (r *Router) Remove(ctx context.Context, id string) error {
	for {
		store, err := r.find(ctx, id)
		if err != nil || store == nil {
			return err
		}
		if err := store.Remove(ctx, id); err != nil {
			return err
		}
	}
}

// Stat returns the size with header, and whether any store has the blob.
func (r *Router) Stat(ctx context.Context, id string) (int64, bool, error) {
	store, err := r.find(ctx, id)
	if err != nil || store == nil {
		return 0, false, err
	}
	return store.Stat(ctx, id)
}

// List goes through the names of all blobs of every store.
func (r *Router) List(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, store := range r.all {
			for id, err := range store.List(ctx) {
				if !yield(id, err) {
					return
				}
			}
		}
	}
}

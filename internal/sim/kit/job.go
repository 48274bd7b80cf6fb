package kit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Job is what a result is made from. Keys are names of personal fields.
type Job struct {
	Feature        string
	Want           string // "image" or "video"
	Media          map[string][]byte
	Texts, Options map[string]string
}

// Output is a result.
type Output struct {
	Data      []byte
	MediaType string
}

// Render makes a result. An error is a job that fails; its text goes nowhere.
type Render func(ctx context.Context, j Job) (Output, error)

// Render makes the result of a job, or fails where the service has no renderer.
func (k *Kit) Render(ctx context.Context, j Job) (Output, error) {
	if k.opts.Render == nil {
		return Output{}, errors.New("sim: no renderer")
	}
	return k.opts.Render(ctx, j)
}

// Stages returns how long a job is queued and how long it runs, by its texts: each test:slow in one of
// them makes it run longer.
func (k *Kit) Stages(texts map[string]string) (queue, run time.Duration) {
	run = k.opts.Run
	for _, text := range texts {
		if n := strings.Count(text, "test:slow"); n > 0 {
			run += time.Duration(n) * k.opts.Slow
			break
		}
	}
	return k.opts.Queue, run
}

// Go runs f until it returns; Close ends its context and waits for it. After Close nothing runs,
// which false says.
func (k *Kit) Go(f func(ctx context.Context)) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed || k.ctx.Err() != nil {
		return false
	}
	k.work.Go(func() { f(k.ctx) })
	return true
}

// Wait waits for d of real time; false: ctx or the service ended first.
func (k *Kit) Wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	case <-k.ctx.Done():
		return false
	}
}

// Now returns the time by the service's own clock, which may be off.
func (k *Kit) Now() time.Time { return k.opts.Wall.Now().Add(k.opts.Skew) }

// ID returns a name that is given once: the prefix and 32 hexadecimal digits.
func (k *Kit) ID(prefix string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.counter++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s|%d|%d", k.name, k.opts.Seed, k.counter))
	return prefix + hex.EncodeToString(sum[:16])
}

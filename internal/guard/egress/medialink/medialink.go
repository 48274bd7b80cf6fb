// Package medialink lends one picture to one recipient for a few minutes, at an address of ours.
//
// It promises that an address serves one object of one task, to nobody who was not told it, at
// most three times and at most fifteen minutes long, never beyond the lease behind it and never
// after its task has ended; that each fetch is a committed row in the ledger before its first byte;
// and that the object is decrypted while it streams. It never stores an address (only a digest of
// it, in memory), never tells an unknown address from a malformed one, never answers a part of an
// object, and never logs.
package medialink

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/internal/handover"
	"vow.example/vow/internal/privacy"
)

// The limits of a link. A tombstone is what stays of it, so that a late fetch learns that it is late.
const (
	mostFetches = 3
	mostLooks   = 10 // HEAD requests
	life        = 15 * time.Minute
	tombstone   = time.Hour
	tokenBytes  = 32
)

// ErrRefused says that no link can be made.
var ErrRefused = errors.New("medialink: no link can be made")

// Fetch is the fact that a recipient is about to read a picture: one row of the ledger.
type Fetch struct {
	Transfer  privacy.TransferID
	App       privacy.AppID
	Subject   privacy.SubjectID
	Task      privacy.TaskID
	Recipient privacy.RecipientID
	Field     privacy.Field
	At        time.Time
	Number    int // of the fetch, from 1
	Bytes     int64
}

// Fetches keeps the ledger of fetches. Fetched commits before it returns; where it fails, nothing
// is served.
type Fetches interface {
	Fetched(ctx context.Context, f Fetch) error
}

// Grant is what egress asks a link for.
type Grant struct {
	Transfer  privacy.TransferID
	App       privacy.AppID
	Subject   privacy.SubjectID
	Task      privacy.TaskID
	Recipient privacy.RecipientID
	Field     privacy.Field
	Payload   disclosure.Payload
	From      []netip.Prefix // who may fetch, by address; empty: anybody who knows the link
}

// Book holds the links that are alive. It is safe for concurrent use. It forgets every link when
// the process ends.
type Book struct {
	base    string
	clock   clock.Clock
	fetches Fetches

	mu    sync.Mutex
	links map[digest]*link
}

// digest is what is kept of a token.
type digest [sha256.Size]byte

// link is one lent object. What is not constant is guarded by Book.mu.
type link struct {
	grant   Grant
	ending  string // of the address: ".jpg"
	until   time.Time
	stop    context.CancelFunc // ends running answers
	ctx     context.Context    // ended by stop; it is the link's life, not a call's
	fetched int
	looked  int
	ended   bool
}

// NewBook returns a book whose links begin with base, for example "https://host/m". Links to this
// machine may use http, all others may not.
func NewBook(base string, clk clock.Clock, f Fetches) *Book {
	return &Book{base: strings.TrimSuffix(base, "/"), clock: clk, fetches: f, links: map[digest]*link{}}
}

// Check reports whether links can be made at all: the address must be https, or on this machine.
func (b *Book) Check() error {
	u, err := url.Parse(b.base)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || b.fetches == nil || b.clock == nil {
		return ErrRefused
	}
	ip, err := netip.ParseAddr(u.Hostname())
	here := u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !here) {
		return ErrRefused
	}
	return nil
}

// Link is a granted link. It prints nothing of its address.
type Link struct {
	address string
	id      digest
}

// Address returns the address, which whoever knows it can read from.
func (l Link) Address() string { return l.address }

// String prints "[link]".
func (l Link) String() string { return "[link]" }

// GoString prints "[link]".
func (l Link) GoString() string { return "[link]" }

// Grant makes a link. A former link for the same field of the same transfer ends: the call that
// carried it was not taken. Its readings count on, so that a field is not read more often however
// often it is sent; where none is left there is no link. Only egress can call it.
func (b *Book) Grant(k handover.Key, g Grant) (Link, error) {
	ending, known := endingOf(g.Payload.MediaType)
	if !k.Opens() || !g.Payload.IsMedia() || g.Payload.Bytes <= 0 || !known || g.Task == "" || b.Check() != nil {
		return Link{}, ErrRefused
	}
	var raw [tokenBytes]byte
	_, _ = rand.Read(raw[:]) // never fails since Go 1.24
	token := hex.EncodeToString(raw[:])
	ctx, stop := context.WithCancel(context.Background())
	l := &link{grant: g, ending: ending, ctx: ctx, stop: stop}
	id := digest(sha256.Sum256([]byte(token)))
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock.Now()
	l.until = now.Add(life)
	b.bury(now)
	for _, former := range b.links {
		if former.grant.Transfer == g.Transfer && former.grant.Task == g.Task && former.grant.Field == g.Field {
			former.end()
			l.fetched = max(l.fetched, former.fetched)
		}
	}
	if l.fetched >= mostFetches {
		stop()
		return Link{}, ErrRefused
	}
	b.links[id] = l
	return Link{address: b.base + "/" + token + ending, id: id}, nil
}

// Revoke ends a link whose call certainly did not leave. Only egress can call it.
func (b *Book) Revoke(k handover.Key, l Link) {
	if !k.Opens() {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if found := b.links[l.id]; found != nil {
		found.end()
	}
}

// End ends every link of a task, and every answer that is still running.
func (b *Book) End(task privacy.TaskID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.links {
		if l.grant.Task == task {
			l.end()
		}
	}
	b.bury(b.clock.Now())
}

// Alive returns how many links of a task can still be read from.
func (b *Book) Alive(task privacy.TaskID) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, now := 0, b.clock.Now()
	for _, l := range b.links {
		if l.grant.Task == task && !l.over(now) {
			n++
		}
	}
	return n
}

// end makes a link dead and lets go of the lease. Book.mu is held.
func (l *link) end() {
	l.ended = true
	l.grant.Payload = disclosure.Payload{MediaType: l.grant.Payload.MediaType, Bytes: l.grant.Payload.Bytes}
	l.stop()
}

// over reports whether a link is dead. Book.mu is held.
func (l *link) over(now time.Time) bool { return l.ended || !now.Before(l.until) }

// bury ends what is past its time and forgets what has been dead for long. Book.mu is held.
func (b *Book) bury(now time.Time) {
	for id, l := range b.links {
		if l.over(now) && !l.ended {
			l.end()
		}
		if !now.Before(l.until.Add(tombstone)) {
			delete(b.links, id)
		}
	}
}

func endingOf(mediaType string) (string, bool) {
	switch mediaType {
	case "image/jpeg":
		return ".jpg", true
	case "image/png":
		return ".png", true
	case "image/webp":
		return ".webp", true
	case "video/mp4":
		return ".mp4", true
	default:
		return "", false
	}
}

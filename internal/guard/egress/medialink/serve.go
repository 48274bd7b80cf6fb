package medialink

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"vow.example/vow/internal/guard/disclosure"
)

// serveLimit ends an answer that a recipient reads too slowly.
const serveLimit = 5 * time.Minute

// claim is one permitted answer.
type claim struct {
	payload disclosure.Payload
	row     Fetch
	life    context.Context // ends with the link
	until   time.Time
}

// ServeHTTP answers GET and HEAD of a link, wherever it is mounted: the last part of the path is
// what counts. Whatever is not a link that was granted to whoever asks is not found; a link that
// has ended is gone.
func (b *Book) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Robots-Tag", "noindex")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed)
		return
	}
	c, status := b.claim(r)
	if status != http.StatusOK {
		refuse(w, status)
		return
	}
	b.answer(w, r, c)
}

func refuse(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(status)
}

// claim counts the request and returns what it may have. What was counted stays counted, whatever
// happens next: a number in the ledger is never used twice.
func (b *Book) claim(r *http.Request) (claim, int) {
	id, ending := identify(r.URL.Path)
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock.Now()
	l := b.links[id]
	if l == nil || l.ending != ending || !admits(l.grant.From, r.RemoteAddr) {
		return claim{}, http.StatusNotFound
	}
	b.bury(now)
	look := r.Method == http.MethodHead
	switch {
	case l.over(now), look && l.looked >= mostLooks, l.fetched >= mostFetches:
		return claim{}, http.StatusGone
	case look:
		l.looked++
	default:
		l.fetched++
	}
	g := l.grant
	return claim{payload: g.Payload, life: l.ctx, until: l.until, row: Fetch{
		Transfer: g.Transfer, App: g.App, Subject: g.Subject, Task: g.Task, Recipient: g.Recipient,
		Field: g.Field, At: now, Number: l.fetched, Bytes: g.Payload.Bytes,
	}}, http.StatusOK
}

// identify takes the token out of a path and returns its digest. A token that cannot be one of ours
// is digested all the same: an answer says nothing by the time it takes.
func identify(path string) (digest, string) {
	name := path[strings.LastIndex(path, "/")+1:]
	token, ending := name, ""
	if dot := strings.LastIndex(name, "."); dot >= 0 {
		token, ending = name[:dot], name[dot:]
	}
	if len(token) != hex.EncodedLen(tokenBytes) {
		token = ""
	}
	return sha256.Sum256([]byte(token)), ending
}

// admits reports whether an address is one that a link is for.
func admits(from []netip.Prefix, remote string) bool {
	if len(from) == 0 {
		return true
	}
	at, err := netip.ParseAddrPort(remote)
	ip := at.Addr().Unmap().WithZone("")
	return err == nil && slices.ContainsFunc(from, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// answer opens the lease, has the row committed and streams, in that order.
func (b *Book) answer(w http.ResponseWriter, r *http.Request, c claim) {
	ctx, cancel := context.WithTimeout(r.Context(), serveLimit)
	defer cancel()
	content, err := c.payload.Open()
	if err != nil {
		refuse(w, http.StatusGone)
		return
	}
	defer content.Close()
	h := w.Header()
	if r.Method == http.MethodGet {
		if err := b.fetches.Fetched(ctx, c.row); err != nil {
			refuse(w, http.StatusServiceUnavailable)
			return
		}
		if c.life.Err() != nil {
			refuse(w, http.StatusGone)
			return
		}
	}
	h.Set("Content-Type", c.payload.MediaType)
	h.Set("Content-Length", strconv.FormatInt(c.payload.Bytes, 10))
	h.Set("Accept-Ranges", "none")
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodGet {
		b.stream(ctx, w, c, content)
	}
}

// stream copies the object out. Where the link ends, the lease ends or the recipient is too slow,
// it breaks the connection: an answer that is cut never looks whole.
func (b *Book) stream(ctx context.Context, w http.ResponseWriter, c claim, content io.Reader) {
	past := time.Unix(1, 0)
	abort := func() { _ = http.NewResponseController(w).SetWriteDeadline(past) }
	defer context.AfterFunc(c.life, abort)()
	defer context.AfterFunc(ctx, abort)()
	out := &guarded{w: w, ended: func() error {
		if !b.clock.Now().Before(c.until) {
			return ErrRefused
		}
		return cmp.Or(c.life.Err(), ctx.Err())
	}}
	n, err := io.CopyN(out, content, c.payload.Bytes)
	if err != nil || n != c.payload.Bytes {
		panic(http.ErrAbortHandler)
	}
}

// guarded stops writing when a link or a request has ended.
type guarded struct {
	w     io.Writer
	ended func() error
}

// Write passes p on, unless the link or the request has ended.
func (g *guarded) Write(p []byte) (int, error) {
	if err := g.ended(); err != nil {
		return 0, err
	}
	return g.w.Write(p)
}

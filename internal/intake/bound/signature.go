package bound

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Stamp is what a vendor puts beside the body of a delivery.
type Stamp struct {
	Timestamp string // seconds since 1970, in decimals
	Signature string // "v1=" and the hex HMAC-SHA256 of timestamp, a dot and the body
}

const replayWindow = 5 * time.Minute

// Sign returns the signature of a body under a secret. Vendors do the same.
func Sign(secret []byte, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(timestamp))
	mac.Write([]byte("."))
	mac.Write(body)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

// Genuine reports whether a body was signed with the secret, within the last five minutes, and comes for the
// first time. Without a secret nothing is genuine.
func (r *Once) Genuine(secret, body []byte, s Stamp, now time.Time) bool {
	seconds, err := strconv.ParseInt(s.Timestamp, 10, 64)
	at := time.Unix(seconds, 0)
	if len(secret) == 0 || err != nil || at.After(now.Add(replayWindow)) || at.Before(now.Add(-replayWindow)) {
		return false
	}
	want := Sign(secret, s.Timestamp, body)
	return hmac.Equal([]byte(want), []byte(strings.ToLower(s.Signature))) && r.First(want, now, at.Add(replayWindow))
}

// Once remembers signatures for as long as their time stamp would be taken. The zero Once is ready.
type Once struct {
	mu   sync.Mutex
	seen map[string]time.Time // until when
}

// First reports whether a signature comes for the first time.
func (r *Once) First(signature string, now, until time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for k, end := range r.seen {
		if now.After(end) {
			delete(r.seen, k)
		}
	}
	if _, again := r.seen[signature]; again {
		return false
	}
	if r.seen == nil {
		r.seen = map[string]time.Time{}
	}
	r.seen[signature] = until
	return true
}

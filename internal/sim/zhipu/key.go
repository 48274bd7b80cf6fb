package zhipu

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// oldest is the time before which no number of milliseconds can lie that means today: an expiry in
// seconds ends up far behind it.
const oldest = int64(1_000_000_000_000)

// authorize takes the key as it is, or a token made from it, and returns the code of what is wrong.
func (s *Sim) authorize(header string) string {
	token, ok := strings.CutPrefix(header, "Bearer ")
	switch {
	case header == "":
		return "1001"
	case !ok || token == "":
		return "1002"
	case hmac.Equal([]byte(token), []byte(s.opts.Key)):
		return ""
	case strings.Count(token, ".") != 2:
		return "1000"
	}
	return s.verify(token)
}

// verify checks a token: HS256 under the key's second part, with its expiry in milliseconds.
func (s *Sim) verify(token string) string {
	id, secret, _ := strings.Cut(s.opts.Key, ".")
	signed, signature, _ := cutLast(token)
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(signed))
	if !hmac.Equal([]byte(base64.RawURLEncoding.EncodeToString(h.Sum(nil))), []byte(signature)) {
		return "1004"
	}
	head, payload, _ := strings.Cut(signed, ".")
	var kind struct {
		Alg      string `json:"alg"`
		SignType string `json:"sign_type"`
	}
	var claims struct {
		Key       string `json:"api_key"`
		Expires   int64  `json:"exp"`
		Timestamp int64  `json:"timestamp"`
	}
	switch now := s.Now(); {
	case !decode(head, &kind) || !decode(payload, &claims) || kind.Alg != "HS256" || kind.SignType != "SIGN":
		return "1002"
	case claims.Key != id:
		return "1000"
	case claims.Expires < oldest || claims.Timestamp < oldest, !now.Before(time.UnixMilli(claims.Expires)):
		return "1003"
	}
	return ""
}

func cutLast(s string) (before, after string, ok bool) {
	at := strings.LastIndexByte(s, '.')
	if at < 0 {
		return s, "", false
	}
	return s[:at], s[at+1:], true
}

func decode(part string, into any) bool {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(raw, into) == nil
}

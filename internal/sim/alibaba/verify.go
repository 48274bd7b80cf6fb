package alibaba

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"vow.example/vow/internal/sim/kit"
)

// maxSkew is by how much the clocks may differ.
const maxSkew = 15 * time.Minute

// signedNames are the headers of the signature that may come.
func signedNames() []string {
	return []string{
		"x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256",
		"x-acs-security-token", "x-acs-credentials-provider",
	}
}

// verify checks ACS3-HMAC-SHA256 over what really arrived, and returns the code of the refusal.
func (s *Sim) verify(c *kit.Call) string {
	parts := regexp.MustCompile(`^ACS3-HMAC-SHA256 Credential=([^,\s]+),SignedHeaders=([^,\s]+),Signature=([0-9a-f]{64})$`).FindStringSubmatch(c.Header.Get("Authorization"))
	if parts == nil {
		return "IncompleteSignature"
	}
	signed := strings.Split(parts[2], ";")
	for _, name := range signedNames()[:5] {
		if c.Header.Get(name) == "" {
			return "IncompleteSignature"
		}
	}
	if !covers(c, signed) || c.Header.Get("x-acs-content-sha256") != digest(c.Body) {
		return "IncompleteSignature"
	}
	if parts[1] != s.opts.AccessKeyID {
		return "InvalidAccessKeyId.NotFound"
	}
	if c.Header.Get("x-acs-security-token") != s.opts.SecurityToken {
		return "AuthFailed"
	}
	if !hmac.Equal([]byte(s.signature(c, signed)), []byte(parts[3])) {
		return "SignatureDoesNotMatch"
	}
	at, err := time.Parse("2006-01-02T15:04:05Z", c.Header.Get("x-acs-date"))
	now := s.Now()
	if err != nil || now.Sub(at).Abs() > maxSkew {
		return "InvalidTimeStamp.Expired"
	}
	return s.firstUse(c.Header.Get("x-acs-signature-nonce"), now)
}

// covers reports whether the signature covers the host, the media type of a body and every header
// of Alibaba's, in order.
func covers(c *kit.Call, signed []string) bool {
	needed := []string{"host"}
	for name := range c.Header {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-acs-") || lower == "content-type" {
			needed = append(needed, lower)
		}
	}
	if len(c.Body) > 0 && c.Header.Get("Content-Type") == "" || !slices.IsSorted(signed) {
		return false
	}
	return !slices.ContainsFunc(needed, func(name string) bool { return !slices.Contains(signed, name) })
}

// firstUse remembers a nonce for as long as its date would be accepted.
func (s *Sim) firstUse(nonce string, now time.Time) string {
	s.Lock()
	defer s.Unlock()
	maps.DeleteFunc(s.nonces, func(_ string, until time.Time) bool { return now.After(until) })
	if _, used := s.nonces[nonce]; used {
		return "SignatureNonceUsed"
	}
	s.nonces[nonce] = now.Add(2 * maxSkew)
	return ""
}

func (s *Sim) signature(c *kit.Call, signed []string) string {
	var head strings.Builder
	for _, name := range signed {
		v := c.Header.Get(name)
		if name == "host" {
			v = c.Host
		}
		head.WriteString(name + ":" + strings.TrimSpace(v) + "\n")
	}
	var query []string
	for _, name := range slices.Sorted(maps.Keys(c.Query)) {
		query = append(query, percent(name)+"="+percent(c.Query.Get(name)))
	}
	canonical := strings.Join([]string{
		c.Method, c.Path, strings.Join(query, "&"), head.String(), strings.Join(signed, ";"), digest(c.Body),
	}, "\n")
	m := hmac.New(sha256.New, []byte(s.opts.AccessKeySecret))
	m.Write([]byte("ACS3-HMAC-SHA256\n" + digest([]byte(canonical))))
	return hex.EncodeToString(m.Sum(nil))
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// percent encodes as RFC 3986 has it.
func percent(s string) string {
	return strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~").Replace(url.QueryEscape(s))
}

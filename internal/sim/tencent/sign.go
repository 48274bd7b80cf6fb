package tencent

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
	"time"

	"vow.example/vow/internal/sim/kit"
)

// tolerance is how far a timestamp may be from the service's own clock.
const tolerance = 5 * time.Minute

// verify checks a call's signature and returns the service it was signed for, or Tencent's code
// for what is wrong with it.
func (s *Sim) verify(c *kit.Call) (service, code string) {
	stamp, err := strconv.ParseInt(c.Header.Get("X-TC-Timestamp"), 10, 64)
	if err != nil {
		return "", "AuthFailure.SignatureExpire"
	}
	at := time.Unix(stamp, 0).UTC()
	if d := s.Now().Sub(at); d > tolerance || d < -tolerance {
		return "", "AuthFailure.SignatureExpire"
	}
	form := regexp.MustCompile(`^TC3-HMAC-SHA256 Credential=([^/, ]+)/(\d{4}-\d{2}-\d{2})/([a-z]+)/tc3_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$`)
	m := form.FindStringSubmatch(c.Header.Get("Authorization"))
	switch {
	case m == nil:
		return "", "AuthFailure.SignatureFailure"
	case m[1] != s.opts.SecretID:
		return "", "AuthFailure.SecretIdNotFound"
	case c.Header.Get("X-TC-Token") != s.opts.Token:
		return "", "AuthFailure.TokenFailure"
	case m[2] != at.Format(time.DateOnly):
		return "", "AuthFailure.SignatureFailure"
	}
	canonical, ok := canonicalOf(c, strings.Split(m[4], ";"))
	if !ok {
		return "", "AuthFailure.SignatureFailure"
	}
	scope := m[2] + "/" + m[3] + "/tc3_request"
	want := sign(s.opts.SecretKey, m[2], m[3], "TC3-HMAC-SHA256\n"+strconv.FormatInt(stamp, 10)+"\n"+scope+"\n"+digest([]byte(canonical)))
	if !hmac.Equal([]byte(want), []byte(m[5])) {
		return "", "AuthFailure.SignatureFailure"
	}
	return m[3], ""
}

// canonicalOf is the canonical request over the signed headers, which must hold the type and the
// host and be in order.
func canonicalOf(c *kit.Call, signed []string) (string, bool) {
	var b strings.Builder
	b.WriteString("POST\n/\n\n")
	must := map[string]bool{"content-type": true, "host": true}
	last := ""
	for _, name := range signed {
		v := c.Header.Get(name)
		if name == "host" {
			v = c.Host
		}
		if name <= last || v == "" {
			return "", false
		}
		last = name
		delete(must, name)
		b.WriteString(name + ":" + strings.ToLower(strings.TrimSpace(v)) + "\n")
	}
	b.WriteString("\n" + strings.Join(signed, ";") + "\n" + digest(c.Body))
	return b.String(), len(must) == 0
}

func sign(secret, date, service, text string) string {
	key := mac(mac(mac([]byte("TC3"+secret), date), service), "tc3_request")
	return hex.EncodeToString(mac(key, text))
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

package bucket

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// tolerance is how far a date may be from the store's own clock.
const tolerance = 15 * time.Minute

// authorized checks date, key, scope, signature and checksum of a call, and returns the store's code
// and status for what is wrong.
func (s *Sim) authorized(r *http.Request, body []byte) (code string, status int) {
	form := regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=([^/, ]+)/(\d{8})/([a-z0-9-]+)/([a-z0-9]+)/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$`)
	m := form.FindStringSubmatch(r.Header.Get("Authorization"))
	if m == nil {
		return "AccessDenied", http.StatusForbidden
	}
	id, date, region, service, signed, signature := m[1], m[2], m[3], m[4], strings.Split(m[5], ";"), m[6]
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	switch {
	case err != nil || at.Format("20060102") != date:
		return "AccessDenied", http.StatusForbidden
	case s.opts.Clock.Now().Sub(at).Abs() > tolerance:
		return "RequestTimeTooSkewed", http.StatusForbidden
	case id != s.opts.KeyID:
		return "InvalidAccessKeyId", http.StatusForbidden
	case region != s.opts.Region || service != "s3":
		return "AuthorizationHeaderMalformed", http.StatusBadRequest
	case !allSigned(r.Header, signed):
		return "AccessDenied", http.StatusForbidden
	}
	if code := contentHash(r, body); code != "" {
		return code, http.StatusBadRequest
	}
	scope := strings.Join([]string{date, region, service, "aws4_request"}, "/")
	text := "AWS4-HMAC-SHA256\n" + r.Header.Get("X-Amz-Date") + "\n" + scope + "\n" + digest(canonical(r, signed))
	key := []byte("AWS4" + s.opts.Secret)
	for _, part := range []string{date, region, service, "aws4_request"} {
		key = mac(key, part)
	}
	if !hmac.Equal([]byte(hex.EncodeToString(mac(key, text))), []byte(signature)) {
		return "SignatureDoesNotMatch", http.StatusForbidden
	}
	return "", 0
}

// allSigned reports whether host and every header of the protocol are under the signature.
func allSigned(h http.Header, signed []string) bool {
	if !slices.IsSorted(signed) || !slices.Contains(signed, "host") {
		return false
	}
	for name := range h {
		lower := strings.ToLower(name)
		if (strings.HasPrefix(lower, "x-amz-") || lower == "content-md5") && !slices.Contains(signed, lower) {
			return false
		}
	}
	return true
}

// contentHash checks what the call says of its content.
func contentHash(r *http.Request, body []byte) (code string) {
	switch said := r.Header.Get("X-Amz-Content-Sha256"); {
	case strings.HasPrefix(said, "STREAMING-") || strings.Contains(r.Header.Get("Content-Encoding"), "aws-chunked"):
		return "InvalidArgument" // Alibaba OSS knows no chunked signatures
	case said == "UNSIGNED-PAYLOAD" && r.TLS != nil:
		return ""
	case said != digest(string(body)):
		return "XAmzContentSHA256Mismatch"
	default:
		return ""
	}
}

func canonical(r *http.Request, signed []string) string {
	var head strings.Builder
	for _, name := range signed {
		value := strings.Join(r.Header.Values(name), ",")
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = r.Header.Get("Content-Length")
			if value == "" {
				value = length(r)
			}
		}
		head.WriteString(name + ":" + strings.Join(strings.Fields(value), " ") + "\n")
	}
	return strings.Join([]string{
		r.Method, escapePath(r.URL.Path), query(r.URL.Query()), head.String(), strings.Join(signed, ";"), r.Header.Get("X-Amz-Content-Sha256"),
	}, "\n")
}

// query is sorted by name and encoded as the protocol wants it.
func query(q url.Values) string { return strings.ReplaceAll(q.Encode(), "+", "%20") }

func escapePath(p string) string {
	parts := strings.Split(p, "/")
	for i := range parts {
		parts[i] = strings.ReplaceAll(url.QueryEscape(parts[i]), "+", "%20")
	}
	return strings.Join(parts, "/")
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// Package sign computes the signatures that recipients ask for on a request.
//
// It promises that a signature is a pure function of what is signed, the key, the time and the
// nonce that are handed in, equal to the byte to what the recipients' own clients send. It never
// reads a clock, never keeps a key, and never sends anything.
package sign

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the gateway asks for HMAC-SHA1
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Key is an account's key. The token belongs to temporary keys and may be empty.
type Key struct{ ID, Secret, Token string }

// Request is what a signature covers.
type Request struct {
	Method      string
	Host        string // as the Host header says it
	Path        string // encoded; empty: "/"
	Query       string // encoded (RFC 3986) and sorted by name
	ContentType string // empty where there is no body
	Body        []byte
}

// Operation is what a request to Alibaba Cloud asks for.
type Operation struct{ Action, Version string }

// ACS3 returns the headers of Alibaba Cloud's ACS3-HMAC-SHA256, Authorization among them. It signs
// host, content-type and every x-acs- header.
func ACS3(r Request, k Key, o Operation, nonce string, at time.Time) map[string]string {
	out := map[string]string{
		"x-acs-action":          o.Action,
		"x-acs-version":         o.Version,
		"x-acs-date":            at.UTC().Format("2006-01-02T15:04:05Z"),
		"x-acs-signature-nonce": nonce,
		"x-acs-content-sha256":  digest(r.Body),
	}
	if k.Token != "" {
		out["x-acs-security-token"] = k.Token
	}
	out["Authorization"] = Authorize(r, k, out)
	return out
}

// Authorize returns the Authorization of ACS3-HMAC-SHA256 over host, content-type and the headers,
// whose names are in lower case.
func Authorize(r Request, k Key, headers map[string]string) string {
	signed := maps.Clone(headers)
	signed["host"] = r.Host
	if r.ContentType != "" {
		signed["content-type"] = r.ContentType
	}
	names := slices.Sorted(maps.Keys(signed))
	var lines strings.Builder
	for _, name := range names {
		lines.WriteString(name + ":" + strings.TrimSpace(signed[name]) + "\n")
	}
	list := strings.Join(names, ";")
	canonical := strings.Join([]string{r.Method, orSlash(r.Path), r.Query, lines.String(), list, digest(r.Body)}, "\n")
	signature := mac([]byte(k.Secret), "ACS3-HMAC-SHA256\n"+digest([]byte(canonical)))
	return "ACS3-HMAC-SHA256 Credential=" + k.ID + ",SignedHeaders=" + list + ",Signature=" + hex.EncodeToString(signature)
}

// Scope is what a request to Tencent Cloud asks for. The region may be empty.
type Scope struct{ Service, Action, Version, Region string }

// TC3 returns the headers of Tencent Cloud's TC3-HMAC-SHA256, Authorization among them. It signs
// content-type and host.
func TC3(r Request, k Key, s Scope, at time.Time) map[string]string {
	stamp, date := strconv.FormatInt(at.Unix(), 10), at.UTC().Format("2006-01-02")
	const list = "content-type;host"
	lines := "content-type:" + strings.ToLower(r.ContentType) + "\nhost:" + strings.ToLower(r.Host) + "\n"
	canonical := strings.Join([]string{r.Method, orSlash(r.Path), r.Query, lines, list, digest(r.Body)}, "\n")
	scope := date + "/" + s.Service + "/tc3_request"
	key := mac(mac(mac([]byte("TC3"+k.Secret), date), s.Service), "tc3_request")
	signature := mac(key, "TC3-HMAC-SHA256\n"+stamp+"\n"+scope+"\n"+digest([]byte(canonical)))
	out := map[string]string{
		"X-TC-Action":    s.Action,
		"X-TC-Version":   s.Version,
		"X-TC-Timestamp": stamp,
		"Authorization":  "TC3-HMAC-SHA256 Credential=" + k.ID + "/" + scope + ", SignedHeaders=" + list + ", Signature=" + hex.EncodeToString(signature),
	}
	if s.Region != "" {
		out["X-TC-Region"] = s.Region
	}
	if k.Token != "" {
		out["X-TC-Token"] = k.Token
	}
	return out
}

// AOP returns what goes behind the members of a form at an open gateway of Alibaba's: the time and
// _aop_signature. It signs the path from "param2" on, with the key at its end, and every member. A
// key that cannot stand in a path is refused.
func AOP(r Request, k Key, at time.Time) (string, error) {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	if k.ID == "" || k.Secret == "" || strings.Trim(k.ID, plain) != "" {
		return "", errors.New("sign: a key that cannot stand in a path")
	}
	members, err := url.ParseQuery(string(r.Body))
	if err != nil {
		return "", errors.New("sign: a body that is no form")
	}
	stamp := strconv.FormatInt(at.UnixMilli(), 10)
	members.Set("_aop_timestamp", stamp)
	h := hmac.New(sha1.New, []byte(k.Secret))
	h.Write([]byte(strings.TrimPrefix(r.Path, "/openapi/") + "/" + k.ID))
	for _, name := range slices.Sorted(maps.Keys(members)) {
		h.Write([]byte(name + members.Get(name)))
	}
	return "_aop_signature=" + strings.ToUpper(hex.EncodeToString(h.Sum(nil))) + "&_aop_timestamp=" + stamp, nil
}

// Webhook returns the headers of Standard Webhooks for a body. The secret is base64, with or without
// the prefix "whsec_".
func Webhook(body []byte, id, secret string, at time.Time) (map[string]string, error) {
	const shortest = 16
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(key) < shortest {
		return nil, errors.New("sign: a webhook secret that is not base64, or too short")
	}
	stamp := strconv.FormatInt(at.Unix(), 10)
	signature := mac(key, id+"."+stamp+"."+string(body))
	return map[string]string{
		"webhook-id": id, "webhook-timestamp": stamp, "webhook-signature": "v1," + base64.StdEncoding.EncodeToString(signature),
	}, nil
}

func orSlash(path string) string {
	if path == "" {
		return "/"
	}
	return path
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

package s3

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Place says where a bucket is.
type Place struct {
	Endpoint  string // "https://oss-us-west-1.aliyuncs.com"; http on loopback only
	Region    string // as the store calls it
	Bucket    string
	PathStyle bool           // the bucket's name stands in the path and not in front of the host
	Roots     *x509.CertPool // whom TLS trusts; nil: the system's
	Rest      time.Duration  // how long a bucket that failed is left alone; 0: half a minute
}

// Check refuses a place that photos must not go to, encrypted or not (WIZ-5-01: "SSL/TLS protects data
// in transit").
func (p Place) Check() error {
	u, err := url.Parse(p.Endpoint)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return errors.New("endpoint is not an address such as https://oss-us-west-1.aliyuncs.com")
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return errors.New("endpoint must be https: storage is never reached over plain HTTP")
	case p.Region == "":
		return errors.New("region is missing")
	case !isBucket(p.Bucket):
		return errors.New("bucket is not the name of a bucket: lower-case letters, digits and hyphens")
	}
	return nil
}

func isBucket(name string) bool {
	return len(name) >= 3 && len(name) <= 63 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" && strings.Trim(name, "-") == name
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (p Place) tls() *tls.Config { return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: p.Roots} }

func (p Place) rest() time.Duration {
	if p.Rest > 0 {
		return p.Rest
	}
	return 30 * time.Second
}

// Keys is the access key of an account. It prints nothing of itself.
type Keys struct {
	id     string
	secret *string
}

// NewKeys returns an access key.
func NewKeys(id, secret string) Keys { return Keys{id, &secret} }

// Retrieve implements aws.CredentialsProvider.
func (k Keys) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: k.id, SecretAccessKey: *k.secret}, nil
}

// Format prints a placeholder, whatever the verb.
func (Keys) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[access key]") }

// MarshalText refuses: an access key is never encoded.
func (Keys) MarshalText() ([]byte, error) {
	return nil, errors.New("s3: an access key is never encoded")
}

// plain takes from a request what tells of this machine: its system and its versions.
type plain struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (p plain) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", "vow") // not signed
	return p.next.RoundTrip(r)
}

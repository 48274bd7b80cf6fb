package egress

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/egress/internal/dialer"
	"vow.example/vow/internal/guard/egress/medialink"
	"vow.example/vow/internal/privacy"
)

// Resolver turns a host name into addresses. net.Resolver is one.
type Resolver = dialer.Resolver

// Config binds one recipient to its addresses. It is the operator's, not the policy's.
type Config struct {
	Recipient     privacy.RecipientID
	BaseURL       string                // https, or http on loopback with AllowLoopback; may be left out where there are Services
	Services      map[string]string     // further addresses of the recipient by name, under the same rules
	AllowPrivate  bool                  // an own host on a private network may be reached; still https
	ResultHosts   []string              // hosts that may serve results: "cdn.example", "*.cdn.example", "cdn.example:8443"
	Credentials   map[string]Credential // by the name that Secret placeholders use
	CallbackBase  string                // start of our own webhook addresses; empty: none may be sent
	Links         *medialink.Book       // nil: the recipient is never given a link
	LinkFrom      []netip.Prefix        // who may fetch its links; empty: whoever knows them
	AllowLoopback bool                  // for simulators and tests
	SendTimeout   time.Duration         // whole content-bearing call; default 5 min
	StreamIdle    time.Duration         // longest silence in an event stream; default 60 s
	FollowTimeout time.Duration         // whole follow-up call; default 30 s
	FetchTimeout  time.Duration         // whole download; default 5 min
	MaxReply      int64                 // bytes of a JSON answer, or of one event; default 1 MiB
	MaxResult     int64                 // bytes of a result, or of a stream; default 64 MiB
	ResultTypes   []string              // media types of results; default JPEG, PNG, WebP, MP4
	Clock         clock.Clock           // dates signatures and reads hints; nil: the machine's
	RootCAs       *x509.CertPool        // nil: the system's
	Resolver      Resolver              // nil: the system's
}

// Credential boxes a secret of a recipient. It prints as "[secret]" under every verb. The zero
// Credential is refused.
type Credential struct{ box *string }

// NewCredential boxes s without surrounding white space.
func NewCredential(s string) Credential {
	s = strings.TrimSpace(s)
	return Credential{&s}
}

// CredentialFromEnv reads an environment variable.
func CredentialFromEnv(name string) (Credential, error) {
	s, ok := os.LookupEnv(name)
	if !ok || strings.TrimSpace(s) == "" {
		return Credential{}, fmt.Errorf("egress: environment variable %s is not set", name)
	}
	return NewCredential(s), nil
}

// CredentialFromFile reads a file, for example a systemd credential.
func CredentialFromFile(path string) (Credential, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return Credential{}, errors.New("egress: credential file cannot be read")
	}
	if len(strings.TrimSpace(string(raw))) == 0 {
		return Credential{}, errors.New("egress: credential file is empty")
	}
	return NewCredential(string(raw)), nil
}

// Format prints "[secret]" whatever the verb.
func (c Credential) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[secret]") }

// MarshalText encodes "[secret]".
func (c Credential) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

func (c Credential) reveal() string {
	if c.box == nil {
		return ""
	}
	return *c.box
}

// withDefaults fills in what was left out.
func (c Config) withDefaults() Config {
	orTime := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	orSize := func(n *int64, v int64) {
		if *n <= 0 {
			*n = v
		}
	}
	orTime(&c.SendTimeout, 5*time.Minute)
	orTime(&c.StreamIdle, time.Minute)
	orTime(&c.FollowTimeout, 30*time.Second)
	orTime(&c.FetchTimeout, 5*time.Minute)
	orSize(&c.MaxReply, 1<<20)
	orSize(&c.MaxResult, 64<<20)
	if len(c.ResultTypes) == 0 {
		c.ResultTypes = []string{"image/jpeg", "image/png", "image/webp", "video/mp4"}
	}
	if c.Resolver == nil {
		c.Resolver = net.DefaultResolver
	}
	if c.Clock == nil {
		c.Clock = clock.Real{}
	}
	return c
}

// addresses are where a recipient is reached: the base under the empty name, and its services.
type addresses map[string]*url.URL

// check returns the parsed addresses, or why the configuration is refused.
func (c Config) check() (addresses, error) {
	if c.Recipient == "" || c.Recipient == privacy.Own {
		return nil, errors.New("egress: a recipient is needed that is not ourselves")
	}
	list := addresses{}
	if c.BaseURL != "" || len(c.Services) == 0 {
		base, err := c.address("base URL", c.BaseURL)
		if err != nil {
			return nil, err
		}
		list[""] = base
	}
	for name, raw := range c.Services {
		u, err := c.address("service "+name, raw)
		if err != nil || name == "" {
			return nil, cmp.Or(err, fmt.Errorf("egress: a service of %s has no name", c.Recipient))
		}
		list[name] = u
	}
	if c.CallbackBase != "" {
		if own, err := url.Parse(c.CallbackBase); err != nil || own.Host == "" || own.User != nil {
			return nil, errors.New("egress: callback base is not an address")
		}
	}
	if c.Links != nil && c.Links.Check() != nil {
		return nil, errors.New("egress: media links must begin with https, or lead to this machine")
	}
	return list, c.checkCredentials()
}

// address judges one address of the recipient.
func (c Config) address(what, raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || dialer.IsOdd(u.Hostname()) {
		return nil, fmt.Errorf("egress: %s of %s is not a plain address", what, c.Recipient)
	}
	loopback := dialer.IsLoopbackHost(u.Hostname())
	switch {
	case loopback && !c.AllowLoopback:
		return nil, fmt.Errorf("egress: %s of %s is on loopback, which was not allowed", what, c.Recipient)
	case u.Scheme == "http" && loopback:
	case u.Scheme != "https":
		return nil, fmt.Errorf("egress: %s of %s must use https", what, c.Recipient)
	}
	u.Host = strings.ToLower(u.Host)
	return u, nil
}

func (c Config) checkCredentials() error {
	const shortest = 8
	for name, cred := range c.Credentials {
		if len(cred.reveal()) < shortest || strings.ContainsAny(cred.reveal(), "\r\n\x00") {
			return fmt.Errorf("egress: credential %s of %s is missing, too short or not one line", name, c.Recipient)
		}
	}
	return nil
}

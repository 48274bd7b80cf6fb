package egress_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	stdlog "log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
)

// inside resolves every name into this machine, as an attacker's DNS would.
func inside(t *testing.T, hosts ...string) *egress.Egress {
	t.Helper()
	c := config("https://api.example")
	c.AllowLoopback, c.Resolver, c.ResultHosts = false, &names{}, hosts
	return open(t, c)
}

func TestNoAddressLeadsInside(t *testing.T) {
	t.Parallel()
	for address, rule := range map[string]string{
		// other schemes
		"file:///etc/passwd": "result-address", "gopher://cdn.example:70/_x": "result-address", "ftp://cdn.example/x": "result-address",
		"data:image/png;base64,iVBORw0KGgo=": "result-address", "javascript:alert(1)": "result-address", "dict://cdn.example:11211/": "result-address",
		"ldap://cdn.example/": "result-address", "unix:///run/x.sock": "result-address", "//cdn.example/x": "result-address", "HTTPS:cdn.example": "result-address",
		"ws://cdn.example/x": "result-address", "jar:https://cdn.example!/x": "result-address", " https://cdn.example/x": "result-address", "https://cdn.example\t/x": "result-address",
		// loopback, this network and the cloud's inner addresses by number
		"https://127.0.0.1/x": "result-host", "https://0.0.0.0/x": "result-host", "https://10.0.0.1/x": "result-host", "https://192.168.0.1/x": "result-host",
		"https://172.16.0.1/x": "result-host", "https://169.254.169.254/latest": "result-host", "https://100.100.100.200/x": "result-host",
		"https://[::1]/x": "result-host", "https://[::]/x": "result-host", "https://[fe80::1]/x": "result-host", "https://[fd00::1]/x": "result-host", "https://[fd00:ec2::254]/x": "result-host",
		"https://[::ffff:127.0.0.1]/x": "result-host", "https://[::ffff:7f00:1]/x": "result-host", "https://[64:ff9b::7f00:1]/x": "result-host", "https://[::127.0.0.1]/x": "result-host",
		// other spellings of a number
		"https://2130706433/x": "result-address", "https://0177.0.0.1/x": "result-address", "https://0x7f000001/x": "result-address", "https://0x7f.0.0.1/x": "result-address",
		"https://127.1/x": "result-address", "https://127.0.1/x": "result-address", "https://0/x": "result-address", "https://017700000001/x": "result-address",
		"https://127.0.0.1./x": "result-address", "https://1.0x7f/x": "result-address", "https://127.0.0.01/x": "result-address", "https://4294967296/x": "result-address",
		// somebody else's name, or a name that only looks right
		"https://localhost/x": "result-host", "https://cdn.example.evil.example/x": "result-host", "https://evilcdn.example/x": "result-host", "https://cdn.example@evil.example/x": "result-address",
		"https://evil.example#cdn.example": "result-host", "https://evil.example?cdn.example": "result-host", "https://cdn.example%2eevil.example/x": "result-address",
		"https://cdn.example%00.evil.example/x": "result-address", "https://ｃdn.example/x": "result-host", "https://cdn.example./x": "result-host",
		// user names and ports
		"https://user@cdn.example/x": "result-address", "https://user:pw@cdn.example/x": "result-address", "https://@cdn.example/x": "result-address",
		"https://cdn.example:22/x": "result-host", "https://cdn.example:80/x": "result-host", "https://cdn.example:0443/x": "result-host", "https://cdn.example:443:80/x": "result-address",
		"https://cdn.example:x/x": "result-address", "https://cdn.example:/x": "result-host", "http://cdn.example:443/x": "private-address",
		// a listed name that the resolver leads inside
		"https://cdn.example/x": "private-address", "http://cdn.example/x": "private-address", "https://CDN.EXAMPLE/x": "private-address", "https://a.store.example/x": "private-address",
		"https://api.example/x": "private-address",
	} {
		e := inside(t, "cdn.example", "*.store.example")
		body, _, err := e.Fetch(t.Context(), "runninghub", egress.Address{URL: address})
		f := failed(t, err)
		if body != nil || f.Class != egress.Blocked || f.Code != rule {
			t.Errorf("%s: %+v, want %s", address, f, rule)
		}
		if got := e.Blocked(); len(got) != 1 || got[0].Rule != rule || got[0].Count != 1 || got[0].Recipient != "runninghub" {
			t.Errorf("%s: counted %v", address, got)
		}
	}
}

func TestARedirectNeverLeadsInside(t *testing.T) {
	t.Parallel()
	for target, rule := range map[string]string{
		"http://127.0.0.1:22/": "result-host", "http://169.254.169.254/latest/meta-data/": "result-host", "http://[::1]/": "result-host", "http://10.0.0.1/": "result-host",
		"http://[::ffff:10.0.0.1]/": "result-host", "http://2852039166/": "result-address", "http://0x7f.1/": "result-address", "http://127.1/": "result-address",
		"file:///etc/passwd": "result-address", "gopher://127.0.0.1:70/_x": "result-address", "ftp://cdn.example/": "result-address", "data:,x": "result-address",
		"//evil.example/x": "result-host", "https://u:p@cdn.example/": "result-address", "https://cdn.example/x": "private-address", "https://cdn.example:22/": "result-host",
	} {
		r := newRecipient(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", target)
			w.WriteHeader(http.StatusFound)
		})
		c := config(r.URL)
		c.ResultHosts, c.Resolver = []string{"cdn.example"}, &names{}
		e := open(t, c)
		_, _, err := e.Fetch(t.Context(), "runninghub", egress.Address{URL: r.URL + "/x"})
		if f := failed(t, err); f.Class != egress.Blocked || f.Code != rule {
			t.Errorf("%s: %+v, want %s", target, f, rule)
		}
		if got := e.Blocked(); len(got) != 1 || got[0].Rule != rule {
			t.Errorf("%s: counted %v", target, got)
		}
		if _, err := e.Send(t.Context(), permitted(content([]byte(png))), create()); failed(t, err).Code != "redirect" {
			t.Errorf("%s: a call with content follows: %v", target, err)
		}
	}
}

func TestAnOddBaseAddressIsRefused(t *testing.T) {
	t.Parallel()
	for _, base := range strings.Fields("https://2130706433 https://0177.0.0.1 https://0x7f.1 https://127.1 https://127.0.0.1. http://10.0.0.1 http://api.example ftp://api.example file:///x https://api.example/?a=b https://u@api.example") {
		for name, edit := range map[string]func(c *egress.Config){
			"as the base":       func(c *egress.Config) { c.BaseURL = base },
			"as a service":      func(c *egress.Config) { c.Services = map[string]string{"x": base} },
			"on an own network": func(c *egress.Config) { c.BaseURL, c.AllowPrivate = base, true },
		} {
			c := config("https://api.example")
			edit(&c)
			if _, err := egress.New([]egress.Config{c}, nolog()); err == nil {
				t.Errorf("%s is accepted %s", base, name)
			}
		}
	}
	c := config("https://api.example")
	c.Services = map[string]string{"": "https://api.example"}
	if _, err := egress.New([]egress.Config{c}, nolog()); err == nil {
		t.Error("a service without a name is accepted")
	}
}

func TestAnOwnHostIsNoWayToTheRestOfTheInside(t *testing.T) {
	t.Parallel()
	for _, ip := range strings.Fields("127.0.0.1 169.254.169.254 fe80::1 0.0.0.0 224.0.0.1 ::1 ::ffff:127.0.0.1") {
		c := config("https://comfy.lan:8188")
		c.AllowLoopback, c.AllowPrivate, c.Resolver = false, true, &names{answers: []string{ip}}
		if _, err := open(t, c).Follow(t.Context(), "runninghub", lit("1")); failed(t, err).Code != "private-address" {
			t.Errorf("%s: %v", ip, err)
		}
	}
	for _, ip := range strings.Fields("10.1.2.3 172.20.0.1 192.168.1.5 fd00::5") {
		c := config("https://comfy.lan:8188")
		c.AllowLoopback, c.AllowPrivate, c.Resolver = false, true, &names{answers: []string{ip}}
		c.ResultHosts = []string{"comfy.lan:22", "other.lan:8188"}
		for _, address := range []string{"https://comfy.lan:22/x", "https://other.lan:8188/x"} {
			if _, _, err := open(t, c).Fetch(t.Context(), "runninghub", egress.Address{URL: address}); failed(t, err).Code != "private-address" {
				t.Errorf("%s at %s: %v", address, ip, err)
			}
		}
		c.AllowPrivate = false
		if _, err := open(t, c).Follow(t.Context(), "runninghub", lit("1")); failed(t, err).Code != "private-address" {
			t.Errorf("%s without leave: %v", ip, err)
		}
	}
}

// certified serves with a certificate of its own that ends at that time.
func certified(t *testing.T, until time.Time) (*httptest.Server, *x509.CertPool) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: until.Add(-48 * time.Hour), NotAfter: until, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(serve("application/json", `{}`)))
	srv.Config.ErrorLog = stdlog.New(io.Discard, "", 0)
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: k}}}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	roots, parsed := x509.NewCertPool(), srv.Certificate()
	roots.AddCert(parsed)
	return srv, roots
}

func TestAnExpiredCertificateIsRefusedAndCounted(t *testing.T) {
	t.Parallel()
	for name, until := range map[string]time.Time{"expired": time.Now().Add(-time.Hour), "valid": time.Now().Add(time.Hour)} {
		srv, roots := certified(t, until)
		c := config(srv.URL)
		c.RootCAs = roots
		e, d := open(t, c), permitted(content([]byte(png)))
		_, err := e.Send(t.Context(), d, upload())
		if name == "valid" {
			if err != nil {
				t.Errorf("a valid certificate: %v", err)
			}
			continue
		}
		if f := failed(t, err); f.Code != "certificate" || f.WasSent || len(d.Spent()) != 0 {
			t.Errorf("%s: %+v, spent %v", name, f, d.Spent())
		}
		if _, _, err := e.Fetch(t.Context(), "runninghub", egress.Address{URL: srv.URL}); failed(t, err).Code != "certificate" {
			t.Errorf("%s: a fetch: %v", name, err)
		}
		if got := e.Blocked(); len(got) != 1 || got[0].Rule != "certificate" || got[0].Count != 2 {
			t.Errorf("%s: counted %v", name, got)
		}
	}
}

func TestAnswersOfTheResolverAreJudgedEachTime(t *testing.T) {
	t.Parallel()
	c := config("https://api.example")
	n := &names{answers: []string{"127.0.0.1", "93.184.216.34 10.0.0.1", "::ffff:169.254.169.254", "fd00:ec2::254"}}
	c.AllowLoopback, c.Resolver = false, n
	e := open(t, c)
	for i := range 4 {
		if _, err := e.Follow(t.Context(), "runninghub", wire.Request{Method: "GET", Path: "/x"}); failed(t, err).Code != "private-address" {
			t.Errorf("answer %d: %v", i+1, err)
		}
	}
	if n.asked != 4 {
		t.Errorf("asked %d times for four calls: check and connection must share an answer", n.asked)
	}
}

package alibaba_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/medialink"
	"vow.example/vow/internal/guard/guardtest"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/alibaba"
	"vow.example/vow/internal/provider/driver"
)

// The fakes that stand for an account.
const (
	keyID     = "FAKE-ACCESS-KEY-ID"
	keySecret = "fake-access-key-secret-not-real"
	app       = privacy.AppID("mixoo")
	recipient = privacy.RecipientID("alibaba_cloud")
)

// noon is when the SDK's requests were recorded.
func noon() time.Time { return time.Date(2026, 11, 21, 20, 6, 6, 0, time.UTC) }

// picture is a photo that every action takes; the note makes it somebody's.
func picture(t *testing.T, note string) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 200, 200))); err != nil {
		t.Fatal(err)
	}
	return b.String() + note
}

// wiring is the example for Mixoo.
func wiring(t *testing.T) provider.Wiring {
	t.Helper()
	all, err := provider.LoadWiring(os.DirFS("testdata"))
	if err != nil {
		t.Fatal(err)
	}
	return all[app]
}

func config(base string) egress.Config {
	return egress.Config{
		Recipient: recipient, AllowLoopback: true, Services: map[string]string{"facebody": base, "imageenhan": base, "viapi": base},
		Credentials: map[string]egress.Credential{"access_key_id": egress.NewCredential(keyID), "access_key_secret": egress.NewCredential(keySecret)},
	}
}

// reads counts how often links are read.
type reads struct {
	mu   sync.Mutex
	list []privacy.Field
}

func (r *reads) Fetched(_ context.Context, f medialink.Fetch) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, f.Field)
	return nil
}

// book serves links on this machine.
func book(t *testing.T) (*medialink.Book, *reads) {
	t.Helper()
	srv, r := httptest.NewUnstartedServer(nil), &reads{}
	b := medialink.NewBook("http://"+srv.Listener.Addr().String()+"/m", clock.Real{}, r)
	srv.Config.Handler = b
	srv.Start()
	t.Cleanup(srv.Close)
	return b, r
}

func pool(t *testing.T, c egress.Config, w provider.Wiring) *provider.Pool {
	t.Helper()
	e, err := egress.New([]egress.Config{c}, log.Logger{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	p, err := provider.NewPool(e, map[privacy.AppID]provider.Wiring{app: w}, map[string]driver.Driver{alibaba.Name: alibaba.Driver{}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// disclose makes a Disclosure: pictures travel as links, everything else is a choice.
func disclose(f privacy.FeatureID, content map[privacy.Field]string) disclosure.Disclosure {
	c := disclosure.Content{}
	for field, v := range content {
		c[field] = disclosure.Code(v)
		if strings.HasSuffix(string(field), "photo") {
			lease := guardtest.Picture(vault.Ref{MediaType: "image/png"}, []byte(v))
			c[field] = guardtest.Travelling(disclosure.Media(lease), "url")
		}
	}
	return guardtest.Disclosure(disclosure.Entry{
		ID: "trf_01jd3v9qaaaa", App: app, Subject: "sub_01jd3v9qaaaa", Task: "tsk_01jd3v9qaaaa", Feature: f, Recipient: recipient,
	}, c)
}

// seen is one request of ours as it arrived.
type seen struct {
	method, host string
	query, form  url.Values
	header       http.Header
	body         []byte
}

func (s seen) action() string { return s.header.Get("x-acs-action") }

// tap writes down what passes on its way to a handler.
type tap struct {
	mu   sync.Mutex
	list []seen
}

func (p *tap) in(t *testing.T, to http.Handler) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		p.mu.Lock()
		p.list = append(p.list, seen{r.Method, r.Host, r.URL.Query(), form, r.Header.Clone(), body})
		p.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		to.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv
}

// isSigned recomputes ACS3-HMAC-SHA256 over what arrived, as Alibaba's document has it.
func (s seen) isSigned() bool {
	_, rest, _ := strings.Cut(s.header.Get("Authorization"), "ACS3-HMAC-SHA256 Credential="+keyID+",SignedHeaders=")
	list, signature, _ := strings.Cut(rest, ",Signature=")
	sum := func(b []byte) string { h := sha256.Sum256(b); return hex.EncodeToString(h[:]) }
	head, names := "", strings.Split(list, ";")
	for _, name := range names {
		v := s.header.Get(name)
		if name == "host" {
			v = s.host
		}
		head += name + ":" + v + "\n"
	}
	canonical := s.method + "\n/\n" + strings.ReplaceAll(s.query.Encode(), "+", "%20") + "\n" + head + "\n" + list + "\n" + sum(s.body)
	m := hmac.New(sha256.New, []byte(keySecret))
	m.Write([]byte("ACS3-HMAC-SHA256\n" + sum([]byte(canonical))))
	complete := slices.IsSorted(names) && slices.Contains(names, "host") && (len(s.body) == 0) != slices.Contains(names, "content-type")
	for name := range s.header {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-acs-") {
			complete = complete && slices.Contains(names, lower)
		}
	}
	return complete && hmac.Equal([]byte(hex.EncodeToString(m.Sum(nil))), []byte(signature))
}

// keep stores progress in memory.
func keep(p *[]byte) func(context.Context, []byte) error {
	return func(_ context.Context, raw []byte) error { *p = slices.Clone(raw); return nil }
}

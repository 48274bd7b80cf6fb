package sign_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/guard/egress/sign"
)

// The captures hold the requests that the recipients' own clients sent, with invented keys.
var (
	acsKey = sign.Key{ID: "FAKE-ACCESS-KEY-ID", Secret: "fake-access-key-secret-not-real"}
	tcKey  = sign.Key{ID: "FAKE-SECRET-ID", Secret: "fake-secret-key-not-real"}
)

type capture struct {
	Note string `json:"note"`
	Raw  []byte `json:"raw_request_base64"`
}

// captured returns the requests of a file whose Authorization begins with the scheme.
func captured(t *testing.T, name, scheme string) map[string]*http.Request {
	t.Helper()
	src, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var list []capture
	if err := json.Unmarshal(src, &list); err != nil {
		t.Fatal(err)
	}
	out := map[string]*http.Request{}
	for i, c := range list {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(c.Raw)))
		if err != nil {
			t.Fatal(c.Note, err)
		}
		if strings.HasPrefix(r.Header.Get("Authorization"), scheme+" ") {
			out[strconv.Itoa(i)+" "+c.Note] = r
		}
	}
	return out
}

// described returns what a signature of the request covers.
func described(t *testing.T, r *http.Request) sign.Request {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return sign.Request{
		Method: r.Method, Host: r.Host, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery,
		ContentType: r.Header.Get("Content-Type"), Body: body,
	}
}

func TestEverySignatureOfTheAlibabaCapturesIsReproduced(t *testing.T) {
	t.Parallel()
	n := 0
	for _, file := range []string{"aliyun-sdk", "aliyun-rest"} {
		for note, r := range captured(t, file, "ACS3-HMAC-SHA256") {
			if strings.Contains(note, "wrong secret") {
				continue
			}
			headers := map[string]string{}
			for name := range r.Header {
				if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-acs-") {
					headers[lower] = r.Header.Get(name)
				}
			}
			want := r.Header.Get("Authorization")
			if got := sign.Authorize(described(t, r), acsKey, headers); got != want {
				t.Errorf("%s\n got %s\nwant %s", note, got, want)
			}
			n++
		}
	}
	if n != 26 {
		t.Errorf("%d signatures were reproduced", n)
	}
}

func TestTheWholeSetOfAlibabaHeadersIsReproduced(t *testing.T) {
	t.Parallel()
	n := 0
	for note, r := range captured(t, "aliyun-rest", "ACS3-HMAC-SHA256") {
		if strings.Contains(note, "wrong secret") || r.Header.Get("x-acs-credentials-provider") != "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, r.Header.Get("x-acs-date"))
		if err != nil {
			t.Fatal(err)
		}
		o := sign.Operation{Action: r.Header.Get("x-acs-action"), Version: r.Header.Get("x-acs-version")}
		got := sign.ACS3(described(t, r), acsKey, o, r.Header.Get("x-acs-signature-nonce"), at.In(time.FixedZone("elsewhere", 3600)))
		same(t, note, got, r.Header)
		n++
	}
	if n == 0 {
		t.Error("no request was compared")
	}
}

func TestEverySignatureOfTheTencentCapturesIsReproduced(t *testing.T) {
	t.Parallel()
	all := captured(t, "tencent-common-sdk", "TC3-HMAC-SHA256")
	for note, r := range all {
		stamp, err := strconv.ParseInt(r.Header.Get("X-TC-Timestamp"), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		s := sign.Scope{
			Service: strings.Split(r.Header.Get("Authorization"), "/")[2], Action: r.Header.Get("X-TC-Action"),
			Version: r.Header.Get("X-TC-Version"), Region: r.Header.Get("X-TC-Region"),
		}
		same(t, note, sign.TC3(described(t, r), tcKey, s, time.Unix(stamp, 0)), r.Header)
	}
	if len(all) != 7 {
		t.Errorf("%d signatures were reproduced", len(all))
	}
}

func same(t *testing.T, note string, got map[string]string, want http.Header) {
	t.Helper()
	for name, v := range got {
		if want.Get(name) != v {
			t.Errorf("%s: %s\n got %s\nwant %s", note, name, v, want.Get(name))
		}
	}
}

func TestATokenOfATemporaryKeyIsSent(t *testing.T) {
	t.Parallel()
	r := sign.Request{Method: "POST", Host: "api.example", ContentType: "application/json"}
	acs := sign.ACS3(r, sign.Key{ID: "a", Secret: "b", Token: "temporary"}, sign.Operation{Action: "A", Version: "1"}, "n", time.Unix(0, 0))
	if acs["x-acs-security-token"] != "temporary" || !strings.Contains(acs["Authorization"], "x-acs-security-token") {
		t.Errorf("got %v", acs)
	}
	if tc := sign.TC3(r, sign.Key{ID: "a", Secret: "b", Token: "temporary"}, sign.Scope{Service: "s"}, time.Unix(0, 0)); tc["X-TC-Token"] != "temporary" || tc["X-TC-Region"] != "" {
		t.Errorf("got %v", tc)
	}
	if _, ok := sign.ACS3(r, acsKey, sign.Operation{}, "n", time.Unix(0, 0))["x-acs-security-token"]; ok {
		t.Error("a token is sent that nobody has")
	}
}

func TestEveryPartOfARequestChangesItsSignature(t *testing.T) {
	t.Parallel()
	base := sign.Request{Method: "POST", Host: "api.example", Path: "/", Query: "a=1", ContentType: "application/json", Body: []byte("{}")}
	edits := map[string]func(r *sign.Request){
		"the method": func(r *sign.Request) { r.Method = "GET" }, "the host": func(r *sign.Request) { r.Host = "evil.example" },
		"the path": func(r *sign.Request) { r.Path = "/x" }, "the query": func(r *sign.Request) { r.Query = "a=2" },
		"the type": func(r *sign.Request) { r.ContentType = "text/plain" }, "the body": func(r *sign.Request) { r.Body = []byte("[]") },
	}
	o, s, at := sign.Operation{Action: "A", Version: "1"}, sign.Scope{Service: "s"}, time.Unix(1795291575, 0)
	for what, edit := range edits {
		r := base
		edit(&r)
		if sign.ACS3(base, acsKey, o, "n", at)["Authorization"] == sign.ACS3(r, acsKey, o, "n", at)["Authorization"] {
			t.Errorf("%s is not signed by ACS3", what)
		}
		if sign.TC3(base, tcKey, s, at)["Authorization"] == sign.TC3(r, tcKey, s, at)["Authorization"] {
			t.Errorf("%s is not signed by TC3", what)
		}
	}
}

package alibaba_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/clock"
	sim "vow.example/vow/internal/sim/alibaba"
	"vow.example/vow/internal/sim/kit"
)

const (
	keyID  = "FAKE-ACCESS-KEY-ID"
	secret = "fake-access-key-secret-not-real"
	nobody = "ffffffff-ffff-ffff-ffff-ffffffffffff"
)

// noon is the moment at which tests begin.
func noon() time.Time { return time.Date(2026, 11, 21, 20, 6, 6, 0, time.UTC) }

func hexOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// service is a running simulator with a server of pictures beside it.
type service struct {
	*sim.Sim
	t     *testing.T
	clock *clock.Adjustable
	base  string
	media string
	nonce int
}

func picture(t *testing.T, width, height int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	m.Set(1, 1, color.RGBA{200, 10, 10, 255})
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// start runs a simulator. The media server gives a picture of the size in its path.
func start(t *testing.T, edits ...func(*sim.Options)) *service {
	t.Helper()
	s := &service{t: t, clock: clock.NewFake(noon())}
	o := sim.Options{AccessKeyID: keyID, AccessKeySecret: secret}
	o.Clock = s.clock
	o.Render = func(_ context.Context, j kit.Job) (kit.Output, error) {
		var out []byte
		for _, name := range []string{"template_photo", "photo"} {
			out = append(out, j.Media[name]...)
		}
		return kit.Output{Data: append(out, j.Feature+j.Options["style"]+j.Options["scale"]...), MediaType: "image/png"}, nil
	}
	for _, edit := range edits {
		edit(&o)
	}
	s.Sim = sim.New(o)
	t.Cleanup(s.Close)
	base, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{
		"/in.png": picture(t, 200, 200), "/template.png": picture(t, 300, 300), "/tiny.png": picture(t, 20, 20), "/wide.png": picture(t, 2200, 130),
		"/text.png": []byte("no picture"), "/broken.png": []byte("\x89PNG\r\n\x1a\nbroken"), "/large.png": append(picture(t, 200, 200), make([]byte, 21<<20)...),
		"/webp.webp": []byte("RIFF\x00\x00\x00\x00WEBPVP8 "),
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 200, 200)), nil); err != nil {
		t.Fatal(err)
	}
	files["/in.jpg"] = b.Bytes()
	bmp := make([]byte, 60)
	copy(bmp, "BM")
	bmp[18], bmp[22] = 200, 200
	files["/in.bmp"] = bmp
	media := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, ok := files[r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = w.Write(data)
	}))
	t.Cleanup(media.Close)
	s.base, s.media = base, media.URL
	return s
}

// request is a signed call before it leaves; edits may spoil it.
type request struct {
	method, query, body string
	header              map[string]string
	signed              []string
	secret              string
}

func versionOf(action string) string {
	switch {
	case action == "CancelWaitingAsyncJob":
		return "2023-01-17"
	case slices.Contains([]string{"ColorizeImage", "MakeSuperResolutionImage", "GenerateCartoonizedImage", "GenerateSuperResolutionImage", "GetAsyncJobResult"}, action):
		return "2019-09-30"
	default:
		return "2019-12-30"
	}
}

func (s *service) prepare(action string, values url.Values) *request {
	s.nonce++
	r := &request{method: "POST", secret: secret, header: map[string]string{
		"x-acs-action": action, "x-acs-version": versionOf(action), "x-acs-date": s.clock.Now().Format("2006-01-02T15:04:05Z"),
		"x-acs-signature-nonce": fmt.Sprintf("%032d", s.nonce), "accept": "application/json",
	}}
	switch action {
	case "QueryFaceImageTemplate":
		r.method, r.query = "GET", values.Encode()
	case "GenerateHumanAnimeStyle":
		r.query = values.Encode()
	default:
		r.body = values.Encode()
		r.header["content-type"] = "application/x-www-form-urlencoded"
	}
	r.header["x-acs-content-sha256"] = hexOf([]byte(r.body))
	return r
}

// sign is written after Alibaba's document, apart from what it tests.
func (r *request) sign(host string) string {
	names := r.signed
	if names == nil {
		names = []string{"host"}
		for name := range r.header {
			if name != "accept" && name != "authorization" {
				names = append(names, name)
			}
		}
		slices.Sort(names)
	}
	head := ""
	for _, name := range names {
		value := r.header[name]
		if name == "host" {
			value = host
		}
		head += name + ":" + value + "\n"
	}
	canonical := r.method + "\n/\n" + strings.ReplaceAll(r.query, "+", "%20") + "\n" + head + "\n" + strings.Join(names, ";") + "\n" + hexOf([]byte(r.body))
	m := hmac.New(sha256.New, []byte(r.secret))
	m.Write([]byte("ACS3-HMAC-SHA256\n" + hexOf([]byte(canonical))))
	return "ACS3-HMAC-SHA256 Credential=" + keyID + ",SignedHeaders=" + strings.Join(names, ";") + ",Signature=" + hex.EncodeToString(m.Sum(nil))
}

// reply is an answer, read.
type reply struct {
	status    int
	header    http.Header
	RequestID string `json:"RequestId"`
	Code      string
	Success   *bool
	Data      map[string]any
}

func (s *service) send(r *request) reply {
	s.t.Helper()
	host := strings.TrimPrefix(s.base, "http://")
	address := s.base + "/"
	if r.query != "" {
		address += "?" + r.query
	}
	hr, err := http.NewRequestWithContext(s.t.Context(), r.method, address, strings.NewReader(r.body))
	if err != nil {
		s.t.Fatal(err)
	}
	if _, ready := r.header["authorization"]; !ready {
		r.header["authorization"] = r.sign(host)
	}
	for name, v := range r.header {
		hr.Header.Set(name, v)
	}
	answer, err := http.DefaultTransport.RoundTrip(hr)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	out := reply{status: answer.StatusCode, header: answer.Header}
	raw, _ := io.ReadAll(answer.Body)
	if err := json.Unmarshal(raw, &out); err != nil {
		s.t.Fatalf("%v in %s", err, raw)
	}
	return out
}

// call makes a proper call; pairs are names and values.
func (s *service) call(action string, pairs ...string) reply {
	s.t.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return s.send(s.prepare(action, values))
}

func (s *service) get(address string) (int, []byte) {
	s.t.Helper()
	hr, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	answer, err := http.DefaultTransport.RoundTrip(hr)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	data, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, data
}

// raws are the bytes of recorded requests.
func raws(t *testing.T, name string) (list [][]byte, notes []string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "replay", "testdata", "captures", name))
	if err != nil {
		t.Fatal(err)
	}
	var tape []struct {
		Note string `json:"note"`
		Raw  string `json:"raw_request_base64"`
	}
	if err := json.Unmarshal(raw, &tape); err != nil {
		t.Fatal(err)
	}
	for _, e := range tape {
		b, err := base64.StdEncoding.DecodeString(e.Raw)
		if err != nil {
			t.Fatal(err)
		}
		list, notes = append(list, b), append(notes, e.Note)
	}
	return list, notes
}

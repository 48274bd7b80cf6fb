package bench

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/medialink"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/guard/guardtest"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/privacy"
)

// exit is the way out: the vault, egress, the book of links, and a recipient that reads and forgets.
type exit struct {
	in       *intake
	egress   *egress.Egress
	lease    vault.Lease
	photo    []byte
	file     string // the photo in plain, for the baselines
	sink     string // the recipient
	plain    string // a server that hands the file out, the baseline of links
	lastLink chan string
	number   int
}

// noFetches keeps no rows: what a row costs stands in the table of commits.
type noFetches struct{}

func (noFetches) Fetched(context.Context, medialink.Fetch) error { return nil }

func newExit(t testing.TB, photo []byte) *exit {
	t.Helper()
	dir := folder(t)
	x := &exit{in: newIntake(t, dir), photo: photo, file: filepath.Join(dir, "photo.jpg"), lastLink: make(chan string, 1)}
	write(t, x.file, string(photo))
	sink := httptest.NewServer(http.HandlerFunc(x.swallow))
	t.Cleanup(sink.Close)
	x.sink = sink.URL
	links := httptest.NewUnstartedServer(nil)
	book := medialink.NewBook("http://"+links.Listener.Addr().String()+"/m", clock.Real{}, noFetches{})
	links.Config.Handler = book
	links.Start()
	t.Cleanup(links.Close)
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, x.file) }))
	t.Cleanup(plain.Close)
	x.plain = plain.URL
	var err error
	if x.egress, err = egress.New([]egress.Config{{Recipient: "runninghub", BaseURL: sink.URL, AllowLoopback: true, Links: book}}, log.Logger{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.egress.Close)
	x.lend(t)
	return x
}

// lend seals the photo in the vault and takes a lease of it.
func (x *exit) lend(t testing.TB) {
	t.Helper()
	const category = "source_photo"
	ceiling, err := retention.Ceiling(x.in.policy, category, x.in.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	ref, err := x.in.vault.Put(context.Background(), vault.Spec{
		App: x.in.policy.App(), Subject: x.in.who.Subject, Object: privacy.ObjectID(privacy.NewID(privacy.PrefixUpload)), Category: category,
		MediaType: media.JPEG, Storage: x.in.policy.StorageOf(category), PolicyHash: x.in.policy.Hash(),
	}, ceiling, bytes.NewReader(x.photo))
	if err != nil {
		t.Fatal(err)
	}
	if x.lease, err = x.in.vault.Lend(context.Background(), ref, ceiling.DestroyBy(), vault.Reading{Why: vault.ForDisclosure, Purpose: "requested_feature", Policy: x.in.policy}); err != nil {
		t.Fatal(err)
	}
}

// swallow reads what comes to its end, and remembers a link.
func (x *exit) swallow(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/link") {
		var in struct{ URL string }
		if json.NewDecoder(r.Body).Decode(&in) == nil {
			x.lastLink <- in.URL
		}
	}
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, "{}")
}

// send makes one call through egress with the photo travelling in one way.
func (x *exit) send(t testing.TB, transport string, r wire.Request) time.Duration {
	x.number++
	d := guardtest.Disclosure(disclosure.Entry{
		ID: privacy.TransferID(fmt.Sprintf("trf_%d", x.number)), App: x.in.policy.App(), Subject: x.in.who.Subject,
		Task: privacy.TaskID(fmt.Sprintf("tsk_%d", x.number)), Feature: feature, Recipient: "runninghub",
	}, disclosure.Content{"photo": guardtest.Travelling(disclosure.Media(x.lease), transport)})
	return timed(func() {
		if _, err := x.egress.Send(context.Background(), d, r); err != nil {
			t.Fatal(err)
		}
	})
}

// post is the baseline's call: a connection of its own, as egress makes it.
func (x *exit) post(t testing.TB, mediaType string, body io.Reader) {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Post(x.sink+"/plain", mediaType, body) //nolint:noctx // measured
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
}

// readAll reads an address to its end.
func readAll(t testing.TB, address string, want int) time.Duration {
	return timed(func() {
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		answer, err := client.Get(address) //nolint:noctx // measured
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
		if err != nil || int(n) != want {
			t.Fatalf("%d of %d bytes, %v", n, want, err)
		}
	})
}

// sending measures the three ways in which a photo travels, each beside what a program without Vow
// would do: read a plain file, and post it, or hand it out.
func sending(t testing.TB, rounds int, sizes ...int) *table {
	out := &table{
		title: "Sending",
		about: fmt.Sprintf("One photo to a recipient on loopback that reads and forgets, in ms, %d rounds in turn. The baselines read a plain file: posted as a form, posted as base64 that is built in memory, handed out by http.ServeFile. "+
			"Through Vow it is decrypted while it streams, under a Disclosure, scanned literals and a checked address; the ledger rows are not counted here (see Commit).", rounds),
		head: []string{"Photo", "form, plain", "form, egress", "ratio", "base64, plain", "base64, egress", "ratio", "file handed out", "media link", "ratio"},
	}
	for _, size := range sizes {
		x := newExit(t, photoOf(t, size))
		got := alternate(rounds,
			way{"form", func() time.Duration { return x.plainForm(t) }},
			way{"form egress", func() time.Duration {
				return x.send(t, "bytes", wire.Request{Method: "POST", Path: "/form", Body: wire.Multipart{{Name: "file", Value: wire.Media("photo")}}})
			}},
			way{"base64", func() time.Duration { return x.plainBase64(t) }},
			way{"base64 egress", func() time.Duration {
				return x.send(t, "base64", wire.Request{Method: "POST", Path: "/json", Body: wire.JSON{"image": wire.Base64("photo")}})
			}},
			way{"file", func() time.Duration { return readAll(t, x.plain, len(x.photo)) }},
			way{"link", func() time.Duration {
				x.send(t, "url", wire.Request{Method: "POST", Path: "/link", Body: wire.JSON{"url": wire.Link("photo")}})
				return readAll(t, <-x.lastLink, len(x.photo))
			}},
		)
		cells := []string{fmt.Sprintf("%.1f MB", float64(len(x.photo))/1e6)}
		for i := 0; i < len(got); i += 2 {
			cells = append(cells, ms(got[i].took), ms(got[i+1].took), times(got[i+1].over(got[i])))
		}
		out.row(cells...)
	}
	return out
}

func (x *exit) plainForm(t testing.TB) time.Duration {
	return timed(func() {
		f, err := os.Open(x.file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var head bytes.Buffer
		form := multipart.NewWriter(&head)
		if _, err := form.CreateFormFile("file", "photo.jpg"); err != nil {
			t.Fatal(err)
		}
		x.post(t, form.FormDataContentType(), io.MultiReader(&head, f, strings.NewReader("\r\n--"+form.Boundary()+"--\r\n")))
	})
}

func (x *exit) plainBase64(t testing.TB) time.Duration {
	return timed(func() {
		data, err := os.ReadFile(x.file)
		if err != nil {
			t.Fatal(err)
		}
		body, err := json.Marshal(map[string]string{"image": base64.StdEncoding.EncodeToString(data)})
		if err != nil {
			t.Fatal(err)
		}
		x.post(t, "application/json", bytes.NewReader(body))
	})
}

func TestSendingIsMeasured(t *testing.T) {
	t.Parallel()
	if got := sending(t, 1, 100_000); len(got.rows) != 1 || len(got.rows[0]) != len(got.head) {
		t.Errorf("the table is %v", got.rows)
	}
}

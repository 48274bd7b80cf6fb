package medialink_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress/medialink"
	"vow.example/vow/internal/guard/guardtest"
	"vow.example/vow/internal/guard/internal/handover"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/privacy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	task    = privacy.TaskID("tsk_0000000000000000000000000a")
	picture = "\x89PNG\r\n\x1a\n canary-pixels"
)

// ledger keeps rows and can fail.
type ledger struct {
	mu   sync.Mutex
	rows []medialink.Fetch
	fail error
	late bool // fails after the row was kept
	hook func()
}

func (l *ledger) Fetched(_ context.Context, f medialink.Fetch) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail == nil || l.late {
		l.rows = append(l.rows, f)
	}
	if l.hook != nil {
		l.hook()
	}
	return l.fail
}

func (l *ledger) kept() []medialink.Fetch {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]medialink.Fetch(nil), l.rows...)
}

// host is a book that is served at an address.
type host struct {
	*medialink.Book
	*httptest.Server
	clock  *clock.Adjustable
	ledger *ledger
}

func newHost(t *testing.T) *host {
	t.Helper()
	h := &host{clock: clock.NewFake(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)), ledger: &ledger{}}
	mux := http.NewServeMux()
	h.Server = httptest.NewServer(mux)
	t.Cleanup(h.Server.Close)
	h.Book = medialink.NewBook(h.URL+"/m", h.clock, h.ledger)
	mux.Handle("/m/", h.Book)
	return h
}

// payload is what egress takes out of a Disclosure of one picture.
func payload(t *testing.T, lease vault.Lease) disclosure.Payload {
	t.Helper()
	d := guardtest.Disclosure(disclosure.Entry{}, disclosure.Content{"photo": guardtest.Travelling(disclosure.Media(lease), "url")})
	got, err := d.Take(handover.New(), []privacy.Field{"photo"})
	if err != nil {
		t.Fatal(err)
	}
	return got["photo"]
}

func still(t *testing.T) disclosure.Payload {
	return payload(t, guardtest.Picture(vault.Ref{MediaType: "image/png"}, []byte(picture)))
}

func (h *host) lend(t *testing.T, p disclosure.Payload, edits ...func(*medialink.Grant)) medialink.Link {
	t.Helper()
	g := medialink.Grant{Transfer: "trf_x", App: "mixoo", Subject: "sub_x", Task: task, Recipient: "alibaba_cloud", Field: "photo", Payload: p}
	for _, edit := range edits {
		edit(&g)
	}
	l, err := h.Grant(handover.New(), g)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// ask makes a request and returns status, headers and body.
func ask(t *testing.T, method, address string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Range", "bytes=0-3")
	rt := &http.Transport{DisableKeepAlives: true}
	answer, err := rt.RoundTrip(r)
	if err != nil {
		return 0, nil, ""
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, nil, string(data)
	}
	return answer.StatusCode, answer.Header, string(data)
}

func TestALinkServesThePictureAndTheLedgerKnows(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	l := h.lend(t, still(t))
	if !strings.HasPrefix(l.Address(), h.URL+"/m/") || !strings.HasSuffix(l.Address(), ".png") || len(l.Address()) != len(h.URL)+len("/m/.png")+64 {
		t.Errorf("the address is %q", l.Address())
	}
	status, header, data := ask(t, "GET", l.Address())
	if status != 200 || data != picture {
		t.Fatalf("%d %q", status, data)
	}
	for name, want := range map[string]string{
		"Content-Type": "image/png", "Content-Length": strconv.Itoa(len(picture)), "Cache-Control": "no-store",
		"Accept-Ranges": "none", "X-Content-Type-Options": "nosniff", "Content-Range": "", "Set-Cookie": "", "Etag": "",
	} {
		if header.Get(name) != want {
			t.Errorf("%s is %q", name, header.Get(name))
		}
	}
	want := medialink.Fetch{
		Transfer: "trf_x", App: "mixoo", Subject: "sub_x", Task: task, Recipient: "alibaba_cloud", Field: "photo",
		At: h.clock.Now(), Number: 1, Bytes: int64(len(picture)),
	}
	if rows := h.ledger.kept(); len(rows) != 1 || rows[0] != want {
		t.Errorf("the ledger has %+v", rows)
	}
}

func TestALinkIsReadThreeTimesAtMost(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	l := h.lend(t, still(t))
	for i, want := range []int{200, 200, 200, 410, 410} {
		if status, _, data := ask(t, "GET", l.Address()); status != want || (data == picture) != (want == 200) {
			t.Errorf("fetch %d: %d %q", i+1, status, data)
		}
	}
	rows := h.ledger.kept()
	for i, row := range rows {
		if row.Number != i+1 {
			t.Errorf("row %d has the number %d", i, row.Number)
		}
	}
	if len(rows) != 3 {
		t.Errorf("%d rows", len(rows))
	}
}

func TestAPictureThatIsSentAgainIsReadNoMoreOften(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	for i := range 3 {
		l := h.lend(t, still(t)) // the same field of the same transfer, each time
		if status, _, _ := ask(t, "GET", l.Address()); status != 200 {
			t.Fatalf("try %d: %d", i+1, status)
		}
	}
	for i, row := range h.ledger.kept() {
		if row.Number != i+1 {
			t.Errorf("row %d has the number %d", i, row.Number)
		}
	}
	g := medialink.Grant{Transfer: "trf_x", App: "mixoo", Subject: "sub_x", Task: task, Recipient: "alibaba_cloud", Field: "photo", Payload: still(t)}
	if _, err := h.Grant(handover.New(), g); !errors.Is(err, medialink.ErrRefused) {
		t.Errorf("a fourth reading is lent: %v", err)
	}
}

func TestALookCarriesNothingAndHasItsOwnLimit(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	l := h.lend(t, still(t))
	for i := range 12 {
		status, header, data := ask(t, "HEAD", l.Address())
		if want := map[bool]int{true: 200, false: 410}[i < 10]; status != want || data != "" {
			t.Errorf("look %d: %d %q", i+1, status, data)
		}
		if i == 0 && (header.Get("Content-Length") != strconv.Itoa(len(picture)) || header.Get("Content-Type") != "image/png") {
			t.Errorf("%v", header)
		}
	}
	if len(h.ledger.kept()) != 0 {
		t.Error("a look is in the ledger")
	}
	if status, _, _ := ask(t, "GET", l.Address()); status != 200 {
		t.Errorf("looks count as fetches: %d", status)
	}
}

func TestWhateverIsNoLinkIsNotFound(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	l := h.lend(t, still(t))
	bound := h.lend(t, still(t), func(g *medialink.Grant) {
		g.Field, g.From = "second_photo", []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}
	})
	same := map[string]bool{}
	for name, address := range map[string]string{
		"an unknown token":     h.URL + "/m/" + strings.Repeat("0", 64) + ".png",
		"no token":             h.URL + "/m/",
		"a short token":        h.URL + "/m/abc.png",
		"another ending":       strings.TrimSuffix(l.Address(), ".png") + ".jpg",
		"no ending":            strings.TrimSuffix(l.Address(), ".png"),
		"capitals":             h.URL + "/m/" + strings.ToUpper(l.Address()[len(h.URL)+3:]),
		"a longer token":       strings.TrimSuffix(l.Address(), ".png") + "0.png",
		"from another network": bound.Address(),
	} {
		status, header, data := ask(t, "GET", address)
		if status != 404 || data != "" || header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %q", name, status, data)
		}
		header.Del("Date")
		same[fmt.Sprint(header)] = true
	}
	if len(same) != 1 {
		t.Errorf("the answers differ: %v", same)
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS"} {
		if status, _, _ := ask(t, method, l.Address()); status != 405 {
			t.Errorf("%s: %d", method, status)
		}
	}
	if len(h.ledger.kept()) != 0 || h.Alive(task) != 2 {
		t.Errorf("%v, %d alive", h.ledger.kept(), h.Alive(task))
	}
}

func TestANetworkThatIsNamedMayRead(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	l := h.lend(t, still(t), func(g *medialink.Grant) {
		g.From = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("127.0.0.0/8")}
	})
	if status, _, _ := ask(t, "GET", l.Address()); status != 200 {
		t.Errorf("got %d", status)
	}
	for remote, want := range map[string]int{"127.0.0.1:5": 200, "[::ffff:127.0.0.1]:5": 200, "[::1]:5": 404, "198.51.100.1:5": 404, "": 404, "x": 404} {
		w, r := httptest.NewRecorder(), httptest.NewRequest("HEAD", l.Address(), nil)
		r.RemoteAddr = remote
		h.Book.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: %d", remote, w.Code)
		}
	}
}

func TestALinkEndsWithItsTaskItsTimeAndItsLease(t *testing.T) {
	t.Parallel()
	gone := errors.New("erased")
	ends := map[string]func(h *host, l medialink.Link){
		"its task ended":            func(h *host, _ medialink.Link) { h.End(task) },
		"its time is over":          func(h *host, _ medialink.Link) { h.clock.Advance(15 * time.Minute) },
		"its call did not leave":    func(h *host, l medialink.Link) { h.Revoke(handover.New(), l) },
		"a new link took its place": func(h *host, _ medialink.Link) { h.lend(t, still(t)) },
	}
	for name, end := range ends {
		h := newHost(t)
		l := h.lend(t, still(t))
		if status, _, _ := ask(t, "HEAD", l.Address()); status != 200 {
			t.Errorf("%s: %d before", name, status)
		}
		end(h, l)
		for _, method := range []string{"GET", "HEAD", "GET"} {
			if status, _, data := ask(t, method, l.Address()); status != 410 || data != "" {
				t.Errorf("%s: %s %d %q", name, method, status, data)
			}
		}
		if len(h.ledger.kept()) != 0 {
			t.Errorf("%s: %v", name, h.ledger.kept())
		}
		h.clock.Advance(2 * time.Hour)
		h.End("tsk_other")
		if status, _, _ := ask(t, "GET", l.Address()); status != 404 {
			t.Errorf("%s: an old link is remembered for ever: %d", name, status)
		}
	}
	h := newHost(t)
	l := h.lend(t, payload(t, guardtest.Stream(vault.Ref{MediaType: "image/png", Bytes: 5}, func() (io.ReadCloser, error) { return nil, gone })))
	if status, _, _ := ask(t, "GET", l.Address()); status != 410 || len(h.ledger.kept()) != 0 {
		t.Errorf("an erased picture: %d, %v", status, h.ledger.kept())
	}
}

func TestEndingOneTaskLeavesTheOthers(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	mine := h.lend(t, still(t))
	other := h.lend(t, still(t), func(g *medialink.Grant) { g.Task, g.Transfer = "tsk_other", "trf_y" })
	second := h.lend(t, still(t), func(g *medialink.Grant) { g.Field = "template_photo" })
	if h.Alive(task) != 2 || h.Alive("tsk_other") != 1 {
		t.Errorf("%d and %d alive", h.Alive(task), h.Alive("tsk_other"))
	}
	h.End(task)
	for l, want := range map[medialink.Link]int{mine: 410, second: 410, other: 200} {
		if status, _, _ := ask(t, "GET", l.Address()); status != want {
			t.Errorf("%d, want %d", status, want)
		}
	}
	if h.Alive(task) != 0 {
		t.Error("a link outlives its task")
	}
}

package e2e

import (
	"archive/zip"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"vow.example/vow/client"
	"vow.example/vow/internal/evidence"
)

// TestAtItsDeadlineAResultIsDeletedWithAReceipt moves the clock past the seven days of PixPlus, and looks at
// the list, the page of the result, the content, the receipt on the page and the receipt as a file.
func TestAtItsDeadlineAResultIsDeletedWithAReceipt(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	m := s.member("pixplus")
	out := m.reach(m.task("avatar", "a portrait").ID, "succeeded").Outputs[0]
	now, err := s.client().DemoAdvance(t.Context(), "P6DT23H")
	if err != nil {
		t.Fatal(err)
	}
	left := int(out.Clock.DeleteAt.Sub(now.Now).Seconds())
	if _, err := s.client().DemoAdvance(t.Context(), fmt.Sprintf("PT%dS", left-15)); err != nil {
		t.Fatal(err)
	}
	p := newTab(t, s.url, phone())
	m.sit(p)
	p.open("/pixplus/works")
	p.there(".tile img")
	tile := "#t-" + out.ID + ".gone"
	p.there(tile) // on the page that was open
	p.open("/pixplus/works")
	p.there(tile + " a[href*='/receipts/']")
	p.there(".empty")
	if p.count(".tile img, .tile a[href*='/works/']") != 0 {
		t.Error("the list still leads to the result")
	}
	if _, err := s.client().DemoAdvance(t.Context(), "P7DT1M"); err != nil {
		t.Fatal(err)
	}
	p.open("/pixplus/works")
	p.there(".empty")
	if p.count(".tile") != 0 {
		t.Error("the list shows for ever what is gone")
	}
	p.open("/pixplus/works/" + out.ID)
	p.there(".card.gone")
	problem := read[client.Problem](p, call(`(id) => fetch('/pixplus/api/v1/outputs/' + id + '/content').then((r) => r.json())`, out.ID))
	if problem.Status != 410 || problem.Code != "erased" {
		t.Errorf("the content answers %d %s, want 410 erased", problem.Status, problem.Code)
	}
	p.press(".card.gone a[href*='/receipts/']")
	p.there(".note.ok")
	if done, failed := p.count(".checks .done"), p.count(".checks .failed"); done != 6 || failed != 0 {
		t.Errorf("%d checks passed and %d failed, want 6 and none", done, failed)
	}
	file := filepath.Join(t.TempDir(), "receipt.json")
	if err := os.WriteFile(file, []byte(read[string](p, `fetch(location.pathname + '/file').then((r) => r.text())`)), 0o600); err != nil {
		t.Fatal(err)
	}
	report, err := evidence.VerifyReceiptFile(file, "") // what "vow receipt verify" calls
	if err != nil || !report.OK {
		t.Errorf("the file does not verify: %v %+v", err, report)
	}
	id := strings.TrimPrefix(p.path(), "/receipts/")
	receipt, err := s.client().Receipt(t.Context(), id)
	if err != nil || receipt.Object != out.ID || receipt.Reason != "deadline" {
		t.Errorf("the receipt is about %+v (%v)", receipt, err)
	}
	if late := receipt.DeletedAt.Sub(receipt.DueAt); late < 0 || late > 5*time.Minute {
		t.Errorf("deleted %s after it was due at %s", late, receipt.DueAt)
	}
}

// TestTheCopyOfAPersonOpensOffline unpacks the copy and opens its page from the disk: it loads nothing from
// anywhere, leads to the pictures in the copy, and lists each transfer.
func TestTheCopyOfAPersonOpensOffline(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	m := s.member("pixplus")
	for _, feature := range []string{"avatar", "portrait_enhance"} {
		m.reach(m.task(feature, "").ID, "succeeded")
	}
	transfers, err := client.Collect(m.api.Transfers(t.Context()))
	if err != nil || len(transfers) != 2 {
		t.Fatalf("%d transfers, %v", len(transfers), err)
	}
	dir := unpack(t, m.saved())
	p := newTab(t, s.url, desktop())
	if err := chromedp.Do(p.ctx, chromedp.Navigate("file://"+filepath.Join(dir, "index.html"))); err != nil {
		t.Fatal(err)
	}
	for _, href := range read[[]string](p, `[...document.querySelectorAll('a[href]')].map((a) => a.getAttribute('href'))`) {
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(href))); err != nil {
			t.Errorf("the page leads to %s, which the copy lacks", href)
		}
	}
	if n := p.count("a[href]"); n < 2 {
		t.Errorf("the page leads to %d files, want two pictures", n)
	}
	for _, asked := range p.sent("GET") {
		if !strings.HasPrefix(asked, "file://") && !strings.HasPrefix(asked, "data:") {
			t.Errorf("the page of the copy asked for %s", asked)
		}
	}
	text := read[string](p, `document.body.innerText`)
	csv, err := os.ReadFile(filepath.Join(dir, "transfers.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, sent := range transfers {
		if row := fmt.Sprintf("%d B", sent.Bytes); !strings.Contains(string(csv), sent.ID) || !strings.Contains(text, row) {
			t.Errorf("the copy does not tell of the transfer %s of %s", sent.ID, row)
		}
	}
	if n := strings.Count(text, "RunningHub"); n < len(transfers) {
		t.Errorf("the page names RunningHub %d times for %d transfers", n, len(transfers))
	}
}

func unpack(t *testing.T, z *zip.Reader) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, fs.FS(z)); err != nil {
		t.Fatal(err)
	}
	return dir
}

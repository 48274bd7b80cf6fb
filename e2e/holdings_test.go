package e2e

import (
	"context"
	"io"
	"io/fs"
	"net"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/server"
)

// newStageIn is a stage whose data lies in a folder that the test can look into.
func newStageIn(t *testing.T, dir string) *stage {
	t.Helper()
	needBrowser(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- server.Demo(ctx, server.DemoOptions{Addr: addr, Dir: dir, RealTime: true, Brisk: true, Out: io.Discard})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	s := &stage{t: t, url: "http://" + addr, keys: map[string]string{"pixplus": "pk_test_pixplus"}}
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		if _, err := client.Collect(s.client().Apps(t.Context())); err == nil {
			return s
		} else if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// files counts what lies in the store, and its bytes.
func files(t *testing.T, dir string) (n int) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(dir, "objects", "objects"), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestThePrivacyCenterCountsWhatLiesOnTheDisk reads the table of holdings off the page, without scripts:
// it equals what the API says, and the things on disk in it are as many as the files in the store, before
// and after everything is deleted.
func TestThePrivacyCenterCountsWhatLiesOnTheDisk(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	s := newStageIn(t, dir)
	m := s.member("pixplus")
	m.reach(m.task("avatar", "a portrait").ID, "succeeded")
	m.reach(m.task("avatar", "another portrait").ID, "succeeded")
	m.reach(m.task("avatar", "test:fail").ID, "failed")
	p := newTab(t, s.url, desktop())
	p.scriptless()
	m.sit(p)
	onDisk := func() (n int) {
		p.open("/pixplus/privacy")
		held, err := m.api.Holdings(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		shown := p.texts("#hold tbody tr th")
		counts := p.texts("#hold tbody tr th + td")
		if len(shown) != len(held.Data) || len(counts) != len(held.Data) {
			t.Fatalf("the page has %d rows, the API %d", len(shown), len(held.Data))
		}
		for i, h := range held.Data {
			if shown[i] != h.Text || counts[i] != strconv.Itoa(h.Count) {
				t.Errorf("the page says %q %s, the API %q %d", shown[i], counts[i], h.Text, h.Count)
			}
			if h.Where == "disk" {
				n += h.Count
			}
		}
		return n
	}
	before, there := onDisk(), files(t, dir)
	if before != there || before == 0 {
		t.Errorf("the page counts %d things on disk, in the store are %d files", before, there)
	}
	p.open("/pixplus/privacy/delete?scope=content")
	p.press("form button.d")
	p.there(".note.ok")
	if after, there := onDisk(), files(t, dir); after != there || after != 0 {
		t.Errorf("after everything was deleted the page counts %d things on disk, in the store are %d files", after, there)
	}
}

package web

import (
	"archive/zip"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestWhatWasPickedIsHandedOverAsOneFile(t *testing.T) {
	t.Parallel()
	site, g := newGate(t, nil, "age")
	b := grown(t, site, g)
	_, page := b.get("/pixplus/works")
	holds(t, page, "Download selected", `formaction="/pixplus/works/zip"`)
	holds(t, page, `id="t-out_01jd8k2m3n4p5q6r7s8t9v0w1x"`, "Result</strong>", `href="/receipts/rcp_3"`)
	if strings.Contains(page, "out_02jd8k") || strings.Contains(page, "rcp_1") {
		t.Error("the grid shows what was erased long ago, or what is no result")
	}
	r, body := b.post("/pixplus/works/zip", url.Values{"id": {"out_1", "out_9", "out_2", "out_1"}, "next": {"/pixplus/works"}})
	if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != "application/zip" || r.Header.Get("Cache-Control") != "no-store" ||
		r.Header.Get("Content-Disposition") != `attachment; filename="pixplus-works.zip"` {
		t.Fatalf("answered %d %v", r.StatusCode, r.Header)
	}
	z, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
	if err != nil || len(z.File) != 1 || z.File[0].Name != "avatar-out_1.jpg" {
		t.Fatalf("%v, %d files: what is gone is left out, and nothing comes twice", err, len(z.File))
	}
	f, err := z.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	if content, err := io.ReadAll(f); err != nil || len(content) == 0 {
		t.Errorf("%d bytes, %v", len(content), err)
	}
	for _, none := range []url.Values{{}, {"id": {"out_9"}}} {
		none.Set("next", "/pixplus/favorites")
		r, _ = b.post("/pixplus/works/zip", none)
		leads(t, r, "/pixplus/favorites")
	}
}

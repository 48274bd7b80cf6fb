package film

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// browser returns a page of a headless Chromium, or skips where that is asked for.
func browser(t *testing.T) context.Context {
	t.Helper()
	if os.Getenv("VOW_SKIP_BROWSER") == "1" {
		t.Skip("VOW_SKIP_BROWSER=1")
	}
	path := os.Getenv("VOW_CHROMIUM")
	for _, name := range []string{"chromium-headless-shell", "headless-shell", "chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		t.Fatal("no Chromium in PATH; run `make test` (it installs what is missing), or leave the browser tests out with VOW_SKIP_BROWSER=1")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.Flag("autoplay-policy", "no-user-gesture-required"))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium's sandbox refuses root
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {}), chromedp.WithLogf(func(string, ...any) {}))
	t.Cleanup(stop)
	return ctx
}

// player plays a film to its end and reads the colour of the corner at two moments.
const player = `(async () => {
	const v = document.querySelector('video')
	const once = (name) => new Promise((done, fail) => { v.addEventListener(name, done, {once: true}); v.addEventListener('error', () => fail(new Error('cannot be played: ' + v.error.message)), {once: true}) })
	if (v.readyState < 2) await once('loadeddata')
	const canvas = document.createElement('canvas')
	canvas.width = v.videoWidth; canvas.height = v.videoHeight
	const corner = () => { const c = canvas.getContext('2d'); c.drawImage(v, 0, 0); return Array.from(c.getImageData(8, 8, 1, 1).data) }
	const painted = () => new Promise((done) => { v.requestVideoFrameCallback(done); setTimeout(done, 2000) }) // seeking ends before the frame is there
	const at = async (s) => { const there = Promise.all([once('seeked'), painted()]); v.currentTime = s; await there; return corner() }
	const first = await at(0.05), third = await at(0.5), last = await at(0.95)
	const over = once('ended')
	v.currentTime = 0
	v.muted = true
	await v.play()
	await over
	return {Width: v.videoWidth, Height: v.videoHeight, Seconds: v.duration, Corners: [first, third, last]}
})()`

func TestABrowserPlaysAFilm(t *testing.T) {
	t.Parallel()
	raw := film(t, still(64, 48), 5)
	page := `<!doctype html><video src="data:video/mp4;base64,` + base64.StdEncoding.EncodeToString(raw) + `"></video>`
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(page)) }))
	defer srv.Close()
	ctx := browser(t)
	if err := chromedp.Do(ctx, chromedp.Navigate(srv.URL)); err != nil {
		t.Fatal(err)
	}
	seen, err := chromedp.Run(ctx, chromedp.Evaluate[struct {
		Width, Height int
		Seconds       float64
		Corners       [3][4]int
	}](player, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	if seen.Width != 64 || seen.Height != 48 || seen.Seconds != 1 {
		t.Errorf("the browser sees %+v", seen)
	}
	for i, red := range []bool{true, false, true} {
		c := seen.Corners[i]
		if (c[0] > 200 && c[2] < 60) != red || (c[2] > 200 && c[0] < 60) == red || c[1] > 60 {
			t.Errorf("at moment %d the corner is %v", i+1, c)
		}
	}
}

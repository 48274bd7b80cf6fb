package contract_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"vow.example/vow/internal/effects/samples"
	"vow.example/vow/internal/sim/film"
	"vow.example/vow/internal/sim/kit"

	"image"
)

// base is what every simulator gets: results that are real media, and short jobs.
func base() kit.Options {
	return kit.Options{Seed: 1, Queue: 10 * time.Millisecond, Run: 10 * time.Millisecond, Render: render}
}

// render answers with the sample photo or a short film.
func render(ctx context.Context, j kit.Job) (kit.Output, error) {
	if j.Want == "video" {
		data, err := film.MP4(ctx, film.Pan(image.NewNRGBA(image.Rect(0, 0, 64, 48)), 1, 4, 64, 48), 4)
		return kit.Output{Data: data, MediaType: "video/mp4"}, err
	}
	data, err := samples.Open(samples.Astronaut)
	return kit.Output{Data: data, MediaType: "image/jpeg"}, err
}

// picture serves the sample photo on loopback, where a simulator may fetch it.
func picture(t *testing.T) string {
	t.Helper()
	data := photo(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/jpeg")
		_, _ = w.Write(data)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/in.jpg"
}

func photo(t *testing.T) []byte {
	t.Helper()
	data, err := samples.Open(samples.Astronaut)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// service is what every simulator can do.
type service interface {
	Start(addr string) (string, error)
	Close()
	Received() kit.Evidence
}

// up starts a simulator, and at the end complains about anything that a recipient should not have
// seen. The SDKs describe themselves in headers; those are theirs to send.
func up(t *testing.T, s service) string {
	t.Helper()
	address, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return address
}

// until asks again and again until done says so.
func until(t *testing.T, done func() (bool, error)) {
	t.Helper()
	for range 400 {
		ok, err := done()
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the job does not end")
}

// isPicture fetches a result and checks that it is one.
func isMedia(t *testing.T, address, want string) {
	t.Helper()
	r, err := http.Get(address) //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	first := make([]byte, 512)
	n, _ := r.Body.Read(first)
	if got := http.DetectContentType(first[:n]); r.StatusCode != 200 || got != want {
		t.Errorf("the result is %d %s, want %s", r.StatusCode, got, want)
	}
}

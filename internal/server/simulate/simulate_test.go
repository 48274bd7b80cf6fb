package simulate_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"strings"
	"testing"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/effects/samples"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/server/simulate"
	"vow.example/vow/internal/sim/kit"
)

func start(t *testing.T, driver string, o simulate.Options) *simulate.Recipient {
	t.Helper()
	o.Clock = clock.Real{}
	r, err := simulate.Start(driver, "127.0.0.1:0", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func TestEveryRecipientCanBeSimulatedAndRefusesAStranger(t *testing.T) {
	t.Parallel()
	for _, name := range simulate.Names() {
		r := start(t, name, simulate.Options{Tap: true})
		answer, err := http.Post(r.Base+"/nobody/knows/this", "application/json", strings.NewReader("{}")) //nolint:noctx // a test
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		refused := answer.StatusCode >= 400 || bytes.Contains(body, []byte(`"code":`)) || bytes.Contains(body, []byte(`"Error"`))
		if !refused {
			t.Errorf("%s answers an unknown call with %d %s", name, answer.StatusCode, body)
		}
		for credential, secret := range r.Credentials {
			if len(secret) < 16 {
				t.Errorf("%s: the credential %s is too short", name, credential)
			}
		}
		if raw := r.Drain(); len(raw) != 1 || !bytes.Contains(raw[0], []byte("/nobody/knows/this")) || len(r.Drain()) != 0 {
			t.Errorf("%s: the tap holds %d connections", name, len(raw))
		}
		showsEvidence(t, name, r)
	}
}

func showsEvidence(t *testing.T, name string, r *simulate.Recipient) {
	t.Helper()
	root := r.Base[:strings.Index(r.Base, "127.")] + strings.Split(strings.TrimPrefix(r.Base, "http://"), "/")[0]
	answer, err := http.Get(root + simulate.EvidencePath) //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var e kit.Evidence
	if err := json.NewDecoder(answer.Body).Decode(&e); err != nil || len(e.Requests) != 1 {
		t.Errorf("%s: the evidence holds %d requests, %v", name, len(e.Requests), err)
	}
}

func TestAnUnknownNameAndAPublicAddressAreRefused(t *testing.T) {
	t.Parallel()
	if _, err := simulate.Start("nobody", "127.0.0.1:0", simulate.Options{Clock: clock.Real{}}); err == nil || !strings.Contains(err.Error(), "runninghub") {
		t.Errorf("got %v", err)
	}
	if _, err := simulate.Start("zhipu", "0.0.0.0:0", simulate.Options{Clock: clock.Real{}}); err == nil {
		t.Error("a simulator listens to other machines")
	}
}

func draw(t *testing.T, j kit.Job) (image.Image, []byte) {
	t.Helper()
	out, err := simulate.Render()(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	if out.MediaType != media.PNG {
		return nil, out.Data
	}
	img, err := png.Decode(bytes.NewReader(out.Data))
	if err != nil {
		t.Fatal(err)
	}
	return img, out.Data
}

func photo(t *testing.T) []byte {
	t.Helper()
	data, err := samples.Open(samples.Astronaut)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestWordsArePaintedTheSameEachTimeAndOthersOtherwise(t *testing.T) {
	t.Parallel()
	j := kit.Job{Feature: "text_to_image", Want: "image", Texts: map[string]string{"prompt": "a lake"}, Options: map[string]string{"resolution": "1024:768"}}
	img, one := draw(t, j)
	_, again := draw(t, j)
	j.Texts["prompt"] = "a desert"
	_, other := draw(t, j)
	if !bytes.Equal(one, again) || bytes.Equal(one, other) {
		t.Error("the picture does not follow from the words")
	}
	if b := img.Bounds(); b.Dx()*3 != b.Dy()*4 {
		t.Errorf("the picture is %v", b)
	}
}

func TestEachFeatureChangesThePhotoInItsOwnWay(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, feature := range []string{"cartoonize", "sketch", "colorize", "age_change", "portrait_enhance"} {
		_, data := draw(t, kit.Job{Feature: feature, Want: "image", Media: map[string][]byte{"photo": photo(t)}})
		if other := seen[string(data)]; other != "" {
			t.Errorf("%s makes the picture of %s", feature, other)
		}
		seen[string(data)] = feature
	}
	img, _ := draw(t, kit.Job{Feature: "super_resolution", Want: "image", Media: map[string][]byte{"photo": photo(t)}, Options: map[string]string{"scale": "3"}})
	original, _, err := image.Decode(bytes.NewReader(photo(t)))
	if err != nil || img.Bounds().Dx() != 3*original.Bounds().Dx() {
		t.Errorf("the enlarged picture is %v, %v", img.Bounds(), err)
	}
}

func TestAFaceSwapNeedsTwoFaces(t *testing.T) {
	t.Parallel()
	blank := image.NewNRGBA(image.Rect(0, 0, 200, 200))
	blank.SetNRGBA(1, 1, color.NRGBA{1, 2, 3, 255})
	var b bytes.Buffer
	if err := png.Encode(&b, blank); err != nil {
		t.Fatal(err)
	}
	_, err := simulate.Render()(t.Context(), kit.Job{Feature: "face_swap", Want: "image", Media: map[string][]byte{"template_photo": photo(t), "photo": b.Bytes()}})
	if err == nil {
		t.Error("a picture without a face is swapped")
	}
	img, _ := draw(t, kit.Job{Feature: "face_swap", Want: "image", Media: map[string][]byte{"template_photo": photo(t), "photo": photo(t)}})
	if img.Bounds().Empty() {
		t.Error("no picture")
	}
}

func TestAFilmIsAnMP4(t *testing.T) {
	t.Parallel()
	out, err := simulate.Render()(t.Context(), kit.Job{Feature: "veo_3_1", Want: "video", Texts: map[string]string{"prompt": "waves"}})
	if err != nil || out.MediaType != "video/mp4" || http.DetectContentType(out.Data) != "video/mp4" {
		t.Errorf("%s, %v", out.MediaType, err)
	}
}

func TestFaultsAreOrderedByNameAndStrikeTheNextCalls(t *testing.T) {
	t.Parallel()
	r := start(t, "openai", simulate.Options{})
	send := func(path, body string) int {
		answer, err := http.Post(r.Base+path, "application/json", strings.NewReader(body)) //nolint:noctx // a test
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		return answer.StatusCode
	}
	if code := send(simulate.FaultsPath, `{"fault":"unavailable","path":"/v1/","times":2}`); code != http.StatusNoContent {
		t.Fatalf("the order is answered with %d", code)
	}
	got := []int{send("/v1/models", ""), send("/v1/models", ""), send("/v1/models", "")}
	if got[0] != 503 || got[1] != 503 || got[2] == 503 {
		t.Errorf("three calls after an order for two: %v", got)
	}
	for _, bad := range []string{`{"fault":"earthquake"}`, `{"fault":"hang","who":"me"}`, `nonsense`} {
		if code := send(simulate.FaultsPath, bad); code != http.StatusBadRequest {
			t.Errorf("%s: %d", bad, code)
		}
	}
	if _, err := simulate.ParseRates([]string{"hang=0.5", "lost_reply=1"}); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"hang", "hang=2", "hang=NaN", "earthquake=0.1"} {
		if _, err := simulate.ParseRates([]string{bad}); err == nil {
			t.Errorf("%s is accepted", bad)
		}
	}
}

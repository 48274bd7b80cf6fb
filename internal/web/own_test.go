package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vow.example/vow/client"
)

// ownAPI is the fake with one feature of the own engine, its drawn templates, and a film.
func ownAPI(f *fakeAPI) http.Handler {
	swap := feature("face_swap", "Face swap", "live", false)
	swap.Recipient, swap.Preview = client.RecipientRef{ID: "own_servers", Name: "PixPlus", Kind: "local"}, true
	swap.Inputs = []client.Input{
		{Role: "photo", Kind: "photo", Required: true, Label: "Photo", Accept: []string{"image/jpeg", "image/png"}},
		{Role: "photo_2", Kind: "photo", Label: "Second photo", Accept: []string{"image/jpeg", "image/png"}},
		{Role: "template", Kind: "choice", Material: "template", Label: "Template", Default: "knight", Choices: []client.Choice{{Value: "knight", Label: "Knight", PictureURL: "/v1/apps/pixplus/materials/template/knight/picture"}, {Value: "none", Label: "No template"}}},
		{Role: "blend", Kind: "number", Label: "Light", Default: "0.85", Bounds: &client.Bounds{Min: 0, Max: 1, Step: 0.05}},
		{Role: "seconds", Kind: "number", Label: "Length", Default: "4", Bounds: &client.Bounds{Min: 2, Max: 8, Step: 1}},
	}
	film := swap
	film.ID, film.Title, film.Makes, film.Preview = "video_making", "Video from photos", "video", false
	moving := output("out_film")
	moving.Feature, moving.MediaType = "video_making", "image/webp"
	moving.AILabel = client.AILabel{Visible: true, Metadata: []string{"iptc", "tc260"}, ProduceID: "QX7"}
	answers := map[string]any{
		"GET /v1/features/face_swap": swap, "GET /v1/features/video_making": film, "GET /v1/features/face_swap/disclosure": disclosure(false),
		"GET /v1/outputs/out_film": moving, "GET /v1/features": client.Page[client.Feature]{Data: []client.Feature{swap, film}}, "GET /v1/outputs": client.Page[client.Output]{Data: []client.Output{moving}},
		"GET /v1/apps/pixplus/materials": client.Page[client.Material]{Data: []client.Material{
			{ID: "knight", Kind: "template", Credits: "Drawn by the Vow authors"}, {ID: "pirate", Kind: "template", Credits: "Drawn by somebody else"}, {ID: "gold", Kind: "frame", Credits: "Drawn elsewhere"}}},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := r.Method + " " + r.URL.Path
		switch v, ok := answers[key]; {
		case ok:
			reply(w, 200, v)
		case key == "GET /v1/apps/pixplus/materials/template/knight/picture":
			f.ServeHTTP(httptest.NewRecorder(), r) // keeps the request
			w.Header().Set("Content-Type", "image/jpeg")
			w.Header().Set("Cache-Control", "public, max-age=3600")
			_, _ = w.Write([]byte("jpeg"))
		default:
			f.ServeHTTP(w, r)
		}
	})
}

func newOwn(t *testing.T) (http.Handler, *fakeAPI) {
	t.Helper()
	var f *fakeAPI
	site, _ := newSite(t, func(o *Options) {
		f = o.API.(*fakeAPI)
		o.API = ownAPI(f)
	})
	return site, f
}

func TestNumbersAreSlidersAndMaterialsArePictures(t *testing.T) {
	t.Parallel()
	site, _ := newOwn(t)
	_, page := newBrowser(t, site).get("/pixplus/e/face_swap")
	holds(t, page, `type="range" id="n-blend" name="param.blend" min="0" max="1" step="0.05" value="0.85" data-share`, "85 %", `min="2" max="8" step="1" value="4"`,
		`<img src="/pixplus/materials/template/knight/picture" alt="Knight"`, `name="param.template" value="none"`, "Drawn by the Vow authors", "image/heic", `id="peek"`)
	if strings.Contains(page, "Drawn by somebody else") || strings.Contains(page, "Drawn elsewhere") {
		t.Error("the page credits drawings that it does not offer")
	}
	inOrder(t, page, `data-role="photo"`, `data-role="photo_2"`, `id="peek"`, `name="param.template"`, `name="param.blend"`, `id="go"`)
	_, film := newBrowser(t, site).get("/pixplus/e/video_making/sheet")
	if strings.Contains(film, `id="peek"`) {
		t.Error("a feature without previews has a preview panel")
	}
}

func TestAMaterialIsPublicAndFetchedWithoutACredential(t *testing.T) {
	t.Parallel()
	site, api := newOwn(t)
	b := newBrowser(t, site)
	r, body := b.get("/pixplus/materials/template/knight/picture")
	if r.StatusCode != 200 || body != "jpeg" || r.Header.Get("Cache-Control") != "public, max-age=3600" || r.Header.Get("Set-Cookie") != "" {
		t.Errorf("a material: %d %q %v", r.StatusCode, body, r.Header)
	}
	if q, ok := api.last("GET", "/v1/apps/pixplus/materials/template/knight/picture"); !ok || q.Header.Get("Authorization") != "" || q.Header.Get("Cookie") != "" {
		t.Errorf("the API was asked %+v", q)
	}
	if r, _ := b.get("/pixplus/materials/template/nobody/picture"); r.StatusCode != 404 {
		t.Errorf("a material that is not there: %d", r.StatusCode)
	}
}

func TestAFilmIsShownAsAPictureThatCanBeStopped(t *testing.T) {
	t.Parallel()
	site, _ := newOwn(t)
	b := signedIn(t, site)
	_, page := b.get("/pixplus/works/out_film")
	holds(t, page, `alt="Film: Video from photos"`, "data-film", `download="pixplus-out_film.webp"`, "Marked in the film.", "TC260", "Number of this work in the file: QX7.")
	if strings.Contains(page, `id="compare"`) {
		t.Error("a film is offered for comparison")
	}
	_, grid := b.get("/pixplus/works")
	holds(t, grid, `<img data-film src="/pixplus/api/v1/outputs/out_film/content"`)
}

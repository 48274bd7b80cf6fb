package gemini_test

import (
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"testing"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/medialink"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/driver"
)

// document parses JSON.
func document(t *testing.T, raw string) (v map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(raw), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// same compares a request with a recorded one: method, target, credential and body. The official
// client also names itself in headers, which ours does not.
func same(t *testing.T, got seen, want exchange, body map[string]any) {
	t.Helper()
	if got.method != want.Request.Method || got.target != want.Request.Target {
		t.Errorf("%s %s, want %s %s", got.method, got.target, want.Request.Method, want.Request.Target)
	}
	header := http.Header{}
	for _, h := range want.Request.Headers {
		header.Set(h[0], h[1])
	}
	if got.header.Get("X-Goog-Api-Key") != header.Get("X-Goog-Api-Key") || got.header.Get("Authorization") != "" {
		t.Errorf("%s: the key is %q", got.target, got.header.Get("X-Goog-Api-Key"))
	}
	if body == nil {
		if got.body != "" {
			t.Errorf("%s: body %q", got.target, got.body)
		}
		return
	}
	link := regexp.MustCompile(`https://media\.example\.test/m/[A-Za-z0-9_-]+\.png`)
	ours := document(t, link.ReplaceAllString(got.body, "https://media.example.test/in2.png"))
	if got.header.Get("Content-Type") != header.Get("Content-Type") || !reflect.DeepEqual(ours, body) {
		t.Errorf("%s: body\n%v\nwant\n%v", got.target, ours, body)
	}
}

func play(e exchange) reply { return reply{status: e.Response.Status, body: e.Response.Body} }

func TestAPictureIsOrderedAsTheOfficialClientDoes(t *testing.T) {
	t.Parallel()
	list := tape(t)
	t.Run("one picture inline", func(t *testing.T) {
		t.Parallel()
		srv := answers(t, play(list[0]))
		w := pictures(imageModel)
		w.Set["responseModalities"] = "TEXT,IMAGE"
		begun := mustBegin(t, pool(t, config(srv.URL), w), disclosure.Content{
			"photo": photo("\xff\xd8FAKE", "image/jpeg", "base64"), "prompt": words("make it a watercolor"), "aspect_ratio": disclosure.Code("3:4"),
		})
		same(t, srv.list[0], list[0], document(t, list[0].Request.Body))
		if s := begun.Status; s == nil || s.State != driver.Done || len(s.Results) != 1 || string(s.Results[0].Inline) != "\x89PNG\r\n\x1a\n" {
			t.Errorf("got %+v", s)
		}
	})
	t.Run("one picture inline and one linked", func(t *testing.T) {
		t.Parallel()
		srv := answers(t, play(list[1]))
		c := config(srv.URL)
		c.Links = medialink.NewBook("https://media.example.test/m", clock.Real{}, noLedger{})
		w := pictures(proModel)
		w.ID = "gemini-3-pro-image-preview"
		w.Set["HARM_CATEGORY_SEXUALLY_EXPLICIT"] = "BLOCK_LOW_AND_ABOVE"
		content := disclosure.Content{
			"photo": photo("\xff\xd8A", "image/jpeg", "base64"), "second_photo": photo(png, "image/png", "url"), "prompt": words("combine"),
			"aspect_ratio": disclosure.Code("16:9"), "resolution": disclosure.Code("2k"),
		}
		mustBegin(t, pool(t, c, w), content)
		want := document(t, list[1].Request.Body)
		want["store"] = false // the client's example lets Google store the order; ours never does
		same(t, srv.list[0], list[1], want)
	})
}

func TestAVideoIsOrderedAskedForAndErasedAsTheOfficialClientDoes(t *testing.T) {
	t.Parallel()
	list := tape(t)
	missing := reply{status: 404, body: `{"error":{"code":404,"status":"NOT_FOUND","message":"no"}}`}
	video := reply{status: 200, body: "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom FAKEMP4", mediaType: "video/mp4"}
	srv := answers(t, play(list[4]), play(list[7]), video, play(list[7]), play(list[9]), missing)
	w := videos()
	w.Set = map[string]string{"negativePrompt": "blur", "personGeneration": "allow_adult", "sampleCount": "1"}
	p := pool(t, config(srv.URL), w)
	content := film("she turns to the camera")
	content["first_frame"] = photo("FIRST", "image/jpeg", "base64")
	content["last_frame"] = photo("LAST", "image/jpeg", "base64")
	ticket := mustBegin(t, p, content).Ticket
	s, err := p.Poll(t.Context(), "gemini", ticket)
	if err != nil || s.State != driver.Done || s.Results[0].File.URL != "" || s.Results[0].File.Path != "/v1beta/files/vid123:download" {
		t.Fatalf("got %+v, %v", s, err)
	}
	body, meta, err := p.Fetch(t.Context(), "gemini", *s.Results[0].File)
	if err != nil || meta.MediaType != "video/mp4" {
		t.Fatal(meta, err)
	}
	if data, err := io.ReadAll(body); err != nil || string(data) != video.body {
		t.Errorf("got %q, %v", data, err)
	}
	_ = body.Close()
	left, err := p.Forget(t.Context(), "gemini", ticket)
	if err != nil || !slices.Equal(left.Erased, []string{"result"}) || len(left.Held) != 1 || left.Held[0].What != "log" {
		t.Errorf("got %+v, %v", left, err)
	}
	want := document(t, list[4].Request.Body)
	delete(want, "webhookConfig") // we ask; Google needs no address of ours
	same(t, srv.list[0], list[4], want)
	same(t, srv.list[1], list[7], nil)
	same(t, srv.list[2], list[8], nil)
	same(t, srv.list[3], list[7], nil)
	same(t, srv.list[4], list[9], nil)
}

func TestReferencePicturesGoOutAsTheOfficialClientSendsThem(t *testing.T) {
	t.Parallel()
	recorded := tape(t)[5]
	srv := answers(t, play(recorded))
	w := videos()
	w.Nodes = map[privacy.Field]driver.Node{
		"prompt": {Name: "prompt"}, "photo": {Name: "reference_1"}, "aspect_ratio": {Name: "aspectRatio"}, "resolution": {Name: "resolution"}, "duration": {Name: "durationSeconds"},
	}
	mustBegin(t, pool(t, config(srv.URL), w), disclosure.Content{
		"photo": photo("REF", "image/png", "base64"), "prompt": words("walks in a park"), "aspect_ratio": disclosure.Code("16:9"),
		"resolution": disclosure.Code("1080p"), "duration": disclosure.Code("8"),
	})
	same(t, srv.list[0], recorded, document(t, recorded.Request.Body))
}

func TestAnOrderThatCannotBeWrittenIsRefusedBeforeAnyCall(t *testing.T) {
	t.Parallel()
	node := func(f privacy.Field, name string) func(w *driver.Workflow) {
		return func(w *driver.Workflow) { w.Nodes[f] = driver.Node{Name: name} }
	}
	set := func(name, v string) func(w *driver.Workflow) { return func(w *driver.Workflow) { w.Set[name] = v } }
	keep := func(*driver.Workflow) {}
	cases := map[string]struct {
		base    driver.Workflow
		edit    func(w *driver.Workflow)
		content disclosure.Content
		code    string
	}{
		"no model":                    {pictures(imageModel), func(w *driver.Workflow) { w.ID = "" }, edit("x"), "workflow"},
		"a model with a path":         {pictures(imageModel), func(w *driver.Workflow) { w.ID = "../files" }, edit("x"), "workflow"},
		"another call":                {pictures(imageModel), func(w *driver.Workflow) { w.Call = "countTokens" }, edit("x"), "workflow"},
		"no content":                  {pictures(imageModel), keep, disclosure.Content{}, "no-content"},
		"only options":                {pictures(imageModel), keep, disclosure.Content{"aspect_ratio": disclosure.Code("1:1")}, "no-content"},
		"a field without its node":    {pictures(imageModel), func(w *driver.Workflow) { delete(w.Nodes, "prompt") }, edit("x"), "no-node"},
		"a place taken twice":         {pictures(imageModel), node("second_photo", "image_1"), edit("x"), "node-twice"},
		"a place that is fixed":       {pictures(imageModel), set("aspectRatio", "1:1"), edit("x"), "node-twice"},
		"a place nobody knows":        {pictures(imageModel), node("photo", "systemInstruction"), edit("x"), "node"},
		"a picture without number":    {pictures(imageModel), node("photo", "image_x"), edit("x"), "node"},
		"a setting nobody knows":      {pictures(imageModel), set("store", "true"), edit("x"), "setting"},
		"a picture as words":          {pictures(imageModel), node("photo", "aspectRatio"), disclosure.Content{"photo": edit("x")["photo"], "prompt": words("x")}, "transport"},
		"a picture as a file":         {pictures(imageModel), keep, disclosure.Content{"photo": photo(png, "image/png", "bytes")}, "transport"},
		"a picture as the prompt":     {pictures(imageModel), node("photo", "text"), disclosure.Content{"photo": edit("x")["photo"]}, "transport"},
		"a video of a linked picture": {videos(), keep, disclosure.Content{"first_frame": photo(png, "image/png", "url")}, "transport"},
		"a linked reference":          {videos(), node("first_frame", "reference_1"), disclosure.Content{"first_frame": photo(png, "image/png", "url")}, "transport"},
		"frames and references":       {videos(), node("last_frame", "reference_1"), film("x"), "alternatives"},
		"a video of nothing":          {videos(), keep, disclosure.Content{"duration": disclosure.Code("8")}, "no-content"},
		"a number that is none":       {videos(), set("sampleCount", "one"), film("x"), "setting"},
		"a setting of another call":   {videos(), set("seed", "1"), film("x"), "setting"},
	}
	for name, tc := range cases {
		srv := answers(t, reply{status: 500})
		tc.edit(&tc.base)
		_, err := begin(t, pool(t, config(srv.URL), tc.base), tc.content)
		if e := asError(t, err); e.Class != egress.Bug || e.Code != tc.code || e.WasSent || len(srv.calls()) > 0 {
			t.Errorf("%s: %+v, calls %v", name, e, srv.calls())
		}
	}
}

func TestWordsAndNumbersOfTheWiring(t *testing.T) {
	t.Parallel()
	srv := answers(t, reply{status: 200, body: `{"name":"models/veo/operations/x"}`})
	w := videos()
	w.Nodes["duration"] = driver.Node{Name: "durationSeconds", Words: map[string]string{"short": "4"}}
	content := film("x")
	content["duration"] = disclosure.Code("short")
	mustBegin(t, pool(t, config(srv.URL), w), content)
	parameters := document(t, srv.list[0].body)["parameters"]
	if want := map[string]any{"aspectRatio": "9:16", "resolution": "720p", "durationSeconds": 4.0}; !reflect.DeepEqual(parameters, want) {
		t.Errorf("got %v", parameters)
	}
}

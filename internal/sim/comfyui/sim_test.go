package comfyui_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vow.example/vow/internal/sim/comfyui"
	"vow.example/vow/internal/sim/kit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const id = "3f7a0a52-7d3f-4d0c-9b3a-6c1f3f6a0001"

// small is a picture.
func small() []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, 2, 2)))
	return b.Bytes()
}

func render(context.Context, kit.Job) (kit.Output, error) {
	return kit.Output{Data: small(), MediaType: "image/png"}, nil
}

func start(t *testing.T, o comfyui.Options) *comfyui.Sim {
	t.Helper()
	if o.Render == nil {
		o.Render = render
	}
	o.Fields = map[string]string{"6.text": "prompt", "10.image": "photo", "image": "photo"}
	s := comfyui.New(o)
	t.Cleanup(s.Close)
	return s
}

// call makes a call and returns status and body.
func call(t *testing.T, s http.Handler, method, target, body string) (int, string) {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// upload sends a form with a small picture under that name, if there is one.
func upload(t *testing.T, s http.Handler, fileName string, values ...string) (int, string) {
	t.Helper()
	return uploadOf(t, s, small(), fileName, values...)
}

func uploadOf(t *testing.T, s http.Handler, data []byte, fileName string, values ...string) (int, string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for i := 0; i < len(values); i += 2 {
		_ = m.WriteField(values[i], values[i+1])
	}
	if fileName != "" {
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", `form-data; name="image"; filename="`+fileName+`"`)
		h.Set("Content-Type", "image/png")
		part, err := m.CreatePart(h)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write(data)
	}
	_ = m.Close()
	r := httptest.NewRequest("POST", "/upload/image", &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// graph is a prompt of two nodes; edits are pairs of what is replaced and by what.
func graph(edits ...string) string {
	return strings.NewReplacer(edits...).Replace(`{"prompt_id":"` + id + `","client_id":"x","prompt":{
		"1":{"class_type":"CheckpointLoaderSimple","inputs":{"ckpt_name":"sd15.safetensors"}},
		"5":{"class_type":"EmptyLatentImage","inputs":{"width":512,"height":512,"batch_size":1}},
		"6":{"class_type":"CLIPTextEncode","inputs":{"text":"a fox","clip":["1",1]}},
		"12":{"class_type":"KSampler","inputs":{"model":["1",0],"positive":["6",0],"negative":["6",0],"latent_image":["5",0],
			"seed":"7","steps":20,"cfg":7.5,"denoise":1,"sampler_name":"euler","scheduler":"normal"}},
		"8":{"class_type":"VAEDecode","inputs":{"samples":["12",0],"vae":["1",2]}},
		"9":{"class_type":"SaveImage","inputs":{"filename_prefix":"j1/j1","images":["8",0]}}}}`)
}

// finished waits until the history has the prompt.
func finished(t *testing.T, s http.Handler) string {
	t.Helper()
	for range 2000 {
		if _, body := call(t, s, "GET", "/history/"+id, ""); body != "{}" {
			return body
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("the job does not end")
	return ""
}

func TestAGraphIsRefusedInComfyUIsOwnWords(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, want string }{
		"no prompt":                   {`{"client_id":"x"}`, "no_prompt"},
		"an unknown member":           {graph(`"client_id"`, `"user_id"`), "invalid_prompt"},
		"an identifier of its own":    {graph(id, "order-7"), "invalid_prompt"},
		"an unknown class":            {graph(`"VAEDecode"`, `"VAEDecoder"`), "invalid_prompt"},
		"a node that is a list":       {`{"prompt":{"1":[]}}`, "invalid_prompt"},
		"no output":                   {graph(`"SaveImage","inputs":{"filename_prefix":"j1/j1","images":["8",0]}`, `"VAEDecode","inputs":{"samples":["12",0],"vae":["1",2]}`), "prompt_no_outputs"},
		"a missing input":             {graph(`"steps":20,`, ``), "required_input_missing"},
		"an input that is not":        {graph(`"steps":20`, `"steps":20,"tiles":2`), "invalid_input_type"},
		"a model that is not":         {graph(`sd15.safetensors`, `sd99.safetensors`), "value_not_in_list"},
		"a word for a number":         {graph(`"steps":20`, `"steps":"many"`), "invalid_input_type"},
		"a number for a word":         {graph(`"text":"a fox"`, `"text":7`), "invalid_input_type"},
		"too small":                   {graph(`"steps":20`, `"steps":0`), "value_smaller_than_min"},
		"too large":                   {graph(`"denoise":1`, `"denoise":1.5`), "value_bigger_than_max"},
		"a value in place of a link":  {graph(`"clip":["1",1]`, `"clip":"clip"`), "bad_linked_input"},
		"a link with three parts":     {graph(`"clip":["1",1]`, `"clip":["1",1,1]`), "bad_linked_input"},
		"a link to nowhere":           {graph(`"clip":["1",1]`, `"clip":["77",1]`), "exception_during_validation"},
		"a link to an output too far": {graph(`"clip":["1",1]`, `"clip":["1",9]`), "exception_during_validation"},
		"a link of another type":      {graph(`"clip":["1",1]`, `"clip":["1",0]`), "return_type_mismatch"},
		"a circle":                    {graph(`"latent_image":["5",0]`, `"latent_image":["12",0]`), "exception_during_validation"},
		"a file that is not":          {graph(`"8":{"class_type":"VAEDecode","inputs":{"samples":["12",0],"vae":["1",2]}}`, `"8":{"class_type":"LoadImage","inputs":{"image":"x.png"}}`), "custom_validation_failed"},
	} {
		status, body := call(t, start(t, comfyui.Options{}), "POST", "/prompt", c.body)
		if status != http.StatusBadRequest || !strings.Contains(body, `"type":"`+c.want+`"`) || !strings.Contains(body, `"node_errors"`) {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

func TestEveryScriptedEndCanBeProduced(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"invalid_prompt", "no_prompt", "prompt_no_outputs", "value_not_in_list", "custom_validation_failed"} {
		s := start(t, comfyui.Options{})
		s.Next(code)
		if status, body := call(t, s, "POST", "/prompt", graph()); status != http.StatusBadRequest || !strings.Contains(body, code) {
			t.Errorf("%s: %d %s", code, status, body)
		}
	}
	for code, want := range map[string]string{"execution_error": "RuntimeError", "execution_interrupted": "execution_interrupted", "out_of_memory": "torch.OutOfMemoryError"} {
		s := start(t, comfyui.Options{})
		s.Next(code)
		call(t, s, "POST", "/prompt", graph())
		body := finished(t, s)
		if !strings.Contains(body, want) || !strings.Contains(body, `"status_str":"error"`) {
			t.Errorf("%s: %s", code, body)
		}
		if quoted := strings.Contains(body, "cannot process map[prompt:a fox]"); quoted != (code != "execution_interrupted") {
			t.Errorf("%s: the traceback quotes the inputs: %v", code, quoted)
		}
	}
}

func TestAJobLeavesWordsInMemoryAndFilesOnTheDisk(t *testing.T) {
	t.Parallel()
	s := start(t, comfyui.Options{Metadata: true})
	if status, body := call(t, s, "POST", "/prompt", graph()); status != http.StatusOK || !strings.Contains(body, `"prompt_id":"`+id+`"`) {
		t.Fatalf("%d %s", status, body)
	}
	if body := finished(t, s); !strings.Contains(body, `"filename":"j1_00001_.png"`) || !strings.Contains(body, `"subfolder":"j1"`) {
		t.Errorf("got %s", body)
	}
	_, file := call(t, s, "GET", "/view?filename=j1_00001_.png&subfolder=j1&type=output", "")
	if _, err := png.Decode(strings.NewReader(file)); err != nil || !strings.Contains(file, "tEXtprompt") || !strings.Contains(file, "a fox") {
		t.Errorf("%v: without --disable-metadata the picture carries the graph", err)
	}
	if kinds := held(s); !slices.Equal(kinds, []string{"output result", "text prompt"}) {
		t.Errorf("held: %v", kinds)
	}
	call(t, s, "POST", "/history", `{"delete":["`+id+`"]}`)
	if _, body := call(t, s, "GET", "/history/"+id, ""); body != "{}" || !slices.Equal(held(s), []string{"output result"}) {
		t.Errorf("after deletion: %s, %v", body, held(s))
	}
	if left := s.Leftovers(); !slices.Equal(left, []string{"output/j1/j1_00001_.png"}) {
		t.Errorf("left over: %v", left)
	}
}

func held(s *comfyui.Sim) (kinds []string) {
	for _, h := range s.Received().Holds {
		kinds = append(kinds, h.Kind+" "+h.Field)
	}
	return kinds
}

func TestUploadsKeepTheirNameUnlessItIsTaken(t *testing.T) {
	t.Parallel()
	s := start(t, comfyui.Options{})
	for _, c := range []struct {
		file   string
		values []string
		want   string
	}{
		{"a.png", nil, `"name":"a.png","subfolder":"","type":"input"`},
		{"a.png", nil, `"name":"a (1).png"`},
		{"a.png", []string{"overwrite", "true"}, `"name":"a.png"`},
		{"a.png", []string{"subfolder", "j1", "type", "output"}, `"name":"a.png","subfolder":"j1","type":"output"`},
	} {
		if status, body := upload(t, s, c.file, c.values...); status != http.StatusOK || !strings.Contains(body, c.want) {
			t.Errorf("%v: %d %s", c, status, body)
		}
	}
	if n := len(s.Received().Holds); n != 3 {
		t.Errorf("%d files are held: what was overwritten is gone", n)
	}
	for _, bad := range [][]string{
		{"", "type", "input"}, {"a.png", "type", "elsewhere"}, {"a.png", "subfolder", "../x"}, {"a.png", "user", "x"},
		{"a.png", "type", "input", "type", "input"},
	} {
		if status, _ := upload(t, s, bad[0], bad[1:]...); status != http.StatusBadRequest {
			t.Errorf("%v: %d", bad, status)
		}
	}
}

func TestTheQueueShowsPromptsAndLetsGo(t *testing.T) {
	t.Parallel()
	s := start(t, comfyui.Options{Options: kit.Options{Run: time.Minute}})
	second := strings.Replace(id, "0001", "0002", 1)
	call(t, s, "POST", "/prompt", graph())
	call(t, s, "POST", "/prompt", graph(id, second))
	waits := func(want string) bool {
		for range 1000 {
			if _, body := call(t, s, "GET", "/queue", ""); strings.Contains(body, want) {
				return true
			}
			time.Sleep(time.Millisecond)
		}
		return false
	}
	if !waits(`"queue_running":[[1,"`+id) || !waits(`"queue_pending":[[2,"`+second+`",{`) {
		t.Fatal("one runs and one waits")
	}
	if _, body := call(t, s, "GET", "/prompt", ""); body != `{"exec_info":{"queue_remaining":2}}` {
		t.Errorf("got %s", body)
	}
	call(t, s, "POST", "/queue", `{"delete":["`+second+`"]}`)
	if !waits(`"queue_pending":[]`) {
		t.Error("the waiting one is still there")
	}
	call(t, s, "POST", "/interrupt", `{"prompt_id":"`+second+`"}`)
	if !waits(`"queue_running":[[1,`) {
		t.Error("somebody else's job was interrupted")
	}
	call(t, s, "POST", "/interrupt", `{"prompt_id":"`+id+`"}`)
	if body := finished(t, s); !strings.Contains(body, "execution_interrupted") {
		t.Errorf("got %s", body)
	}
}

func TestARestartForgetsTheQueueAndTheHistory(t *testing.T) {
	t.Parallel()
	s := start(t, comfyui.Options{})
	upload(t, s, "a.png")
	call(t, s, "POST", "/prompt", graph())
	finished(t, s)
	s.Restart()
	if _, body := call(t, s, "GET", "/history/"+id, ""); body != "{}" {
		t.Errorf("got %s", body)
	}
	if kinds := held(s); slices.Contains(kinds, "text prompt") || len(s.Leftovers()) != 2 {
		t.Errorf("held %v, left over %v", kinds, s.Leftovers())
	}
}

func TestCallsThatReachOtherPeopleAreNoticed(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{{"/queue", `{"clear":true}`}, {"/history", `{"clear":true}`}, {"/interrupt", ``}, {"/interrupt", `{}`}} {
		s := start(t, comfyui.Options{})
		if status, _ := call(t, s, "POST", c[0], c[1]); status != http.StatusBadRequest || len(s.Received().Violations) == 0 {
			t.Errorf("%v: %d, %v", c, status, s.Received().Violations)
		}
	}
	s := start(t, comfyui.Options{})
	for _, body := range []string{`{}`, `{"delete":"x"}`, `{"delete":[7]}`, `{"delete":[],"x":1}`} {
		if status, _ := call(t, s, "POST", "/history", body); status != http.StatusBadRequest {
			t.Errorf("%s: %d", body, status)
		}
	}
}

func TestEverythingElseIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t, comfyui.Options{})
	for target, want := range map[string]int{
		"GET /ws": 400, "GET /api/ws": 400, "POST /ws": 404, "DELETE /history/" + id: 404, "GET /": 404, "GET /view?filename=x.png": 404, "GET /view?filename=../x": 403,
		"GET /view?filename=x.png&width=9": 400, "GET /api/object_info": 200, "GET /system_stats": 200, "POST /free": 200, "GET /object_info": 200,
	} {
		method, path, _ := strings.Cut(target, " ")
		if status, body := call(t, s, method, path, ""); status != want || want == 200 && method == "GET" && !json.Valid([]byte(body)) {
			t.Errorf("%s: %d %s", target, status, body)
		}
	}
	closed := start(t, comfyui.Options{Token: "fake-proxy-token"})
	if status, _ := call(t, closed, "GET", "/queue", ""); status != http.StatusUnauthorized {
		t.Errorf("without the token: %d", status)
	}
	if status, _ := call(t, s, "POST", "/prompt", "{"); status != http.StatusBadRequest {
		t.Errorf("half a document: %d", status)
	}
}

// TestTheCaptureIsAccepted replays what the reference client sent.
func TestTheCaptureIsAccepted(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("..", "replay", "testdata", "captures", "comfyui-rest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var tape []struct {
		Request struct {
			Method, Target string
			Headers        [][2]string
			Body           string
			Base64         []byte `json:"body_base64"`
		}
		Response struct{ Status int }
	}
	if err := json.Unmarshal(raw, &tape); err != nil {
		t.Fatal(err)
	}
	s := start(t, comfyui.Options{})
	for n, x := range tape {
		body := x.Request.Base64
		if len(body) == 0 {
			body = []byte(x.Request.Body)
		}
		r := httptest.NewRequest(x.Request.Method, x.Request.Target, bytes.NewReader(body))
		for _, h := range x.Request.Headers {
			r.Header.Set(h[0], h[1])
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		got := w.Result()
		answer, err := io.ReadAll(got.Body)
		if err = errors.Join(err, got.Body.Close()); err != nil || got.StatusCode != x.Response.Status {
			t.Errorf("exchange %d: %d, want %d: %s", n+1, got.StatusCode, x.Response.Status, fmt.Sprint(string(answer), err))
		}
		if n == 1 {
			finished(t, s)
		}
	}
}

func FuzzPrompt(f *testing.F) {
	f.Add([]byte(graph()))
	f.Add([]byte(`{"prompt":{"9":{"class_type":"PreviewImage","inputs":{"images":["9",0]}}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		s := comfyui.New(comfyui.Options{Options: kit.Options{Render: render}})
		defer s.Close()
		if status, _ := call(t, s, "POST", "/prompt", string(body)); status != http.StatusOK && status != http.StatusBadRequest && status != http.StatusServiceUnavailable && status != http.StatusTooManyRequests {
			t.Errorf("status %d", status)
		}
	})
}

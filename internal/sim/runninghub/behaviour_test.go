package runninghub_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	sim "vow.example/vow/internal/sim/runninghub"
)

func TestEvidenceNamesWhatArrived(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	task := c.create(order(c.photo(), "a fox"))
	c.status(task)
	w := httptest.NewRecorder()
	c.sim.ServeEvidence(w, nil)
	var e sim.Evidence
	if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil {
		t.Fatal(err)
	}
	if e.Recipient != "runninghub" || len(e.Requests) != 3 || len(e.Violations) != 0 || strings.Contains(w.Body.String(), "null") {
		t.Fatalf("%s", w.Body)
	}
	want := []struct{ path, fields, keys string }{
		{"/task/openapi/upload", "photo", "apiKey fileType file"},
		{"/task/openapi/create", "prompt style", "addMetadata apiKey fieldName fieldValue nodeId nodeInfoList workflowId"},
		{"/task/openapi/status", "", "apiKey taskId"},
	}
	for i, r := range e.Requests {
		if r.Path != want[i].path || strings.Join(r.Fields, " ") != want[i].fields || strings.Join(r.Keys, " ") != want[i].keys || r.Bytes == 0 || r.At.IsZero() || r.Method != "POST" {
			t.Errorf("%+v, want %+v", r, want[i])
		}
	}
}

// jpeg is a picture with one segment of a marker before its data.
func jpeg(marker byte, body string) []byte {
	n := len(body) + 2
	return append([]byte{0xff, 0xd8, 0xff, marker, byte(n >> 8), byte(n)}, body+"\xff\xda\x00\x02pixels"...)
}

func chunkPNG(name string) []byte {
	return []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR0123456789012CRC_\x00\x00\x00\x02" + name + "hiCRC_\x00\x00\x00\x00IENDCRC_")
}

func TestItNoticesWhatARecipientShouldNotSee(t *testing.T) {
	t.Parallel()
	webp := []byte("RIFF\x20\x00\x00\x00WEBPVP8 \x04\x00\x00\x00dataEXIF\x02\x00\x00\x00hi")
	for name, tc := range map[string]struct {
		want string
		act  func(c *client)
	}{
		"a cookie":             {"header: Cookie", func(c *client) { c.head.Set("Cookie", "a=b"); c.photo() }},
		"a referer":            {"header: Referer", func(c *client) { c.head.Set("Referer", "https://x.example"); c.photo() }},
		"a forwarded address":  {"header: X-Forwarded-For", func(c *client) { c.head.Set("X-Forwarded-For", "10.0.0.1"); c.photo() }},
		"an address in a head": {"header User-Agent: e-mail address", func(c *client) { c.head.Set("User-Agent", "jo@mail.example"); c.photo() }},
		"the file's own name": {"file name: not random", func(c *client) {
			c.upload("IMG_2931.png", "image/png", []byte(png), "apiKey", key, "fileType", "image")
		}},
		"a name with an address": {"file name: e-mail address", func(c *client) {
			c.upload("jo@mail.example.png", "image/png", []byte(png), "apiKey", key, "fileType", "image")
		}},
		"EXIF in a JPEG":         {"picture metadata: EXIF", func(c *client) { send(c, "image/jpeg", jpeg(0xe1, "Exif\x00\x00II")) }},
		"XMP in a JPEG":          {"picture metadata: XMP", func(c *client) { send(c, "image/jpeg", jpeg(0xe1, "http://ns.adobe.com/xap/1.0/")) }},
		"IPTC in a JPEG":         {"picture metadata: IPTC", func(c *client) { send(c, "image/jpeg", jpeg(0xed, "Photoshop 3.0")) }},
		"a comment":              {"picture metadata: comment", func(c *client) { send(c, "image/jpeg", jpeg(0xfe, "hello")) }},
		"text in a PNG":          {"picture metadata: tEXt", func(c *client) { send(c, "image/png", chunkPNG("tEXt")) }},
		"EXIF in a PNG":          {"picture metadata: eXIf", func(c *client) { send(c, "image/png", chunkPNG("eXIf")) }},
		"EXIF in a WebP":         {"picture metadata: EXIF", func(c *client) { send(c, "image/webp", webp) }},
		"EXIF anywhere":          {"picture metadata: EXIF", func(c *client) { send(c, "image/png", []byte(png+"Exif\x00\x00")) }},
		"a task identifier":      {"member taskId: identifier of the app", func(c *client) { c.post("status", about("tsk_01jd3v9q")) }},
		"an address in a member": {"member taskId: e-mail address", func(c *client) { c.post("status", about("jo@mail.example")) }},
		"a result that would carry the prompt": {"addMetadata: the result would carry the prompt", func(c *client) {
			m := order(c.photo(), "x")
			m["addMetadata"] = true
			c.create(m)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t)
			tc.act(c)
			if v := c.sim.Received().Violations; !slices.Contains(v, tc.want) {
				t.Errorf("noticed %v, want %s", v, tc.want)
			}
		})
	}
}

func send(c *client, mediaType string, data []byte) {
	c.upload(random, mediaType, data, "apiKey", key, "fileType", "image")
}

func TestCleanPicturesRaiseNothing(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	for mediaType, data := range map[string][]byte{
		"image/jpeg": jpeg(0xe0, "JFIF\x00\x01\x01"), "image/png": chunkPNG("gAMA"), "image/webp": []byte("RIFF\x20\x00\x00\x00WEBPVP8 \x04\x00\x00\x00data"),
	} {
		send(c, mediaType, data)
	}
	for n := range len(chunkPNG("gAMA")) { // pictures that break off anywhere are looked at without harm
		send(c, "image/png", chunkPNG("gAMA")[:n])
		send(c, "image/jpeg", jpeg(0xe0, "JFIF\x00\x01\x01")[:min(n, 20)])
	}
	if v := c.sim.Received().Violations; len(v) != 0 {
		t.Errorf("noticed %v", v)
	}
}

func TestARunningTaskCanBeCancelledAndAFinishedOneNot(t *testing.T) {
	t.Parallel()
	c := newClient(t, func(o *sim.Options) { o.Run, o.Parallel = time.Hour, 1 })
	running, queued := c.create(order(c.photo(), "")), c.create(order(c.photo(), ""))
	for _, task := range []string{running, queued} {
		if e := c.post("cancel", about(task)); e.Code != 0 || string(e.Data) != "null" {
			t.Errorf("cancel: %+v", e)
		}
		if c.status(task) != "FAILED" || c.post("outputs", about(task)).Code != 805 {
			t.Error("the task goes on")
		}
		if e := c.post("cancel", about(task)); e.Code != 807 {
			t.Errorf("cancelled twice: %+v", e)
		}
	}
}

func TestOutputsTellHowFarATaskIs(t *testing.T) {
	t.Parallel()
	c := newClient(t, func(o *sim.Options) { o.Run, o.Parallel, o.Limit = time.Hour, 1, 2 })
	first := c.create(order(c.photo(), ""))
	c.wait(first, "RUNNING")
	second := c.create(order(c.photo(), ""))
	if a, b := c.post("outputs", about(first)), c.post("outputs", about(second)); a.Code != 804 || b.Code != 813 {
		t.Errorf("running %d, queued %d", a.Code, b.Code)
	}
	if e := c.post("create", order(c.photo(), "")); e.Code != 421 {
		t.Errorf("a third task beyond the limit of two: %+v", e)
	}
}

func TestMagicPrompts(t *testing.T) {
	t.Parallel()
	c := newClient(t, func(o *sim.Options) { o.Slow = time.Hour })
	failing := c.create(order(c.photo(), "test:fail"))
	c.wait(failing, "FAILED")
	if e := c.post("outputs", about(failing)); e.Code != 805 || !strings.Contains(string(e.Data), "failedReason") {
		t.Errorf("test:fail: %+v", e)
	}
	slow := c.create(order(c.photo(), "please test:slow"))
	c.wait(slow, "RUNNING")
	body, _ := json.Marshal(order(c.photo(), "test:provider_down"))
	if status, _, err := c.do("POST", "/task/openapi/create", "application/json", body); err != nil || status != 503 {
		t.Errorf("test:provider_down: %d, %v", status, err)
	}
}

func TestATaskThatCannotBeRenderedFails(t *testing.T) {
	t.Parallel()
	for _, render := range []sim.Render{nil, func(context.Context, string, []byte, string, map[string]string) ([]byte, string, error) {
		return nil, "", errors.New("no face")
	}} {
		c := newClient(t, func(o *sim.Options) { o.Render = render })
		task := c.create(order(c.photo(), ""))
		c.wait(task, "FAILED")
		if e := c.post("outputs", about(task)); e.Code != 805 || strings.Contains(string(e.Data), "no face") {
			t.Errorf("%+v", e)
		}
	}
}

// hooks is a server that keeps the callbacks it gets.
type hooks struct {
	*httptest.Server
	mu   sync.Mutex
	got  []string
	came chan struct{}
}

func newHooks(t *testing.T) *hooks {
	h := &hooks{came: make(chan struct{}, 100)}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		h.got = append(h.got, r.URL.Path+" "+string(body))
		h.mu.Unlock()
		h.came <- struct{}{}
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hooks) wait(n int) []string {
	for range n {
		<-h.came
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.got)
}

func hooked(file, to string) map[string]any {
	m := order(file, "a fox")
	m["webhookUrl"] = to + "/hook/4f1c"
	return m
}

func TestACallbackHasTheRecordedShape(t *testing.T) {
	t.Parallel()
	h, c := newHooks(t), newClient(t)
	task := c.create(hooked(c.photo(), h.URL))
	got := h.wait(1)[0]
	var body map[string]string
	if err := json.Unmarshal([]byte(strings.TrimPrefix(got, "/hook/4f1c ")), &body); err != nil {
		t.Fatal(err)
	}
	var inner struct {
		Code int
		Data []struct{ FileURL, FileType, NodeID string }
	}
	if err := json.Unmarshal([]byte(body["eventData"]), &inner); err != nil || body["event"] != "TASK_END" || body["taskId"] != task || len(body) != 3 || len(inner.Data) != 1 {
		t.Errorf("%s: %v", got, err)
	}
	var detail struct {
		ID     string
		Status int
	}
	for range 2000 { // the delivery is noted after the callback has been answered
		if e := c.post("getWebhookDetail", about(task)); string(e.Data) != "null" {
			_ = json.Unmarshal(e.Data, &detail)
			break
		}
		time.Sleep(2 * time.Millisecond)
	}
	if detail.Status != 200 {
		t.Errorf("delivery %+v", detail)
	}
	if e := c.post("retryWebhook", map[string]any{"apiKey": key, "webhookId": detail.ID, "webhookUrl": h.URL + "/hook/new"}); e.Code != 0 {
		t.Errorf("retry: %+v", e)
	}
	if got := h.wait(1); !strings.HasPrefix(got[1], "/hook/new ") {
		t.Errorf("got %v", got)
	}
}

func TestCallbacksCanComeEarlyTwiceOrForged(t *testing.T) {
	t.Parallel()
	for fault, n := range map[sim.Fault]int{sim.EarlyWebhook: 2, sim.DuplicateWebhook: 2, sim.ForgedWebhook: 3} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			h, c := newHooks(t), newClient(t)
			file := c.photo()
			c.sim.Inject(sim.Injection{Fault: fault, Times: 1})
			c.create(hooked(file, h.URL))
			got := h.wait(n)
			switch fault {
			case sim.EarlyWebhook:
				if !strings.Contains(got[0], `\"data\":null`) || !strings.Contains(got[1], "fileUrl") {
					t.Errorf("got %v", got)
				}
			case sim.ForgedWebhook:
				if !strings.HasPrefix(got[0], "/hook/0000") || !strings.Contains(got[1], "169.254.169.254") {
					t.Errorf("got %v", got)
				}
			default:
				if got[0] != got[1] {
					t.Errorf("got %v", got)
				}
			}
		})
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for fault, check := range map[sim.Fault]func(status int, e envelope, err error) bool{
		sim.SlowReply:       func(_ int, e envelope, err error) bool { return err == nil && e.Code == 0 },
		sim.DuplicateReply:  func(_ int, e envelope, err error) bool { return err == nil && e.Code == 0 },
		sim.LostReply:       func(_ int, _ envelope, err error) bool { return err != nil },
		sim.CutReply:        func(_ int, _ envelope, err error) bool { return err != nil },
		sim.Unavailable:     func(s int, _ envelope, err error) bool { return err == nil && s == 503 },
		sim.GatewayError:    func(s int, _ envelope, err error) bool { return err == nil && s == 502 },
		"failed_after":      func(s int, e envelope, err error) bool { return err == nil && s == 200 && e.Code == 500 },
		sim.WrongType:       func(_ int, e envelope, err error) bool { return err == nil && strings.Contains(e.Msg, "<html>") },
		sim.RedirectPrivate: func(s int, _ envelope, err error) bool { return err == nil && s == 302 },
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			c := newClient(t)
			body, _ := json.Marshal(order(c.photo(), ""))
			c.sim.Inject(sim.Injection{Fault: fault, Path: "/task/openapi/create", Times: 1})
			if s, e, err := c.do("POST", "/task/openapi/create", "application/json", body); !check(s, e, err) {
				t.Errorf("got %d %+v %v", s, e, err)
			}
			requests := c.sim.Received().Requests
			if last := requests[len(requests)-1]; last.Path != "/task/openapi/create" {
				t.Error("the call was not recorded")
			}
			if e := c.post("create", order(c.photo(), "")); e.Code != 0 {
				t.Errorf("the fault stays: %+v", e)
			}
		})
	}
}

func TestAHangEndsWithTheClientOrTheService(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.sim.Inject(sim.Injection{Fault: sim.Hang, Times: 2})
	c.http.Timeout = 50 * time.Millisecond
	if _, _, err := c.do("GET", "/output/x.png", "", nil); err == nil {
		t.Error("it answers")
	}
	c.http.Timeout = 0
	go func() { time.Sleep(20 * time.Millisecond); c.sim.Close() }()
	if _, _, err := c.do("GET", "/output/x.png", "", nil); err == nil {
		t.Error("it answers")
	}
}

func TestDiceAreSeeded(t *testing.T) {
	t.Parallel()
	roll := func() (codes []int) {
		c := newClient(t, func(o *sim.Options) { o.Seed, o.Rates = 42, map[sim.Fault]float64{sim.Unavailable: 0.5} })
		for range 20 {
			s, _, _ := c.do("GET", "/output/x.png", "", nil)
			codes = append(codes, s)
		}
		return codes
	}
	a, b := roll(), roll()
	if !slices.Equal(a, b) || !slices.Contains(a, 503) || !slices.Contains(a, 404) {
		t.Errorf("%v and %v", a, b)
	}
}

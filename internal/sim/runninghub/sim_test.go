package runninghub_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vow.example/vow/internal/clock"
	sim "vow.example/vow/internal/sim/runninghub"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	key    = "fakefakefakefakefakefakefakefake"
	avatar = "1904136902449209346"
	png    = "\x89PNG\r\n\x1a\n pixels"
	random = "0123456789abcdef0123456789abcdef.png"
)

// client talks to a simulator without any of our own code in between.
type client struct {
	t    *testing.T
	sim  *sim.Sim
	url  string
	http *http.Client
	head http.Header // added to every request
}

func newClient(t *testing.T, edits ...func(*sim.Options)) *client {
	t.Helper()
	o := sim.Options{Seed: 1, Key: key, Workflows: sim.DemoWorkflows(), Render: echo}
	for _, edit := range edits {
		edit(&o)
	}
	s := sim.New(o)
	url, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, sim: s, url: url, head: http.Header{}, http: &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	t.Cleanup(s.Close)
	return c
}

func echo(_ context.Context, flow string, photo []byte, prompt string, params map[string]string) ([]byte, string, error) {
	return fmt.Appendf(slices.Clone(photo), "|%s|%s|%v", flow, prompt, params), "image/png", nil
}

// envelope is RunningHub's answer.
type envelope struct {
	Code int
	Msg  string
	Data json.RawMessage
}

func (c *client) do(method, path, contentType string, body []byte) (int, envelope, error) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header = c.head.Clone()
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return 0, envelope{}, err
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		return answer.StatusCode, envelope{}, err
	}
	var e envelope
	if err := json.Unmarshal(raw, &e); err != nil {
		return answer.StatusCode, envelope{Msg: string(raw)}, nil
	}
	return answer.StatusCode, e, nil
}

// post makes a JSON call; fields come as alternating names and raw JSON values.
func (c *client) post(call string, members map[string]any) envelope {
	c.t.Helper()
	body, err := json.Marshal(members)
	if err != nil {
		c.t.Fatal(err)
	}
	_, e, err := c.do("POST", "/task/openapi/"+call, "application/json", body)
	if err != nil {
		c.t.Fatal(err)
	}
	return e
}

// form builds an upload.
func form(name, mediaType string, data []byte, values ...string) (string, []byte) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i+1 < len(values); i += 2 {
		_ = w.WriteField(values[i], values[i+1])
	}
	if name != "" {
		part, _ := w.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {fmt.Sprintf(`form-data; name="file"; filename=%q`, name)}, "Content-Type": {mediaType},
		})
		_, _ = part.Write(data)
	}
	_ = w.Close()
	return w.FormDataContentType(), b.Bytes()
}

func (c *client) upload(name, mediaType string, data []byte, values ...string) envelope {
	c.t.Helper()
	contentType, body := form(name, mediaType, data, values...)
	_, e, err := c.do("POST", "/task/openapi/upload", contentType, body)
	if err != nil {
		c.t.Fatal(err)
	}
	return e
}

func (c *client) photo() string {
	c.t.Helper()
	e := c.upload(random, "image/png", []byte(png), "apiKey", key, "fileType", "image")
	var data struct{ FileName, FileType string }
	if err := json.Unmarshal(e.Data, &data); err != nil || e.Code != 0 || data.FileType != "image" || !strings.HasPrefix(data.FileName, "api/") {
		c.t.Fatalf("the upload answers %+v", e)
	}
	return data.FileName
}

func node(id, name, value string) map[string]any {
	return map[string]any{"nodeId": id, "fieldName": name, "fieldValue": value}
}

func order(file, prompt string) map[string]any {
	return map[string]any{"apiKey": key, "workflowId": avatar, "addMetadata": false, "nodeInfoList": []any{
		node("10", "image", file), node("6", "text", prompt), node("14", "style_name", "pencil"),
	}}
}

func (c *client) create(members map[string]any) string {
	c.t.Helper()
	e := c.post("create", members)
	var data struct{ TaskID, TaskStatus string }
	if err := json.Unmarshal(e.Data, &data); err != nil || e.Code != 0 || len(data.TaskID) != 19 || data.TaskStatus != "QUEUED" {
		c.t.Fatalf("create answers %+v", e)
	}
	return data.TaskID
}

func about(task string) map[string]any { return map[string]any{"apiKey": key, "taskId": task} }

func (c *client) status(task string) string {
	c.t.Helper()
	var word string
	_ = json.Unmarshal(c.post("status", about(task)).Data, &word)
	return word
}

func (c *client) wait(task, want string) {
	c.t.Helper()
	for range 2000 {
		if c.status(task) == want {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
	c.t.Fatalf("the task is %s, never %s", c.status(task), want)
}

func (c *client) result(task string) string {
	c.t.Helper()
	var files []struct{ FileURL string }
	if err := json.Unmarshal(c.post("outputs", about(task)).Data, &files); err != nil || len(files) != 1 {
		c.t.Fatalf("outputs: %v", err)
	}
	_, e, err := c.do("GET", strings.TrimPrefix(files[0].FileURL, c.url), "", nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return e.Msg
}

func TestATaskGoesFromUploadToResult(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	task := c.create(order(c.photo(), "a fox"))
	c.wait(task, "SUCCESS")
	if got := c.result(task); got != png+"|avatar|a fox|map[style:pencil]" {
		t.Errorf("the result is %q", got)
	}
}

func TestTheSameSeedGivesTheSameNames(t *testing.T) {
	t.Parallel()
	one, two := newClient(t), newClient(t)
	if a, b := one.photo(), two.photo(); a != b {
		t.Errorf("%s and %s", a, b)
	}
	if a, b := one.create(order(one.photo(), "")), two.create(order(two.photo(), "")); a != b {
		t.Errorf("%s and %s", a, b)
	}
}

func TestItFailsClosed(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	file := c.photo()
	with := func(edit func(m map[string]any)) map[string]any {
		m := order(file, "a fox")
		edit(m)
		return m
	}
	set := func(name string, v any) map[string]any { return with(func(m map[string]any) { m[name] = v }) }
	cases := map[string]struct {
		call    string
		members map[string]any
		code    int
	}{
		"no key":                       {"create", with(func(m map[string]any) { delete(m, "apiKey") }), 412},
		"a wrong key":                  {"create", set("apiKey", "x"), 802},
		"a key of another type":        {"create", set("apiKey", 7), 412},
		"an unknown member":            {"create", set("userId", "x"), 301},
		"no node list":                 {"create", with(func(m map[string]any) { delete(m, "nodeInfoList") }), 301},
		"a node list of another type":  {"create", set("nodeInfoList", "x"), 301},
		"an unknown workflow":          {"create", set("workflowId", "1"), 380},
		"a workflow of another type":   {"create", set("workflowId", 1904), 301},
		"a machine that is not sold":   {"create", set("instanceType", "ultra"), 301},
		"metadata of another type":     {"create", set("addMetadata", "no"), 301},
		"a callback over plain http":   {"create", set("webhookUrl", "http://app.example/h"), 301},
		"a callback that is no link":   {"create", set("webhookUrl", "x"), 301},
		"a callback of another type":   {"create", set("webhookUrl", 1), 301},
		"an unknown node":              {"create", set("nodeInfoList", []any{node("99", "image", file)}), 803},
		"a node under another name":    {"create", set("nodeInfoList", []any{node("10", "file", file)}), 803},
		"a node with another member":   {"create", set("nodeInfoList", []any{map[string]any{"nodeId": "10", "fieldName": "image", "fieldValue": file, "x": 1}}), 803},
		"a node value of another type": {"create", set("nodeInfoList", []any{map[string]any{"nodeId": "10", "fieldName": "image", "fieldValue": 1}}), 803},
		"a node that is no object":     {"create", set("nodeInfoList", []any{"x"}), 803},
		"a node twice":                 {"create", set("nodeInfoList", []any{node("10", "image", file), node("10", "image", file)}), 803},
		"a file nobody uploaded":       {"create", set("nodeInfoList", []any{node("10", "image", "api/x.png")}), 433},
		"a file by address":            {"create", set("nodeInfoList", []any{node("10", "image", "https://x.example/a.png")}), 433},
		"no photo":                     {"create", set("nodeInfoList", []any{node("6", "text", "x")}), 433},
		"a style nobody offers":        {"create", set("nodeInfoList", []any{node("10", "image", file), node("14", "style_name", "x")}), 433},
		"an unknown task":              {"status", about("1"), 807},
		"a task of another type":       {"status", map[string]any{"apiKey": key, "taskId": 1}, 301},
		"no task":                      {"outputs", map[string]any{"apiKey": key}, 301},
		"a member too many":            {"cancel", map[string]any{"apiKey": key, "taskId": "1", "why": "x"}, 301},
		"an unknown webhook":           {"retryWebhook", map[string]any{"apiKey": key, "webhookId": "9", "webhookUrl": "https://a.example/h"}, 423},
		"a webhook without an address": {"retryWebhook", map[string]any{"apiKey": key, "webhookId": "9"}, 301},
		"an unknown call":              {"delete", about("1"), 404},
	}
	for name, tc := range cases {
		if e := c.post(tc.call, tc.members); e.Code != tc.code || e.Msg == "" || string(e.Data) != "null" {
			t.Errorf("%s: %+v, want %d", name, e, tc.code)
		}
	}
}

func TestItFailsClosedOnTheWireToo(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	body, _ := json.Marshal(about("1"))
	contentType, upload := form(random, "image/png", []byte(png), "apiKey", key, "fileType", "image")
	twiceType, twice := form(random, "image/png", []byte(png), "apiKey", key, "apiKey", key, "fileType", "image")
	for name, tc := range map[string]struct {
		method, path, contentType string
		body                      []byte
		code                      int
	}{
		"GET for POST":             {"GET", "/task/openapi/status", "", nil, 404},
		"PUT":                      {"PUT", "/task/openapi/status", "application/json", body, 301},
		"a query":                  {"POST", "/task/openapi/status?x=1", "application/json", body, 301},
		"a GET with a body":        {"GET", "/output/x.png", "", body, 301},
		"no content type":          {"POST", "/task/openapi/status", "", body, 301},
		"a form for JSON":          {"POST", "/task/openapi/status", contentType, upload, 301},
		"JSON for a form":          {"POST", "/task/openapi/upload", "application/json", body, 301},
		"JSON that breaks off":     {"POST", "/task/openapi/status", "application/json", body[:9], 301},
		"JSON with a tail":         {"POST", "/task/openapi/status", "application/json", append(slices.Clone(body), "{}"...), 301},
		"a list for an object":     {"POST", "/task/openapi/status", "application/json", []byte("[]"), 301},
		"null for an object":       {"POST", "/task/openapi/status", "application/json", []byte("null"), 301},
		"a form that breaks off":   {"POST", "/task/openapi/upload", contentType, upload[:len(upload)-20], 301},
		"a form with a name twice": {"POST", "/task/openapi/upload", twiceType, twice, 301},
		"a file nobody made":       {"GET", "/output/1.png", "", nil, 404},
		"the root":                 {"GET", "/", "", nil, 404},
	} {
		if _, e, err := c.do(tc.method, tc.path, tc.contentType, tc.body); err != nil || e.Code != tc.code {
			t.Errorf("%s: %+v, %v, want %d", name, e, err, tc.code)
		}
	}
	if v := c.sim.Received().Violations; !slices.ContainsFunc(v, func(s string) bool { return strings.HasPrefix(s, "unprocessable") }) {
		t.Errorf("nobody noticed: %v", v)
	}
}

func TestUploadsAreJudged(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	ok := []string{"apiKey", key, "fileType", "image"}
	for name, tc := range map[string]struct {
		file, mediaType string
		data            []byte
		values          []string
		code            int
	}{
		"no key":                  {random, "image/png", []byte(png), []string{"fileType", "image"}, 412},
		"a wrong key":             {random, "image/png", []byte(png), []string{"apiKey", "x", "fileType", "image"}, 802},
		"no file":                 {"", "", nil, ok, 301},
		"no file type":            {random, "image/png", []byte(png), []string{"apiKey", key}, 301},
		"a value too many":        {random, "image/png", []byte(png), append(slices.Clone(ok), "user", "x"), 301},
		"an unknown file type":    {random, "image/png", []byte(png), []string{"apiKey", key, "fileType", "pdf"}, 808},
		"a picture sold as video": {random, "image/png", []byte(png), []string{"apiKey", key, "fileType", "video"}, 808},
		"text sold as picture":    {random, "image/png", []byte("hello"), ok, 808},
		"a wrong content type":    {random, "image/jpeg", []byte(png), ok, 808},
		"more than 30 MB":         {random, "image/png", append([]byte(png), make([]byte, 30<<20)...), ok, 809},
	} {
		if e := c.upload(tc.file, tc.mediaType, tc.data, tc.values...); e.Code != tc.code {
			t.Errorf("%s: %d, want %d", name, e.Code, tc.code)
		}
	}
	c.head.Set("Authorization", "Bearer wrong")
	if e := c.post("status", about("1")); e.Code != 802 {
		t.Errorf("a wrong bearer beside a right key: %d", e.Code)
	}
}

func TestItListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	s := sim.New(sim.Options{})
	defer s.Close()
	if url, err := s.Start("0.0.0.0:0"); err == nil {
		t.Errorf("it listens at %s", url)
	}
	if _, err := s.Start("nonsense"); err == nil {
		t.Error("it listens at nonsense")
	}
}

func TestHeldThingsAreGoneAfterFifteenDays(t *testing.T) {
	t.Parallel()
	clk := clock.NewFake(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC))
	c := newClient(t, func(o *sim.Options) { o.Clock = clk })
	file := c.photo()
	task := c.create(order(file, "a fox"))
	c.wait(task, "SUCCESS")
	e := c.sim.Received()
	until := clk.Now().Add(15 * 24 * time.Hour)
	kinds := map[string]int{}
	for _, h := range e.Holds {
		kinds[h.Field+" "+h.Kind]++
		if !h.Until.Equal(until) || len(h.SHA256) != 64 || h.Bytes == 0 {
			t.Errorf("%+v", h)
		}
	}
	if want := map[string]int{"photo input": 1, "prompt text": 1, "style text": 1, "result output": 1}; fmt.Sprint(kinds) != fmt.Sprint(want) {
		t.Errorf("held: %v", kinds)
	}
	clk.Advance(15*24*time.Hour - time.Second)
	if len(c.sim.Received().Holds) != 4 || c.result(task) == "" {
		t.Error("something is gone too early")
	}
	clk.Advance(time.Second)
	if h := c.sim.Received().Holds; len(h) != 0 {
		t.Errorf("still held: %+v", h)
	}
	if e := c.post("outputs", about(task)); e.Code != 807 {
		t.Errorf("outputs after 15 days: %d", e.Code)
	}
	if e := c.post("create", order(file, "x")); e.Code != 433 {
		t.Errorf("the upload can be used after 15 days: %d", e.Code)
	}
}

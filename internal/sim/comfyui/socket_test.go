package comfyui_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image/jpeg"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"vow.example/vow/internal/sim/comfyui"
	"vow.example/vow/internal/sim/kit"
)

// ear is a client that listens.
type ear struct {
	t    *testing.T
	ctx  context.Context
	conn *websocket.Conn
}

// listen opens sockets at paths such as "/ws?clientId=x".
func listen(t *testing.T, s *comfyui.Sim, header http.Header, paths ...string) (ears []ear) {
	t.Helper()
	base, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	for _, path := range paths {
		conn, resp, err := websocket.Dial(ctx, base+path, &websocket.DialOptions{HTTPHeader: header})
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("status %d", resp.StatusCode)
		}
		t.Cleanup(func() { _ = conn.CloseNow() })
		ears = append(ears, ear{t, ctx, conn})
		if first := ears[len(ears)-1].next(); !strings.Contains(first, `"queue_remaining":`) || !strings.Contains(first, `"sid":"`) {
			t.Fatalf("the first event is %s", first)
		}
	}
	return ears
}

// next is what comes next: the text of an event, or "preview".
func (e ear) next() string {
	e.t.Helper()
	kind, data, err := e.conn.Read(e.ctx)
	if err != nil {
		e.t.Fatal(err)
	}
	if kind == websocket.MessageText {
		return string(data)
	}
	if !bytes.HasPrefix(data, []byte{0, 0, 0, 1, 0, 0, 0, 1}) {
		e.t.Fatalf("a frame begins with %x", data[:min(8, len(data))])
	}
	if _, err := jpeg.Decode(bytes.NewReader(data[8:])); err != nil {
		e.t.Errorf("the preview: %v", err)
	}
	return "preview"
}

// until listens until an event holds that text. It returns short forms of all, and the last one.
func (e ear) until(text string) (short []string, last string) {
	e.t.Helper()
	for {
		last = e.next()
		var event struct {
			Type string
			Data struct {
				Node       *string
				Value, Max int
				Status     struct {
					Info struct {
						Remaining int `json:"queue_remaining"`
					} `json:"exec_info"`
				}
			}
		}
		if last == "preview" {
			event.Type = last
		} else if err := json.Unmarshal([]byte(last), &event); err != nil {
			e.t.Fatal(err)
		}
		switch event.Type {
		case "status":
			short = append(short, fmt.Sprint("status ", event.Data.Status.Info.Remaining))
		case "progress":
			short = append(short, fmt.Sprintf("progress %d/%d", event.Data.Value, event.Data.Max))
		case "executing", "executed":
			node := "null"
			if event.Data.Node != nil {
				node = *event.Data.Node
			}
			short = append(short, event.Type+" "+node)
		default:
			short = append(short, event.Type)
		}
		if strings.Contains(last, text) {
			return short, last
		}
	}
}

func TestTheOwnersSocketTellsOfAJobInOrder(t *testing.T) {
	t.Parallel()
	s := start(t, comfyui.Options{})
	ears := listen(t, s, nil, "/ws?clientId=x", "/api/ws?clientId=y", "/ws")
	call(t, s, "POST", "/prompt", graph(`"steps":20`, `"steps":2`))
	got, last := ears[0].until(`"node":null`)
	want := []string{
		"status 1", "status 1", "execution_start", "execution_cached", "executing 5", "executing 1", "executing 6", "executing 12",
		"progress 1/2", "progress 2/2", "preview", "executing 8", "executing 9", "executed 9", "execution_success", "status 0", "executing null",
	}
	if !slices.Equal(got, want) || !strings.Contains(last, id) {
		t.Errorf("got %q, at last %s", got, last)
	}
	for _, stranger := range ears[1:] {
		if got, _ := stranger.until(`"queue_remaining":0`); !slices.Equal(got, []string{"status 1", "status 1", "status 0"}) {
			t.Errorf("a stranger learns %q", got)
		}
	}
	e := s.Received()
	if len(e.Violations) != 0 || e.Requests[0].Path != "/ws" || !slices.Equal(e.Requests[0].Keys, []string{"clientId"}) {
		t.Errorf("recorded: %+v, %v", e.Requests[0], e.Violations)
	}
}

func TestWhatANodeMadeIsTold(t *testing.T) {
	t.Parallel()
	s := start(t, comfyui.Options{})
	x := listen(t, s, nil, "/ws?clientId=x")[0]
	call(t, s, "POST", "/prompt", graph())
	if _, last := x.until(`"executed"`); !strings.Contains(last, `"output":{"images":[{"filename":"j1_00001_.png","subfolder":"j1","type":"output"}]}`) {
		t.Errorf("got %s", last)
	}
}

func TestAnErrorOnTheSocketQuotesTheInputs(t *testing.T) {
	t.Parallel()
	s := start(t, comfyui.Options{})
	x := listen(t, s, nil, "/ws?clientId=x")[0]
	call(t, s, "POST", "/prompt", graph("a fox", "a fox test:fail"))
	_, last := x.until(`"execution_error"`)
	for _, part := range []string{`"traceback":["  File`, `"current_inputs":{`, "a fox", `"node_id":"12"`, `"node_type":"KSampler"`, id} {
		if !strings.Contains(last, part) {
			t.Errorf("no %s in %s", part, last)
		}
	}
	if rest, _ := x.until(`"node":null`); !slices.Equal(rest, []string{"status 0", "executing null"}) {
		t.Errorf("then %q", rest)
	}
}

func TestAStrangerLearnsOfAnInterruption(t *testing.T) {
	t.Parallel()
	s := start(t, comfyui.Options{Options: kit.Options{Run: time.Hour}})
	ears := listen(t, s, nil, "/ws?clientId=x", "/ws?clientId=y")
	second := strings.Replace(id, "0001", "0002", 1)
	call(t, s, "POST", "/prompt", graph())
	ears[0].until(`"node":"12"`)
	call(t, s, "POST", "/prompt", graph(id, second))
	ears[0].until(`"queue_remaining":2`)
	call(t, s, "POST", "/queue", `{"delete":["`+second+`"]}`)
	ears[0].until(`"queue_remaining":1`)
	call(t, s, "POST", "/interrupt", `{"prompt_id":"`+id+`"}`)
	got, last := ears[1].until(`"execution_interrupted"`)
	if !slices.Equal(got, []string{"status 1", "status 1", "status 2", "status 1", "execution_interrupted"}) || !strings.Contains(last, id) {
		t.Errorf("got %q, at last %s", got, last)
	}
	if strings.Contains(last, "fox") {
		t.Errorf("an interruption quotes the inputs: %s", last)
	}
	ears[0].until(`"execution_interrupted"`)
}

func TestWhoComesBackLearnsWhichNodeRuns(t *testing.T) {
	t.Parallel()
	s := start(t, comfyui.Options{Options: kit.Options{Run: time.Hour}})
	x := listen(t, s, nil, "/ws?clientId=x")[0]
	call(t, s, "POST", "/prompt", graph())
	x.until(`"node":"12"`)
	again := listen(t, s, nil, "/ws?clientId=x")[0]
	if got := again.next(); got != `{"data":{"node":"12"},"type":"executing"}` {
		t.Errorf("got %s", got)
	}
	if _, _, err := x.conn.Read(x.ctx); err == nil {
		t.Error("the older socket of the same client stays open")
	}
}

func TestSocketsEndWithTheirServer(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(s *comfyui.Sim){"close": (*comfyui.Sim).Close, "restart": (*comfyui.Sim).Restart} {
		s := start(t, comfyui.Options{Options: kit.Options{Run: time.Hour}})
		ears := listen(t, s, nil, "/ws?clientId=x", "/ws?clientId=y")
		call(t, s, "POST", "/prompt", graph())
		ears[0].until(`"node":"12"`)
		ears[1].until(`"queue_remaining":1`)
		ears[1].until(`"queue_remaining":1`)
		end(s)
		for _, e := range ears {
			if _, data, err := e.conn.Read(e.ctx); err == nil || e.ctx.Err() != nil {
				t.Errorf("%s: %s, %v", name, data, err)
			}
		}
	}
}

func TestASocketIsRefusedAsACallIs(t *testing.T) {
	t.Parallel()
	s := start(t, comfyui.Options{Token: "fake-proxy-token"})
	listen(t, s, http.Header{"Authorization": {"Bearer fake-proxy-token"}}, "/ws?clientId=x")
	base, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/ws?clientId=x": 401, "/ws?clientId=x&clientId=y": 400, "/ws?token=x": 400} {
		header := http.Header{"Authorization": {"Bearer fake-proxy-token"}}
		if want == 401 {
			header = nil
		}
		conn, resp, err := websocket.Dial(t.Context(), base+path, &websocket.DialOptions{HTTPHeader: header})
		if err == nil {
			_ = conn.CloseNow()
			t.Errorf("%s: is let in", path)
		} else if resp == nil || resp.StatusCode != want {
			t.Errorf("%s: %v", path, err)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestAClientThatSpeaksIsCutOff(t *testing.T) {
	t.Parallel()
	s := start(t, comfyui.Options{})
	x := listen(t, s, nil, "/ws?clientId=x")[0]
	if err := x.conn.Write(x.ctx, websocket.MessageText, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if _, data, err := x.conn.Read(x.ctx); err == nil || x.ctx.Err() != nil {
		t.Errorf("got %s, %v", data, err)
	}
}

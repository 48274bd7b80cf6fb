package replay_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/png"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/sim/alibaba"
	"vow.example/vow/internal/sim/comfyui"
	"vow.example/vow/internal/sim/gemini"
	"vow.example/vow/internal/sim/kit"
	"vow.example/vow/internal/sim/openai"
	"vow.example/vow/internal/sim/runninghub"
	"vow.example/vow/internal/sim/tencent"
	"vow.example/vow/internal/sim/volcengine"
	"vow.example/vow/internal/sim/zhipu"
)

// updateReplay rewrites testdata/replay.txt.
var updateReplay = flag.Bool("update", false, "rewrite testdata/replay.txt")

// exchange is one recorded request with the note about it.
type exchange struct {
	N      int
	Note   string
	Raw    string               `json:"raw_request_base64"`
	Answer struct{ Status int } `json:"response"`
}

func captures(t *testing.T, file string) []exchange {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "captures", file+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []exchange
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// recorded finds when the requests of a file were signed. Those that sign no time were recorded on
// the same day.
func recorded(t *testing.T, list []exchange) clock.Clock {
	t.Helper()
	for _, x := range list {
		raw, err := base64.StdEncoding.DecodeString(x.Raw)
		if err != nil {
			t.Fatal(err)
		}
		if m := regexp.MustCompile(`(?i)x-acs-date: (\S+)`).FindSubmatch(raw); m != nil {
			if at, err := time.Parse(time.RFC3339, string(m[1])); err == nil {
				return clock.NewFake(at)
			}
		}
		if m := regexp.MustCompile(`Bearer [^.]+\.([^.]+)\.`).FindSubmatch(raw); m != nil {
			var token struct{ Timestamp int64 }
			if plain, err := base64.RawURLEncoding.DecodeString(string(m[1])); err == nil && json.Unmarshal(plain, &token) == nil {
				return clock.NewFake(time.UnixMilli(token.Timestamp))
			}
		}
	}
	return clock.NewFake(time.Date(2026, 11, 21, 20, 6, 30, 0, time.UTC))
}

// judges returns a fresh simulator for each file of captures.
func judges(clk clock.Clock) map[string]func() service {
	o := kit.Options{Seed: 1, Clock: clk, Render: render}
	ali := func() service {
		return alibaba.New(alibaba.Options{Options: o, AccessKeyID: "FAKE-ACCESS-KEY-ID", AccessKeySecret: "fake-access-key-secret-not-real"})
	}
	return map[string]func() service{
		"aliyun-sdk": ali, "aliyun-rest": ali,
		"tencent-common-sdk": func() service {
			return tencent.New(tencent.Options{Options: o, SecretID: "FAKE-SECRET-ID", SecretKey: "fake-secret-key-not-real", Parallel: 9})
		},
		"volcengine-ark-sdk": func() service {
			return volcengine.New(volcengine.Options{Options: o, APIKey: "fake-ark-api-key", Models: []string{"doubao-seedance-1-0-pro-250528"}})
		},
		"google-genai-sdk": func() service { return gemini.New(gemini.Options{Options: o, APIKey: "fake-gemini-api-key"}) },
		"openai-sdk":       func() service { return openai.New(openai.Options{Options: o, Key: "fake-openai-key"}) },
		"zhipu-rest": func() service {
			return zhipu.New(zhipu.Options{Options: o, Key: "fakeid0000000000.fakesecret00000000", Models: []string{"cogvideox-3"}})
		},
		"comfyui-rest": func() service { return comfyui.New(comfyui.Options{Options: o}) },
		"runninghub-rest": func() service {
			return hub{runninghub.New(runninghub.Options{Clock: o.Clock, Key: strings.Repeat("fake", 8), Workflows: runninghub.DemoWorkflows()})}
		},
	}
}

// service is what every simulator can do.
type service interface {
	Start(addr string) (string, error)
	Close()
}

// render answers with a small picture; a recording waits for no film.
func render(_ context.Context, j kit.Job) (kit.Output, error) {
	if j.Want == "video" {
		return kit.Output{}, errors.New("no films here")
	}
	var b bytes.Buffer
	err := png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, 8, 8)))
	return kit.Output{Data: b.Bytes(), MediaType: "image/png"}, err
}

// hub is the simulated RunningHub as a service.
type hub struct{ *runninghub.Sim }

// replay sends the recorded bytes as they are and returns what is judged of the answer.
func replay(t *testing.T, address string, x exchange) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(x.Raw)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := conn.Write(raw); err != nil {
		t.Fatal(err)
	}
	request, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), request)
	if err != nil {
		t.Fatalf("%d %s: %v", x.N, x.Note, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d%s", answer.StatusCode, code(body))
}

// code finds the recipient's own word for a refusal.
func code(body []byte) string {
	for _, pattern := range []string{`"Code":"([^"]+)"`, `"code":"([^"]+)"`, `"status":"([A-Z_]+)"`, `"code":(-?[1-9][0-9]*)`, `"type":"([a-z_]+)"`} {
		if m := regexp.MustCompile(pattern).FindSubmatch(body); m != nil {
			return " " + string(m[1])
		}
	}
	return ""
}

// TestEveryRecordedRequestIsAnswered sends each recorded request, byte for byte, to the simulator of
// its recipient: what the vendor's client sends is understood (its signature included), what the
// simulator does not offer (moderation, films of OpenAI's form, RunningHub's second API, uploads to
// Alibaba's storage) is refused in the vendor's own form, and the answers are those of the list that
// was read through once. Most are refusals for a reason that lies in the recording: the picture's
// address leads nowhere, the job is unknown, store is not false.
func TestEveryRecordedRequestIsAnswered(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	for _, file := range []string{
		"aliyun-sdk", "aliyun-rest", "tencent-common-sdk", "volcengine-ark-sdk", "google-genai-sdk", "openai-sdk", "zhipu-rest", "runninghub-rest", "comfyui-rest",
	} {
		list := captures(t, file)
		judge := judges(recorded(t, list))[file]()
		address, err := judge.Start("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(judge.Close)
		address = "http://" + strings.Split(strings.TrimPrefix(address, "http://"), "/")[0]
		fmt.Fprintf(&got, "%s\n", file)
		for _, x := range list {
			fmt.Fprintf(&got, "  %2d %-78s recorded %d, simulated %s\n", x.N, x.Note, x.Answer.Status, replay(t, address, x))
		}
	}
	const name = "testdata/replay.txt"
	if *updateReplay {
		if err := os.WriteFile(name, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil || string(want) != got.String() {
		t.Errorf("the answers differ from %s (%v):\n%s", name, err, got.String())
	}
}

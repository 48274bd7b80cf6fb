package server

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/server/recipients"
	"vow.example/vow/internal/server/simulate"
)

func TestAPauseIsSeenByARunningServerAndTakenBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := ServeOptions{DataDir: dir}
	for _, paused := range []bool{true, true, false, false} {
		if err := PauseRecipient(o, "gemini", paused); err != nil {
			t.Fatal(err)
		}
		if got, _ := (pauses{dir}).Paused("gemini"); got != paused {
			t.Errorf("paused is %t, want %t", got, paused)
		}
	}
	if got, _ := (pauses{dir}).Paused("zhipu"); got {
		t.Error("another recipient is paused")
	}
}

func TestAPauseThatCannotBeReadHolds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "paused"), nil, 0o600); err != nil { // a file where the folder should be
		t.Fatal(err)
	}
	if got, _ := (pauses{dir}).Paused("gemini"); !got {
		t.Error("a recipient whose pause cannot be read is sent to")
	}
}

func TestOnlyARecipientOfALiveFeatureCanBePaused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"nobody", "../../etc", ""} {
		if err := PauseRecipient(ServeOptions{DataDir: t.TempDir()}, name, true); err == nil || !strings.Contains(err.Error(), "no live feature sends to") {
			t.Errorf("%q: %v", name, err)
		}
	}
	if err := PauseRecipient(ServeOptions{DataDir: filepath.Join(t.TempDir(), "nowhere")}, "gemini", true); err == nil {
		t.Error("a pause in a folder that does not exist reaches nobody")
	}
}

func TestARecipientAfarGetsNoAddressOfThisMachine(t *testing.T) {
	t.Parallel()
	set, err := loadApps("", testKey)
	if err != nil {
		t.Fatal(err)
	}
	s := setting{apps: set, publicURL: "http://127.0.0.1:8420", egress: []egress.Config{{Recipient: "volcengine", BaseURL: "https://ark.example"}}}
	if err := s.reachable(); err == nil || !strings.Contains(err.Error(), "public_url is missing: volcengine reads the pictures of mixoo/image_to_video_volc") {
		t.Errorf("a link to this machine goes out: %v", err)
	}
	s.egress = []egress.Config{{Recipient: "runninghub", BaseURL: "https://hub.example"}}
	if err := s.reachable(); err != nil || s.hooks() != "" {
		t.Errorf("a recipient that gets files: %v, hooks %q", err, s.hooks())
	}
	s.publicURL = "https://photos.example"
	if s.hooks() != "https://photos.example/hooks" {
		t.Errorf("hooks %q", s.hooks())
	}
}

func TestAConfigurationsErrorNeverShowsTheLine(t *testing.T) {
	t.Parallel()
	const secret = "sk-a-key-that-slipped-in"
	file := filepath.Join(t.TempDir(), "vow.yaml")
	for name, text := range map[string]string{
		"an unknown member": "recipients:\n  zhipu:\n    api_keyy: " + secret + "\n",
		"a key as address":  "recipients:\n  zhipu:\n    base_url: https://user:" + secret + "@host.example/?key=" + secret + "\n    api_key: env:HOME\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		list, err := Recipients(ServeOptions{ConfigFile: file})
		shown := ""
		for _, l := range list {
			shown += l.Address
		}
		if err != nil {
			shown += err.Error()
		}
		if strings.Contains(shown, secret) {
			t.Errorf("%s shows the key: %s", name, shown)
		}
	}
	conf := recipients.Set{"zhipu": {BaseURL: "https://user:" + secret + "@host.example", APIKey: "env:HOME"}}
	set, err := loadApps("", testKey)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conf.Links(set.wiring, []privacy.RecipientID{"zhipu"}); err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("an address with a key in it: %v", err)
	}
}

func TestHealthAndMetricsOfADemo(t *testing.T) {
	l, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d, err := startDemo(t.Context(), DemoOptions{Dir: filepath.Join(t.TempDir(), "data"), RealTime: true, Out: io.Discard}, l)
	if err != nil {
		t.Fatal(err)
	}
	defer d.closeSims()
	done := make(chan error, 1)
	go func() { done <- run(t.Context(), l, d.core) }()
	for path, want := range map[string]string{"/demo/health": `"id": "gemini"`, "/demo/metrics": `vow_recipient_state{recipient="zhipu",state="ok"} 1`} {
		answer, err := http.Get(d.core.publicURL + path) //nolint:noctx // a test
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if !strings.Contains(string(body), want) {
			t.Errorf("%s lacks %s:\n%s", path, want, body)
		}
	}
}

// TestATrialSendsToTheConfiguredRecipientAndOpensNothingForOthers runs vow provider test without
// --dry-run against a simulator that stands for the real service.
func TestATrialSendsToTheConfiguredRecipientAndOpensNothingForOthers(t *testing.T) {
	r, err := simulate.Start("runninghub", "127.0.0.1:0", simulate.Options{Clock: clock.Real{}, Queue: time.Millisecond, Run: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	t.Setenv("VOW_TEST_HUB_KEY", r.Credentials["api_key"])
	file := filepath.Join(t.TempDir(), "vow.yaml")
	text := "addr: 127.0.0.1:0\npoll_every: 20ms\nrecipients:\n  runninghub:\n    base_url: " + r.Base + "\n    api_key: env:VOW_TEST_HUB_KEY\n    allow_loopback: true\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := TryRecipient(t.Context(), TryOptions{Server: ServeOptions{ConfigFile: file}, Recipient: "runninghub", App: "pixplus", Feature: "avatar"})
	if err != nil || len(list) != 1 || list[0].Failure != "" || len(list[0].Held) == 0 {
		t.Fatalf("%+v, %v", list, err)
	}
	if got := r.Received(); len(got.Violations) > 0 || len(got.Requests) < 3 {
		t.Errorf("the service noticed %v in %d requests", got.Violations, len(got.Requests))
	}
}

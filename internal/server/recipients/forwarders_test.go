package recipients_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/goccy/go-yaml"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/provider/drivertest"
	"vow.example/vow/internal/server/recipients"
)

// documented reads the two blocks about events and messages in the documentation.
func documented(t *testing.T) (provider.Wiring, recipients.Set) {
	t.Helper()
	raw, err := os.ReadFile("../../../docs/recipients.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(raw), -1)
	if len(blocks) != 2 {
		t.Fatalf("the documentation has %d blocks", len(blocks))
	}
	all, err := provider.LoadWiring(fstest.MapFS{"app/wiring.yaml": {Data: []byte(blocks[0][1])}})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range regexp.MustCompile(`env:([A-Z_]+)`).FindAllStringSubmatch(blocks[1][1], -1) {
		t.Setenv(name[1], secret)
	}
	var doc struct{ Recipients recipients.Set }
	if err := yaml.UnmarshalWithOptions([]byte(blocks[1][1]), &doc, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	return all["app"], doc.Recipients
}

func TestTheDocumentedForwardersAreComplete(t *testing.T) {
	w, set := documented(t)
	var ids []privacy.RecipientID
	for id := range w {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	links, err := set.Links(map[privacy.AppID]provider.Wiring{"app": w}, ids)
	if err != nil || len(links) != 5 {
		t.Fatalf("%d links, %v", len(links), err)
	}
	e, err := egress.New(links, log.Logger{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	ok := egress.Response{Status: 200, Body: []byte(`{"status":"OK"}`)}
	for id, route := range w {
		kind := recipients.Kinds()[route.Driver]
		for feature, flow := range route.Workflows {
			answer := ok
			if route.Driver == "umeng" {
				answer.Body = []byte(`{"status":0}`)
			}
			sender := drivertest.Canned{Answer: answer}
			for f := range flow.Nodes {
				sender.Names = append(sender.Names, f)
			}
			begun, err := kind.Driver.Begin(t.Context(), sender, driver.Order{Feature: feature, Workflow: flow, Key: "0f8fad5b-d9cb-469f-a165-70867728950e"})
			if err != nil || begun.Status.State != driver.Delivered {
				t.Errorf("%s: the documented wiring is not accepted: %v", id, err)
			}
			if takes := slices.Contains(sender.Names, "events"); takes != (kind.Events > 0) {
				t.Errorf("%s: takes %d events", id, kind.Events)
			}
		}
	}
}

func TestAForwarderWithoutItsKeyNamesTheLine(t *testing.T) {
	w, set := documented(t)
	conf := set["google_analytics"]
	conf.Credentials = map[string]string{"token": "env:ADJUST_TOKEN"}
	set["google_analytics"] = conf
	_, err := set.Links(map[privacy.AppID]provider.Wiring{"app": w}, []privacy.RecipientID{"google_analytics"})
	for _, want := range []string{"recipients.google_analytics.credentials.api_secret: is missing", "recipients.google_analytics.credentials.token: is no credential"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

package apps_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"vow.example/vow/apps"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/render"
)

var update = flag.Bool("update", false, "write the golden files anew; read them before you commit")

func TestWhatPeopleReadIsWhatTheGoldensSay(t *testing.T) {
	t.Parallel()
	all, err := policy.LoadFS(apps.FS)
	if err != nil {
		t.Fatal(err)
	}
	for id, p := range all {
		expected := []string{}
		views := map[string]string{}
		for _, name := range render.Views() {
			if name != "screens" { // they stand in files of their own
				views[name] = name
			}
		}
		for _, f := range p.Features() {
			views["screen-"+string(f.ID)] = "screen:" + string(f.ID)
		}
		for name, what := range views {
			for _, lang := range p.Languages() {
				var got bytes.Buffer
				if err := render.Markdown(&got, p, lang, what); err != nil {
					t.Fatalf("%s %s: %v", id, what, err)
				}
				file := name + "-" + string(lang) + ".md"
				golden(t, filepath.Join(string(id), "golden", file), got.Bytes())
				expected = append(expected, file)
			}
		}
		noOther(t, filepath.Join(string(id), "golden"), expected)
	}
}

// noOther ends golden files whose view is gone: nobody would compare them any more.
func noOther(t *testing.T, folder string, expected []string) {
	t.Helper()
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !slices.Contains(expected, f.Name()) {
			t.Errorf("%s shows no view of the policy any more", filepath.Join(folder, f.Name()))
		}
	}
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what people would read now; run go test ./apps -update and read the difference\n%s", file, got)
	}
}

func TestTheFolderOnDiskAndTheOneInTheBinaryAgree(t *testing.T) {
	t.Parallel()
	inside, err := policy.LoadFS(apps.FS)
	if err != nil {
		t.Fatal(err)
	}
	outside, err := policy.LoadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	if len(inside) != 5 || len(outside) != len(inside) {
		t.Fatalf("%d apps inside, %d outside", len(inside), len(outside))
	}
	for id, p := range inside {
		if outside[id] == nil || outside[id].Hash() != p.Hash() {
			t.Errorf("%s differs", id)
		}
	}
}

func TestThePublishedSchemaIsTheOneThatLoads(t *testing.T) {
	t.Parallel()
	published, err := os.ReadFile("policy.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(published, policy.Schema()) {
		t.Error("apps/policy.schema.json differs from internal/policy/internal/source/schema.json; copy the latter")
	}
	var head struct {
		Schema string `json:"$schema"`
	}
	if err := json.Unmarshal(published, &head); err != nil || head.Schema != "https://json-schema.org/draft/2020-12/schema" {
		t.Errorf("dialect %q, %v", head.Schema, err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(published))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("s.json", doc); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Compile("s.json"); err != nil {
		t.Error(err)
	}
}

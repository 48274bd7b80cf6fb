package gallery

import (
	"flag"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vow.example/vow/apps"
	"vow.example/vow/internal/effects/showcase"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

var update = flag.Bool("update", false, "write the sample pictures of the apps anew; look at them before you commit")

// illustrations are the features of others of which our engine, or our photo, can truly show the kind of
// work. Everything else keeps its sign: what a generative model makes, nothing of ours looks like.
func illustrations() map[privacy.AppID]map[string]string {
	return map[privacy.AppID]map[string]string{
		"mixoo":   {"face_swap": "face_swap", "cartoonize": "cartoon", "colorize": colorized, "sketch": "pencil", "super_resolution": "upscale"},
		"pixplus": {"avatar": "cartoon", "portrait_enhance": "portrait_enhance", "visual_effect": "cartoon"},
	}
}

// The samples on the apps' home pages are what the engine makes now. After a wanted change:
// go test ./cmd/vow/internal/gallery -run Samples -update, and look.
func TestTheSamplesOfTheAppsShowWhatTheEngineMakes(t *testing.T) {
	t.Parallel()
	all, err := policy.LoadFS(apps.FS)
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for id, p := range all {
		own, err := fs.Sub(apps.FS, string(id))
		if err != nil {
			t.Fatal(err)
		}
		made, err := Samples(t.Context(), p, own, illustrations()[id])
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join("../../../../apps", string(id), showcase.Folder)
		if *update {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			if _, err := WriteSamples(t.Context(), filepath.Dir(dir), illustrations()[id]); err != nil {
				t.Fatal(err)
			}
		}
		stored, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil || len(stored) != len(made) {
			t.Errorf("%s: %d samples are stored, %d are made: %v", id, len(stored), len(made), err)
		}
		for name, want := range made {
			got, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Error(err)
				continue
			}
			if d := difference(t, got, want); d > 3 {
				t.Errorf("%s: %s differs from what the engine makes by %.1f on average; read the comment of this test", id, name, d)
			}
			if len(got) > showcase.Most {
				t.Errorf("%s: %s has %d bytes", id, name, len(got))
			}
			total += len(got)
		}
	}
	if total > 400<<10 {
		t.Errorf("the samples have %d bytes in all", total)
	}
}

func TestEveryLiveEffectOfTheOwnEngineHasASampleAndNobodyElsesIsClaimed(t *testing.T) {
	t.Parallel()
	all, err := policy.LoadFS(apps.FS)
	if err != nil {
		t.Fatal(err)
	}
	for id, p := range all {
		own, err := fs.Sub(apps.FS, string(id))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range p.Features() {
			s, found, err := showcase.Of(own, string(f.ID))
			if err != nil {
				t.Error(err)
			}
			if f.Live && f.IsLocal() && (!found || s.Illustration) {
				t.Errorf("%s: %s runs here and has no sample", id, f.ID)
			}
			if found && !f.IsLocal() && !s.Illustration {
				t.Errorf("%s: the picture of %s passes for the work of %s", id, f.ID, f.Recipient)
			}
			if found && (s.Width != showcase.Side || s.Height != showcase.Side) {
				t.Errorf("%s: the picture of %s has %dx%d pixels", id, f.ID, s.Width, s.Height)
			}
		}
	}
}

func TestSamplesAreOfTheAppsOwnFeaturesOnly(t *testing.T) {
	t.Parallel()
	p, err := policy.LoadFS(apps.FS)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Samples(t.Context(), p["kmeng"], nil, map[string]string{"no_such": "cartoon"}); err == nil || !strings.Contains(err.Error(), "kmeng") {
		t.Errorf("%v", err)
	}
	made, err := Samples(t.Context(), p["kmeng"], nil, nil)
	if err != nil || len(made) != 0 {
		t.Errorf("samples of an app without an effect of the own engine: %v, %v", slices.Collect(maps.Keys(made)), err)
	}
}

package server

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/editions"
)

func TestAVersionTakesEffectByTheClockWithoutARestart(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	yaml, err := os.ReadFile(filepath.Join(reworded(t), aifitting, "policy.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	const days = 40 * 24 * time.Hour
	if _, err := h.core.editions.Publish(t.Context(), editions.Draft{YAML: yaml, EffectiveAt: h.clock.Now().Add(days)}); err != nil {
		t.Fatal(err)
	}
	c := client.New(h.url, "", http.DefaultClient)
	for _, want := range []string{"aifitting/v1", "aifitting/v2"} {
		doc, err := c.Policy(t.Context(), aifitting, "en")
		if err != nil || doc.Version != want {
			t.Errorf("in force: %s, %v, want %s", doc.Version, err, want)
		}
		h.later(t, days)
	}
	list, err := c.PolicyVersions(t.Context(), aifitting)
	if err != nil || len(list) != 2 || list[0].State != "past" || list[1].State != "in_force" {
		t.Errorf("%+v, %v", list, err)
	}
	if first, err := c.PolicyVersion(t.Context(), aifitting, 1, "en"); err != nil || first.Version != "aifitting/v1" || first.Hash != list[0].Hash {
		t.Errorf("v1 cannot be read any more: %v", err)
	}
}

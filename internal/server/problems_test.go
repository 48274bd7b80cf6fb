package server

import (
	"encoding/json"
	"testing"

	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/web/static"
)

func TestEveryProblemOfTheAPIHasAPage(t *testing.T) {
	t.Parallel()
	raw, err := static.Files.ReadFile("problems.json")
	if err != nil {
		t.Fatal(err)
	}
	var pages []struct {
		Code string `json:"code"`
	}
	if err := json.Unmarshal(raw, &pages); err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, p := range pages {
		have[p.Code] = true
	}
	for _, p := range rest.Problems() {
		if !have[p.Code] {
			t.Errorf("%s has no page", p.Code)
		}
	}
}

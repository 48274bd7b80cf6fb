package task

import (
	"context"
	"errors"
	"testing"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

func TestADrawnThingThatIsNotPublishedIsNotUsed(t *testing.T) {
	t.Parallel()
	f := policy.Feature{Inputs: []policy.Input{
		{Field: "template", Kind: policy.Option, Material: "template"}, {Field: "frame", Kind: policy.Option, Material: "frame"}, {Field: "style", Kind: policy.Option},
	}}
	s := &Service{Options: Options{Offers: func(_ context.Context, app privacy.AppID, kind, id string) bool {
		return app == "picwiz" && kind == "template" && id == "reviewed"
	}}}
	for name, c := range map[string]struct {
		app    privacy.AppID
		params map[privacy.Field]string
		used   bool
	}{
		"published here":       {"picwiz", map[privacy.Field]string{"template": "reviewed", "style": "any"}, true},
		"published elsewhere":  {"mixoo", map[privacy.Field]string{"template": "reviewed"}, false},
		"a draft":              {"picwiz", map[privacy.Field]string{"template": "draft"}, false},
		"another kind":         {"picwiz", map[privacy.Field]string{"frame": "reviewed"}, false},
		"no drawn thing":       {"picwiz", map[privacy.Field]string{"style": "any"}, true},
		"one of two":           {"picwiz", map[privacy.Field]string{"template": "reviewed", "frame": "x"}, false},
		"nothing was picked":   {"picwiz", nil, true},
		"an empty choice only": {"picwiz", map[privacy.Field]string{"template": ""}, true},
	} {
		if err := s.offered(t.Context(), c.app, f, c.params); (err == nil) != c.used || err != nil && !errors.Is(err, errNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (&Service{}).offered(t.Context(), "picwiz", f, map[privacy.Field]string{"template": "any"}); err != nil {
		t.Errorf("without a desk nothing is asked: %v", err)
	}
}

package apps_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"vow.example/vow/internal/effects"
	"vow.example/vow/internal/effects/material"
	"vow.example/vow/internal/effects/style"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/local"
)

// ours calls f for each live feature of the own engine.
func ours(t *testing.T, f func(app privacy.AppID, feature policy.Feature)) {
	t.Helper()
	policies, _ := both(t)
	for id, p := range policies {
		for _, feature := range p.Features() {
			if feature.Live && feature.IsLocal() {
				f(id, feature)
			}
		}
	}
}

func TestEveryEffectOfThePoliciesExistsAndTakesItsPictures(t *testing.T) {
	t.Parallel()
	ours(t, func(app privacy.AppID, f policy.Feature) {
		e, err := effects.Find(f.Effect)
		if err != nil {
			t.Errorf("%s %s: the own engine has no effect %s", app, f.ID, f.Effect)
			return
		}
		least, most := 0, 0
		for _, in := range f.Inputs {
			if in.Kind == policy.Video { // its frames, one at a time
				least, most = least+1, most+1
			}
			if in.Kind == policy.Photo {
				most++
				if in.Required {
					least++
				}
			}
		}
		if least < e.Least || most > e.Most {
			t.Errorf("%s %s: asks for %d to %d pictures, %s takes %d to %d", app, f.ID, least, most, e.Name, e.Least, e.Most)
		}
		for _, x := range f.Fixed {
			if _, err := e.Read(map[string]string{x.Setting: x.Value}); err != nil {
				t.Errorf("%s %s: the fixed setting %s: %v", app, f.ID, x.Setting, err)
			}
		}
	})
}

func TestEverySettingOfThePoliciesChangesSomething(t *testing.T) {
	t.Parallel()
	ours(t, func(app privacy.AppID, f policy.Feature) {
		for _, in := range f.Inputs {
			values := []string{}
			for _, c := range in.Choices {
				values = append(values, c.Value)
			}
			if in.Kind == policy.Number {
				values = append(values, plain(in.Min), plain(in.Max), in.Default)
			}
			for _, v := range values {
				if !in.Permits(v) {
					t.Errorf("%s %s: %s = %s is not permitted", app, f.ID, in.Field, v)
				}
				if !understood(f, in.Field, v) {
					t.Errorf("%s %s: %s = %s changes nothing or is refused by the effect", app, f.ID, in.Field, v)
				}
			}
		}
	})
}

// plain writes a number as a person would.
func plain(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// understood reports whether the value chooses an effect or reaches a parameter of one of the effects
// that the feature can run, and is accepted there.
func understood(f policy.Feature, field privacy.Field, value string) bool {
	all := []map[string]string{{}}
	for _, option := range []privacy.Field{"style", "effect"} {
		in, _ := f.Input(option)
		for _, c := range in.Choices {
			all = append(all, map[string]string{string(option): c.Value})
		}
	}
	reached := field == "style" || field == "effect"
	for _, chosen := range all {
		_, bare := local.Plan(f.Effect, chosen)
		chosen[string(field)] = value
		name, params := local.Plan(f.Effect, chosen)
		e, err := effects.Find(name)
		if err != nil {
			return false
		}
		if _, err := e.Read(params); err != nil {
			return false
		}
		reached = reached || len(params) > len(bare)
		if field == "style" || field == "effect" {
			return name != f.Effect || len(params) > 0 || value == f.Effect
		}
	}
	return reached
}

func TestEveryMaterialOfThePoliciesWasDrawn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	ours(t, func(app privacy.AppID, f policy.Feature) {
		for _, in := range f.Inputs {
			if in.Material == "" {
				continue
			}
			seen[in.Material] = true
			var drawn, offered []string
			for _, item := range material.List(material.Kind(in.Material)) {
				drawn = append(drawn, item.ID+": "+item.Title["en"]+", "+item.Title["zh-Hans"])
			}
			for _, c := range in.Choices {
				offered = append(offered, c.Value+": "+c.Label["en"]+", "+c.Label["zh-Hans"])
			}
			slices.Sort(drawn)
			slices.Sort(offered)
			if !slices.Equal(drawn, offered) {
				t.Errorf("%s %s: offers %v, drawn are %v", app, f.ID, offered, drawn)
			}
		}
	})
	if len(seen) != 3 {
		t.Errorf("the policies offer %v", seen)
	}
}

func TestOnlyEffectsThatLookForNoFaceSayNothingOfFacePoints(t *testing.T) {
	t.Parallel()
	faceless := map[string]bool{}
	for _, e := range style.Effects() {
		faceless[e.Name] = true
	}
	policies, _ := both(t)
	ours(t, func(app privacy.AppID, f policy.Feature) {
		s, err := policies[app].Screen(f.ID, "en")
		if err != nil {
			t.Fatal(err)
		}
		told := slices.ContainsFunc(s.Keep, func(k policy.Keep) bool { return strings.HasPrefix(k.What, "face") })
		if !told && !faceless[f.Effect] {
			t.Errorf("%s %s: %s finds faces, but the screen does not say how long points are kept", app, f.ID, f.Effect)
		}
	})
}

func TestEveryEffectOfTheEngineIsOfferedBySomeApp(t *testing.T) {
	t.Parallel()
	offered := map[string]bool{}
	ours(t, func(_ privacy.AppID, f policy.Feature) {
		offered[f.Effect] = true
		for _, option := range []privacy.Field{"style", "effect", "motion"} {
			in, _ := f.Input(option)
			for _, c := range in.Choices {
				offered[c.Value] = true
			}
		}
	})
	for _, e := range effects.Catalogue() {
		if !offered[e.Name] {
			t.Errorf("no app offers %s", e.Name)
		}
	}
}

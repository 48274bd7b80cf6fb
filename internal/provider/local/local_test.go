package local

import (
	"testing"

	"vow.example/vow/internal/effects"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
)

func TestEveryOptionOfTheAppsIsUnderstoodByTheEngine(t *testing.T) {
	t.Parallel()
	for _, p := range []*policy.Policy{policytest.PixPlus(t), policytest.AIFitting(t)} {
		for _, f := range p.Features() {
			for _, in := range f.Inputs {
				for _, c := range in.Choices {
					if !f.Live || in.Material != "" || in.Field == "format" {
						continue
					}
					effect := f.Effect
					if effect == "" {
						effect = "portrait_enhance" // simulators draw what the vendor would make
					}
					if f.IsLocal() && !Means(effect, string(in.Field), c.Value) {
						t.Errorf("%s %s: %s = %s has no meaning", p.App(), f.ID, in.Field, c.Value)
					}
					name, params := Plan(effect, map[string]string{string(in.Field): c.Value})
					e, err := effects.Find(name)
					if err == nil {
						_, err = e.Read(params)
					}
					if err != nil {
						t.Errorf("%s %s %s = %s: %v", p.App(), f.ID, in.Field, c.Value, err)
					}
				}
			}
		}
	}
}

func TestWordsAndParametersBecomeAPlan(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		effect string
		chosen map[string]string
		want   string
		param  string
		value  string
	}{
		"an effect by its name":       {"cartoon", map[string]string{"style": "oil"}, "oil", "", ""},
		"a word of two settings":      {"oil", map[string]string{"style": "bold"}, "cartoon", "levels", "5"},
		"a parameter by its name":     {"pencil", map[string]string{"strength": "0.25"}, "pencil", "strength", "0.25"},
		"a word for a parameter":      {"pencil", map[string]string{"strength": "light"}, "pencil", "strength", "0.3"},
		"a parameter of another one":  {"cartoon", map[string]string{"strength": "0.25"}, "cartoon", "strength", ""},
		"a parameter with its effect": {"cartoon", map[string]string{"strength": "0.9", "style": "ink"}, "ink", "strength", "0.9"},
		"a word and a parameter":      {"cartoon", map[string]string{"style": "bold", "levels": "9"}, "cartoon", "levels", "9"},
		"a word of a vendor":          {"cartoon", map[string]string{"model": "xl"}, "cartoon", "model", ""},
	} {
		got, params := Plan(c.effect, c.chosen)
		if got != c.want || params[c.param] != c.value {
			t.Errorf("%s: %s with %v", name, got, params)
		}
	}
}

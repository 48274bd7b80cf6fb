package local

import (
	"context"
	"image"
	"testing"

	"vow.example/vow/internal/effects"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
)

func TestEveryOptionOfTheAppsIsUnderstoodByTheEngine(t *testing.T) {
	t.Parallel()
	for _, p := range []*policy.Policy{policytest.PixPlus(t), policytest.AIFitting(t)} {
		for _, f := range p.Features() {
			for _, in := range f.Inputs {
				for _, c := range in.Choices {
					if !f.Live {
						continue
					}
					key := string(in.Field) + "." + c.Value
					if _, ok := options()[key]; !ok {
						t.Errorf("%s %s: option %s has no meaning", p.App(), f.ID, key)
					}
					effect := f.Effect
					if effect == "" {
						effect = effects.NamePortrait
					}
					name, params := Plan(effect, map[string]string{string(in.Field): c.Value})
					_, err := effects.Run(context.Background(), name, image.NewNRGBA(image.Rect(0, 0, 64, 64)), params, nil)
					if err != nil && fault.CodeOf(err) != "no-face" {
						t.Errorf("%s %s %s: %v", p.App(), f.ID, key, err)
					}
				}
			}
		}
	}
}

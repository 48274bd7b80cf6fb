package own

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"vow.example/vow/internal/effects"
	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/material"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/provider/local"
)

// Check reports where a feature of the own engine asks for what the engine does not have: an effect, a
// word, a number, a material or a number of pictures. A server does not start with such a feature.
func (e Engine) Check(f policy.Feature, materials fs.FS) error {
	if !f.Live || !f.IsLocal() {
		return nil
	}
	found, err := effects.Find(f.Effect)
	if err != nil {
		return fmt.Errorf("feature %s: effect %q: %w", f.ID, f.Effect, err)
	}
	errs := []error{pictures(f, found)}
	for _, in := range f.Inputs {
		for _, word := range examples(in) {
			if err := means(f, in, word, materials); err != nil {
				errs = append(errs, fmt.Errorf("feature %s: %s: %s: %w", f.ID, in.Field, word, err))
			}
		}
	}
	return errors.Join(errs...)
}

// pictures compares how many pictures a feature may bring with how many its effect takes.
func pictures(f policy.Feature, e effect.Effect) error {
	least, most := 0, 0
	for _, in := range f.Inputs {
		switch {
		case in.Kind == policy.Video:
			return nil // each frame is a picture
		case in.Kind == policy.Photo && in.Required:
			least, most = least+1, most+1
		case in.Kind == policy.Photo:
			most++
		}
	}
	if least < e.Least || most > e.Most {
		return fmt.Errorf("feature %s: %d to %d pictures, but the effect %s takes %d to %d", f.ID, least, most, e.Name, e.Least, e.Most)
	}
	return nil
}

// examples returns the values of a setting that stand for all of them.
func examples(in policy.Input) (words []string) {
	for _, c := range in.Choices {
		words = append(words, c.Value)
	}
	if in.Kind == policy.Number {
		for _, n := range []float64{in.Min, in.Max} {
			words = append(words, strconv.FormatFloat(n, 'g', -1, 64))
		}
	}
	return words
}

// means checks that a value of a setting has a meaning for the engine.
func means(f policy.Feature, in policy.Input, word string, materials fs.FS) error {
	if in.Material != "" {
		return material.Has(materials, material.Kind(in.Material), word)
	}
	if in.Field == option {
		return nil
	}
	if !local.Means(f.Effect, string(in.Field), word) {
		return errors.New("the own engine gives it no meaning")
	}
	name, params := local.Plan(f.Effect, map[string]string{string(in.Field): word})
	e, err := effects.Find(name)
	if err == nil {
		_, err = e.Read(params)
	}
	return err
}

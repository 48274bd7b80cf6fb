// Package portrait makes portraits better: skin, eyes, light, hair, what lies behind, what stands around.
//
// It promises that it works on the faces that it finds and says plainly where it finds none. It never
// tells one face from another and never keeps one.
package portrait

import (
	"context"
	"image"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/material"
	"vow.example/vow/internal/effects/portrait/frame"
	"vow.example/vow/internal/effects/portrait/hair"
	"vow.example/vow/internal/effects/portrait/scene"
)

// Effects returns this package's part of the catalogue.
func Effects() []effect.Effect {
	list := []effect.Effect{
		{Name: "portrait_enhance", Params: []effect.Param{
			part("strength", "0.6"), part("skin", "0.8"), part("eyes", "0.7"), part("tone", "0.7"),
		}, Run: enhance},
		{Name: "background_blur", Params: []effect.Param{
			part("strength", "0.6"), choice("shape", scene.Soft, scene.Lens),
		}, Run: scene.BlurBackground},
		{Name: "portrait_light", Params: []effect.Param{
			choice("direction", scene.Directions()...), part("strength", "0.7"),
		}, Run: scene.Light},
		{Name: "hair_color", Params: []effect.Param{
			choice("color", hair.Colors()...), part("strength", "0.85"),
		}, Run: hair.Dye},
		{Name: "hairstyle", Params: []effect.Param{
			drawing("hair", material.Hair), choice("color", append([]string{hair.Natural}, hair.Colors()...)...),
		}, Run: hair.Style},
		{Name: "portrait_frame", Params: []effect.Param{
			drawing("frame", material.Frame), part("width", "0.4"),
		}, Run: frame.Put},
	}
	for i := range list {
		list[i].Least, list[i].Most, list[i].Run = 1, 1, whole(list[i].Run)
	}
	return list
}

// drawing is a parameter that names a drawn thing: a built-in one, or one that the app brings along.
func drawing(name string, kind material.Kind) effect.Param {
	p := choice(name, material.Names(kind)...)
	p.Open = true
	return p
}

// part is a parameter from 0 to 1.
func part(name, usual string) effect.Param {
	return effect.Param{Name: name, Kind: effect.Number, Min: 0, Max: 1, Default: usual}
}

// choice is a parameter of words, the usual one first.
func choice(name string, words ...string) effect.Param {
	p := effect.Param{Name: name, Kind: effect.Choice, Values: words}
	if len(words) > 0 {
		p.Default = words[0]
	}
	return p
}

// run is the work of an effect.
type run func(ctx context.Context, in effect.Input, v effect.Values, progress func(float64)) (effect.Result, error)

// whole lets f see pictures that start at 0, 0, and progress that only rises and ends at 1.
func whole(f run) run {
	return func(ctx context.Context, in effect.Input, v effect.Values, progress func(float64)) (effect.Result, error) {
		pictures := make([]*image.NRGBA, len(in.Pictures))
		for i, m := range in.Pictures {
			pictures[i] = &image.NRGBA{Pix: m.Pix, Stride: m.Stride, Rect: image.Rectangle{Max: m.Rect.Size()}}
		}
		done := 0.0
		rising := func(p float64) {
			if p = min(p, 0.999); p > done {
				done = p
				progress(p)
			}
		}
		out, err := f(ctx, effect.Input{Pictures: pictures, Materials: in.Materials}, v, rising)
		if err != nil {
			return effect.Result{}, err
		}
		progress(1)
		return out, nil
	}
}

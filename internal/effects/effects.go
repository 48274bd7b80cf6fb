// Package effects is the own image engine: a catalogue of pure functions over pixels that turn photos
// into drawings, better portraits, face swaps into templates, and short films.
//
// It promises that the same pictures, parameters and seed give the same bytes on every machine with
// the same architecture, that work uses every core and stops within one band of rows after the
// context ends, that progress only rises, and that an effect needs at most 8 bytes per pixel besides
// the pictures. It is image processing with fixed rules, no generative model. It never reads a file, a
// network, a clock or a random source, never keeps a picture, and never tells one face from another.
package effects

import (
	"context"
	"fmt"
	"slices"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/motion"
	"vow.example/vow/internal/effects/portrait"
	"vow.example/vow/internal/effects/style"
	"vow.example/vow/internal/effects/swap"
	"vow.example/vow/internal/fault"
)

// Catalogue returns every effect, in the order of the documentation.
func Catalogue() []effect.Effect {
	all, texts := slices.Concat(style.Effects(), portrait.Effects(), swap.Effects(), motion.Effects(), face.Effects()), about()
	for i := range all {
		all[i].About = texts[all[i].Name]
	}
	return all
}

// Find returns the effect of that name.
func Find(name string) (effect.Effect, error) {
	all := Catalogue()
	i := slices.IndexFunc(all, func(e effect.Effect) bool { return e.Name == name })
	if i < 0 {
		return effect.Effect{}, fault.New(fault.Invalid, effect.CodeUnknown, "There is no effect of that name.")
	}
	return all[i], nil
}

// Run applies the effect called name to pictures that it may change. Parameters that are not given
// take their default; one that is unknown or out of bounds is a fault with effect.CodeParameter, a
// wrong number of pictures one with effect.CodePictures. A panic is an error. progress may be nil.
func Run(ctx context.Context, name string, in effect.Input, params map[string]string, progress func(float64)) (out effect.Result, err error) {
	e, err := Find(name)
	if err != nil {
		return effect.Result{}, err
	}
	v, err := e.Read(params)
	if err != nil {
		return effect.Result{}, err
	}
	for _, m := range in.Pictures {
		if m == nil || m.Rect.Empty() {
			return effect.Result{}, fault.New(fault.Invalid, "media-unreadable", "There is no picture to work on.")
		}
	}
	if n := len(in.Pictures); n < e.Least || n > e.Most {
		return effect.Result{}, fault.New(fault.Invalid, effect.CodePictures, "The effect needs another number of pictures.").
			With("least", e.Least).With("most", e.Most)
	}
	if progress == nil {
		progress = func(float64) {}
	}
	defer func() {
		if p := recover(); p != nil { // one task fails, not the server; what the panic says may hold pixels
			out, err = effect.Result{}, fmt.Errorf("effects: %s: panic", name)
		}
	}()
	return e.Run(ctx, in, v, progress)
}

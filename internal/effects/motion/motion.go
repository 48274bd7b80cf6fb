// Package motion makes short films of photos: a camera that moves over one, a scene that sways in depth, and
// pictures that fade into each other.
//
// It promises that the camera stays inside the picture, starts and ends softly, and keeps faces in the frame;
// that the same pictures and parameters give the same frames on every machine with the same architecture;
// and that a film keeps reduced copies only, never the photo. Depth is a guess from what lies low, sharp and
// bright, and from where people are: no model. It never encodes a film.
package motion

import (
	"context"
	"image"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/raster"
	"vow.example/vow/internal/fault"
)

// Rate is the frames per second of every film: 4 hundredths of a second each, which a GIF can say too.
const Rate = 25

const maxPictures = 6

// Effects returns this package's part of the catalogue.
func Effects() []effect.Effect {
	size := effect.Param{Name: "size", Kind: effect.Choice, Default: "medium", Values: []string{"small", "medium", "large"}}
	seconds := func(usual string) effect.Param {
		return effect.Param{Name: "seconds", Kind: effect.Number, Min: 1, Max: 10, Default: usual}
	}
	easing := effect.Param{Name: "easing", Kind: effect.Choice, Default: "smooth", Values: []string{"smooth", "linear"}}
	path := effect.Param{Name: "path", Kind: effect.Choice, Default: "auto", Values: []string{"auto", "in", "out", "left", "right", "up", "down", "face"}}
	strength := effect.Param{Name: "strength", Kind: effect.Number, Min: 0, Max: 1, Default: "0.5"}
	kind := effect.Param{Name: "motion", Kind: effect.Choice, Default: "auto", Values: []string{"auto", "pan_zoom", "parallax", "cross_fade"}}
	return []effect.Effect{
		{Name: "pan_zoom", Least: 1, Most: 1, Params: []effect.Param{path, seconds("4"), easing, size}, Run: run(panZoom)},
		{Name: "parallax", Least: 1, Most: 1, Params: []effect.Param{strength, seconds("4"), size}, Run: run(parallax)},
		{Name: "cross_fade", Least: 2, Most: maxPictures, Params: []effect.Param{seconds("3"), easing, size}, Run: run(crossFade)},
		{Name: "video", Least: 1, Most: maxPictures, Params: []effect.Param{kind, seconds("4"), size}, Run: run(video)},
	}
}

// order is what a film is made from. Seconds are of the film, in a cross fade of each picture.
type order struct {
	pictures []*image.NRGBA
	path     string
	seconds  float64
	linear   bool
	strength float64
	side     int // the longer one
	motion   string
}

// run reads the parameters, prepares the pictures and plans a film.
func run(plan func(context.Context, *raster.Job, order) (*effect.Film, error)) func(context.Context, effect.Input, effect.Values, func(float64)) (effect.Result, error) {
	return func(ctx context.Context, in effect.Input, v effect.Values, progress func(float64)) (effect.Result, error) {
		o := order{path: v.Word("path"), seconds: v.Number("seconds"), linear: v.Word("easing") == "linear", strength: v.Number("strength"), motion: v.Word("motion")}
		o.side = map[string]int{"small": 480, "medium": 720, "large": 1080}[v.Word("size")]
		j, err := raster.Start(in.Pictures[0], planPasses+len(in.Pictures)*picturePasses, progress)
		if err != nil {
			return effect.Result{}, err
		}
		for _, m := range in.Pictures {
			m = raster.Own(m)
			if err := flatten(ctx, j, m); err != nil {
				return effect.Result{}, err
			}
			o.pictures = append(o.pictures, m)
		}
		film, err := plan(ctx, j, o)
		if err != nil {
			return effect.Result{}, err
		}
		j.Finish()
		return effect.Result{Film: film}, nil
	}
}

// The passes of a plan, counted generously: Finish reports the end.
const (
	planPasses    = 16
	picturePasses = 4
)

// video chooses: several pictures fade, one gets a camera.
func video(ctx context.Context, j *raster.Job, o order) (*effect.Film, error) {
	o.path, o.strength = "auto", 0.5
	several := len(o.pictures) > 1
	switch {
	case o.motion == "cross_fade" && !several:
		return nil, fault.New(fault.Invalid, effect.CodePictures, "A cross fade needs at least two pictures.").With("least", 2).With("most", maxPictures)
	case (o.motion == "pan_zoom" || o.motion == "parallax") && several:
		return nil, fault.New(fault.Invalid, effect.CodePictures, "This motion works on one picture. Choose cross_fade for several.").With("least", 1).With("most", 1)
	case several:
		return crossFade(ctx, j, o)
	case o.motion == "parallax":
		return parallax(ctx, j, o)
	}
	return panZoom(ctx, j, o)
}

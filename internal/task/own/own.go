// Package own makes results on this server: it gives a task's pictures to the effects engine and turns
// what comes back into a result on its way into the vault.
//
// It promises that nothing leaves, that a result is of the kind that the policy names for the feature
// and carries its label, and that a film is an MP4 where an encoder is at hand and an animated WebP
// where none is. It never stores anything itself and never writes what it saw.
package own

import (
	"context"
	"encoding/json"
	"image"
	"io"
	"io/fs"

	"vow.example/vow/internal/effects"
	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/local"
	"vow.example/vow/internal/task/result"
)

// Films turns frames into videos and videos into frames. internal/film has them.
type Films interface {
	// Encode writes an MP4 of the film. The writer gets all of it or an error.
	Encode(ctx context.Context, w io.Writer, f effect.Film) error
	// Decode gives the frames of a video in order, upright and within the limits of the house. f says
	// what the video is; nobody draws it.
	Decode(ctx context.Context, video []byte, each func(f effect.Film, n int, frame *image.NRGBA) error) error
}

// Engine is the own engine with what it needs.
type Engine struct {
	Films     Films                     // nil: films are animated WebP, and no video is taken
	Materials func(privacy.AppID) fs.FS // an app's own templates, hair and frames; nil: none
}

// Work is what one task asks for. The engine owns the pictures from then on.
type Work struct {
	App      privacy.AppID
	Feature  policy.Feature
	Pictures []*image.NRGBA // in the order of the feature's inputs
	Video    []byte         // a video instead of pictures
	Params   map[privacy.Field]string
	Label    media.Label
	Kind     string // the media type of a result that is a picture
}

// Make runs the feature. What is wrong with the pictures is a fault.Invalid whose code says what.
func (e Engine) Make(ctx context.Context, w Work, progress func(float64)) (result.Ready, error) {
	name, params := local.Plan(w.Feature.Effect, chosen(w))
	kind := w.Feature.ResultKind()
	if len(w.Video) > 0 {
		return e.restyle(ctx, w, redrawing(name, params), progress)
	}
	drawing := progress
	if kind == result.Video { // most of the work is in the frames
		drawing = part(progress, 0, 0.1)
	}
	made, err := effects.Run(ctx, name, effect.Input{Pictures: w.Pictures, Materials: e.materials(w.App)}, params, drawing)
	switch {
	case err != nil:
		return result.Ready{}, err
	case kind == result.Image && made.Picture != nil:
		letGo(w.Pictures, made.Picture)
		return picture(made.Picture, w), nil
	case kind == result.Video && made.Film != nil:
		forget(w.Pictures)
		return e.film(ctx, *made.Film, w, part(progress, 0.1, 1)), nil
	case kind == result.Points && made.Points != nil:
		letGo(w.Pictures, nil)
		raw, err := json.Marshal(made.Points)
		return result.Whole(result.PointsJSON, raw), err
	default:
		return result.Ready{}, result.Refused("The effect makes another kind of result than the feature.")
	}
}

func (e Engine) materials(app privacy.AppID) fs.FS {
	if e.Materials == nil {
		return nil
	}
	return e.Materials(app)
}

// chosen joins what the person chose with what the policy fixed.
func chosen(w Work) map[string]string {
	out := map[string]string{}
	for name, value := range w.Params {
		out[string(name)] = value
	}
	for _, f := range w.Feature.Fixed {
		out[f.Setting] = f.Value
	}
	return out
}

// part maps the progress of a part of the work to the whole.
func part(progress func(float64), from, to float64) func(float64) {
	return func(done float64) { progress(from + done*(to-from)) }
}

// forget clears photos and gives their memory back: a film that is planned has its own small copies.
func forget(photos []*image.NRGBA) {
	for _, img := range photos {
		clear(img.Pix)
		img.Pix = nil
	}
}

// letGo wipes pictures that are needed no more, unless the result is drawn into one of them: a large
// one would wait for the collector until the result is coded.
func letGo(pictures []*image.NRGBA, made *image.NRGBA) {
	for _, img := range pictures {
		if made == nil || !shared(img.Pix, made.Pix) {
			clear(img.Pix)
			*img = image.NRGBA{}
		}
	}
}

// shared reports whether two slices are parts of one array.
func shared(a, b []uint8) bool {
	a, b = a[:cap(a)], b[:cap(b)]
	return len(a) > 0 && len(b) > 0 && &a[len(a)-1] == &b[len(b)-1]
}

// picture prepares a picture. Its pixels are wiped once they are written.
func picture(img *image.NRGBA, w Work) result.Ready {
	return result.Ready{MediaType: w.Kind, Visible: w.Label.Visible, Fill: func(dst io.Writer) (media.Info, error) {
		defer clear(img.Pix)
		info := media.Info{MediaType: w.Kind, Width: img.Rect.Dx(), Height: img.Rect.Dy(), Orientation: 1}
		return info, media.EncodeOwned(dst, img, w.Kind, w.Label)
	}}
}

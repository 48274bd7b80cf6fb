package gallery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/image/draw"

	"vow.example/vow/internal/effects"
	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/raster"
	"vow.example/vow/internal/effects/showcase"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/provider/local"
)

// Samples makes the pictures that an app's page shows beside its effects, by file name: for every live
// feature of the own engine what it makes of the sample photo with the settings that it begins with, and
// for the features of others named in kinds (feature to effect) an illustration. own is the app's folder.
func Samples(ctx context.Context, p *policy.Policy, own fs.FS, kinds map[string]string) (map[string][]byte, error) {
	photos, err := open(ctx, nil)
	if err != nil {
		return nil, err
	}
	files, left := map[string][]byte{}, len(kinds)
	for _, f := range p.Features() {
		kind, drawn := kinds[string(f.ID)]
		if drawn {
			left--
		}
		if !f.Live || drawn == f.IsLocal() {
			continue
		}
		if !drawn {
			kind = f.Effect
		}
		tile, err := scene{photos, own}.sample(ctx, f, kind)
		if err != nil {
			return nil, fmt.Errorf("gallery: sample of %s: %w", f.ID, err)
		}
		var b bytes.Buffer
		if err := media.Encode(&b, tile, media.JPEG, media.Label{Digital: true, Source: media.SourceAlgorithm}); err != nil {
			return nil, err
		}
		files[showcase.Name(string(f.ID), drawn)] = b.Bytes()
	}
	if left > 0 {
		return nil, fmt.Errorf("gallery: %s has not all of the features that illustrations are asked for", p.App())
	}
	return files, nil
}

// WriteSamples makes the samples of the app in a folder and puts them into its folder of samples. It
// returns their names.
func WriteSamples(ctx context.Context, app string, kinds map[string]string) ([]string, error) {
	p, err := policy.LoadFile(filepath.Join(app, "policy.yaml"))
	if err != nil {
		return nil, err
	}
	made, err := Samples(ctx, p, os.DirFS(app), kinds)
	if err != nil {
		return nil, err
	}
	names := slices.Sorted(maps.Keys(made))
	for _, name := range names {
		file := filepath.Join(app, showcase.Folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, made[name], 0o644)); err != nil {
			return nil, fmt.Errorf("gallery: %w", err)
		}
	}
	return names, nil
}

// colorized is the one illustration that no effect draws: what was colourless has its colours again.
const colorized = "colorized"

// scene is what samples are made from.
type scene struct {
	photos []*image.NRGBA
	own    fs.FS
}

// sample draws the picture of one feature.
func (s scene) sample(ctx context.Context, f policy.Feature, kind string) (*image.NRGBA, error) {
	photo := s.cut(kind)
	if kind == colorized {
		gray, err := s.made(ctx, "tint", map[string]string{"palette": "mono"}, photo)
		if err != nil {
			return nil, err
		}
		return halves(small(gray), small(photo)), nil
	}
	name, params := local.Plan(kind, settings(f))
	before := flawed(name, photo)
	after, err := s.made(ctx, name, params, before)
	switch {
	case err != nil:
		return nil, err
	case whole(name):
		return small(after), nil
	default:
		return halves(small(before), small(after)), nil
	}
}

// whole reports whether an effect moves what is in a photo, so that no half of it can be compared.
func whole(name string) bool {
	return strings.Contains(" face_swap portrait_frame hairstyle face_points video pan_zoom parallax cross_fade ", " "+name+" ")
}

// settings are what a feature begins with.
func settings(f policy.Feature) map[string]string {
	chosen := map[string]string{}
	for _, in := range f.Inputs {
		if in.IsSetting() && in.Default != "" {
			chosen[string(in.Field)] = in.Default
		}
	}
	for _, fixed := range f.Fixed {
		chosen[fixed.Setting] = fixed.Value
	}
	return chosen
}

// made runs an effect on copies; of a film it draws the frame in the middle.
func (s scene) made(ctx context.Context, name string, params map[string]string, photo *image.NRGBA) (*image.NRGBA, error) {
	e, err := effects.Find(name)
	if err != nil {
		return nil, err
	}
	made, err := effects.Run(ctx, name, effect.Input{Pictures: given(e, append([]*image.NRGBA{photo}, s.photos[1:]...)), Materials: s.own}, params, nil)
	switch {
	case err != nil:
		return nil, err
	case made.Picture != nil:
		return made.Picture, nil
	case made.Film != nil:
		frame := image.NewNRGBA(image.Rect(0, 0, made.Film.Width, made.Film.Height))
		return frame, made.Film.Draw(ctx, made.Film.Frames/2, frame)
	default:
		return marked(photo, 12), nil // seen at a quarter of its size
	}
}

// cut takes from the sample photo what an effect is about: the face, all of it, or head and shoulders.
func (s scene) cut(kind string) *image.NRGBA {
	photo := s.photos[0]
	part := image.Rect(0, 0, photo.Rect.Dx()*5/8, photo.Rect.Dx()*5/8).Add(image.Pt(photo.Rect.Dx()/8, 0))
	switch {
	case kind == "background_blur":
		part = photo.Rect
	case kind != "portrait_frame" && kind != "hairstyle" && facial(kind):
		part = image.Rect(125, 10, 325, 210) // of the sample photo
	}
	out := image.NewNRGBA(image.Rect(0, 0, 2*showcase.Side, 2*showcase.Side))
	draw.CatmullRom.Scale(out, out.Rect, photo, part, draw.Src, nil)
	return out
}

// flawed gives a photo the fault that an effect is there to mend, so that there is something to see.
func flawed(name string, photo *image.NRGBA) *image.NRGBA {
	out := &image.NRGBA{Pix: bytes.Clone(photo.Pix), Stride: photo.Stride, Rect: photo.Rect}
	switch name {
	case "upscale":
		out = image.NewNRGBA(image.Rect(0, 0, showcase.Side/2, showcase.Side/2))
		draw.CatmullRom.Scale(out, out.Rect, photo, photo.Rect, draw.Src, nil)
	case "denoise":
		each(out, func(x, y, c int, v uint8) float64 {
			return float64(v) + 44*(float64(raster.Noise(7, float32(x), float32(3*y+c)))-0.5)
		})
	case "auto_fix":
		each(out, func(_, _, c int, v uint8) float64 { return 25 + float64(v)*[]float64{0.44, 0.44, 0.4}[c] })
	}
	return out
}

// each gives every channel of every pixel a new value.
func each(img *image.NRGBA, to func(x, y, c int, v uint8) float64) {
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			for c, v := range img.Pix[img.PixOffset(x, y):][:3] {
				img.Pix[img.PixOffset(x, y)+c] = uint8(max(0, min(255, to(x, y, c, v))))
			}
		}
	}
}

// small returns the middle of a picture at the size of a sample.
func small(img *image.NRGBA) *image.NRGBA {
	side := min(img.Rect.Dx(), img.Rect.Dy())
	from := image.Rect(0, 0, side, side).Add(image.Pt((img.Rect.Dx()-side)/2, (img.Rect.Dy()-side)/2))
	out := image.NewNRGBA(image.Rect(0, 0, showcase.Side, showcase.Side))
	scale := draw.Interpolator(draw.CatmullRom)
	if side < showcase.Side {
		scale = draw.NearestNeighbor // a small picture looks as small as it is
	}
	scale.Scale(out, out.Rect, img, from, draw.Src, nil)
	return out
}

// halves shows the left half of one picture and the right half of the other, with a line between them.
func halves(before, after *image.NRGBA) *image.NRGBA {
	out := &image.NRGBA{Pix: bytes.Clone(after.Pix), Stride: after.Stride, Rect: after.Rect}
	middle := out.Rect.Dx() / 2
	draw.Draw(out, image.Rect(0, 0, middle, out.Rect.Dy()), before, image.Point{}, draw.Src)
	draw.Draw(out, image.Rect(middle-1, 0, middle+2, out.Rect.Dy()), image.NewUniform(color.White), image.Point{}, draw.Src)
	return out
}

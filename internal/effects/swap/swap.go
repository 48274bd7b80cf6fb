// Package swap puts the face of a photo into a template: a drawn picture with landmarks and a mask.
//
// It promises that what the mask leaves out keeps the bytes of the template, that landmarks of the
// photo come to lie on those of the template, and that a broken template is refused with the file, the
// field and the rule. It never keeps a face, and never tells one from another.
package swap

import (
	"context"
	"fmt"
	"image"
	"strconv"

	"vow.example/vow/internal/effects/blend"
	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/material"
	"vow.example/vow/internal/effects/raster"
	"vow.example/vow/internal/fault"
)

// DefaultBlend is how far light and colour are taken from the template where nobody said otherwise.
const DefaultBlend = 0.85

// Effects returns this package's part of the catalogue.
func Effects() []effect.Effect {
	ids, first := material.Names(material.Template), ""
	if len(ids) > 0 {
		first = ids[0]
	}
	return []effect.Effect{{Name: "face_swap", Least: 1, Most: 1, Params: []effect.Param{
		{Name: "template", Kind: effect.Choice, Default: first, Values: ids, Open: true},
		{Name: "blend", Kind: effect.Number, Min: 0, Max: 1, Default: strconv.FormatFloat(DefaultBlend, 'g', -1, 64)},
	}, Run: run}}
}

func run(ctx context.Context, in effect.Input, v effect.Values, progress func(float64)) (effect.Result, error) {
	if err := ctx.Err(); err != nil {
		return effect.Result{}, fmt.Errorf("effects: %w", err)
	}
	t, err := find(v.Word("template"), in.Materials, material.FS())
	if err != nil {
		return effect.Result{}, err
	}
	f, err := face.One(in.Pictures[0])
	if err != nil {
		return effect.Result{}, err
	}
	out, err := Into(ctx, t, Source{in.Pictures[0], f.Points}, v.Number("blend"), progress)
	return effect.Result{Picture: out}, err
}

// Source is the face that goes into a template.
type Source struct {
	Photo  *image.NRGBA
	Points [face.PointCount]face.Point
}

const fade = 0.35 // eye distances that the border reaches: light over longer ways is the matter of tone

// Into draws the face into the template, whose picture it changes and returns. amount, from 0 to 1, is
// how far light and colour are taken from the template. It needs 8 bytes per pixel of the box around the
// mask besides the pictures, and the face at the size that it gets.
func Into(ctx context.Context, t Template, s Source, amount float64, progress func(float64)) (*image.NRGBA, error) {
	box := t.maskBox()
	if box.Empty() || s.Photo == nil || s.Photo.Rect.Empty() {
		return nil, fault.New(fault.Invalid, CodeTemplate, "There is no face to draw, or no place for one.")
	}
	bent := fitSpline(t.Points, s.Points, box)
	passes := warpPasses + cutPasses + tonePasses + blend.Passes(box.Dx(), box.Dy())
	enlarged := bent.turn.scale() < enlarging
	if enlarged {
		passes += calmPasses
	}
	j, err := raster.Start(t.Picture, passes, progress)
	if err != nil {
		return nil, err
	}
	layer, err := warp(ctx, j, s.Photo, bent, box)
	if err == nil && enlarged {
		err = calm(ctx, j, layer, bent.turn.scale())
	}
	if err != nil {
		return nil, err
	}
	below := t.Picture.SubImage(box.Add(t.Picture.Rect.Min)).(*image.NRGBA)
	mask := t.Mask.SubImage(box.Add(t.Mask.Rect.Min)).(*image.Gray)
	points := t.Points
	for i := range points {
		points[i].X -= float64(box.Min.X)
		points[i].Y -= float64(box.Min.Y)
	}
	mask, err = cut(ctx, j, plates{layer, below, mask}, points)
	if err != nil {
		return nil, err
	}
	if err := tone(ctx, j, plates{layer, below, mask}, points, float32(amount)); err != nil {
		return nil, err
	}
	l := blend.Layer{Picture: layer, Mask: mask, Trust: trust(skinOf(below, points), skinOf(layer, points)), Fade: fade * t.EyeDistance()}
	if err := blend.Clone(ctx, j, below, l); err != nil {
		return nil, err
	}
	return t.Picture, nil
}

// trust takes the border for light where both pictures show skin there. Hair, a hat or a collar must not
// colour the face.
func trust(drawn, own skin) func(below, above []uint8) float32 {
	return func(below, above []uint8) float32 {
		// A little trust all along the border would be as much as full trust.
		return raster.Smoothstep(0.3, 0.8, drawn.likely(below, 0.1)*own.likely(above, 0.1))
	}
}

// Package badge draws the visible mark "AI-generated" onto a picture.
//
// It promises a mark that can be read on any background and that grows with the picture. It never
// changes the picture that it was given, unless that is what was asked for, and never draws anything
// but the text it was asked for, or "AI-generated" where the font lacks a letter of it.
package badge

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// Fallback is the text of last resort.
const Fallback = "AI-generated"

const (
	maxLetters = 40
	minSize    = 5.0  // below this nothing can be read
	startSize  = 11.0 // the size on small pictures
	perSide    = 1.0 / 26
	maxWidth   = 0.9 // of the picture
)

// Draw returns a copy of img with the mark in its bottom right corner.
func Draw(img *image.NRGBA, text string) (*image.NRGBA, error) {
	face, text, err := fit(img.Rect, text)
	if err != nil {
		return nil, fmt.Errorf("badge: %w", err)
	}
	out := image.NewNRGBA(image.Rect(0, 0, img.Rect.Dx(), img.Rect.Dy()))
	for y := range out.Rect.Dy() {
		copy(out.Pix[y*out.Stride:][:out.Stride], img.Pix[y*img.Stride:])
	}
	stamp(out, face, text)
	return out, nil
}

// DrawOn draws the mark into img itself.
func DrawOn(img *image.NRGBA, text string) error {
	face, text, err := fit(img.Rect, text)
	if err != nil {
		return fmt.Errorf("badge: %w", err)
	}
	stamp(img, face, text)
	return nil
}

func stamp(out *image.NRGBA, face font.Face, text string) {
	m := face.Metrics()
	ascent, height := m.Ascent.Ceil(), m.Ascent.Ceil()+m.Descent.Ceil()
	width := font.MeasureString(face, text).Ceil()
	pad := max(1, height/3)
	box := image.Rect(0, 0, width+2*pad, height+pad).
		Add(out.Rect.Max).Sub(image.Pt(width+3*pad, height+2*pad))
	box = box.Intersect(out.Rect)
	rounded(out, box, color.NRGBA{A: 110, R: 255, G: 255, B: 255})
	rounded(out, box.Inset(max(1, height/14)), color.NRGBA{A: 205, R: 16, G: 18, B: 24})
	d := font.Drawer{
		Dst: out, Src: image.White, Face: face,
		Dot: fixed.P(box.Min.X+pad, box.Min.Y+pad/2+ascent),
	}
	d.DrawString(text)
}

// fit chooses the text and the largest size at which it fits into the picture.
func fit(r image.Rectangle, text string) (font.Face, string, error) {
	f, err := opentype.Parse(gobold.TTF)
	if err != nil {
		return nil, "", err
	}
	text = readable(f, text)
	size := max(startSize, perSide*float64(min(r.Dx(), r.Dy())))
	for {
		face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
		if err != nil {
			return nil, "", err
		}
		width := float64(font.MeasureString(face, text).Ceil()) + 2*size
		if limit := maxWidth * float64(r.Dx()); width <= limit || size <= minSize {
			return face, text, nil
		} else if size = max(minSize, size*min(0.95, limit/width)); size < minSize {
			size = minSize
		}
	}
}

// readable returns the text, or the fallback when the font cannot show all of it.
func readable(f *opentype.Font, text string) string {
	text = strings.TrimSpace(text)
	if letters := []rune(text); len(letters) == 0 || len(letters) > maxLetters {
		return Fallback
	}
	var b sfnt.Buffer
	for _, r := range text {
		if g, err := f.GlyphIndex(&b, r); err != nil || g == 0 || r < ' ' {
			return Fallback
		}
	}
	return text
}

// rounded fills a box with round ends.
func rounded(dst draw.Image, box image.Rectangle, c color.NRGBA) {
	if box.Empty() {
		return
	}
	w, h := float32(box.Dx()), float32(box.Dy())
	r := min(w, h) / 3
	const k = 0.5523 // the handle length that makes a Bézier curve a quarter of a circle
	z := vector.NewRasterizer(box.Dx(), box.Dy())
	z.MoveTo(r, 0)
	z.LineTo(w-r, 0)
	z.CubeTo(w-r+k*r, 0, w, r-k*r, w, r)
	z.LineTo(w, h-r)
	z.CubeTo(w, h-r+k*r, w-r+k*r, h, w-r, h)
	z.LineTo(r, h)
	z.CubeTo(r-k*r, h, 0, h-r+k*r, 0, h-r)
	z.LineTo(0, r)
	z.CubeTo(0, r-k*r, r-k*r, 0, r, 0)
	z.ClosePath()
	z.Draw(dst, box, image.NewUniform(c), image.Point{})
}

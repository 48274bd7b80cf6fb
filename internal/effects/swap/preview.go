package swap

import (
	"image"
	"image/color"
	"math"

	"vow.example/vow/internal/effects/face"
)

// Preview draws the mask and the landmarks over the picture of a template: what is tinted comes from the
// photo.
func Preview(t Template) *image.NRGBA {
	w, h := t.Picture.Rect.Dx(), t.Picture.Rect.Dy()
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	tint := [3]int{40, 220, 120}
	for y := range h {
		dst, src, mask := out.Pix[y*out.Stride:], t.Picture.Pix[y*t.Picture.Stride:], t.Mask.Pix[y*t.Mask.Stride:]
		for x := range w {
			m := int(mask[x]) / 2
			for k := range 3 {
				dst[4*x+k] = uint8((int(src[4*x+k])*(255-m) + tint[k]*m) / 255)
			}
			dst[4*x+3] = 255
		}
	}
	thick := max(1, t.EyeDistance()/120)
	for _, l := range outlines() {
		for i := range l[1:] {
			stroke(out, t.Points[l[i]], t.Points[l[i+1]], thick)
		}
	}
	for _, p := range t.Points {
		dot(out, p, 2.5*thick, color.NRGBA{255, 255, 255, 255})
		dot(out, p, 1.5*thick, color.NRGBA{230, 30, 60, 255})
	}
	return out
}

// outlines are the landmarks that belong together.
func outlines() [][]int {
	return [][]int{
		{face.LeftEyeOuter, face.LeftPupil, face.LeftEyeInner}, {face.RightEyeInner, face.RightPupil, face.RightEyeOuter},
		{face.LeftBrowOuter, face.LeftBrowInner}, {face.RightBrowInner, face.RightBrowOuter},
		{face.NoseLeft, face.NoseTip, face.NoseRight},
		{face.MouthLeft, face.MouthTop, face.MouthRight, face.MouthBottom, face.MouthLeft},
		{face.JawLeft, face.Chin, face.JawRight},
	}
}

// stroke draws dots so close that they join.
func stroke(out *image.NRGBA, a, b face.Point, thick float64) {
	n := math.Ceil(math.Hypot(b.X-a.X, b.Y-a.Y)/thick) + 1
	for i := 0.0; i <= n; i++ {
		dot(out, face.Point{X: a.X + i/n*(b.X-a.X), Y: a.Y + i/n*(b.Y-a.Y)}, thick, color.NRGBA{255, 230, 90, 255})
	}
}

// dot fills a circle.
func dot(out *image.NRGBA, p face.Point, r float64, c color.NRGBA) {
	for y := int(p.Y - r); y <= int(p.Y+r+1); y++ {
		for x := int(p.X - r); x <= int(p.X+r+1); x++ {
			if math.Hypot(float64(x)-p.X, float64(y)-p.Y) <= r && image.Pt(x, y).In(out.Rect) {
				out.SetNRGBA(x, y, c)
			}
		}
	}
}

// Package frame puts a drawn frame around a picture.
//
// It promises that the result has the size of the photo, and that faces stay inside the opening. It
// never covers a part of the photo that would fit.
package frame

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/draw"
	_ "image/png" // frames are PNG
	"io/fs"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/material"
	"vow.example/vow/internal/effects/portrait/head"
	"vow.example/vow/internal/effects/portrait/matte"
	"vow.example/vow/internal/effects/raster"
)

const (
	thinnest = 0.025 // of the shorter side
	thickest = 0.135
	smallest = 16   // pixels of the shorter side of a picture that has room for a frame
	most     = 4096 // pixels of the longer side of a drawn frame
)

// Put draws the photo smaller and a frame around it, so that the result has the size of the photo. What
// little must be cut off, because the opening has another shape, is taken away from the faces.
func Put(ctx context.Context, in effect.Input, v effect.Values, progress func(float64)) (effect.Result, error) {
	img := in.Pictures[0]
	d, err := open(in.Materials, v.Word("frame"))
	if err != nil {
		return effect.Result{}, err
	}
	size := img.Rect.Size()
	if min(size.X, size.Y) < smallest {
		return effect.Result{Picture: img}, ctx.Err()
	}
	j, err := raster.Start(img, 2, progress)
	if err != nil {
		return effect.Result{}, err
	}
	b := d.fit(size, v.Number("width"))
	hole, seen := b.hole()
	out := image.NewNRGBA(image.Rectangle{Max: size})
	from := crop(size, hole, seen, facesOf(img))
	if err := resample(ctx, j, out, hole, source{img, from}); err != nil {
		return effect.Result{}, err
	}
	err = j.Bands(ctx, size.Y, func(lo, hi int) {
		for y := lo; y < hi; y++ {
			b.row(out.Pix[y*out.Stride:][:4*size.X], y)
		}
	})
	return effect.Result{Picture: out}, err
}

// facesOf is the part of a picture that heads take up; empty where there is none.
func facesOf(img *image.NRGBA) image.Rectangle {
	var all image.Rectangle
	for _, f := range face.Find(img) {
		all = all.Union(head.Of(f).Area(img.Rect.Size(), [4]float64{-1.5, -2, 1.5, 2.2}))
	}
	return all
}

// drawing is a frame as it was drawn.
type drawing struct {
	matte.Field        // colours multiplied by opacity
	slices      [4]int // left, top, right, bottom
}

// open reads a frame, the app's own first.
func open(own fs.FS, id string) (drawing, error) {
	folder, err := material.Folder(own, material.Frame, id)
	if err != nil {
		return drawing{}, fmt.Errorf("frame: %w", err)
	}
	text, err := fs.ReadFile(folder, "frame.json")
	if err != nil {
		return drawing{}, fmt.Errorf("frame: %w", err)
	}
	var record struct {
		Slices [4]int `json:"slices"`
	}
	if err := json.Unmarshal(text, &record); err != nil {
		return drawing{}, fmt.Errorf("frame: read the record: %w", err)
	}
	data, err := fs.ReadFile(folder, "frame.png")
	if err != nil {
		return drawing{}, fmt.Errorf("frame: %w", err)
	}
	size, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return drawing{}, fmt.Errorf("frame: read the picture: %w", err)
	}
	if size.Width > most || size.Height > most {
		return drawing{}, fmt.Errorf("frame: the picture is too large")
	}
	s := record.Slices
	if min(s[0], s[1], s[2], s[3]) < 0 || max(s[0], s[1], s[2], s[3]) < 1 || s[0]+s[2] >= size.Width || s[1]+s[3] >= size.Height {
		return drawing{}, fmt.Errorf("frame: the slices do not fit the picture")
	}
	m, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return drawing{}, fmt.Errorf("frame: read the picture: %w", err)
	}
	return read(m, s), nil
}

func read(m image.Image, slices [4]int) drawing {
	flat := image.NewRGBA(image.Rectangle{Max: m.Bounds().Size()})
	draw.Draw(flat, flat.Rect, m, m.Bounds().Min, draw.Src)
	d := drawing{Field: matte.NewField(flat.Rect.Dx(), flat.Rect.Dy(), 4), slices: slices}
	for i := range d.V {
		d.V[i] = float32(flat.Pix[i]) / 255
	}
	midX, midY := (slices[0]+d.W-slices[2])/2, (slices[1]+d.H-slices[3])/2
	if d.Row(midY)[4*midX+3] > 0.98 { // a middle that was painted over would hide the photo
		for y := slices[1]; y < d.H-slices[3]; y++ {
			clear(d.Row(y)[4*slices[0] : 4*(d.W-slices[2])])
		}
	}
	return d
}

// border is a frame that was fitted to a picture.
type border struct {
	drawing
	across, along axis
	clear         bool // nothing is drawn in the middle
}

// axis maps the pixels of the picture to those of the frame, along one side.
type axis struct {
	lo, hi, n  int // first pixel of the middle, first behind it, all
	tiles      int // how often the middle is repeated
	left, part []int32
	weight     []float32
}

// fit scales the corners of a frame to the wanted width and repeats the sides between them.
func (d drawing) fit(size image.Point, width float64) border {
	s, clear := d.slices, d.open()
	scale := (thinnest + (thickest-thinnest)*width) * float64(min(size.X, size.Y)) / (float64(s[0]+s[1]+s[2]+s[3]) / 4)
	scale = min(scale, 0.6*float64(size.X)/float64(max(s[0]+s[2], 1)), 0.6*float64(size.Y)/float64(max(s[1]+s[3], 1)))
	across, along := tiles(size.X, d.W, [2]int{s[0], s[2]}, scale), tiles(size.Y, d.H, [2]int{s[1], s[3]}, scale)
	if scale < 1 {
		small := image.Pt(max(3, int(float64(d.W)*scale+0.5)), max(3, int(float64(d.H)*scale+0.5)))
		kx, ky := float64(small.X)/float64(d.W), float64(small.Y)/float64(d.H)
		d.Field = shrink(d.Field, small)
		d.slices = [4]int{round(s[0], kx), round(s[1], ky), round(s[2], kx), round(s[3], ky)}
		scale = 1
	}
	b := border{drawing: d, clear: clear}
	b.across = newAxis(axis{n: size.X, tiles: across}, d.W, [2]int{d.slices[0], d.slices[2]}, scale)
	b.along = newAxis(axis{n: size.Y, tiles: along}, d.H, [2]int{d.slices[1], d.slices[3]}, scale)
	return b
}

// open says that nothing is drawn in the middle.
func (d drawing) open() bool {
	for y := d.slices[1]; y < d.H-d.slices[3]; y++ {
		for x := d.slices[0]; x < d.W-d.slices[2]; x++ {
			if d.V[4*(y*d.W+x)+3] > 0 {
				return false
			}
		}
	}
	return true
}

func round(n int, k float64) int { return int(float64(n)*k + 0.5) }

// tiles is how often the middle of one side is repeated: as often as comes closest to its own shape.
func tiles(n, w int, insets [2]int, scale float64) int {
	long := float64(n)/scale - float64(insets[0]+insets[1])
	return max(1, int(long/float64(max(1, w-insets[0]-insets[1]))+0.5))
}

// newAxis lays out one side: a says how many pixels of the picture, w and insets are the frame's.
func newAxis(a axis, w int, insets [2]int, scale float64) axis {
	n, first, last := a.n, insets[0], insets[1]
	a.left, a.part, a.weight = make([]int32, n), make([]int32, n), make([]float32, n)
	a.lo, a.hi = round(first, scale), n-round(last, scale)
	middle := max(1, w-first-last)
	long := float64(a.hi - a.lo)
	for x := range n {
		var at float64
		switch {
		case x < a.lo:
			at = (float64(x) + 0.5) * float64(first) / float64(a.lo)
		case x >= a.hi:
			at = float64(w) - (float64(n-x)-0.5)*float64(last)/float64(n-a.hi)
		default: // every second one is mirrored, so that they always meet
			t := (float64(x-a.lo) + 0.5) / long * float64(a.tiles)
			k := int(t)
			t -= float64(k)
			if k%2 == 1 {
				t = 1 - t
			}
			at = min(max(float64(first)+t*float64(middle), float64(first)+0.5), float64(first+middle)-0.5)
		}
		at = min(max(at-0.5, 0), float64(w-1))
		i := int(at)
		a.left[x], a.part[x], a.weight[x] = int32(i), int32(min(i+1, w-1)), float32(at-float64(i))
	}
	return a
}

// row lays one row of the frame over the picture.
func (b border) row(pix []uint8, y int) {
	top, low := b.Row(int(b.along.left[y])), b.Row(int(b.along.part[y]))
	ty := b.along.weight[y]
	inside := b.clear && y >= b.along.lo && y < b.along.hi
	for x := 0; x < b.across.n; x++ {
		if inside && x == b.across.lo {
			x = max(x, b.across.hi-1)
			continue
		}
		i, k, tx := 4*b.across.left[x], 4*b.across.part[x], b.across.weight[x]
		var c [4]float32
		for n := range c {
			m := int32(n)
			u := top[i+m] + tx*(top[k+m]-top[i+m])
			v := low[i+m] + tx*(low[k+m]-low[i+m])
			c[n] = u + ty*(v-u)
		}
		if c[3] < 0.002 {
			continue
		}
		p := pix[4*x:][:4]
		under := float32(p[3]) / 255 * (1 - c[3])
		a := c[3] + under
		for n := range 3 {
			p[n] = raster.ToByte((c[n] + under*float32(p[n])/255) / a)
		}
		p[3] = raster.ToByte(a)
	}
}

// Package pixel brings decoded pictures into the one form that effects work on, upright and at the size
// that is asked for.
//
// It promises that a picture costs four bytes per pixel besides what the decoder holds, that rows are
// worked on by every core with the same result whatever their number, and that the pixels of a decoder
// are cleared once they are copied. It never reads a file.
package pixel

import (
	"image"
	"image/color"
	"runtime"
	"sync"
)

// InBands runs f over bands of rows on every core. A panic in a band becomes one in the caller.
func InBands(rows int, f func(y0, y1 int)) {
	var wg sync.WaitGroup
	var once sync.Once
	var caught any
	n := min(runtime.GOMAXPROCS(0), rows)
	for i := range n {
		wg.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					once.Do(func() { caught = p })
				}
			}()
			f(rows*i/n, rows*(i+1)/n)
		})
	}
	wg.Wait()
	if caught != nil {
		panic(caught)
	}
}

// Upright returns src as it stands after its EXIF orientation (0 or 1: as it is), with each of its rows,
// four bytes per pixel, changed by each, where there is one. It takes src over: its pixels become the
// result or are cleared.
func Upright(src image.Image, orientation int, each func(row []byte)) *image.NRGBA {
	b := src.Bounds()
	w, h := b.Dx(), b.Dy()
	turned := orientation > 1 && orientation <= 8
	if m := sameForm(src); m != nil && !turned {
		if each != nil {
			InBands(h, func(y0, y1 int) {
				for y := y0; y < y1; y++ {
					each(m.Pix[y*m.Stride:][:4*w])
				}
			})
		}
		return m
	}
	dst := image.NewNRGBA(image.Rect(0, 0, w, h))
	if turned && orientation >= 5 {
		dst = image.NewNRGBA(image.Rect(0, 0, h, w))
	}
	InBands(h, func(y0, y1 int) {
		row := make([]byte, 4*w)
		for y := y0; y < y1; y++ {
			if !turned {
				row = dst.Pix[y*dst.Stride:][:4*w]
			}
			readRow(row, src, y)
			if each != nil {
				each(row)
			}
			if turned {
				place(dst, row, orientation, y, h)
			}
		}
	})
	Clear(src)
	return dst
}

// sameForm returns src in the form of the result where its pixels are that already.
func sameForm(src image.Image) *image.NRGBA {
	switch m := src.(type) {
	case *image.NRGBA:
		if m.Rect.Min == (image.Point{}) && m.Stride == 4*m.Rect.Dx() {
			return m
		}
	case *image.RGBA: // opaque ones are the same bytes
		if m.Rect.Min == (image.Point{}) && m.Stride == 4*m.Rect.Dx() && m.Opaque() {
			return &image.NRGBA{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}
		}
	}
	return nil
}

// place writes row y of a picture of h rows where it belongs in the upright one. The eight cases are those
// of EXIF tag 0x0112.
func place(dst *image.NRGBA, row []byte, orientation, y, h int) {
	w := len(row) / 4
	start, step := 0, 4
	switch orientation {
	case 2: // mirrored
		start, step = y*dst.Stride+4*(w-1), -4
	case 3: // upside down
		start, step = (h-1-y)*dst.Stride+4*(w-1), -4
	case 4: // mirrored, upside down
		start, step = (h-1-y)*dst.Stride, 4
	case 5: // mirrored, turned
		start, step = 4*y, dst.Stride
	case 6: // needs a turn to the right
		start, step = 4*(h-1-y), dst.Stride
	case 7: // mirrored, turned the other way
		start, step = (w-1)*dst.Stride+4*(h-1-y), -dst.Stride
	default: // 8: needs a turn to the left
		start, step = (w-1)*dst.Stride+4*y, -dst.Stride
	}
	for x, at := 0, start; x < len(row); x, at = x+4, at+step {
		copy(dst.Pix[at:at+4], row[x:x+4])
	}
}

// readRow writes row y of src, counted from its first, into row.
func readRow(row []byte, src image.Image, y int) {
	b := src.Bounds()
	y += b.Min.Y
	switch m := src.(type) {
	case *image.YCbCr:
		rowYCbCr(row, m, y)
	case *image.NYCbCrA:
		rowYCbCr(row, &m.YCbCr, y)
		for x := range b.Dx() {
			row[4*x+3] = m.A[m.AOffset(b.Min.X+x, y)]
		}
	case *image.Gray:
		for x, v := range m.Pix[m.PixOffset(b.Min.X, y):][:b.Dx()] {
			row[4*x], row[4*x+1], row[4*x+2], row[4*x+3] = v, v, v, 255
		}
	case *image.NRGBA:
		copy(row, m.Pix[m.PixOffset(b.Min.X, y):])
	case *image.NRGBA64:
		for x, p := 0, m.Pix[m.PixOffset(b.Min.X, y):]; x < len(row); x++ {
			row[x] = p[2*x]
		}
	case *image.CMYK:
		for x, p := 0, m.Pix[m.PixOffset(b.Min.X, y):]; x < len(row); x += 4 {
			row[x], row[x+1], row[x+2] = color.CMYKToRGB(p[x], p[x+1], p[x+2], p[x+3])
			row[x+3] = 255
		}
	default:
		for x := range b.Dx() {
			c := color.NRGBAModel.Convert(src.At(b.Min.X+x, y)).(color.NRGBA)
			row[4*x], row[4*x+1], row[4*x+2], row[4*x+3] = c.R, c.G, c.B, c.A
		}
	}
}

// rowYCbCr is color.YCbCrToRGB for a row.
func rowYCbCr(row []byte, m *image.YCbCr, y int) {
	shift := 0
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420:
		shift = 1
	case image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410:
		shift = 2
	}
	x0, w := m.Rect.Min.X, m.Rect.Dx()
	light := m.Y[m.YOffset(x0, y):][:w]
	at := m.COffset(x0, y)
	cb, cr := m.Cb[at:], m.Cr[at:]
	first := x0 >> shift
	row = row[:4*w]
	for x, v := range light {
		c := (x0+x)>>shift - first
		b1, r1 := int32(cb[c])-128, int32(cr[c])-128
		y1 := int32(v) * 0x10101
		p := row[4*x : 4*x+4 : 4*x+4]
		p[0] = clip((y1 + 91881*r1) >> 16)
		p[1] = clip((y1 - 22554*b1 - 46802*r1) >> 16)
		p[2] = clip((y1 + 116130*b1) >> 16)
		p[3] = 255
	}
}

func clip(v int32) byte {
	if uint32(v) > 255 {
		return byte(^(v >> 31))
	}
	return byte(v)
}

// Clear forgets the pixels of a picture.
func Clear(img image.Image) {
	switch m := img.(type) {
	case *image.YCbCr:
		clear(m.Y)
		clear(m.Cb)
		clear(m.Cr)
	case *image.NYCbCrA:
		Clear(&m.YCbCr)
		clear(m.A)
	case *image.Gray:
		clear(m.Pix)
	case *image.NRGBA:
		clear(m.Pix)
	case *image.RGBA:
		clear(m.Pix)
	case *image.NRGBA64:
		clear(m.Pix)
	case *image.RGBA64:
		clear(m.Pix)
	case *image.CMYK:
		clear(m.Pix)
	case *image.Paletted:
		clear(m.Pix)
	}
}

//go:build heif

package heif

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"

	_ "embed" // the code of the decoders

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// Built reports whether this build can decode the pictures.
const Built = true

// libheif with libde265, and libavif with libaom, as WebAssembly; see code/README.md.
//
//go:embed code/heic.wasm.gz
var heicCode []byte

//go:embed code/avif.wasm.gz
var avifCode []byte

// The most memory of a decoder: what it needs for itself and for each pixel of a picture.
const (
	pageBytes  = 64 << 10
	ownBytes   = 96 << 20
	pixelBytes = 24
)

// Decode returns the main picture of a file, upright. found is what Parse says of it; the caller has
// checked its size. Each picture gets a sandbox of its own, with the memory that its size calls for, which
// costs the time of compiling the decoder, a part of a second, and leaves nothing behind.
func Decode(ctx context.Context, data []byte, found Found) (img image.Image, err error) {
	m, shut, err := start(ctx, found, len(data))
	if err != nil {
		return nil, fmt.Errorf("heif: start: %w", err)
	}
	defer shut()
	s := sandbox{ctx: ctx, m: m}
	in := s.bytes(data)
	if found.AVIF {
		img = s.avif(in, uint64(len(data)), found)
	} else {
		img = s.heic(in, uint64(len(data)), found)
	}
	if s.err != nil {
		return nil, fmt.Errorf("heif: decode: %w", s.err)
	}
	return img, nil
}

// start compiles a decoder and lays out its memory. It sees no file, no clock and no network.
func start(ctx context.Context, found Found, size int) (api.Module, func(), error) {
	code := heicCode
	if found.AVIF {
		code = avifCode
	}
	z, err := gzip.NewReader(bytes.NewReader(code))
	if err != nil {
		return nil, nil, err
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		return nil, nil, err
	}
	pages := uint32(min((ownBytes+2*size+pixelBytes*found.Width*found.Height)/pageBytes, 1<<16-1))
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithMemoryLimitPages(pages).WithCloseOnContextDone(true))
	shut := func() { _ = r.Close(context.WithoutCancel(ctx)) } // frees memory; nothing is lost
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, r); err != nil {
		shut()
		return nil, nil, err
	}
	m, err := r.InstantiateWithConfig(ctx, plain, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		shut()
		return nil, nil, err
	}
	return m, shut, nil
}

// sandbox calls functions of a decoder until one fails.
type sandbox struct {
	ctx context.Context
	m   api.Module
	err error
}

func (s *sandbox) call(name string, args ...uint64) uint64 {
	f := s.m.ExportedFunction(name)
	if s.err != nil || f == nil {
		s.err = errors.Join(s.err, errShape)
		return 0
	}
	results, err := f.Call(s.ctx, args...)
	if err != nil || len(results) != 1 || results[0] == 0 {
		s.err = errors.Join(errors.New("the decoder refuses it"), err)
		return 0
	}
	return results[0]
}

func (s *sandbox) bytes(p []byte) uint64 {
	at := s.call("malloc", uint64(len(p)))
	if s.err == nil && !s.m.Memory().Write(uint32(at), p) {
		s.err = errShape
	}
	return at
}

// read copies n bytes out of the sandbox.
func (s *sandbox) read(at uint64, n int) []byte {
	if s.err != nil {
		return nil
	}
	p, ok := s.m.Memory().Read(uint32(at), uint32(n))
	if !ok {
		s.err = errShape
		return nil
	}
	return bytes.Clone(p)
}

// numbers reads n numbers of 32 bits.
func (s *sandbox) numbers(at uint64, n int) []int {
	list := make([]int, n)
	for i, p := 0, s.read(at, 4*n); i < n && p != nil; i++ {
		list[i] = int(binary.LittleEndian.Uint32(p[4*i:]))
	}
	return list
}

// heic decodes with libheif, which turns the picture itself.
func (s *sandbox) heic(in, size uint64, found Found) image.Image {
	const numbers = 5
	told := s.call("malloc", 4*numbers)
	ask := func(only, out uint64) {
		s.call("decode", in, size, only, told, told+4, told+8, told+12, told+16, out)
	}
	ask(1, 0)
	n := s.numbers(told, numbers)
	w, h, space, chroma := n[0], n[1], n[2], n[3]
	if s.err != nil || w*h > 2*found.Width*found.Height+1<<16 || w < 1 || h < 1 {
		s.err = errors.Join(s.err, errShape)
		return nil
	}
	const ycbcr, rgb, gray = 0, 1, 2
	r := image.Rect(0, 0, w, h)
	switch space {
	case gray:
		stride := aligned(w)
		out := s.call("malloc", uint64(stride*h))
		ask(0, out)
		return &image.Gray{Pix: s.read(out, stride*h), Stride: stride, Rect: r}
	case rgb:
		stride := aligned(4 * w)
		out := s.call("malloc", uint64(stride*h))
		ask(0, out)
		if n[4] == 1 {
			return &image.RGBA{Pix: s.read(out, stride*h), Stride: stride, Rect: r}
		}
		return &image.NRGBA{Pix: s.read(out, stride*h), Stride: stride, Rect: r}
	case ycbcr:
		ratio, cw, ch := image.YCbCrSubsampleRatio444, w, h
		switch chroma {
		case 1:
			ratio, cw, ch = image.YCbCrSubsampleRatio420, (w+1)/2, (h+1)/2
		case 2:
			ratio, cw = image.YCbCrSubsampleRatio422, (w+1)/2
		}
		light, colour := aligned(w)*h, aligned(cw)*ch
		out := s.call("malloc", uint64(light+2*colour))
		ask(0, out)
		p := s.read(out, light+2*colour)
		if p == nil {
			return nil
		}
		return &image.YCbCr{
			Y: p[:light:light], Cb: p[light : light+colour : light+colour], Cr: p[light+colour:],
			YStride: aligned(w), CStride: aligned(cw), SubsampleRatio: ratio, Rect: r,
		}
	}
	s.err = errShape
	return nil
}

// aligned is the length of the rows that libheif makes.
func aligned(n int) int { return (n + 15) &^ 15 }

// avif decodes with libavif, which leaves turning to us.
func (s *sandbox) avif(in, size uint64, found Found) image.Image {
	const numbers = 4
	told, delay := s.call("malloc", 4*numbers), s.call("malloc", 8)
	ask := func(only, out uint64) {
		s.call("decode", in, size, only, 0, told, told+4, told+8, told+12, delay, out)
	}
	ask(1, 0)
	n := s.numbers(told, numbers)
	w, h, depth := n[0], n[1], n[2]
	if s.err != nil || w*h != found.Width*found.Height || w < 1 || h < 1 {
		s.err = errors.Join(s.err, errShape)
		return nil
	}
	stride := 4 * w
	if depth > 8 {
		stride = 8 * w
	}
	out := s.call("malloc", uint64(stride*h))
	ask(0, out)
	p := s.read(out, stride*h)
	if p == nil {
		return nil
	}
	if depth > 8 {
		p = eight(p)
	}
	m := &image.RGBA{Pix: p, Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}
	return turned(m, found)
}

// eight keeps the upper bits of samples that the decoder scaled to 16 bits.
func eight(p []byte) []byte {
	out := make([]byte, len(p)/2)
	for i := range out {
		out[i] = p[2*i+1]
	}
	clear(p)
	return out
}

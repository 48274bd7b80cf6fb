package film

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/draw"

	"github.com/Eyevinn/mp4ff/bits"
)

// A macroblock is 16 by 16 pixels: 256 samples of brightness and 64 of each colour.
const blockBytes = 384

// The codes of ITU-T H.264 that are used: 7.3.1 (units), 7.4.3 (slices), 7.4.5 (macroblocks).
const (
	unitSlice, unitKey, unitSPS, unitPPS = 0x41, 0x65, 0x67, 0x68
	slicePredicted, sliceIntra           = 5, 7 // every slice of the picture is of this type
	blockPCM, blockPCMPredicted          = 25, 30
	frameNumbers                         = 16 // log2_max_frame_num is 4
)

// block is one macroblock as raw samples.
type block [blockBytes]byte

// encoder writes one stream: a key frame first, and then what changed. It knows two ways to write
// a macroblock: its samples as they are, or not at all.
type encoder struct {
	wide, high int // in macroblocks
	number     uint
	before     []block
}

// frame returns one picture as a sample of the MP4.
func (e *encoder) frame(m image.Image) []byte {
	now := e.blocks(m)
	var raw bytes.Buffer
	key := e.before == nil
	if key {
		raw.WriteByte(unitKey)
	} else {
		raw.WriteByte(unitSlice)
	}
	w := bits.NewEBSPWriter(&raw)
	e.slice(w, key)
	skipped := uint(0)
	for i := range now {
		switch {
		case key:
			pcm(w, blockPCM, &now[i])
		case now[i] == e.before[i]:
			skipped++
		default:
			w.WriteExpGolomb(skipped)
			pcm(w, blockPCMPredicted, &now[i])
			skipped = 0
		}
	}
	if skipped > 0 {
		w.WriteExpGolomb(skipped)
	}
	w.WriteRbspTrailingBits()
	e.before, e.number = now, (e.number+1)%frameNumbers
	return append(binary.BigEndian.AppendUint32(nil, uint32(raw.Len())), raw.Bytes()...)
}

// slice writes the header of the only slice of a picture.
func (e *encoder) slice(w *bits.EBSPWriter, key bool) {
	w.WriteExpGolomb(0) // first macroblock
	if key {
		w.WriteExpGolomb(sliceIntra)
		w.WriteExpGolomb(0) // picture parameters
		w.Write(e.number, 4)
		w.WriteExpGolomb(0) // number of the key frame
		w.Write(0, 2)       // earlier pictures are not kept; no long-term reference
	} else {
		w.WriteExpGolomb(slicePredicted)
		w.WriteExpGolomb(0)
		w.Write(e.number, 4)
		w.Write(0, 3) // the usual references, in the usual order, kept in the usual way
	}
	w.WriteExpGolomb(0) // quantiser as in the picture parameters
	w.WriteExpGolomb(1) // no smoothing at the edges of blocks
}

// pcm writes a macroblock as its samples.
func pcm(w *bits.EBSPWriter, code uint, b *block) {
	w.WriteExpGolomb(code)
	if w.NrBitsInBuffer() > 0 {
		w.StuffByteWithZeros()
	}
	for _, sample := range b {
		w.Write(uint(sample), 8)
	}
}

// sps returns the parameters of the sequence: constrained baseline, pictures in the order in which
// they are decoded, one reference.
func (e *encoder) sps() []byte {
	var raw bytes.Buffer
	raw.WriteByte(unitSPS)
	w := bits.NewEBSPWriter(&raw)
	level := uint(30)
	if e.wide*e.high > 1620 {
		level = 40
	}
	w.Write(66, 8)    // baseline
	w.Write(0xc0, 8)  // constrained
	w.Write(level, 8) // of decoder
	w.WriteExpGolomb(0)
	w.WriteExpGolomb(0) // frame numbers of four bits
	w.WriteExpGolomb(2) // shown as decoded
	w.WriteExpGolomb(1) // one reference
	w.Write(0, 1)       // without gaps
	w.WriteExpGolomb(uint(e.wide - 1))
	w.WriteExpGolomb(uint(e.high - 1))
	w.Write(1, 1) // frames only
	w.Write(1, 1) // direct_8x8_inference
	w.Write(0, 2) // not cropped, nothing about display
	w.WriteRbspTrailingBits()
	return raw.Bytes()
}

// pps returns the parameters of the pictures: all as simple as they can be.
func (e *encoder) pps() []byte {
	var raw bytes.Buffer
	raw.WriteByte(unitPPS)
	w := bits.NewEBSPWriter(&raw)
	w.WriteExpGolomb(0)
	w.WriteExpGolomb(0)
	w.Write(0, 2) // variable-length codes, no fields
	w.WriteExpGolomb(0)
	w.WriteExpGolomb(0)
	w.WriteExpGolomb(0)
	w.Write(0, 3) // no weights
	for range 3 {
		w.WriteExpGolomb(0) // quantisers
	}
	w.Write(0b100, 3) // slices say how edges are smoothed
	w.WriteRbspTrailingBits()
	return raw.Bytes()
}

// blocks returns the macroblocks of a picture, row by row.
func (e *encoder) blocks(m image.Image) []block {
	flat := image.NewRGBA(image.Rect(0, 0, 16*e.wide, 16*e.high))
	draw.Draw(flat, flat.Rect, m, m.Bounds().Min, draw.Src)
	out := make([]block, e.wide*e.high)
	for i := range out {
		b := &out[i]
		var reds, blues [64]int
		at := i/e.wide*16*flat.Stride + i%e.wide*64
		for n := range 256 {
			dx, dy := n%16, n/16
			c := flat.Pix[at+dy*flat.Stride+4*dx:]
			luma, cb, cr := studio(int(c[0]), int(c[1]), int(c[2]))
			b[n] = byte(luma)
			quarter := dy/2*8 + dx/2
			blues[quarter] += cb
			reds[quarter] += cr
		}
		for n := range 64 {
			b[256+n], b[320+n] = byte((blues[n]+2)/4), byte((reds[n]+2)/4)
		}
	}
	return out
}

// studio converts a colour to ITU-R BT.601 with its narrow ranges, which players expect. No sample
// is 0, so that raw samples never look like the start of a unit.
func studio(r, g, b int) (luma, cb, cr int) {
	return 16 + (66*r+129*g+25*b+128)>>8, 128 + (-38*r-74*g+112*b+128)>>8, 128 + (112*r-94*g-18*b+128)>>8
}

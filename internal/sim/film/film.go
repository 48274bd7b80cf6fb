// Package film makes small films, so that simulated recipients of videos can answer with one that
// really plays.
//
// It promises a progressive MP4 with H.264 in it that every browser plays, that holds no metadata,
// and that is the same for the same pictures. It compresses nothing but what stands still: it is
// for a few seconds of a few hundred pixels. It never starts another program.
package film

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"

	"github.com/Eyevinn/mp4ff/mp4"
)

// The limits of a film: H.264's level 4 by macroblocks, and what fits into memory.
const (
	mostBlocks = 8192
	mostFrames = 3000
	mostBytes  = 16 << 20
)

// ErrShape says that the pictures do not make a film: none, too many, too large, of different
// sizes, or of a size that is no multiple of 16.
var ErrShape = errors.New("film: the pictures do not make a film")

// MP4 returns the pictures as a film. They have one size, a multiple of 16 pixels each way.
func MP4(ctx context.Context, frames []image.Image, perSecond int) ([]byte, error) {
	if len(frames) == 0 || len(frames) > mostFrames || perSecond < 1 || perSecond > 60 {
		return nil, ErrShape
	}
	size := frames[0].Bounds().Size()
	e := encoder{wide: size.X / 16, high: size.Y / 16}
	if size.X < 16 || size.Y < 16 || size.X%16 != 0 || size.Y%16 != 0 || e.wide*e.high > mostBlocks {
		return nil, ErrShape
	}
	var samples [][]byte
	total := 0
	for _, frame := range frames {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("film: %w", err)
		}
		if frame.Bounds().Size() != size {
			return nil, ErrShape
		}
		sample := e.frame(frame)
		if total += len(sample); total > mostBytes {
			return nil, ErrShape
		}
		samples = append(samples, sample)
	}
	return mux(&e, samples, perSecond)
}

// mux packs the samples: ftyp, moov, mdat, so that playing can begin before the end has come.
func mux(e *encoder, samples [][]byte, perSecond int) ([]byte, error) {
	const tick = 1000 // units of time per frame
	length := uint64(tick * len(samples))
	scale := uint32(tick * perSecond)
	moov := mp4.NewMoovBox()
	head := mp4.CreateMvhd()
	head.Timescale, head.Duration, head.NextTrackID = scale, length, 2
	moov.AddChild(head)
	trak := mp4.CreateEmptyTrak(1, scale, "video", "und")
	moov.AddChild(trak)
	if err := trak.SetAVCDescriptor("avc1", [][]byte{e.sps()}, [][]byte{e.pps()}, true); err != nil {
		return nil, fmt.Errorf("film: describe: %w", err)
	}
	trak.Tkhd.Duration, trak.Mdia.Mdhd.Duration = length, length
	table := trak.Mdia.Minf.Stbl
	table.Stts.SampleCount, table.Stts.SampleTimeDelta = []uint32{uint32(len(samples))}, []uint32{tick}
	table.AddChild(&mp4.StssBox{SampleNumber: []uint32{1}})
	for _, s := range samples {
		table.Stsz.SampleNumber++
		table.Stsz.SampleSize = append(table.Stsz.SampleSize, uint32(len(s)))
	}
	if err := table.Stsc.AddEntry(1, uint32(len(samples)), 1); err != nil {
		return nil, fmt.Errorf("film: index: %w", err)
	}
	table.Stco.ChunkOffset = []uint32{0}
	ftyp := mp4.NewFtyp("isom", 0x200, []string{"isom", "iso2", "avc1", "mp41"})
	mdat := &mp4.MdatBox{Data: bytes.Join(samples, nil)}
	table.Stco.ChunkOffset[0] = uint32(ftyp.Size() + moov.Size() + mdat.HeaderSize())
	var out bytes.Buffer
	for _, box := range []mp4.Box{ftyp, moov, mdat} {
		if err := box.Encode(&out); err != nil {
			return nil, fmt.Errorf("film: write: %w", err)
		}
	}
	return out.Bytes(), nil
}

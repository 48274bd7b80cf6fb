package film

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"slices"
	"testing"

	"github.com/Eyevinn/mp4ff/avc"
	"github.com/Eyevinn/mp4ff/bits"
	"github.com/Eyevinn/mp4ff/mp4"
)

// picture is a picture of coloured squares, with one corner in another colour.
func picture(wide, high int, corner color.Color) *image.RGBA {
	m := image.NewRGBA(image.Rect(5, 7, 5+wide, 7+high)) // bounds need not begin at zero
	for y := range high {
		for x := range wide {
			m.Set(5+x, 7+y, color.RGBA{R: uint8(x * 255 / wide), G: uint8(y * 255 / high), B: uint8((x/16 + y/16) % 2 * 200), A: 255})
			if x < 16 && y < 16 {
				m.Set(5+x, 7+y, corner)
			}
		}
	}
	return m
}

func still(wide, high int) []image.Image {
	red, blue := picture(wide, high, color.RGBA{R: 255, A: 255}), picture(wide, high, color.RGBA{B: 255, A: 255})
	return []image.Image{red, red, blue, blue, red}
}

func film(t *testing.T, frames []image.Image, perSecond int) []byte {
	t.Helper()
	raw, err := MP4(t.Context(), frames, perSecond)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestAFilmIsAProgressiveMP4(t *testing.T) {
	t.Parallel()
	raw := film(t, still(64, 48), 5)
	f, err := mp4.DecodeFile(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, box := range f.Children {
		order = append(order, box.Type())
	}
	if !slices.Equal(order, []string{"ftyp", "moov", "mdat"}) || len(f.Moov.Traks) != 1 {
		t.Fatalf("boxes %v, %d tracks", order, len(f.Moov.Traks))
	}
	track := f.Moov.Trak
	entry := track.Mdia.Minf.Stbl.Stsd.AvcX
	if entry == nil || entry.Width != 64 || entry.Height != 48 || entry.AvcC.AVCProfileIndication != 66 {
		t.Fatalf("described as %+v", entry)
	}
	if d, scale := track.Mdia.Mdhd.Duration, track.Mdia.Mdhd.Timescale; d != uint64(scale) {
		t.Errorf("five pictures at five a second last %d of %d", d, scale)
	}
	table := track.Mdia.Minf.Stbl
	if at, _ := table.Stco.GetOffset(1); at != f.Mdat.PayloadAbsoluteOffset() || table.Stsz.GetNrSamples() != 5 || !slices.Equal(table.Stss.SampleNumber, []uint32{1}) {
		t.Errorf("the index is wrong: %+v", table)
	}
	again := film(t, still(64, 48), 5)
	if !bytes.Equal(raw, again) {
		t.Error("the same pictures make another film")
	}
}

// units takes the coded pictures of a film apart: nothing but the index says where they are.
func units(t *testing.T, raw []byte) (sps *avc.SPS, out [][]byte) {
	t.Helper()
	f, err := mp4.DecodeFile(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	table := f.Moov.Trak.Mdia.Minf.Stbl
	sps, err = avc.ParseSPSNALUnit(table.Stsd.AvcX.AvcC.SPSnalus[0], true)
	if err != nil {
		t.Fatal(err)
	}
	at, _ := table.Stco.GetOffset(1)
	for n := uint32(1); n <= table.Stsz.GetNrSamples(); n++ {
		size := uint64(table.Stsz.GetSampleSize(int(n)))
		sample := raw[at : at+size]
		at += size
		if int(binary.BigEndian.Uint32(sample)) != len(sample)-4 {
			t.Fatalf("sample %d is more than one unit", n)
		}
		out = append(out, sample[4:])
	}
	return sps, out
}

// decode is a decoder of what a film may contain, written from the standard and not from the
// encoder: key frames of raw macroblocks, and pictures of raw and skipped ones.
func decode(t *testing.T, unit []byte, before []block, count int) []block {
	t.Helper()
	r := bits.NewEBSPReader(bytes.NewReader(unit[1:]))
	ue := func() uint { return uint(r.ReadExpGolomb()) }
	key := unit[0]&0x1f == 5
	first, kind, _, number := ue(), ue(), ue(), r.Read(4)
	if key != (kind == 7) || first != 0 || key && number != 0 || !key && kind != 5 {
		t.Fatalf("a slice of type %d in a unit of type %d, number %d", kind, unit[0]&0x1f, number)
	}
	if key {
		ue()
		r.Read(2)
	} else if r.Read(3) != 0 {
		t.Fatal("unusual references")
	}
	if ue() != 0 || ue() != 1 {
		t.Fatal("another quantiser, or edges are smoothed")
	}
	var out []block
	for len(out) < count {
		want := uint(25)
		if !key {
			want = 30
			for range ue() {
				out = append(out, before[len(out)])
			}
			if len(out) == count {
				break
			}
		}
		if code := ue(); code != want {
			t.Fatalf("a macroblock of type %d", code)
		}
		for r.NrBitsReadInCurrentByte() != 8 {
			if r.Read(1) != 0 {
				t.Fatal("the samples are not aligned")
			}
		}
		var b block
		for i := range b {
			b[i] = byte(r.Read(8))
		}
		out = append(out, b)
	}
	if more, err := r.MoreRbspData(); more || err != nil || r.AccError() != nil {
		t.Fatalf("something is left over, or missing: %v, %v", err, r.AccError())
	}
	return out
}

func TestADecoderFindsThePicturesAgain(t *testing.T) {
	t.Parallel()
	frames := still(64, 48)
	sps, coded := units(t, film(t, frames, 5))
	if sps.Width != 64 || sps.Height != 48 || sps.PicOrderCntType != 2 {
		t.Errorf("the parameters say %+v", sps)
	}
	e := encoder{wide: 4, high: 3}
	var before []block
	for i, unit := range coded {
		now := decode(t, unit, before, 12)
		if want := e.blocks(frames[i]); !slices.Equal(now, want) {
			t.Errorf("picture %d is another one", i)
		}
		before = now
	}
	if a, b := len(coded[1]), len(coded[2]); a > 16 || b > blockBytes+16 {
		t.Errorf("a picture that stands still takes %d bytes, one changed block %d", a, b)
	}
}

func TestColoursAreThoseOfThePicture(t *testing.T) {
	t.Parallel()
	for name, c := range map[string][6]int{ // red, green, blue; brightness and colours by ITU-R BT.601, rounded
		"black": {0, 0, 0, 16, 128, 128}, "white": {255, 255, 255, 235, 128, 128}, "red": {255, 0, 0, 82, 90, 240},
		"green": {0, 255, 0, 144, 54, 34}, "blue": {0, 0, 255, 41, 240, 110},
	} {
		if luma, cb, cr := studio(c[0], c[1], c[2]); luma != c[3] || cb != c[4] || cr != c[5] {
			t.Errorf("%s is %d %d %d, want %v", name, luma, cb, cr, c[3:])
		}
	}
}

func TestPicturesThatMakeNoFilmAreRefused(t *testing.T) {
	t.Parallel()
	ok := picture(32, 32, color.Black)
	for name, tc := range map[string]struct {
		frames    []image.Image
		perSecond int
	}{
		"none":                {nil, 5},
		"no pace":             {[]image.Image{ok}, 0},
		"a hasty pace":        {[]image.Image{ok}, 1000},
		"an odd width":        {[]image.Image{picture(33, 32, color.Black)}, 5},
		"an odd height":       {[]image.Image{picture(32, 40, color.Black)}, 5},
		"no size":             {[]image.Image{image.NewRGBA(image.Rect(0, 0, 0, 16))}, 5},
		"different sizes":     {[]image.Image{ok, picture(16, 16, color.Black)}, 5},
		"too large":           {[]image.Image{image.NewUniform(color.Black)}, 5},
		"too many":            {slices.Repeat([]image.Image{ok}, mostFrames+1), 5},
		"too much altogether": {alternating(8), 5},
	} {
		if _, err := MP4(t.Context(), tc.frames, tc.perSecond); !errors.Is(err, ErrShape) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := MP4(ctx, []image.Image{ok}, 5); !errors.Is(err, context.Canceled) {
		t.Errorf("it goes on after its end: %v", err)
	}
}

// alternating is a film in which everything changes all the time.
func alternating(n int) (out []image.Image) {
	for i := range n {
		m := image.NewGray(image.Rect(0, 0, 1600, 1024))
		for j := range m.Pix {
			m.Pix[j] = byte(i % 2 * 200)
		}
		out = append(out, m)
	}
	return out
}

func TestAPanStaysSmall(t *testing.T) {
	t.Parallel()
	still := picture(900, 600, color.White)
	for _, tc := range [][4]int{{4, 5, 320, 176}, {8, 6, 176, 320}, {6, 12, 320, 176}, {5, 4, 640, 368}} {
		frames := Pan(still, tc[0], tc[1], tc[2], tc[3])
		if len(frames) != tc[0]*tc[1] || frames[0].Bounds() != image.Rect(0, 0, tc[2], tc[3]) {
			t.Fatalf("%v: %d pictures of %v", tc, len(frames), frames[0].Bounds())
		}
		if n := len(film(t, frames, tc[1])); n > 4<<20 {
			t.Errorf("%v: %d bytes", tc, n)
		}
		if frames[0] == frames[len(frames)-1] {
			t.Errorf("%v: nothing moves", tc)
		}
	}
	if Pan(still, 0, 5, 320, 176) != nil || Pan(still, 1, 5, 0, 176) != nil {
		t.Error("no time and no size make pictures")
	}
}

func TestAPanKeepsProportions(t *testing.T) {
	t.Parallel()
	for _, whole := range []image.Rectangle{image.Rect(0, 0, 1000, 100), image.Rect(-50, 20, 50, 1020), image.Rect(0, 0, 1, 1)} {
		for _, way := range []float64{0, 0.5, 1} {
			w := window(whole, 320, 160, way)
			if !w.In(whole) || w.Empty() || whole.Dx() > 1 && max(w.Dx()-2*w.Dy(), 2*w.Dy()-w.Dx()) > 3 {
				t.Errorf("of %v one sees %v", whole, w)
			}
		}
	}
}

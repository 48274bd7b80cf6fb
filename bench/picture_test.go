package bench

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/draw"
	"image/jpeg"
	"io"
	"math"
	"math/rand/v2"
	"testing"

	xdraw "golang.org/x/image/draw"

	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/samples"
	"vow.example/vow/internal/media"
)

const quality = 90

func encode(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// noise returns a picture that no encoder makes smaller: what a camera gives in the worst case.
func noise(w, h int) image.Image {
	m := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	dice := rand.New(rand.NewPCG(1, 2))
	for _, plane := range [][]byte{m.Y, m.Cb, m.Cr} {
		for i := range plane {
			plane[i] = byte(dice.Uint32())
		}
	}
	return m
}

// photoOf returns a JPEG of about that many bytes, 4:3.
func photoOf(t testing.TB, size int) []byte {
	t.Helper()
	const side = 512
	perPixel := float64(len(encode(t, noise(side, side)))) / (side * side)
	w := int(math.Sqrt(float64(size) / perPixel * 4 / 3))
	return encode(t, noise(w, w*3/4))
}

// portrait returns the sample photo with a face, enlarged.
func portrait(t testing.TB, w, h int) []byte {
	t.Helper()
	raw, err := samples.Open(samples.Astronaut)
	if err != nil {
		t.Fatal(err)
	}
	small, err := jpeg.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	big := image.NewRGBA(image.Rect(0, 0, w, h))
	xdraw.ApproxBiLinear.Scale(big, big.Rect, small, small.Bounds(), draw.Src, nil)
	return encode(t, big)
}

// film is an MP4 of exactly size bytes that is made while it is read: one picture track whose
// samples are noise.
func film(size int64) io.Reader {
	head := append(ftyp(), moov(size)...)
	body := size - int64(len(head)) - 8
	head = append(binary.BigEndian.AppendUint32(head, uint32(body+8)), "mdat"...)
	return io.MultiReader(bytes.NewReader(head), io.LimitReader(&hiss{dice: rand.NewChaCha8([32]byte{7})}, body))
}

type hiss struct{ dice *rand.ChaCha8 }

// Read gives noise.
func (h *hiss) Read(p []byte) (int, error) { return h.dice.Read(p) }

func box(name string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(len(body)+8)), name...), body...)
}

func ftyp() []byte { return box("ftyp", []byte("isom\x00\x00\x02\x00isomiso2mp41")) }

// moov describes one track of 1280×720 with one sample, which begins near the end of the file.
func moov(size int64) []byte {
	words := func(list ...uint32) []byte {
		var b []byte
		for _, w := range list {
			b = binary.BigEndian.AppendUint32(b, w)
		}
		return b
	}
	tkhd := append(words(7, 0, 0, 1, 0, 1000, 0, 0, 0, 0, 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000), words(1280<<16, 720<<16)...)
	hdlr := append(words(0, 0), append([]byte("vide"), append(words(0, 0, 0), 0)...)...)
	stbl := box("stbl",
		box("stsd", words(0, 0)), box("stts", words(0, 1, 1, 1000)), box("stsc", words(0, 1, 1, 1, 1)),
		box("stsz", words(0, 1, 1)), box("stco", words(0, 1, uint32(size-1))))
	minf := box("minf", box("vmhd", words(1, 0, 0)), box("dinf", box("dref", words(0, 0))), stbl)
	mdia := box("mdia", box("mdhd", words(0, 0, 0, 1000, 1000, 0)), box("hdlr", hdlr), minf)
	mvhd := append(words(0, 0, 0, 1000, 1000, 0x10000, 0x1000000, 0, 0), make([]byte, 64)...)
	return box("moov", box("mvhd", mvhd), box("trak", box("tkhd", tkhd), mdia))
}

func TestTheMadePicturesAreWhatTheySay(t *testing.T) {
	t.Parallel()
	photo := photoOf(t, 300_000)
	if n := len(photo); n < 280_000 || n > 320_000 {
		t.Errorf("a photo of 300 kB has %d bytes", n)
	}
	if _, err := media.Strip(io.Discard, bytes.NewReader(photo), media.Limits{}); err != nil {
		t.Error(err)
	}
	img, _, err := media.Open(t.Context(), bytes.NewReader(portrait(t, 600, 600)), media.Limits{})
	if err != nil || len(face.Find(img)) != 1 {
		t.Errorf("the portrait shows no face: %v", err)
	}
}

func TestTheMadeFilmIsAcceptedAndKeepsItsSize(t *testing.T) {
	t.Parallel()
	const size = 3_000_000
	info, err := media.Strip(io.Discard, film(size), media.Limits{Accept: []string{media.MP4}})
	if err != nil || info.Bytes != size || info.Width != 1280 || info.Height != 720 {
		t.Errorf("%+v, %v", info, err)
	}
}

package server

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	_ "image/png"
	"math/rand/v2"
	"testing"

	"vow.example/vow/internal/media"
	"vow.example/vow/internal/server/simulate"
	"vow.example/vow/internal/sim/kit"
)

const (
	patternCells = 8
	patternSize  = 256
	alike        = 0.85 // share of cells by which a drawn or re-encoded picture is recognised
)

// canary is a picture that is recognised wherever it turns up: by its pixels after decoding, by its
// coded bytes, and by everything a phone writes beside them.
type canary struct {
	name    string
	cells   [patternCells * patternCells]bool
	picture []byte // the upload: a JPEG with metadata
	hidden  map[string]string
}

// newCanary draws a picture. orientation is EXIF's.
func newCanary(t *testing.T, name string, orientation uint16) *canary {
	t.Helper()
	seed := [32]byte{}
	copy(seed[:], name)
	dice := rand.New(rand.NewChaCha8(seed))
	c := &canary{name: name, hidden: map[string]string{}}
	for i := range c.cells {
		c.cells[i] = dice.IntN(2) == 1
	}
	img := image.NewNRGBA(image.Rect(0, 0, patternSize, patternSize))
	for y := range patternSize {
		for x := range patternSize {
			level := 40
			if c.cells[c.cell(x, y)] {
				level = 200
			}
			v := uint8(level + dice.IntN(16)) // noise, so that its bytes are its own
			img.SetNRGBA(x, y, color.NRGBA{v, v, v, 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	c.dress(b.Bytes(), orientation)
	return c
}

func (c *canary) cell(x, y int) int {
	return y*patternCells/patternSize*patternCells + x*patternCells/patternSize
}

// secret makes up a text that nothing else contains.
func (c *canary) secret(where string) string {
	c.hidden[where] = "canary-" + where + "-of-" + c.name
	return c.hidden[where]
}

// dress adds what phones and editors add: serial number, place, thumbnail, XMP, comment, trailer.
func (c *canary) dress(plain []byte, orientation uint16) {
	segment := func(marker byte, payload string) []byte {
		n := len(payload) + 2
		return append([]byte{0xFF, marker, byte(n >> 8), byte(n)}, payload...)
	}
	out := []byte{0xFF, 0xD8}
	out = append(out, segment(0xE1, "Exif\x00\x00"+string(c.exif(orientation)))...)
	out = append(out, segment(0xE1, "http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta><dc:creator>"+c.secret("xmp")+"</dc:creator></x:xmpmeta>")...)
	out = append(out, segment(0xED, "Photoshop 3.0\x00"+c.secret("iptc"))...)
	out = append(out, segment(0xFE, c.secret("comment"))...)
	out = append(out, plain[2:]...)
	c.picture = append(out, c.secret("trailer")...)
}

// exif is a TIFF block: IFD0 with orientation and pointers to the camera's and the place's
// directories, and IFD1 with a thumbnail.
func (c *canary) exif(orientation uint16) []byte {
	serial, place, thumb := c.secret("serial"), c.secret("place"), "\xff\xd8\xff\xfe\x00\x40"+c.secret("thumbnail")+"\xff\xd9"
	const ifd0, exif, gps, ifd1, data = 8, 50, 68, 86, 116
	le := binary.LittleEndian
	b := append([]byte("II*\x00"), 8, 0, 0, 0)
	entry := func(tag, kind uint16, count, value int) {
		b = le.AppendUint16(le.AppendUint16(b, tag), kind)
		b = le.AppendUint32(le.AppendUint32(b, uint32(count)), uint32(value))
	}
	b = le.AppendUint16(b, 3)
	entry(0x0112, 3, 1, int(orientation))
	entry(0x8769, 4, 1, exif)
	entry(0x8825, 4, 1, gps)
	b = le.AppendUint32(b, ifd1)
	b = le.AppendUint16(b, 1)
	entry(0xA431, 2, len(serial), data)
	b = le.AppendUint32(b, 0)
	b = le.AppendUint16(b, 1)
	entry(0x001C, 7, len(place), data+len(serial))
	b = le.AppendUint32(b, 0)
	b = le.AppendUint16(b, 2)
	entry(0x0201, 4, 1, data+len(serial)+len(place))
	entry(0x0202, 4, 1, len(thumb))
	b = le.AppendUint32(b, 0)
	return append(b, serial+place+thumb...)
}

// coded returns pieces of the coded pixels, which an upload that only passes through keeps.
func (c *canary) coded() [][]byte {
	var list [][]byte
	for _, part := range []int{3, 5, 7} {
		at := len(c.picture) * part / 8
		list = append(list, c.picture[at:at+32])
	}
	return list
}

// decoded returns pieces of the pixels as they lie in memory.
func (c *canary) decoded(t *testing.T) [][]byte {
	t.Helper()
	img, _, err := image.Decode(bytes.NewReader(c.picture))
	if err != nil {
		t.Fatal(err)
	}
	gray, ok := img.(*image.YCbCr)
	if !ok {
		t.Fatal("the canary is no JPEG")
	}
	return [][]byte{gray.Y[1000:1032], gray.Y[20000:20032], gray.Y[50000:50032]}
}

// shown reports whether a file is the canary's picture, drawn or not.
func (c *canary) shown(file []byte) bool {
	img, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return false
	}
	size, same := img.Bounds().Size(), 0
	if size.X < patternCells || size.Y < patternCells {
		return false
	}
	for i, light := range c.cells {
		x, y := (i%patternCells*2+1)*size.X/(2*patternCells), (i/patternCells*2+1)*size.Y/(2*patternCells)
		if (luma(img, x, y) > 120) == light {
			same++
		}
	}
	return float64(same) >= alike*float64(len(c.cells))
}

// turned is the canary after its orientation 6 was made upright: turned right by a quarter.
func (c *canary) turned() *canary {
	upright := &canary{name: c.name}
	for i := range upright.cells {
		x, y := i%patternCells, i/patternCells
		upright.cells[i] = c.cells[(patternCells-1-x)*patternCells+y]
	}
	return upright
}

// luma is the mean light around a point.
func luma(img image.Image, x, y int) int {
	sum := 0
	for dy := -2; dy <= 2; dy++ {
		for dx := -2; dx <= 2; dx++ {
			r, g, b, _ := img.At(x+dx, y+dy).RGBA()
			sum += int((299*r + 587*g + 114*b) / 1000 >> 8)
		}
	}
	return sum / 25
}

func TestACanaryIsRecognisedByItsPixelsAndByNothingElse(t *testing.T) {
	t.Parallel()
	one, two := newCanary(t, "one", 1), newCanary(t, "two", 1)
	if !one.shown(one.picture) || two.shown(one.picture) || one.shown([]byte("no picture")) {
		t.Error("a canary is taken for another")
	}
	drawn, err := simulate.Render()(t.Context(), kit.Job{Feature: "avatar", Want: "image", Media: map[string][]byte{"photo": one.picture}})
	if err != nil {
		t.Fatal(err)
	}
	if !one.shown(drawn.Data) || two.shown(drawn.Data) {
		t.Error("a drawn canary is not recognised")
	}
	var stripped bytes.Buffer
	if _, err := media.Strip(&stripped, bytes.NewReader(one.picture), media.Limits{}); err != nil {
		t.Fatal(err)
	}
	for where, text := range one.hidden {
		if bytes.Contains(stripped.Bytes(), []byte(text)) {
			t.Errorf("%s survives", where)
		}
	}
	for _, piece := range one.coded() {
		if !bytes.Contains(stripped.Bytes(), piece) {
			t.Error("the coded pixels change on the way in: they are no canary")
		}
	}
}

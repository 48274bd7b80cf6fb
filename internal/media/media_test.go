package media

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"io"
	"strings"
	"testing"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/media/pixel"
)

// corners returns a picture whose four corners tell every turn and mirror apart.
func corners() *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, 48, 32))
	for y := range 32 {
		for x := range 48 {
			c := color.NRGBA{A: 255}
			switch {
			case x < 24 && y < 16:
				c.R = 250
			case y < 16:
				c.G = 250
			case x < 24:
				c.B = 250
			default:
				c.R, c.G, c.B = 250, 250, 250
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

// letters reads the corners row by row: r, g, b, w.
func letters(m *image.NRGBA) string {
	s := ""
	for _, p := range []image.Point{{4, 4}, {m.Rect.Dx() - 5, 4}, {4, m.Rect.Dy() - 5}, {m.Rect.Dx() - 5, m.Rect.Dy() - 5}} {
		c := m.NRGBAAt(p.X, p.Y)
		switch {
		case c.R > 128 && c.G > 128:
			s += "w"
		case c.R > 128:
			s += "r"
		case c.G > 128:
			s += "g"
		default:
			s += "b"
		}
	}
	return s
}

func written(t testing.TB, m *image.NRGBA, mediaType string, l Label) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Encode(&b, m, mediaType, l); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPicturesOfEveryOrientationStandUpright(t *testing.T) {
	t.Parallel()
	for orientation, want := range []string{1: "rgbw", 2: "grwb", 3: "wbgr", 4: "bwrg", 5: "rbgw", 6: "brwg", 7: "wgbr", 8: "gwrb"} {
		if orientation == 0 {
			continue
		}
		for _, mediaType := range []string{JPEG, PNG, WebP} {
			file := written(t, corners(), mediaType, Label{})
			info := Info{MediaType: mediaType, Orientation: orientation}
			m, err := Decode(t.Context(), bytes.NewReader(file), info, Limits{})
			if err != nil || letters(m) != want {
				t.Errorf("%s %d: %v", mediaType, orientation, err)
				continue
			}
			if tall := m.Rect.Dy() == 48; tall != (orientation >= 5) {
				t.Errorf("%s %d: %v", mediaType, orientation, m.Rect)
			}
			var b bytes.Buffer
			if err := Normalize(t.Context(), &b, bytes.NewReader(file), info, Limits{}); err != nil {
				t.Fatal(err)
			}
			if again, _, err := Open(t.Context(), &b, Limits{}); err != nil || letters(again) != want {
				t.Errorf("%s %d normalized: %v", mediaType, orientation, err)
			}
		}
	}
}

func TestOpenHonoursTheOrientationInTheFile(t *testing.T) {
	t.Parallel()
	tiff := "II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00"
	file := written(t, corners(), JPEG, Label{})
	app1 := append([]byte{0xFF, 0xE1, 0, byte(2 + 6 + len(tiff))}, "Exif\x00\x00"+tiff...)
	m, info, err := Open(t.Context(), io.MultiReader(bytes.NewReader(file[:2]), bytes.NewReader(app1), bytes.NewReader(file[2:])), Limits{})
	if err != nil || letters(m) != "brwg" || info.Orientation != 6 {
		t.Errorf("%v %+v", err, info)
	}
}

func TestUprightPicturesAreNotCodedAgain(t *testing.T) {
	t.Parallel()
	file := written(t, corners(), JPEG, Label{})
	var b bytes.Buffer
	err := Normalize(t.Context(), &b, bytes.NewReader(file), Info{MediaType: JPEG, Orientation: 1}, Limits{})
	if err != nil || !bytes.Equal(b.Bytes(), file) {
		t.Errorf("%d bytes became %d: %v", len(file), b.Len(), err)
	}
}

func TestLosslessTypesKeepEveryPixel(t *testing.T) {
	t.Parallel()
	m := corners()
	m.SetNRGBA(3, 3, color.NRGBA{200, 100, 50, 128})
	for _, mediaType := range []string{PNG, WebP} {
		for _, label := range []Label{{}, {Digital: true}} {
			got, err := Decode(t.Context(), bytes.NewReader(written(t, m, mediaType, label)), Info{MediaType: mediaType}, Limits{})
			if err != nil || !bytes.Equal(got.Pix, m.Pix) {
				t.Errorf("%s %v: %v", mediaType, label, err)
			}
		}
	}
}

func TestTransparencyIsLaidOnWhiteInJPEG(t *testing.T) {
	t.Parallel()
	m, err := Decode(t.Context(), bytes.NewReader(written(t, image.NewNRGBA(image.Rect(0, 0, 16, 16)), JPEG, Label{})), Info{MediaType: JPEG}, Limits{})
	if err != nil || m.NRGBAAt(8, 8).R < 250 {
		t.Errorf("%v", err)
	}
}

func TestEveryKindOfDecodedPictureIsConverted(t *testing.T) {
	t.Parallel()
	r := image.Rect(3, 5, 40, 30) // origins that are not zero
	half := image.NewNYCbCrA(r, image.YCbCrSubsampleRatio420)
	for i := range half.Y {
		half.Y[i], half.A[i] = 200, 128
	}
	for i := range half.Cb {
		half.Cb[i], half.Cr[i] = 128, 128
	}
	deep := image.NewNRGBA64(r)
	for i := range deep.Pix {
		deep.Pix[i] = []byte{200, 200, 200, 200, 200, 200, 128, 128}[i%8]
	}
	gray := image.NewGray(r)
	for i := range gray.Pix {
		gray.Pix[i] = 200
	}
	palette := image.NewPaletted(r, color.Palette{color.NRGBA{200, 200, 200, 255}})
	for name, c := range map[string]struct {
		m     image.Image
		alpha uint8
	}{"transparent WebP": {half, 128}, "16 bits": {deep, 128}, "gray": {gray, 255}, "palette": {palette, 255}} {
		got := pixel.Upright(c.m, 1, nil)
		for _, p := range []image.Point{{0, 0}, {36, 24}, {20, 12}} {
			if px := got.NRGBAAt(p.X, p.Y); px != (color.NRGBA{200, 200, 200, c.alpha}) {
				t.Errorf("%s: %v at %v", name, px, p)
			}
		}
	}
}

func TestTheLabelIsReadBackFromEveryType(t *testing.T) {
	t.Parallel()
	for _, mediaType := range []string{JPEG, PNG, WebP} {
		for label, want := range map[Label]string{
			{}:                                       "",
			{Visible: true}:                          "",
			{Digital: true}:                          SourceTrained,
			{Digital: true, Source: SourceComposite}: SourceComposite,
			{Visible: true, Digital: true, Source: SourceAlgorithm}: SourceAlgorithm,
		} {
			file := written(t, corners(), mediaType, label)
			if got, err := ReadLabel(bytes.NewReader(file)); err != nil || got != want {
				t.Errorf("%s %+v: %q, %v", mediaType, label, got, err)
			}
			if _, info, err := Open(t.Context(), bytes.NewReader(file), Limits{}); err != nil || info.MediaType != mediaType {
				t.Errorf("%s does not open with its label: %v", mediaType, err)
			}
		}
	}
	if err := Encode(io.Discard, corners(), JPEG, Label{Digital: true, Source: `"/><x`}); err == nil {
		t.Error("a source that is no word was written")
	}
	if _, err := ReadLabel(strings.NewReader("no picture")); fault.CodeOf(err) != CodeUnreadable {
		t.Error("text has a label")
	}
}

func TestMarkLabelsAFinishedPictureAndDropsItsMetadata(t *testing.T) {
	t.Parallel()
	for _, mediaType := range []string{JPEG, PNG, WebP} {
		file := written(t, corners(), mediaType, Label{Digital: true, Source: SourceAlgorithm})
		var b bytes.Buffer
		info, err := Mark(t.Context(), &b, bytes.NewReader(file), "", Label{Visible: true, Digital: true, Source: SourceComposite})
		if err != nil || info.Bytes != int64(b.Len()) || info.MediaType != mediaType || info.Width != 48 {
			t.Fatalf("%+v %v", info, err)
		}
		if bytes.Count(b.Bytes(), []byte("DigitalSourceType")) != 1 {
			t.Errorf("%s: the old label stayed", mediaType)
		}
		if got, err := ReadLabel(&b); err != nil || got != SourceComposite {
			t.Errorf("%s: %q %v", mediaType, got, err)
		}
	}
	if _, err := Mark(t.Context(), io.Discard, strings.NewReader("x"), "", Label{}); fault.CodeOf(err) != CodeUnsupported {
		t.Error(err)
	}
}

func TestDamagedPicturesAreFaults(t *testing.T) {
	t.Parallel()
	for _, mediaType := range []string{JPEG, PNG, WebP} {
		file := written(t, corners(), mediaType, Label{})
		for _, n := range []int{0, 1, 30, len(file) / 2} {
			_, err := Decode(t.Context(), bytes.NewReader(file[:n]), Info{MediaType: mediaType}, Limits{})
			if fault.CodeOf(err) != CodeUnreadable {
				t.Errorf("%s cut at %d: %v", mediaType, n, err)
			}
		}
		if _, err := Decode(t.Context(), bytes.NewReader(file), Info{MediaType: mediaType}, Limits{MaxPixels: 100}); fault.CodeOf(err) != CodeTooLarge {
			t.Errorf("%s: %v", mediaType, err)
		}
	}
	if _, err := Decode(t.Context(), strings.NewReader("x"), Info{MediaType: MP4}, Limits{}); fault.CodeOf(err) != CodeUnsupported {
		t.Errorf("video: %v", err)
	}
	if err := Encode(io.Discard, corners(), MP4, Label{}); fault.CodeOf(err) != CodeUnsupported {
		t.Errorf("write video: %v", err)
	}
	if err := Encode(io.Discard, nil, JPEG, Label{}); err == nil {
		t.Error("nothing was written as a picture")
	}
}

func TestHeadersThatPromiseABombCostNoMemory(t *testing.T) {
	t.Parallel()
	bomb := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\xff\xff\x00\x00\xff\xff\x08\x06\x00\x00\x00")
	bomb = binary.BigEndian.AppendUint32(bomb, crc32.ChecksumIEEE(bomb[12:]))
	_, err := Decode(t.Context(), bytes.NewReader(bomb), Info{MediaType: PNG}, Limits{})
	if fault.CodeOf(err) != CodeTooLarge {
		t.Errorf("%v", err)
	}
}

func TestAPanicOfADecoderIsAFault(t *testing.T) {
	t.Parallel()
	_, err := Decode(t.Context(), panicking{}, Info{MediaType: JPEG}, Limits{})
	if fault.CodeOf(err) != CodeUnreadable {
		t.Errorf("%v", err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a panic in a band got lost")
		}
	}()
	pixel.InBands(4, func(int, int) { panic("band") })
}

type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("decoder bug") }

func TestACancelledContextEndsTheWork(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	file := written(t, corners(), JPEG, Label{})
	if _, err := Decode(ctx, bytes.NewReader(file), Info{MediaType: JPEG}, Limits{}); !errors.Is(err, context.Canceled) {
		t.Errorf("decode: %v", err)
	}
	if _, _, err := Open(ctx, bytes.NewReader(file), Limits{}); !errors.Is(err, context.Canceled) {
		t.Errorf("open: %v", err)
	}
	if err := Normalize(ctx, io.Discard, bytes.NewReader(file), Info{MediaType: JPEG, Orientation: 6}, Limits{}); !errors.Is(err, context.Canceled) {
		t.Errorf("normalize: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	for i, mediaType := range []string{JPEG, PNG, WebP} {
		f.Add(written(f, corners(), mediaType, Label{Digital: true}), byte(i))
	}
	f.Add(sampleOf(f, GIF), byte(1))
	limits := Limits{MaxBytes: 1 << 20, MaxPixels: 1 << 18}
	f.Fuzz(func(t *testing.T, b []byte, orientation byte) {
		info := Info{MediaType: Sniff(b), Orientation: int(orientation)}
		m, err := Decode(t.Context(), bytes.NewReader(b), info, limits)
		if err == nil && len(m.Pix) != 4*m.Rect.Dx()*m.Rect.Dy() {
			t.Fatalf("%v with %d bytes", m.Rect, len(m.Pix))
		}
		if err != nil && fault.CodeOf(err) == "internal" {
			t.Fatalf("an unclassified refusal: %v", err)
		}
		_, _ = ReadLabel(bytes.NewReader(b))
	})
}

// linearProfile is a colour profile with the primaries of sRGB and no tone curve.
func linearProfile() string {
	tags, body := "", ""
	add := func(name, data string) {
		tags += name + string(binary.BigEndian.AppendUint32(nil, uint32(132+72+len(body)))) +
			string(binary.BigEndian.AppendUint32(nil, uint32(len(data))))
		body += data
	}
	for i, c := range []string{"r", "g", "b"} {
		xyz := "XYZ \x00\x00\x00\x00"
		for _, v := range [3][3]float64{{0.43607, 0.22249, 0.01392}, {0.38515, 0.71687, 0.09708}, {0.14307, 0.06061, 0.7141}}[i] {
			xyz += string(binary.BigEndian.AppendUint32(nil, uint32(v*65536)))
		}
		add(c+"XYZ", xyz)
		add(c+"TRC", "curv\x00\x00\x00\x00\x00\x00\x00\x00")
	}
	return strings.Repeat("\x00", 16) + "RGB XYZ " + strings.Repeat("\x00", 104) + "\x00\x00\x00\x06" + tags + body
}

func TestColoursOfAProfileSurviveStrippingAndTurning(t *testing.T) {
	t.Parallel()
	m := image.NewNRGBA(image.Rect(0, 0, 16, 16))
	for i := range m.Pix {
		m.Pix[i] = 55
		if i%4 == 3 {
			m.Pix[i] = 255
		}
	}
	file := written(t, m, JPEG, Label{})
	part := "ICC_PROFILE\x00\x01\x01" + linearProfile()
	head := append([]byte{0xFF, 0xD8, 0xFF, 0xE2}, binary.BigEndian.AppendUint16(nil, uint16(len(part)+2))...)
	src := io.MultiReader(bytes.NewReader(head), strings.NewReader(part), bytes.NewReader(file[2:]))
	var turned bytes.Buffer
	if err := Normalize(t.Context(), &turned, src, Info{MediaType: JPEG, Orientation: 6}, Limits{}); err != nil {
		t.Fatal(err)
	}
	got, _, err := Open(t.Context(), &turned, Limits{})
	if err != nil || got.NRGBAAt(8, 8).G < 125 || got.NRGBAAt(8, 8).G > 131 {
		t.Errorf("%v %v", got.NRGBAAt(8, 8), err)
	}
}

package scrub

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/webp"

	"vow.example/vow/internal/fault"
)

// film is a GIF of some frames, each a part of the canvas.
func film(t testing.TB, frames int) []byte {
	t.Helper()
	g := &gif.GIF{Config: image.Config{Width: 40, Height: 30}}
	for i := range frames {
		m := image.NewPaletted(image.Rect(2, 3, 30, 20), color.Palette{color.Black, color.White, color.Transparent})
		for k := range m.Pix {
			m.Pix[k] = byte((k*(i+3) + k/28) % 3)
		}
		g.Image, g.Delay, g.Disposal = append(g.Image, m), append(g.Delay, 5), append(g.Disposal, 1)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// told puts what says something in front of the first frame of a GIF.
func told(file []byte) []byte {
	const head = 13
	comment := "!\xfe\x06secret\x00" + "!\xff\x0bXMP DataXMP<x:secret/>" + "\x01" + countdown() + "\x00" + "!\x01\x0c0123456789ab\x06secret\x00"
	return slices.Concat(file[:head], []byte(comment), file[head:])
}

// countdown is the middle of the trailer that XMP has in GIF.
func countdown() string {
	var b []byte
	for i := 255; i >= 0; i-- {
		b = append(b, byte(i))
	}
	return string(b)
}

func TestOfAMovingGIFTheFirstFrameGoesOnWithoutWords(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file     []byte
		stripped []string
	}{
		"one frame":               {film(t, 1), nil},
		"many frames":             {film(t, 5), []string{"application data", "further frames"}},
		"comments":                {told(film(t, 1)), []string{"comment", "application data", "text"}},
		"something behind":        {append(film(t, 1), "<script>secret</script>"...), []string{"trailer"}},
		"something behind frames": {append(film(t, 2), "<script>secret</script>"...), []string{"application data", "further frames"}},
	} {
		out, info, err := strip(t, c.file, Limits{})
		if err != nil || info.MediaType != GIF || info.Width != 40 || info.Height != 30 || !slices.Equal(info.Stripped, c.stripped) {
			t.Errorf("%s: %+v %v", name, info, err)
			continue
		}
		if bytes.Contains(out, []byte("secret")) || bytes.Contains(out, []byte("NETSCAPE")) {
			t.Errorf("%s: words are left", name)
		}
		want, err := gif.DecodeAll(bytes.NewReader(c.file[:len(c.file)-strings.Count(name, "behind")*23]))
		got, err2 := gif.DecodeAll(bytes.NewReader(out))
		if name == "comments" && err != nil { // the standard library takes the packet for nothing it knows
			want, err = gif.DecodeAll(bytes.NewReader(film(t, 1)))
		}
		if err != nil || err2 != nil || len(got.Image) != 1 || !bytes.Equal(got.Image[0].Pix, want.Image[0].Pix) {
			t.Errorf("%s: the picture has changed, %v %v", name, err, err2)
		}
		again, info, err := strip(t, out, Limits{})
		if err != nil || !bytes.Equal(again, out) || len(info.Stripped) != 0 {
			t.Errorf("%s: not clean the first time: %+v %v", name, info, err)
		}
	}
}

func TestDamagedGIFsAreRefused(t *testing.T) {
	t.Parallel()
	one := film(t, 1)
	for n := range len(one) - 2 { // without the end block the picture is whole
		if _, _, err := strip(t, one[:n], Limits{}); fault.CodeOf(err) != CodeUnreadable && fault.CodeOf(err) != CodeUnsupported {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
	change := func(at int, v byte) []byte {
		b := bytes.Clone(one)
		b[at] = v
		return b
	}
	frame := bytes.IndexByte(one[13:], 0x2C) + 13
	for name, file := range map[string][]byte{
		"a frame beside the canvas": change(frame+1, 200), "a frame of nothing": change(frame+5, 0),
		"a larger frame than is coded": change(frame+7, one[frame+7]+2), "a smaller one": change(frame+7, one[frame+7]-1),
		"no picture": append(bytes.Clone(one[:13]), 0x3B), "an unknown block": append(bytes.Clone(one[:13]), 'x'),
	} {
		if _, _, err := strip(t, file, Limits{}); fault.CodeOf(err) != CodeUnreadable {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// anmf is a frame of a moving WebP.
func anmf(x, y, w, h int, parts ...[]byte) []byte {
	p := []byte{byte(x / 2), 0, 0, byte(y / 2), 0, 0, byte(w - 1), 0, 0, byte(h - 1), 0, 0, 50, 0, 0, 0}
	return webpChunkOf("ANMF", string(append(p, bytes.Join(parts, nil)...)))
}

func TestOfAMovingWebPTheFirstFrameGoesOn(t *testing.T) {
	t.Parallel()
	still := encoded(t, WebP, picture(48, 32))
	frame := still[12:]
	anim := webpChunkOf("ANIM", "\xff\xff\xff\xff\x00\x00")
	file := riff(vp8x(vp8xAnimation|vp8xXMP, 60, 40), anim, anmf(2, 4, 48, 32, frame, webpChunkOf("XMP ", "secret")), anmf(0, 0, 48, 32, frame), webpChunkOf("XMP ", "secret"))
	out, info, err := strip(t, file, Limits{})
	if err != nil || info.Width != 60 || info.Height != 40 || !slices.Equal(info.Stripped, []string{"xmp", "further frames"}) {
		t.Fatalf("%+v %v", info, err)
	}
	if len(out) != len(file) || bytes.Count(out, []byte("ANMF")) != 1 || bytes.Contains(out, []byte("secret")) || bytes.Count(out, frame) != 1 {
		t.Errorf("%q", out[:min(len(out), 200)])
	}
	if _, err := webp.Decode(bytes.NewReader(still)); err != nil {
		t.Error(err)
	}
	for name, bad := range map[string][]byte{
		"a frame beside the canvas":       riff(vp8x(vp8xAnimation, 60, 40), anim, anmf(20, 4, 48, 32, frame)),
		"a frame of another size":         riff(vp8x(vp8xAnimation, 60, 40), anim, anmf(0, 0, 40, 32, frame)),
		"a frame without a picture":       riff(vp8x(vp8xAnimation, 60, 40), anim, anmf(0, 0, 48, 32, webpChunkOf("JUNK", "12345678"))),
		"a frame in a frame":              riff(vp8x(vp8xAnimation, 60, 40), anim, anmf(0, 0, 48, 32, anmf(0, 0, 48, 32, frame))),
		"a canvas in a frame":             riff(vp8x(vp8xAnimation, 60, 40), anim, anmf(0, 0, 48, 32, vp8x(0, 48, 32), frame)),
		"a still picture that says moves": riff(vp8x(vp8xAnimation, 48, 32), frame),
		"no frame":                        riff(vp8x(vp8xAnimation, 48, 32), anim),
	} {
		if _, _, err := strip(t, bad, Limits{}); fault.CodeOf(err) != CodeUnreadable {
			t.Errorf("%s: %v", name, err)
		}
	}
}

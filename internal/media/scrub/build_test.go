package scrub

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"github.com/HugoSmits86/nativewebp"
)

const canary = "CANARY-7f3a"

// picture returns a picture in which every pixel differs from its neighbours.
func picture(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, color.NRGBA{uint8(x * 5), uint8(y * 7), uint8(x ^ y), 255})
		}
	}
	return m
}

func encoded(t testing.TB, mediaType string, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch mediaType {
	case JPEG:
		err = jpeg.Encode(&b, m, nil)
	case PNG:
		err = png.Encode(&b, m)
	case WebP:
		err = nativewebp.Encode(&b, m, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// tiff returns an EXIF block with an orientation and a canary in a text field.
func tiff(order binary.AppendByteOrder, orientation uint16) []byte {
	b := []byte("II*\x00")
	if order == binary.BigEndian {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 2)
	b = order.AppendUint16(b, 0x010F) // make
	b = order.AppendUint16(b, 2)
	b = order.AppendUint32(b, uint32(len(canary)))
	b = order.AppendUint32(b, 38)
	b = order.AppendUint16(b, 0x0112)
	b = order.AppendUint16(b, 3)
	b = order.AppendUint32(b, 1)
	b = order.AppendUint16(b, orientation)
	b = order.AppendUint16(b, 0)
	b = order.AppendUint32(b, 0)
	return append(b, canary...)
}

func segment(marker byte, payload ...string) []byte {
	p := strings.Join(payload, "")
	n := len(p) + 2
	return append([]byte{0xFF, marker, byte(n >> 8), byte(n)}, p...)
}

func icc(n int) string { return "ICC_PROFILE\x00\x01\x01" + strings.Repeat("p", n) }

// dirtyJPEG is a JPEG with everything that a phone, an editor and an attacker leave in it.
func dirtyJPEG(t testing.TB, orientation uint16) (dirty, plain []byte) {
	plain = encoded(t, JPEG, picture(48, 32))
	keep := append(segment(markAPP0, "JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x00\x00"), segment(markAPP2, icc(300))...)
	keep = append(keep, segment(markAPP14, "Adobe\x00\x64\x00\x00\x00\x00\x01")...)
	want := append(append([]byte{0xFF, 0xD8}, keep...), plain[2:]...)
	b := []byte{0xFF, 0xD8}
	b = append(b, segment(markAPP0, "JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x02\x02", canary, "x")...) // thumbnail
	b = append(b, segment(markAPP0, "JFXX\x00\x10", canary)...)
	b = append(b, segment(markAPP1, "Exif\x00\x00", string(tiff(binary.BigEndian, orientation)))...)
	b = append(b, segment(markAPP1, "http://ns.adobe.com/xap/1.0/\x00<x>", canary, "</x>")...)
	b = append(b, segment(markAPP2, "MPF\x00", canary)...)
	b = append(b, segment(markAPP2, icc(300))...)
	b = append(b, segment(markAPP13, "Photoshop 3.0\x00", canary)...)
	b = append(b, 0xFF, 0xFF) // fill bytes are allowed before a marker
	b = append(b, segment(markAPP14, "Adobe\x00\x64\x00\x00\x00\x00\x01", canary)...)
	b = append(b, segment(0xEB, canary)...)
	b = append(b, segment(markCOM, canary)...)
	b = append(b, plain[2:]...)
	b = append(b, canary...)
	return append(b, encoded(t, JPEG, picture(8, 8))...), want
}

func pngChunk(name, data string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, name...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE([]byte(name+data)))
}

func dirtyPNG(t testing.TB, orientation uint16) (dirty, plain []byte) {
	plain = encoded(t, PNG, picture(48, 32))
	head := len(pngSignature) + 25
	profile := "zlib stream"
	want := append([]byte{}, plain[:head]...)
	want = append(want, pngChunk("gAMA", "\x00\x00\xb1\x8f")...)
	want = append(want, pngChunk("iCCP", strings.Repeat("x", len(canary))+"\x00\x00"+profile)...)
	want = append(want, plain[head:]...)
	b := append([]byte{}, plain[:head]...)
	b = append(b, pngChunk("gAMA", "\x00\x00\xb1\x8f")...)
	b = append(b, pngChunk("iCCP", canary+"\x00\x00"+profile)...)
	b = append(b, pngChunk("iTXt", "XML:com.adobe.xmp\x00\x00\x00\x00\x00"+canary)...)
	b = append(b, pngChunk("tEXt", "Author\x00"+canary)...)
	b = append(b, pngChunk("tIME", "\x07\xea\x01\x01\x01\x01\x01")...)
	b = append(b, pngChunk("prVt", canary)...)
	b = append(b, plain[head:len(plain)-12]...)
	b = append(b, pngChunk("eXIf", string(tiff(binary.LittleEndian, orientation)))...)
	b = append(b, pngChunk("IDAT", canary)...) // behind the end of the picture
	b = append(b, plain[len(plain)-12:]...)
	return append(b, canary...), want
}

func webpChunkOf(name, data string) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(name), uint32(len(data)))
	b = append(b, data...)
	if len(data)%2 != 0 {
		b = append(b, 0)
	}
	return b
}

func riff(parts ...[]byte) []byte {
	body := append([]byte("WEBP"), bytes.Join(parts, nil)...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func vp8x(flags byte, w, h int) []byte {
	w, h = w-1, h-1
	return webpChunkOf("VP8X", string([]byte{
		flags, 0, 0, 0, byte(w), byte(w >> 8), byte(w >> 16), byte(h), byte(h >> 8), byte(h >> 16),
	}))
}

func dirtyWebP(t testing.TB, orientation uint16) (dirty, plain []byte) {
	frame := encoded(t, WebP, picture(48, 32))[12:]
	exif, text := string(tiff(binary.LittleEndian, orientation)), "<x>"+canary+"</x>"
	zeros := func(s string) string { return strings.Repeat("\x00", len(s)+len(s)%2) }
	want := riff(vp8x(0, 48, 32), webpChunkOf("JUNK", zeros("odd"+canary)), frame,
		webpChunkOf("JUNK", zeros(exif)), webpChunkOf("JUNK", zeros(text)))
	// the length of a blanked chunk stays as it was, also where it is odd
	for _, s := range []string{"odd" + canary, exif, text} {
		if len(s)%2 != 0 {
			i := bytes.Index(want, binary.LittleEndian.AppendUint32([]byte("JUNK"), uint32(len(s)+1)))
			want[i+4]--
		}
	}
	dirty = riff(vp8x(vp8xExif|vp8xXMP, 48, 32), webpChunkOf("secr", "odd"+canary), frame,
		webpChunkOf("EXIF", exif), webpChunkOf("XMP ", text))
	return append(dirty, canary...), want
}

func mp4Box(name string, parts ...string) string {
	body := strings.Join(parts, "")
	return string(binary.BigEndian.AppendUint32(nil, uint32(len(body)+8))) + name + body
}

func u32(v uint32) string { return string(binary.BigEndian.AppendUint32(nil, v)) }

func zero(n int) string { return strings.Repeat("\x00", n) }

func videoTrack(handler string, offset uint32, extra string) string {
	stbl := mp4Box("stbl", mp4Box("stsd", u32(0), u32(0)), mp4Box("stco", u32(0), u32(1), u32(offset)))
	mdia := mp4Box("mdia",
		mp4Box("mdhd", u32(0), "maketime", zero(12)),
		mp4Box("hdlr", u32(0), u32(0), handler, zero(12), canary+"\x00"),
		mp4Box("minf", mp4Box("vmhd", zero(12)), stbl))
	tkhd := mp4Box("tkhd", u32(7), "CT01MT02", zero(64), u32(64<<16), u32(48<<16))
	return mp4Box("trak", tkhd, mdia, extra)
}

// dirtyMP4 holds its sample 40 bytes into the file, in front of the index, as phones write it.
func dirtyMP4(brand, handler string) []byte {
	samples := mp4Box("mdat", "coded pictures!!")
	return []byte(mp4Box("ftyp", brand, u32(0), "mp41") + samples +
		mp4Box("moov",
			mp4Box("mvhd", "\x01\x00\x00\x00", canary+"12345", zero(96)),
			videoTrack(handler, 32, mp4Box("udta", mp4Box("\xa9xyz", canary))),
			mp4Box("meta", canary),
			mp4Box("udta", mp4Box("\xa9mak", canary))) +
		mp4Box("uuid", canary, "0123456789") + mp4Box("free", canary))
}

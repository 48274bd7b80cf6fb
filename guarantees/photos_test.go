package guarantees

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// photo makes a photo with marks in it from one of the samples:
//
//	photo NEW.jpg SAMPLE exif=TEXT xmp=TEXT iptc=TEXT comment=TEXT trailer=TEXT
//	photo NEW.png SAMPLE                 with a band of noise, so that its pixels can be recognised
func photo(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) >= 2, "photo NEW SAMPLE [exif=TEXT …]")
	raw, err := os.ReadFile(filepath.Join(w.dir, args[1]))
	w.check(err)
	if strings.HasSuffix(args[0], ".png") {
		raw = w.noisy(args[0], raw)
	} else {
		raw = marked(raw, w.options(args[2:]))
	}
	w.check(os.WriteFile(filepath.Join(w.dir, args[0]), raw, 0o600))
}

// noisy returns the photo as PNG with a band of noise and keeps a row of its pixels beside it.
func (w *world) noisy(name string, raw []byte) []byte {
	src, err := jpeg.Decode(bytes.NewReader(raw))
	w.check(err)
	img := image.NewNRGBA(src.Bounds())
	draw.Draw(img, img.Rect, src, src.Bounds().Min, draw.Src)
	dice := rand.New(rand.NewPCG(1, 2))
	const band = 16
	for y := range band {
		for x := range img.Rect.Dx() {
			img.SetNRGBA(x, y, color.NRGBA{uint8(dice.UintN(256)), uint8(dice.UintN(256)), uint8(dice.UintN(256)), 255})
		}
	}
	const row, pixels = 8, 16
	at := img.PixOffset(img.Rect.Dx()/2, row)
	w.check(os.WriteFile(filepath.Join(w.dir, name+".pixels"), img.Pix[at:at+4*pixels], 0o600))
	var b bytes.Buffer
	w.check(png.Encode(&b, img))
	return b.Bytes()
}

// marked puts texts into every place of a JPEG file where software hides some.
func marked(raw []byte, o map[string]string) []byte {
	segment := func(marker byte, body string) []byte {
		head := []byte{0xff, marker, 0, 0}
		binary.BigEndian.PutUint16(head[2:], uint16(len(body)+2))
		return append(head, body...)
	}
	var b bytes.Buffer
	b.Write(raw[:2])
	b.Write(segment(0xe1, "Exif\x00\x00"+tiff(o["exif"])))
	b.Write(segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta xmlns:x='adobe:ns:meta/'>"+o["xmp"]+"</x:xmpmeta>"))
	b.Write(segment(0xed, "Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x20"+o["iptc"]))
	b.Write(segment(0xfe, o["comment"]))
	b.Write(raw[2:])
	b.WriteString(o["trailer"])
	return b.Bytes()
}

// tiff returns an EXIF block that says who, where and with what.
func tiff(text string) string {
	value := text + "\x00"
	order := binary.LittleEndian
	b := append([]byte("II*\x00"), 8, 0, 0, 0)
	tags := []uint16{0x010e, 0x010f, 0x013b, 0x8298} // description, maker, artist, copyright
	b = order.AppendUint16(b, uint16(len(tags)))
	const entry, ascii = 12, 2
	at := uint32(len(b) + entry*len(tags) + 4)
	for i, tag := range tags {
		b = order.AppendUint16(order.AppendUint16(b, tag), ascii)
		b = order.AppendUint32(order.AppendUint32(b, uint32(len(value))), at+uint32(i*len(value)))
	}
	b = order.AppendUint32(b, 0)
	return string(b) + strings.Repeat(value, len(tags))
}

// spoil makes a file that must not be taken: spoil NEW SAMPLE half|text|huge|bomb|damaged.
func spoil(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 3, "spoil NEW SAMPLE half|text|huge|bomb|damaged")
	raw, err := os.ReadFile(filepath.Join(w.dir, args[1]))
	w.check(err)
	switch args[2] {
	case "half":
		raw = raw[:len(raw)/2]
	case "text":
		raw = []byte(strings.Repeat("This is no picture, whatever its name says. ", 50))
	case "huge":
		raw = huge(raw)
	case "bomb":
		raw = bomb()
	case "damaged":
		raw = append([]byte("\xff\xd8\xff\xe0\x00\x00"), raw[6:]...)
	default:
		w.usage(false, "half|text|huge|bomb|damaged")
	}
	w.check(os.WriteFile(filepath.Join(w.dir, args[0]), raw, 0o600))
}

// huge returns a sound JPEG file of more than 20 MB.
func huge(raw []byte) []byte {
	const segments, size = 330, 0xffff
	out := bytes.Clone(raw[:2])
	for range segments {
		out = append(append(out, 0xff, 0xef, 0xff, 0xff), make([]byte, size-2)...)
	}
	return append(out, raw[2:]...)
}

// bomb returns a PNG file of a few bytes that says it is 30,000 pixels wide and high.
func bomb() []byte {
	var b bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, body []byte) {
		_ = binary.Write(&b, binary.BigEndian, uint32(len(body)))
		content := append([]byte(kind), body...)
		b.Write(content)
		_ = binary.Write(&b, binary.BigEndian, crc32.ChecksumIEEE(content))
	}
	chunk("IHDR", []byte{0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30, 8, 2, 0, 0, 0})
	chunk("IDAT", []byte{0x78, 0x9c, 0x63, 0, 0, 0, 1, 0, 1})
	chunk("IEND", nil)
	return b.Bytes()
}

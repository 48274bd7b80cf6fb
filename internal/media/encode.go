package media

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"

	"github.com/HugoSmits86/nativewebp"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/media/badge"
	"vow.example/vow/internal/media/xmp"
)

const jpegQuality = 90

// The words of IPTC's "digital source type" vocabulary that a label can carry.
const (
	SourceTrained   = xmp.TrainedAlgorithmicMedia              // made by a trained model
	SourceComposite = xmp.CompositeWithTrainedAlgorithmicMedia // a photo changed by a trained model
	SourceAlgorithm = xmp.AlgorithmicMedia                     // made by a rule, no model
)

// Label says how a picture was made. The zero Label writes no mark at all.
type Label struct {
	Visible bool   // draw Text in the bottom right corner
	Text    string // "" or a text that the font cannot show: "AI-generated"
	Digital bool   // write the digital source type into the file
	Source  string // a Source constant; "" counts as SourceTrained
}

// Encode writes img as JPEG, PNG or lossless WebP with its label and no other metadata. JPEG has
// no transparency: such pixels are laid on white. The picture itself is not changed.
func Encode(w io.Writer, img *image.NRGBA, mediaType string, label Label) error {
	if img == nil || img.Rect.Empty() {
		return fault.New(fault.Invalid, CodeUnreadable, "There is no picture to write.")
	}
	if label.Visible {
		drawn, err := badge.Draw(img, label.Text)
		if err != nil {
			return fmt.Errorf("media: encode: %w", err)
		}
		img = drawn
	}
	source := ""
	if label.Digital {
		if source = label.Source; source == "" {
			source = SourceTrained
		}
	}
	if err := encode(w, img, mediaType, source); err != nil {
		return fmt.Errorf("media: encode: %w", err)
	}
	return nil
}

func encode(w io.Writer, img *image.NRGBA, mediaType, source string) error {
	mark, err := xmp.Segment(mediaType, source)
	if err != nil {
		return err
	}
	switch mediaType {
	case JPEG: // the mark stands directly behind the start-of-image marker
		return jpeg.Encode(&inserter{w: w, after: 2, mark: mark}, flatten(img), &jpeg.Options{Quality: jpegQuality})
	case PNG: // … behind the signature and the IHDR chunk
		return png.Encode(&inserter{w: w, after: 8 + 25, mark: mark}, img)
	case WebP:
		return encodeWebP(w, img, mark)
	}
	return fault.New(fault.Invalid, CodeUnsupported, "Pictures can be written as JPEG, PNG or WebP only.").
		With("accepted", []string{JPEG, PNG, WebP})
}

// ReadLabel returns the digital source type that a JPEG, PNG, WebP or MP4 file carries, for example
// SourceTrained, or "" where it carries none. It reads the headers only.
func ReadLabel(r io.Reader) (string, error) {
	source, err := xmp.Read(r)
	if err != nil {
		return "", unreadable("The label of the file cannot be read: the file is damaged or no picture.", err)
	}
	return source, nil
}

// flatten lays a picture on white and returns it in the form that the JPEG encoder is fast with.
func flatten(img *image.NRGBA) *image.RGBA {
	flat := &image.RGBA{Pix: img.Pix, Stride: img.Stride, Rect: img.Rect}
	if img.Opaque() {
		return flat
	}
	flat = image.NewRGBA(image.Rect(0, 0, img.Rect.Dx(), img.Rect.Dy()))
	for y := range flat.Rect.Dy() {
		src, dst := img.Pix[y*img.Stride:], flat.Pix[y*flat.Stride:]
		for i := 0; i < 4*flat.Rect.Dx(); i += 4 {
			a := int(src[i+3])
			for c := i; c < i+3; c++ {
				dst[c] = byte((int(src[c])*a + 255*(255-a) + 127) / 255)
			}
			dst[i+3] = 255
		}
	}
	return flat
}

// encodeWebP wraps the lossless stream into the extended form, which is the one that may carry a
// mark. The coded picture is held in memory: the length of the file stands in front of it.
func encodeWebP(w io.Writer, img *image.NRGBA, mark []byte) error {
	var coded bytes.Buffer
	if err := nativewebp.Encode(&coded, img, nil); err != nil {
		return err
	}
	b := coded.Bytes()
	const riffHeader, chunkHeader = 12, 8
	if len(b) < riffHeader+chunkHeader {
		return fmt.Errorf("webp: the encoder wrote %d bytes", len(b))
	}
	if len(mark) == 0 {
		_, err := w.Write(b)
		return err
	}
	frame := b[riffHeader:]
	if len(frame)%2 != 0 {
		frame = append(frame, 0)
	}
	vp8x := xmp.VP8X(img.Rect.Dx(), img.Rect.Dy(), img.Opaque())
	head := append([]byte("RIFF"), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(head[4:], uint32(4+len(vp8x)+len(frame)+len(mark)))
	head = append(head, "WEBP"...)
	for _, part := range [][]byte{head, vp8x, frame, mark} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// inserter writes mark behind the first bytes of what an encoder writes.
type inserter struct {
	w     io.Writer
	after int
	mark  []byte
}

// Write passes p on, with the mark at its place.
func (i *inserter) Write(p []byte) (int, error) {
	if i.mark == nil || i.after > len(p) {
		i.after -= len(p)
		return i.w.Write(p)
	}
	n, err := i.w.Write(p[:i.after])
	if err != nil {
		return n, err
	}
	if _, err := i.w.Write(i.mark); err != nil {
		return n, err
	}
	i.mark = nil
	m, err := i.w.Write(p[n:])
	return n + m, err
}

package media

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"io"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/media/badge"
	"vow.example/vow/internal/media/jpg"
	"vow.example/vow/internal/media/webp"
	"vow.example/vow/internal/media/xmp"
)

// The quality of coded pictures: of results, and of those that are only brought into another type.
const (
	quality     = 90
	qualityKept = 94
)

// The words of IPTC's "digital source type" vocabulary that a label can carry.
const (
	SourceTrained   = xmp.TrainedAlgorithmicMedia              // made by a trained model
	SourceComposite = xmp.CompositeWithTrainedAlgorithmicMedia // a photo changed by a trained model
	SourceAlgorithm = xmp.AlgorithmicMedia                     // made by a rule, no model
)

// Label says how a picture was made. The zero Label writes no mark at all.
type Label struct {
	Visible   bool   // draw Text in the bottom right corner
	Text      string // "" or a text that the font cannot show: "AI-generated"
	Digital   bool   // write the digital source type into the file
	Source    string // a Source constant; "" counts as SourceTrained
	Producer  string // "" or who answers for the making: writes the AIGC record of TC260
	ProduceID string // a number of this making for that record, which must say nothing about the person
}

// Marking is what a file says about how it was made; see xmp.Mark.
type Marking = xmp.Mark

// Marking returns what the label writes into a file.
func (l Label) Marking() Marking {
	var m Marking
	if l.Digital {
		if m.Source = l.Source; m.Source == "" {
			m.Source = SourceTrained
		}
	}
	if l.Producer != "" {
		m.AIGC = xmp.Produced(l.Producer, l.ProduceID)
	}
	return m
}

// Encode writes img as JPEG, PNG or WebP with its label and no other metadata. JPEG has no transparency:
// such pixels are laid on white. WebP is lossless where the picture has transparency. The picture itself
// is not changed.
func Encode(w io.Writer, img *image.NRGBA, mediaType string, label Label) error {
	if !label.Visible || img == nil || img.Rect.Empty() {
		return EncodeOwned(w, img, mediaType, label)
	}
	drawn, err := badge.Draw(img, label.Text)
	if err != nil {
		return fmt.Errorf("media: encode: %w", err)
	}
	defer clear(drawn.Pix)
	label.Visible = false
	return EncodeOwned(w, drawn, mediaType, label)
}

// EncodeOwned is Encode for a picture that the caller needs no more: a visible label is drawn right into
// it, which spares a copy of all of it.
func EncodeOwned(w io.Writer, img *image.NRGBA, mediaType string, label Label) error {
	if img == nil || img.Rect.Empty() {
		return fault.New(fault.Invalid, CodeUnreadable, "There is no picture to write.")
	}
	if label.Visible {
		if err := badge.DrawOn(img, label.Text); err != nil {
			return fmt.Errorf("media: encode: %w", err)
		}
	}
	mark, err := xmp.Segment(mediaType, label.Marking())
	if err != nil {
		return fmt.Errorf("media: encode: %w", err)
	}
	if err := encode(w, img, mediaType, mark); err != nil {
		return fmt.Errorf("media: encode: %w", err)
	}
	return nil
}

// encode writes an NRGBA picture, or as JPEG also one in YCbCr or gray.
func encode(w io.Writer, img image.Image, mediaType string, mark []byte) error {
	m, full := img.(*image.NRGBA)
	switch {
	case mediaType == JPEG: // the mark stands directly behind the start-of-image marker
		return jpg.Encode(context.Background(), w, img, quality, mark)
	case mediaType == PNG && full: // … behind the signature and the IHDR chunk
		return png.Encode(&inserter{w: w, after: 8 + 25, mark: mark}, m)
	case mediaType == WebP && full:
		return webp.Encode(w, m, quality, mark)
	}
	return fault.New(fault.Invalid, CodeUnsupported, "Pictures can be written as JPEG, PNG or WebP only.").
		With("accepted", []string{JPEG, PNG, WebP})
}

// ReadMark returns what a JPEG, PNG, WebP, GIF or MP4 file says about how it was made; the zero Marking
// where it says nothing. It reads the headers only.
func ReadMark(r io.Reader) (Marking, error) {
	m, err := xmp.Read(r)
	if err != nil {
		return Marking{}, unreadable("The label of the file cannot be read: the file is damaged or no picture.", err)
	}
	return m, nil
}

// ReadLabel returns the digital source type of ReadMark, for example SourceTrained, or "".
func ReadLabel(r io.Reader) (string, error) {
	m, err := ReadMark(r)
	return m.Source, err
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

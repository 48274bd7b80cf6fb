package moderate

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"math/bits"
	"os"
	"strings"

	"github.com/ajdnik/imghash/v2"
	"github.com/ajdnik/imghash/v2/hashtype"
	"golang.org/x/image/draw"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/review"
)

// The rules of the picture gate; data/rules.yaml holds their words.
const (
	rulePictureUnreadable = "R-41"
	rulePictureListed     = "R-42"
	rulePictureKind       = "R-43"
)

const (
	printSide  = 512 // pictures are compared at this size
	printBytes = 32  // PDQ: 256 bits

	// DefaultDistance is how many of a fingerprint's 256 bits may differ. Copies that were scaled
	// or compressed again measure 0 to 10, different pictures about 128; 31 is the distance that
	// the authors of PDQ recommend.
	DefaultDistance = 31
)

// Fingerprint is the PDQ hash of a picture: copies that were scaled, compressed again or slightly
// edited have fingerprints that differ in few bits. It does not let anyone see the picture.
type Fingerprint [printBytes]byte

// Decoder reads a picture within the limits of the house. internal/media has it.
type Decoder func(ctx context.Context, r io.Reader) (image.Image, error)

// List opens a block list: one fingerprint in hex per line; what follows it, and lines that begin
// with #, are for people.
type List func() (io.ReadCloser, error)

// NoList is the list of an installation that has none.
func NoList() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("")), nil }

// FileList reads the list from a file each time, so that a change counts at once.
func FileList(path string) List {
	return func() (io.ReadCloser, error) { return os.Open(path) }
}

// Frames reads a video within the limits of the house and shows some of its pictures, at least one of
// every second. A video that it cannot show whole is an error. internal/film has it.
type Frames func(ctx context.Context, r io.Reader, each func(image.Image) error) error

// PictureGate judges pictures and, where it has eyes for them, videos: they must be readable and on no
// block list. It is safe for concurrent use.
type PictureGate struct {
	decode   Decoder
	frames   Frames // nil: videos are held
	list     List
	distance int
}

// NewPictureGate returns the gate. A fingerprint within distance bits of a listed one is a match.
func NewPictureGate(decode Decoder, list List, distance int) *PictureGate {
	return &PictureGate{decode: decode, list: list, distance: distance}
}

// WithFrames returns a gate that looks at videos too.
func (g PictureGate) WithFrames(f Frames) *PictureGate {
	g.frames = f
	return &g
}

// Name returns the word by which a policy names this step.
func (*PictureGate) Name() string { return "media_gate" }

// Judge allows the request when every picture of it can be read and is not listed. It blocks on
// an unreadable or listed picture, holds on kinds of media it cannot look at, and fails when the
// list or the storage cannot be read.
func (g *PictureGate) Judge(ctx context.Context, req review.Request) (review.Opinion, error) {
	if len(req.Media) == 0 {
		return review.Opinion{Decision: review.Allow}, nil
	}
	listed, err := g.load()
	if err != nil {
		return review.Opinion{}, err
	}
	for _, m := range req.Media {
		see := g.look
		if g.frames != nil && strings.HasPrefix(m.MediaType, "video/") {
			see = g.watch
		} else if !strings.HasPrefix(m.MediaType, "image/") {
			return review.Opinion{Decision: review.Hold, Rule: rulePictureKind, Field: m.Field}, nil
		}
		op, err := see(ctx, m, listed)
		if err != nil || op.Decision != review.Allow {
			op.Field = m.Field
			return op, err
		}
	}
	return review.Opinion{Decision: review.Allow}, nil
}

// look judges one picture.
func (g *PictureGate) look(ctx context.Context, m review.Media, listed []Fingerprint) (review.Opinion, error) {
	r, err := m.Open()
	if err != nil {
		return review.Opinion{}, fmt.Errorf("moderate: open picture: %w", err)
	}
	img, err := g.decode(ctx, r)
	if err = errors.Join(ctx.Err(), err, r.Close()); err != nil {
		if ctx.Err() == nil && fault.KindOf(err) == fault.Invalid {
			return review.Opinion{Decision: review.Block, Rule: rulePictureUnreadable}, nil
		}
		return review.Opinion{}, fmt.Errorf("moderate: decode picture: %w", err)
	}
	if len(listed) == 0 {
		return review.Opinion{Decision: review.Allow}, nil
	}
	match, err := g.matches(img, listed)
	if err != nil {
		return review.Opinion{}, err
	}
	if match {
		return review.Opinion{Decision: review.Block, Rule: rulePictureListed}, nil
	}
	return review.Opinion{Decision: review.Allow}, nil
}

// errListed ends the look at a video.
var errListed = errors.New("moderate: a frame is on the block list")

// watch judges a video by its frames.
func (g *PictureGate) watch(ctx context.Context, m review.Media, listed []Fingerprint) (review.Opinion, error) {
	r, err := m.Open()
	if err != nil {
		return review.Opinion{}, fmt.Errorf("moderate: open video: %w", err)
	}
	err = g.frames(ctx, r, func(frame image.Image) error {
		match, err := g.matches(frame, listed)
		if match {
			err = errListed
		}
		return err
	})
	switch err = errors.Join(ctx.Err(), err, r.Close()); {
	case err == nil:
		return review.Opinion{Decision: review.Allow}, nil
	case ctx.Err() == nil && errors.Is(err, errListed):
		return review.Opinion{Decision: review.Block, Rule: rulePictureListed}, nil
	case ctx.Err() == nil && fault.CodeOf(err) == "film-too-long":
		return review.Opinion{Decision: review.Hold, Rule: rulePictureKind}, nil
	case ctx.Err() == nil && fault.KindOf(err) == fault.Invalid:
		return review.Opinion{Decision: review.Block, Rule: rulePictureUnreadable}, nil
	default:
		return review.Opinion{}, fmt.Errorf("moderate: look at video: %w", err)
	}
}

// matches compares the picture and its mirror image with the list.
func (g *PictureGate) matches(img image.Image, listed []Fingerprint) (bool, error) {
	small := shrink(img)
	for _, view := range []*image.NRGBA{small, mirror(small)} {
		print, err := pdq(view)
		if err != nil {
			return false, err
		}
		for _, l := range listed {
			if print.Distance(l) <= g.distance {
				return true, nil
			}
		}
	}
	return false, nil
}

// load reads the list. A line that cannot be read makes the whole list unreadable: a list with a
// hole would pass what it was made to stop.
func (g *PictureGate) load() ([]Fingerprint, error) {
	r, err := g.list()
	if err != nil {
		return nil, fmt.Errorf("moderate: open block list: %w", err)
	}
	var out []Fingerprint
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		word := strings.Fields(lines.Text())
		if len(word) == 0 || strings.HasPrefix(word[0], "#") {
			continue
		}
		var f Fingerprint
		if raw, err := hex.DecodeString(word[0]); err != nil || copy(f[:], raw) != printBytes || len(raw) != printBytes {
			return nil, errors.Join(fmt.Errorf("moderate: block list line %d is no fingerprint", n), r.Close())
		}
		out = append(out, f)
	}
	if err := errors.Join(lines.Err(), r.Close()); err != nil {
		return nil, fmt.Errorf("moderate: read block list: %w", err)
	}
	return out, nil
}

// FingerprintOf returns the picture's fingerprint as a block list holds it.
func FingerprintOf(img image.Image) (Fingerprint, error) { return pdq(shrink(img)) }

// String prints the fingerprint in hex.
func (f Fingerprint) String() string { return hex.EncodeToString(f[:]) }

// Distance counts the bits that differ.
func (f Fingerprint) Distance(o Fingerprint) int {
	n := 0
	for i := range f {
		n += bits.OnesCount8(f[i] ^ o[i])
	}
	return n
}

func pdq(img image.Image) (Fingerprint, error) {
	var f Fingerprint
	hasher, err := imghash.NewPDQ()
	if err != nil {
		return f, fmt.Errorf("moderate: fingerprint: %w", err)
	}
	h, err := hasher.Calculate(img)
	if err != nil {
		return f, fmt.Errorf("moderate: fingerprint: %w", err)
	}
	raw, ok := h.(hashtype.Binary)
	if !ok || copy(f[:], raw) != printBytes {
		return f, errors.New("moderate: fingerprint has an unknown form")
	}
	return f, nil
}

// shrink scales a picture to the size of comparison, on white where it is transparent.
func shrink(img image.Image) *image.NRGBA {
	small := image.NewNRGBA(image.Rect(0, 0, printSide, printSide))
	draw.Draw(small, small.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.BiLinear.Scale(small, small.Bounds(), img, img.Bounds(), draw.Over, nil)
	return small
}

func mirror(img *image.NRGBA) *image.NRGBA {
	out := image.NewNRGBA(img.Rect)
	for y := range printSide {
		for x := range printSide {
			out.SetNRGBA(printSide-1-x, y, img.NRGBAAt(x, y))
		}
	}
	return out
}

// Package facts has the words that the packages about media share: media types, limits, and what is known
// of a file.
//
// It promises that a type is proved by content and that sizes are refused before memory is spent. It never
// reads more of a file than its first bytes.
package facts

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"vow.example/vow/internal/fault"
)

// The media types that are known by name.
const (
	JPEG      = "image/jpeg"
	PNG       = "image/png"
	WebP      = "image/webp"
	GIF       = "image/gif"
	HEIC      = "image/heic" // only told by Sniff
	AVIF      = "image/avif" // only told by Sniff
	MP4       = "video/mp4"
	QuickTime = "video/quicktime"
	WebM      = "video/webm" // only told by Sniff
)

// The media types of sound recordings. An MP4 or WebM file that holds sound alone cannot be told from a
// video by its first bytes: Sniff says MP4 and WebM of those.
const (
	WAV       = "audio/wav"
	MP3       = "audio/mpeg"
	Ogg       = "audio/ogg"
	FLAC      = "audio/flac"
	SoundMP4  = "audio/mp4"
	SoundWebM = "audio/webm"
)

// The stable codes of the faults that the package returns.
const (
	CodeUnsupported = "media-unsupported" // 415
	CodeTooLarge    = "media-too-large"   // 413
	CodeUnreadable  = "media-unreadable"  // 422
)

const (
	builtinBytes  = 64 << 20
	builtinPixels = 50_000_000

	builtinSeconds = 600
)

// Limits bounds what is accepted. A zero member takes the built-in bound: 64 MiB, 50 megapixels,
// and the four picture types; video is accepted only where Accept names it.
type Limits struct {
	MaxBytes  int64
	MaxPixels int64
	MaxSide   int // longer side of a copy that is fitted; 0: only MaxPixels counts
	Accept    []string
	Closed    bool // a video whose last part has no length is refused: nothing can stand behind it

	MaxSeconds int // of a sound recording
	// Look, where set, is shown the boxes of an MP4 that say what it is and how long it lasts, and
	// says whether it goes on; the file then needs no picture track. What it is shown is only lent.
	Look func(box string, payload []byte) error
}

// Info says what Strip found.
type Info struct {
	MediaType   string
	Width       int   // as coded, before the orientation is applied
	Height      int   // as coded
	Orientation int   // EXIF orientation 1 to 8; 1 where the file names none
	Bytes       int64 // bytes written
	Stripped    []string
	Millis      int64 // how long a sound recording lasts
}

// WithDefaults returns the limits with every zero member replaced by the built-in bound.
func (l Limits) WithDefaults() Limits {
	if l.MaxBytes <= 0 {
		l.MaxBytes = builtinBytes
	}
	if l.MaxPixels <= 0 {
		l.MaxPixels = builtinPixels
	}
	if l.MaxSeconds <= 0 {
		l.MaxSeconds = builtinSeconds
	}
	if len(l.Accept) == 0 {
		l.Accept = []string{JPEG, PNG, WebP, GIF}
	}
	return l
}

// CheckSize refuses dimensions that would cost more memory than allowed, before any of it is spent.
func (l Limits) CheckSize(w, h int64) error {
	if w <= 0 || h <= 0 {
		return Unreadable("The picture says that it has no width or no height.")
	}
	if w > l.MaxPixels || h > l.MaxPixels || w*h > l.MaxPixels {
		return fault.New(fault.Invalid, CodeTooLarge,
			fmt.Sprintf("The picture has more pixels than allowed: at most %s megapixels.", mega(l.MaxPixels))).
			With("max_pixels", l.MaxPixels)
	}
	return nil
}

// CheckType refuses media types that are not accepted.
func (l Limits) CheckType(mediaType string) error {
	if slices.Contains(l.Accept, mediaType) {
		return nil
	}
	e := fault.New(fault.Invalid, CodeUnsupported,
		"This kind of file is not accepted here. Send one of: "+strings.Join(l.Accept, ", ")+".").
		With("accepted", slices.Clone(l.Accept))
	if mediaType != "" {
		e = e.With("received", mediaType)
	}
	return e
}

func mega(n int64) string {
	if n%1_000_000 == 0 || n >= 10_000_000 {
		return fmt.Sprintf("%d", n/1_000_000)
	}
	return fmt.Sprintf("%.2f", float64(n)/1e6)
}

// TooLarge refuses a file for its length.
func TooLarge(maxBytes int64) error {
	return fault.New(fault.Invalid, CodeTooLarge,
		fmt.Sprintf("The file is larger than allowed: at most %.1f MB.", float64(maxBytes)/1e6)).
		With("max_bytes", maxBytes)
}

// Unreadable refuses a damaged file.
func Unreadable(detail string) *fault.Error {
	return fault.New(fault.Invalid, CodeUnreadable, detail)
}

// Unsupported refuses a kind of file.
func Unsupported(detail string) *fault.Error {
	return fault.New(fault.Invalid, CodeUnsupported, detail)
}

// Truncated refuses a file that ends too early.
func Truncated() error {
	return Unreadable("The file ends too early: a part of it is missing.")
}

// Sniff returns the media type that the first bytes of a file prove, or "" when they prove none
// of those it knows. It needs at most 512 bytes and ignores names and declared types.
func Sniff(first []byte) string {
	for _, magic := range []struct{ prefix, mediaType string }{
		{"\xff\xd8\xff", JPEG},
		{"\x89PNG\r\n\x1a\n", PNG},
		{"GIF87a", GIF},
		{"GIF89a", GIF},
		{"BM", "image/bmp"},
		{"II*\x00", "image/tiff"},
		{"MM\x00*", "image/tiff"},
		{"%PDF-", "application/pdf"},
		{"PK\x03\x04", "application/zip"},
		{"\x1f\x8b", "application/gzip"},
		{"\x1aE\xdf\xa3", WebM},
		{"OggS", Ogg},
		{"fLaC", FLAC},
		{"ID3", MP3},
	} {
		if bytes.HasPrefix(first, []byte(magic.prefix)) {
			return magic.mediaType
		}
	}
	if len(first) >= 12 && string(first[:4]) == "RIFF" && string(first[8:12]) == "WEBP" {
		return WebP
	}
	if len(first) >= 12 && string(first[:4]) == "RIFF" && string(first[8:12]) == "WAVE" {
		return WAV
	}
	if isMPEGSound(first) {
		return MP3
	}
	if len(first) >= 12 && string(first[4:8]) == "ftyp" {
		return sniffBrand(string(first[8:12]))
	}
	return ""
}

func sniffBrand(brand string) string {
	switch brand {
	case "qt  ":
		return QuickTime
	case "heic", "heix", "heim", "heis", "hevc", "mif1", "msf1":
		return HEIC
	case "avif", "avis":
		return AVIF
	case "M4A ", "M4B ", "M4P ":
		return SoundMP4
	}
	return MP4
}

// isMPEGSound reports whether a file begins with a frame of MPEG layer III.
func isMPEGSound(first []byte) bool {
	const sync, layer3 = 0xe0, 1
	return len(first) >= 4 && first[0] == 0xff && first[1]&sync == sync && first[1]>>1&3 == layer3 && first[1]>>3&3 != 1 &&
		first[2]>>4 != 0 && first[2]>>4 != 0xf && first[2]>>2&3 != 3
}

// Sound returns the media type of sound alone in a container that can hold a video too, or "".
func Sound(mediaType string) string {
	switch mediaType {
	case MP4:
		return SoundMP4
	case WebM:
		return SoundWebM
	default:
		return ""
	}
}

// IsSound reports whether a media type is one of a sound recording.
func IsSound(mediaType string) bool { return strings.HasPrefix(mediaType, "audio/") }

// TooLong refuses a recording for how long it lasts.
func TooLong(maxSeconds int) error {
	return fault.New(fault.Invalid, CodeTooLarge, fmt.Sprintf("The recording is longer than allowed: at most %d seconds.", maxSeconds)).
		With("max_seconds", maxSeconds)
}

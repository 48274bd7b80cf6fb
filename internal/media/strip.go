package media

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/media/heif"
	"vow.example/vow/internal/media/jpg"
	"vow.example/vow/internal/media/pixel"
	"vow.example/vow/internal/media/scrub"
	"vow.example/vow/internal/media/voice"
)

// heifTime bounds the decoding of one HEIC or AVIF picture.
const heifTime = 60 * time.Second

// Becomes returns the media type that Strip gives a file of a media type: pictures in HEIC and AVIF go
// on as JPEG, anything else as what it is.
func Becomes(mediaType string) string {
	if mediaType == HEIC || mediaType == AVIF {
		return JPEG
	}
	return mediaType
}

// Strip copies src to dst without metadata and reports what it found; see scrub.Strip. Pictures in HEIC
// and AVIF cannot be cleaned while they stream: where the build can decode them, the pixels go on as a
// JPEG without metadata, upright and in sRGB, and Info says so. Sound recordings are taken where Accept
// names them; see voice.Strip.
func Strip(dst io.Writer, src io.Reader, limits Limits) (Info, error) {
	in := bufio.NewReaderSize(src, sniffable)
	first, err := in.Peek(sniffable)
	if err != nil && !errors.Is(err, io.EOF) && len(first) == 0 {
		return Info{}, fmt.Errorf("media: strip: %w", err)
	}
	kind := Taken(Sniff(first), "", limits.Accept)
	if IsSound(kind) {
		return voice.Strip(dst, in, kind, limits)
	}
	if kind != HEIC && kind != AVIF {
		return scrub.Strip(dst, in, limits)
	}
	if !heif.Built {
		return Info{}, fault.New(fault.Invalid, CodeUnsupported, "Pictures in HEIC and AVIF cannot be opened here. Choose a JPEG. "+
			"On an iPhone: Settings, Camera, Formats, Most Compatible; then take the picture again, or send it to yourself by mail, which turns it into a JPEG.").
			With("accepted", []string{JPEG, PNG, WebP, GIF})
	}
	if len(limits.Accept) > 0 {
		if err := limits.CheckType(kind); err != nil {
			return Info{}, err
		}
	}
	return transcode(dst, in, limits)
}

const sniffable = 512

// transcode decodes a HEIC or AVIF picture and writes it as JPEG.
func transcode(dst io.Writer, src io.Reader, limits Limits) (info Info, err error) {
	ctx, done := context.WithTimeout(context.Background(), heifTime)
	defer done()
	defer contain(&info, &err)
	limits = limits.WithDefaults()
	data, err := io.ReadAll(io.LimitReader(src, limits.MaxBytes+1))
	if err != nil {
		return Info{}, fmt.Errorf("media: strip: %w", err)
	}
	defer clear(data)
	if int64(len(data)) > limits.MaxBytes {
		return Info{}, fault.New(fault.Invalid, CodeTooLarge, fmt.Sprintf("The file is larger than allowed: at most %.1f MB.", float64(limits.MaxBytes)/1e6)).
			With("max_bytes", limits.MaxBytes)
	}
	found, err := heif.Parse(data)
	if err != nil {
		return Info{}, unreadable("The picture is damaged: its header cannot be read.", err)
	}
	if err := limits.CheckSize(int64(found.Width), int64(found.Height)); err != nil {
		return Info{}, err
	}
	raw, err := heif.Decode(ctx, data, found)
	if err != nil {
		return Info{}, unreadable("The picture is damaged and cannot be opened.", err)
	}
	img := upright(raw, found.Profile, Info{})
	defer func() { pixel.Clear(img) }()
	counted := &counter{w: dst}
	if err := jpg.Encode(ctx, counted, img, qualityKept, nil); err != nil {
		return Info{}, fmt.Errorf("media: strip: %w", err)
	}
	return Info{
		MediaType: JPEG, Width: img.Rect.Dx(), Height: img.Rect.Dy(), Orientation: 1,
		Bytes: counted.n, Stripped: found.Metadata,
	}, nil
}

// Package result turns what was made, by a recipient or by us, into what is stored: one picture, one
// video, one set of facts, one text, or the points of a face for the person's own device.
//
// It promises that what is stored is of the kind that the policy names for the feature and nothing
// else of the answer; that a picture is decoded within limits and labelled, a video checked by its
// parts, cleaned and labelled, facts copied member by member into a closed record, and a text
// bounded; and that anything else is a fault. It never stores anything itself.
package result

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"regexp"
	"unicode/utf8"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/provider/driver"
)

// The kinds of a result.
const (
	Image      = "image"
	Video      = "video"
	Attributes = "attributes"
	Text       = "text"
	Points     = "points"
)

// The media types of results that are no pictures and no videos.
const (
	JSON  = "application/json"
	Plain = "text/plain"
	// PointsJSON is the type of feature points, which are handed over once.
	PointsJSON = "application/vnd.vow.points+json"
)

const (
	maxText   = 256 << 10
	maxFaces  = 1000
	sniffable = 512
)

// KindOf returns the kind of a stored result by its media type.
func KindOf(mediaType string) string {
	switch mediaType {
	case media.MP4:
		return Video
	case JSON:
		return Attributes
	case Plain:
		return Text
	case PointsJSON:
		return Points
	default:
		return Image
	}
}

// Picture returns the media type of a picture that is made from one of this type: it stays in its family.
// WebP results are written as PNG, which every viewer opens.
func Picture(source string) string {
	if source == media.JPEG {
		return media.JPEG
	}
	return media.PNG
}

// Ready is a result on its way into the vault.
type Ready struct {
	MediaType string
	Visible   bool // it carries the visible label
	Fill      func(w io.Writer) (media.Info, error)
}

// Refused is the fault of an answer that is not what the feature makes.
func Refused(detail string) *fault.Error {
	return fault.New(fault.Invalid, "result-refused", detail)
}

// Want says what a recipient's answer is to become.
type Want struct {
	Feature policy.Feature
	Label   media.Label
	Picture string // the media type that a picture is to have; "": the one in which it came
}

// Inline prepares a result that the answer itself holds.
func Inline(ctx context.Context, want Want, r driver.Result) (Ready, error) {
	switch {
	case len(r.Inline) > 0:
		return File(ctx, want, bytes.NewReader(r.Inline), media.Sniff(r.Inline[:min(len(r.Inline), sniffable)]))
	case r.Attributes != nil && want.Feature.ResultKind() == Attributes:
		raw, err := canonical(*r.Attributes)
		return Whole(JSON, raw), err
	case !r.Text.Empty() && want.Feature.ResultKind() == Text:
		text := r.Text.Reveal()
		if len(text) > maxText || !utf8.ValidString(text) {
			return Ready{}, Refused("The text is too long or no text.")
		}
		return Whole(Plain, []byte(text)), nil
	default:
		return Ready{}, Refused("The answer is of another kind than the feature makes.")
	}
}

// File prepares a result that is read from the recipient. came is the media type in which it comes.
func File(ctx context.Context, want Want, body io.Reader, came string) (Ready, error) {
	kind, label := want.Feature.ResultKind(), want.Label
	label.Visible = label.Visible && kind == Image // nothing is drawn into a coded video
	switch {
	case kind == Image && came != media.MP4 && came != media.QuickTime:
		picture := cmp.Or(want.Picture, came)
		return Ready{picture, label.Visible, func(w io.Writer) (media.Info, error) {
			info, err := media.Mark(ctx, w, body, picture, label)
			info.Stripped = nil // what was removed from a recipient's file says nothing about the person's
			return info, err
		}}, nil
	case kind == Video && came == media.MP4:
		return Ready{media.MP4, false, func(w io.Writer) (media.Info, error) {
			info, err := media.MarkVideo(ctx, w, body, label)
			info.Stripped = nil
			return info, err
		}}, nil
	default:
		return Ready{}, Refused("The file is of another kind than the feature makes.")
	}
}

// Whole is a small result that lies ready in memory.
func Whole(mediaType string, raw []byte) Ready {
	return Ready{mediaType, false, func(w io.Writer) (media.Info, error) {
		n, err := w.Write(raw)
		return media.Info{MediaType: mediaType, Orientation: 1, Bytes: int64(n)}, err
	}}
}

// canonical writes the closed record: its members by name, nothing else, and no word that is not
// one of ours.
func canonical(a driver.Attributes) ([]byte, error) {
	span := regexp.MustCompile(`^[0-9]{1,3}-[0-9]{1,3}$`)
	ok := a.FaceCount == nil || *a.FaceCount >= 0 && *a.FaceCount <= maxFaces
	ok = ok && len(a.Ages) <= maxFaces && len(a.Genders) <= maxFaces && len(a.Quality) <= maxFaces
	for _, s := range a.Ages {
		ok = ok && span.MatchString(s)
	}
	for _, s := range a.Genders {
		ok = ok && (s == "female" || s == "male")
	}
	for _, n := range a.Quality {
		ok = ok && n >= 0 && n <= 100
	}
	record := map[string]any{} // encoded with its members sorted
	if a.FaceCount != nil {
		record["face_count"] = *a.FaceCount
	}
	if len(a.Ages) > 0 {
		record["ages"] = a.Ages
	}
	if len(a.Genders) > 0 {
		record["genders"] = a.Genders
	}
	if len(a.Quality) > 0 {
		record["quality"] = a.Quality
	}
	if !ok || len(record) == 0 {
		return nil, Refused("The facts about the picture are outside their bounds.")
	}
	return json.Marshal(record)
}

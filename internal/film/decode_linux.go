package film

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"
)

// Probe says what a video is. It reads MP4, MOV and WebM; everything else is CodeUnreadable.
func (t Tool) Probe(ctx context.Context, src []byte) (Video, error) {
	file, kind, err := t.open(src)
	if err != nil {
		return Video{}, err
	}
	defer erase(file)
	return t.inspect(ctx, file, kind)
}

// Decode reads a video's frames in order, upright and with square pixels, and hands each to each, which
// may use it only until it returns. A video that is longer than the limits is cut. The Video that it
// returns is what was handed out.
func (t Tool) Decode(ctx context.Context, src []byte, limits Limits, each func(n int, frame *image.NRGBA) error) (Video, error) {
	file, kind, err := t.open(src)
	if err != nil {
		return Video{}, err
	}
	defer erase(file)
	v, err := t.inspect(ctx, file, kind)
	if err != nil {
		return Video{}, err
	}
	if v, err = v.within(limits); err != nil {
		return Video{}, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return Video{}, failed().Because(err)
	}
	defer func() { _ = r.Close() }()
	p, err := t.start(ctx, command{path: t.path, args: decodeArgs(kind, v), file: file, out: w, items: v.Frames})
	_ = w.Close()
	if err != nil {
		return Video{}, failed().Because(err)
	}
	n, own, eachErr := v.read(r, each)
	if eachErr != nil {
		p.stop()
	}
	_, _ = io.Copy(io.Discard, r)
	err = p.wait()
	switch {
	case ctx.Err() != nil:
		return Video{}, fmt.Errorf("film: %w", ctx.Err())
	case own:
		return Video{}, eachErr
	case errors.Is(err, tooLong()):
		return Video{}, err
	case err != nil || eachErr != nil || n == 0:
		return Video{}, unreadable()
	}
	v.Frames, v.Duration = n, time.Duration(float64(n)/v.Rate*float64(time.Second))
	return v, nil
}

// open puts the source into memory where the tool finds it.
func (t Tool) open(src []byte) (*os.File, string, error) {
	if t.path == "" {
		return nil, "", missing("ffmpeg is not installed.")
	}
	if t.probe == "" {
		return nil, "", missing("ffprobe is not installed.")
	}
	kind := container(src)
	if kind == "" || len(src) > maxVideo {
		return nil, "", unreadable()
	}
	file, err := memoryOf(src)
	if err != nil {
		return nil, "", failed().Because(err)
	}
	return file, kind, nil
}

// container tells the kind of a file from its first bytes. The tool gets told which one to expect, so
// that it never tries the kinds that name other files or addresses, such as playlists.
func container(src []byte) string {
	switch {
	case len(src) > 12 && string(src[4:8]) == "ftyp":
		return "mov"
	case bytes.HasPrefix(src, []byte("\x1aE\xdf\xa3")):
		return "matroska"
	}
	return ""
}

// sourceArgs are what both programs are told of their input.
func sourceArgs(kind string) []string {
	args := []string{
		"-v", "quiet", "-protocol_whitelist", "file", "-f", kind, "-max_pixels", strconv.Itoa(maxPixels), "-threads", "2",
		"-codec_whitelist", "h264,hevc,mpeg4,h263,mjpeg,prores,vp8,vp9,libvpx,libvpx-vp9,av1,libdav1d,libaom-av1",
	}
	if kind == "mov" {
		args = append(args, "-enable_drefs", "0", "-use_absolute_path", "0")
	}
	return args
}

// probed is what ffprobe prints.
type probed struct {
	Streams []struct {
		Width   int    `json:"width"`
		Height  int    `json:"height"`
		Aspect  string `json:"sample_aspect_ratio"`
		Rate    string `json:"avg_frame_rate"`
		Base    string `json:"r_frame_rate"`
		Length  string `json:"duration"`
		Packets string `json:"nb_read_packets"`
		Turned  []struct {
			Rotation float64 `json:"rotation"`
		} `json:"side_data_list"`
	} `json:"streams"`
	Format struct {
		Length string `json:"duration"`
	} `json:"format"`
}

func (t Tool) inspect(ctx context.Context, file *os.File, kind string) (Video, error) {
	args := append(sourceArgs(kind), "-select_streams", "V:0", "-count_packets",
		"-show_entries", "stream=width,height,sample_aspect_ratio,avg_frame_rate,r_frame_rate,duration,nb_read_packets:stream_side_data=rotation:format=duration",
		"-of", "json", "-i", "file:/proc/self/fd/3")
	said, _, err := t.listen(ctx, command{path: t.probe, args: args, file: file})
	if ctx.Err() != nil {
		return Video{}, fmt.Errorf("film: %w", ctx.Err())
	}
	if errors.Is(err, tooLong()) {
		return Video{}, err
	}
	var p probed
	if err != nil || json.Unmarshal(said, &p) != nil || len(p.Streams) == 0 {
		return Video{}, unreadable()
	}
	return p.video()
}

// video turns what ffprobe says into what a person sees.
func (p probed) video() (Video, error) {
	s := p.Streams[0]
	if s.Width < 1 || s.Height < 1 || s.Width > 2*maxSide || s.Height > 2*maxSide || s.Width*s.Height > maxPixels {
		return Video{}, unreadable()
	}
	w, h := float64(s.Width), float64(s.Height)
	if a := ratio(s.Aspect, ":"); a >= 1.0/8 && a <= 8 {
		w *= a
	}
	for _, side := range s.Turned {
		if quarter := int(math.Round(side.Rotation / 90)); quarter%2 != 0 {
			w, h = h, w
			break
		}
	}
	v := Video{Width: max(1, int(w+0.5)), Height: max(1, int(h+0.5)), Rate: ratio(s.Rate, "/")}
	if v.Rate == 0 {
		v.Rate = ratio(s.Base, "/")
	}
	v.Frames, _ = strconv.Atoi(s.Packets)
	seconds, _ := strconv.ParseFloat(s.Length, 64)
	if !(seconds > 0) {
		seconds, _ = strconv.ParseFloat(p.Format.Length, 64)
	}
	if !(seconds > 0) && v.Rate > 0 {
		seconds = float64(v.Frames) / v.Rate
	}
	if !(v.Rate > 0) || !(seconds > 0) || v.Frames < 1 || seconds > maxTime.Seconds() {
		return Video{}, unreadable()
	}
	v.Duration = time.Duration(seconds * float64(time.Second))
	return v, nil
}

// ratio reads "30000/1001" or "4:3"; 0 for anything else.
func ratio(text, sign string) float64 {
	a, b, ok := strings.Cut(text, sign)
	n, err1 := strconv.ParseFloat(a, 64)
	d, err2 := strconv.ParseFloat(b, 64)
	if !ok || err1 != nil || err2 != nil || !(n > 0) || !(d > 0) {
		return 0
	}
	return n / d
}

// within is the video as Decode hands it out: Frames is then the most that there may be.
func (v Video) within(l Limits) (Video, error) {
	if l.MaxSide < 2 || l.MaxSide > maxSide || !(l.Seconds > 0) || !(l.Rate > 0) {
		return v, tooLong()
	}
	if shrink := float64(max(v.Width, v.Height)) / float64(l.MaxSide); shrink > 1 {
		v.Width, v.Height = max(1, int(float64(v.Width)/shrink+0.5)), max(1, int(float64(v.Height)/shrink+0.5))
	}
	v.Rate = min(v.Rate, l.Rate)
	seconds := min(v.Duration.Seconds()+1, l.Seconds)
	v.Frames = int(math.Ceil(seconds*v.Rate - 1e-6))
	if v.Frames > maxFrames {
		return v, tooLong()
	}
	v.Frames = max(1, v.Frames)
	return v, nil
}

func decodeArgs(kind string, v Video) []string {
	args := append(sourceArgs(kind), "-nostdin", "-max_alloc", "268435456", "-i", "file:/proc/self/fd/3")
	return append(args, "-map", "0:V:0", "-an", "-sn", "-dn",
		"-vf", fmt.Sprintf("fps=%.6f,scale=%d:%d:flags=area+accurate_rnd+full_chroma_int,setsar=1", v.Rate, v.Width, v.Height),
		"-frames:v", strconv.Itoa(v.Frames), "-pix_fmt", "rgba", "-f", "rawvideo", "pipe:1")
}

// read hands out frames until there are no more. own tells an error of each from one of reading.
func (v Video) read(r io.Reader, each func(n int, frame *image.NRGBA) error) (n int, own bool, err error) {
	frame := image.NewNRGBA(image.Rect(0, 0, v.Width, v.Height))
	defer clear(frame.Pix)
	for ; n < v.Frames; n++ {
		if _, err := io.ReadFull(r, frame.Pix); errors.Is(err, io.EOF) {
			return n, false, nil
		} else if err != nil {
			return n, false, err
		}
		if err := each(n, frame); err != nil {
			return n, true, err
		}
	}
	return n, false, nil
}

// Package film is the door to ffmpeg: it turns drawn frames into an H.264 film, and a video into frames.
//
// It promises that nothing of a film touches a disk, that the tool sees one input and writes one
// output, both in memory, that it has no network wherever the kernel can take it away, and that time,
// memory and output are bounded; a tool that crashes or hangs fails one call. It never runs a shell,
// never passes on what the tool says, and never keeps a frame.
package film

import (
	"context"
	"image"
	"strings"
	"time"

	"vow.example/vow/internal/fault"
)

// The codes of the faults of this package.
const (
	CodeMissing    = "film-tool-missing" // no ffmpeg, or one without what is needed
	CodeFailed     = "film-failed"       // the tool stopped without a result
	CodeTooLong    = "film-too-long"     // more frames, bytes or time than a film may take
	CodeUnreadable = "video-unreadable"  // not a video of a kind that is read here, or broken
)

// Tool is the installed ffmpeg. The zero Tool refuses everything with CodeMissing.
type Tool struct {
	path, probe string // ffmpeg and ffprobe
	version     string
	encoders    []string
	box         box
	bounds      bounds
}

// bounds are what one run of the tool may take.
type bounds struct {
	memory  uint64        // bytes of address space
	output  uint64        // bytes of a film
	wall    time.Duration // for a run, besides perFrame
	perItem time.Duration // for each frame that is drawn or read
}

func usual() bounds {
	return bounds{memory: 1536 << 20, output: 256 << 20, wall: 30 * time.Second, perItem: time.Second}
}

// Frames describes a film to encode.
type Frames struct {
	Width, Height int // even
	Rate          int // frames per second
	Count         int
	// Draw writes all of frame n; it is called for 0, 1, … in order, from one goroutine.
	Draw func(ctx context.Context, n int, dst *image.NRGBA) error
}

// Video describes a video as a person sees it: upright, with square pixels.
type Video struct {
	Width, Height int
	Rate          float64 // frames per second
	Duration      time.Duration
	Frames        int
}

// Limits bound what Decode hands out: a longer video is cut, a larger or faster one is reduced.
type Limits struct {
	MaxSide int // pixels of the longer side
	Seconds float64
	Rate    float64 // frames per second
}

const (
	maxFrames = 1800           // of one film, drawn or read
	maxSide   = 4096           // of a film
	maxPixels = 4096 * 2400    // of a frame
	maxVideo  = 512 << 20      // bytes of a source
	maxTime   = 24 * time.Hour // of a source that is to be cut
)

// Report is what `vow doctor` tells about the tool.
type Report struct {
	Found   bool
	Path    string
	Version string // the first line of the tool's own description, shortened
	H264    bool   // films can be written
	Reads   bool   // videos can be read: ffprobe stands beside ffmpeg
	Sandbox string // see Tool.Sandbox
	Problem string // why films are not possible; empty when they are
}

// ReportOf puts what Find returned into words.
func ReportOf(t Tool, err error) Report {
	r := Report{
		Found: t.path != "", Path: t.path, Version: t.version,
		H264: t.writes(), Reads: t.probe != "", Sandbox: t.Sandbox(),
	}
	switch {
	case err != nil && fault.CodeOf(err) == CodeMissing:
		_, r.Problem, _ = strings.Cut(err.Error(), ": ")
	case err != nil:
		r.Problem = "the tool does not start"
	case !r.H264:
		r.Problem = "this ffmpeg is built without libx264: no MP4"
	case !r.Reads:
		r.Problem = "ffprobe is missing: no video input"
	}
	return r
}

// Encoders lists the video encoders of the tool.
func (t Tool) Encoders() []string { return append([]string(nil), t.encoders...) }

// Sandbox names what holds the tool besides its limits of time and memory, for example "no network
// (namespaces, seccomp), own files only (landlock)".
func (t Tool) Sandbox() string {
	if t.path == "" {
		return ""
	}
	return t.box.String()
}

func (t Tool) writes() bool {
	for _, e := range t.encoders {
		if e == "libx264" {
			return true
		}
	}
	return false
}

func missing(why string) *fault.Error { return fault.New(fault.Unavailable, CodeMissing, why) }

func failed() *fault.Error {
	return fault.New(fault.Unavailable, CodeFailed, "The film could not be made.")
}

func tooLong() *fault.Error {
	return fault.New(fault.Invalid, CodeTooLong, "The film is too long or too large.")
}

func unreadable() *fault.Error {
	return fault.New(fault.Invalid, CodeUnreadable, "This is no video that can be read here: use MP4, MOV or WebM, up to 4K.")
}

// check refuses a film that cannot be encoded.
func (f Frames) check() error {
	switch {
	case f.Draw == nil || f.Width < 2 || f.Height < 2 || f.Width%2+f.Height%2 != 0 || f.Rate < 1 || f.Rate > 120 || f.Count < 1:
		return failed()
	case f.Count > maxFrames || max(f.Width, f.Height) > maxSide || f.Width*f.Height > maxPixels:
		return tooLong()
	}
	return nil
}

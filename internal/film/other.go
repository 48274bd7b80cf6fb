//go:build !linux

package film

import (
	"context"
	"image"
	"io"
)

// box is empty: without Linux there is nothing to hold the tool with, so it is not run.
type box struct{}

// String says so.
func (box) String() string { return "" }

const onlyLinux = "Films need ffmpeg in a sandbox, which exists on Linux only."

// Find fails: the sandbox exists on Linux only.
func Find() (Tool, error) { return Tool{}, missing(onlyLinux) }

// Encode fails: see Find.
func (t Tool) Encode(context.Context, Frames, io.Writer) error { return missing(onlyLinux) }

// Probe fails: see Find.
func (t Tool) Probe(context.Context, []byte) (Video, error) { return Video{}, missing(onlyLinux) }

// Decode fails: see Find.
func (t Tool) Decode(context.Context, []byte, Limits, func(n int, frame *image.NRGBA) error) (Video, error) {
	return Video{}, missing(onlyLinux)
}

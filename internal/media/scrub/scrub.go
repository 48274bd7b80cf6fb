// Package scrub copies media files without what they say about a person.
//
// It promises that EXIF, XMP, IPTC, comments, embedded thumbnails and trailers are removed while
// the coded picture passes through bit for bit, that memory stays below 1 MiB whatever the size of
// the file, that dimensions are checked from the header, that a file that is cut or damaged is
// refused, and that every refusal is a fault whose sentence names the rule. It never decodes
// pixels, never opens a file or a connection, and never trusts a name or a declared type.
package scrub

import "vow.example/vow/internal/media/facts"

// The media types that the package knows how to strip; see facts.
const (
	JPEG      = facts.JPEG
	PNG       = facts.PNG
	WebP      = facts.WebP
	GIF       = facts.GIF
	MP4       = facts.MP4
	QuickTime = facts.QuickTime
)

// The stable codes of the faults that the package returns.
const (
	CodeUnsupported = facts.CodeUnsupported // 415
	CodeTooLarge    = facts.CodeTooLarge    // 413
	CodeUnreadable  = facts.CodeUnreadable  // 422
)

// Limits bounds what is accepted; see facts.Limits.
type Limits = facts.Limits

// Info says what Strip found; see facts.Info.
type Info = facts.Info

// Sniff returns the media type that the first bytes prove; see facts.Sniff.
func Sniff(first []byte) string { return facts.Sniff(first) }

const sniffBytes = 512

package media

import (
	"path/filepath"
	"strings"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/media/facts"
)

// Claims refuses a file whose name or declared type, as far as there is one, says something else than
// its content, which is of that kind.
func Claims(declared, name, kind string) *fault.Error {
	declared, _, _ = strings.Cut(strings.ToLower(declared), ";")
	declared = strings.TrimSpace(declared)
	switch declared {
	case "image/jpg":
		declared = JPEG
	case "image/heif":
		declared = HEIC
	case "audio/x-wav", "audio/wave", "audio/vnd.wave":
		declared = facts.WAV
	case "audio/mp3", "audio/x-mp3":
		declared = facts.MP3
	case "audio/m4a", "audio/x-m4a":
		declared = facts.SoundMP4
	case "audio/x-flac":
		declared = facts.FLAC
	case "audio/opus":
		declared = facts.Ogg
	}
	switch {
	case declared == "", declared == "application/octet-stream", declared == "application/x-www-form-urlencoded", declared == kind:
	case strings.HasPrefix(declared, "image/"), strings.HasPrefix(declared, "video/"), IsSound(declared):
		return fault.New(fault.Invalid, CodeUnsupported, "The declared type is "+known(declared)+", but the content is "+kind+".")
	default:
		return fault.New(fault.Invalid, CodeUnsupported, "The declared type is not one of a picture, a video or a recording.")
	}
	ending := strings.ToLower(filepath.Ext(name))
	if ending == ".mp4" && kind == facts.SoundMP4 {
		return nil // sound alone goes by that ending too
	}
	if want, ok := endings()[ending]; name != "" && ending != "" && (!ok || want != kind) {
		return fault.New(fault.Invalid, CodeUnsupported, "The ending of the file name does not fit the content, which is "+kind+".")
	}
	return nil
}

func endings() map[string]string {
	return map[string]string{
		".jpg": JPEG, ".jpeg": JPEG, ".jpe": JPEG, ".jfif": JPEG, ".png": PNG, ".webp": WebP, ".gif": GIF,
		".heic": HEIC, ".heif": HEIC, ".hif": HEIC, ".avif": AVIF,
		".mp4": MP4, ".m4v": MP4, ".mov": QuickTime,
		".wav": facts.WAV, ".mp3": facts.MP3, ".mpga": facts.MP3, ".ogg": facts.Ogg, ".oga": facts.Ogg, ".opus": facts.Ogg,
		".flac": facts.FLAC, ".m4a": facts.SoundMP4, ".webm": facts.SoundWebM,
	}
}

// known echoes a declared type only when it is a word of the field: nothing a sender wrote comes back.
func known(declared string) string {
	switch declared {
	case facts.WAV, facts.MP3, facts.Ogg, facts.FLAC, facts.SoundMP4, facts.SoundWebM, JPEG, PNG, WebP, GIF, HEIC, AVIF, MP4, QuickTime, "image/tiff", "image/bmp", "image/svg+xml":
		return declared
	default:
		return "another one"
	}
}

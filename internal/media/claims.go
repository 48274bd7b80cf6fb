package media

import (
	"path/filepath"
	"strings"

	"vow.example/vow/internal/fault"
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
	}
	switch {
	case declared == "", declared == "application/octet-stream", declared == "application/x-www-form-urlencoded", declared == kind:
	case strings.HasPrefix(declared, "image/"), strings.HasPrefix(declared, "video/"):
		return fault.New(fault.Invalid, CodeUnsupported, "The declared type is "+known(declared)+", but the content is "+kind+".")
	default:
		return fault.New(fault.Invalid, CodeUnsupported, "The declared type is not a picture or video type.")
	}
	if want, ok := endings()[strings.ToLower(filepath.Ext(name))]; name != "" && filepath.Ext(name) != "" && (!ok || want != kind) {
		return fault.New(fault.Invalid, CodeUnsupported, "The ending of the file name does not fit the content, which is "+kind+".")
	}
	return nil
}

func endings() map[string]string {
	return map[string]string{
		".jpg": JPEG, ".jpeg": JPEG, ".jpe": JPEG, ".jfif": JPEG, ".png": PNG, ".webp": WebP, ".gif": GIF,
		".heic": HEIC, ".heif": HEIC, ".hif": HEIC, ".avif": AVIF,
		".mp4": MP4, ".m4v": MP4, ".mov": QuickTime,
	}
}

// known echoes a declared type only when it is a word of the field: nothing a sender wrote comes back.
func known(declared string) string {
	switch declared {
	case JPEG, PNG, WebP, GIF, HEIC, AVIF, MP4, QuickTime, "image/tiff", "image/bmp", "image/svg+xml":
		return declared
	default:
		return "another one"
	}
}

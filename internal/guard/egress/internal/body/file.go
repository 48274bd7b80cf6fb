package body

import (
	"encoding/base64"
	"fmt"

	"vow.example/vow/internal/guard/egress/wire"
)

// blank is a PNG of one black pixel: signature, IHDR, IDAT, IEND. It says nothing about anybody.
const blank = "\x89PNG\x0d\x0a\x1a\x0a" +
	"\x00\x00\x00\x0dIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU" +
	"\x00\x00\x00\x0aIDATx\xdac`\x00\x00\x00\x02\x00\x01\xe5'\xde\xfc" +
	"\x00\x00\x00\x00IEND\xaeB`\x82"

// embed adds a file as a base64 string in JSON, bare or as an address with the prefix.
func (c *composer) embed(v wire.Value, prefix string) {
	p, _ := c.payload(v)
	if _, known := extension(p.MediaType); !known || p.Bytes <= 0 {
		c.refuse("media-type")
	}
	if c.rule != "" {
		return
	}
	if prefix != "" {
		prefix += p.MediaType + ";base64,"
	}
	c.literal(`"` + prefix)
	c.segments = append(c.segments, segment{
		open: p.Open, base64: true, raw: p.Bytes, exposes: true,
		size: (p.Bytes + 2) / 3 * int64(base64.StdEncoding.EncodedLen(3)),
	})
	c.literal(`"`)
}

func (c *composer) multipart(m wire.Multipart, boundary string) {
	for _, part := range m {
		c.literal("--" + boundary + "\r\n")
		switch v := part.Value.(type) {
		case wire.Media:
			c.file(part.Name, v)
			continue
		case wire.Blank:
			c.head(part.Name, string(v), "image/png")
			c.literal(blank + "\r\n")
			continue
		}
		c.literal(fmt.Sprintf("Content-Disposition: form-data; name=%q\r\n\r\n", part.Name))
		if text, raw, exposes := c.plain(part.Value); exposes {
			c.content(text, raw)
		} else {
			c.literal(text)
		}
		c.literal("\r\n")
	}
	c.literal("--" + boundary + "--\r\n")
}

func (c *composer) file(name string, v wire.Media) {
	p, _ := c.payload(v)
	ext, known := extension(p.MediaType)
	if !p.IsMedia() || !known {
		c.refuse("media-type")
		return
	}
	c.head(name, randomName()+ext, p.MediaType)
	c.segments = append(c.segments, segment{open: p.Open, size: p.Bytes, raw: p.Bytes, exposes: true})
	c.literal("\r\n")
}

// head begins a part that is a file.
func (c *composer) head(name, fileName, mediaType string) {
	c.literal(fmt.Sprintf("Content-Disposition: form-data; name=%q; filename=%q\r\nContent-Type: %s\r\n\r\n", name, fileName, mediaType))
}

// extension returns the ending of file names of a media type that may leave.
func extension(mediaType string) (string, bool) {
	switch mediaType {
	case "image/jpeg":
		return ".jpg", true
	case "image/png":
		return ".png", true
	case "image/webp":
		return ".webp", true
	case "video/mp4":
		return ".mp4", true
	case "audio/mpeg":
		return ".mp3", true
	case "audio/wav":
		return ".wav", true
	case "audio/ogg":
		return ".ogg", true
	case "audio/webm":
		return ".webm", true
	case "audio/mp4":
		return ".m4a", true
	case "audio/flac":
		return ".flac", true
	default:
		return "", false
	}
}

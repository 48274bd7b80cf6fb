package runninghub

import (
	"bytes"
	"encoding/binary"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// inspectHeader names what a request's head should not carry.
func inspectHeader(r *http.Request) (odd []string) {
	plain := []string{"User-Agent", "Content-Length", "Content-Type", "Accept", "Accept-Encoding", "Authorization", "Connection"}
	for name, values := range r.Header {
		if !slices.Contains(plain, name) {
			odd = append(odd, "header: "+name)
		}
		for _, v := range values {
			odd = append(odd, inspectText("header "+name, v)...)
		}
	}
	slices.Sort(odd)
	return odd
}

// inspect names what the body should not carry.
func (in *arrival) inspect() (odd []string) {
	if in.file != nil {
		if !regexp.MustCompile(`^[0-9a-f]{32}\.(jpg|png|webp|mp4)$`).MatchString(in.file.name) {
			odd = append(odd, "file name: not random")
		}
		odd = append(odd, inspectText("file name", in.file.name)...)
		odd = append(odd, inspectPicture(in.file.data)...)
	}
	for name, v := range in.values {
		if text, ok := v.(string); ok && name != "apiKey" {
			odd = append(odd, inspectText("member "+name, text)...)
		}
	}
	if v, ok := in.values["addMetadata"]; in.path == "/task/openapi/create" && (!ok || v != false) {
		odd = append(odd, "addMetadata: the result would carry the prompt")
	}
	slices.Sort(odd)
	return odd
}

// inspectText names what a text outside the prompt should not hold.
func inspectText(where, text string) (odd []string) {
	if regexp.MustCompile(`[^\s@]+@[^\s@]+\.[A-Za-z]{2,}`).MatchString(text) {
		odd = append(odd, where+": e-mail address")
	}
	if regexp.MustCompile(`(?:^|[^a-z0-9])(?:sub|ses|tsk|upl|out|prm|con|trf)_[0-9a-z]{6,}`).MatchString(text) {
		odd = append(odd, where+": identifier of the app")
	}
	return odd
}

// inspectPicture names the metadata that a picture still carries.
func inspectPicture(data []byte) []string {
	var found []string
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8")):
		found = jpegMetadata(data)
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		found = chunks(data[8:], 8, 4, binary.BigEndian.Uint32, func(c []byte) string { return string(c[4:8]) })
	case len(data) > 12 && bytes.HasPrefix(data, []byte("RIFF")) && string(data[8:12]) == "WEBP":
		found = chunks(data[12:], 8, 0, binary.LittleEndian.Uint32, func(c []byte) string { return string(c[:4]) })
	}
	var odd []string
	for _, name := range []string{"EXIF", "XMP", "IPTC", "comment", "tEXt", "zTXt", "iTXt", "eXIf", "tIME"} {
		if slices.Contains(found, name) {
			odd = append(odd, "picture metadata: "+name)
		}
	}
	if len(odd) == 0 && bytes.Contains(data, []byte("Exif\x00\x00")) {
		odd = append(odd, "picture metadata: EXIF")
	}
	return odd
}

// jpegMetadata lists the metadata segments before the picture data.
func jpegMetadata(data []byte) (found []string) {
	for i := 2; i+4 <= len(data) && data[i] == 0xff && data[i+1] != 0xda; {
		size := int(binary.BigEndian.Uint16(data[i+2:]))
		body := data[i+4 : min(len(data), i+2+max(size, 2))]
		switch marker := data[i+1]; {
		case marker == 0xe1 && bytes.HasPrefix(body, []byte("Exif")):
			found = append(found, "EXIF")
		case marker == 0xe1:
			found = append(found, "XMP")
		case marker == 0xed:
			found = append(found, "IPTC")
		case marker == 0xfe:
			found = append(found, "comment")
		}
		i += 2 + max(size, 2)
	}
	return found
}

// chunks lists the chunk names of a file made of length-prefixed chunks; tail is the length of a
// checksum behind each.
func chunks(data []byte, head, tail int, size func([]byte) uint32, name func([]byte) string) (found []string) {
	for len(data) >= head {
		lengthAt := 0
		if tail == 0 {
			lengthAt = 4
		}
		n := int(size(data[lengthAt:]))
		found = append(found, strings.TrimSpace(name(data)))
		n += head + tail
		if tail == 0 {
			n += n % 2
		}
		if n > len(data) {
			return found
		}
		data = data[n:]
	}
	return found
}

package kit

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// patterns are what texts are looked over for.
type patterns struct{ address, identifier, randomName *regexp.Regexp }

func newPatterns() patterns {
	return patterns{
		address:    regexp.MustCompile(`[^\s@]+@[^\s@]+\.[A-Za-z]{2,}`),
		identifier: regexp.MustCompile(`(?:^|[^a-z0-9])(?:sub|ses|tsk|upl|out|prm|con|trf)_[0-9a-z]{6,}`),
		randomName: regexp.MustCompile(`^[0-9a-f]{32}\.(jpg|png|webp|mp4|mp3|wav|ogg|webm|m4a)$`),
	}
}

// inspect names what a call should not carry.
func (k *Kit) inspect(c *Call) (odd []string) {
	odd = k.inspectHeader(c.Header)
	for _, p := range c.Parts {
		if p.FileName == "" {
			if !k.free(p.Name) {
				odd = append(odd, k.inspectText("member "+p.Name, string(p.Data))...)
			}
			continue
		}
		if !k.looks.randomName.MatchString(p.FileName) && (k.opts.Given == nil || !k.opts.Given(p.FileName)) {
			odd = append(odd, "file name: not random")
		}
		odd = append(odd, k.inspectText("file name", p.FileName)...)
		odd = append(odd, inspectPicture(p.Data)...)
	}
	odd = append(odd, k.inspectText("path", c.Path)...)
	for _, values := range []map[string][]string{c.Query, c.Form} {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			for _, v := range values[name] {
				odd = append(odd, k.inspectValue(name, v)...)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.JSON)) {
		odd = append(odd, k.inspectValue(name, c.JSON[name])...)
	}
	return odd
}

// inspectHeader names what a request's head should not carry.
func (k *Kit) inspectHeader(h http.Header) (odd []string) {
	plain := []string{"User-Agent", "Content-Length", "Content-Type", "Accept", "Accept-Encoding", "Authorization", "Connection"}
	for name, values := range h {
		ours := func(expected string) bool { return strings.EqualFold(expected, name) }
		if !slices.Contains(plain, name) && !slices.ContainsFunc(k.opts.Headers, ours) {
			odd = append(odd, "header: "+name)
		}
		for _, v := range values {
			odd = append(odd, k.inspectText("header "+name, v)...)
		}
	}
	slices.Sort(odd)
	return odd
}

// free reports whether a member holds people's own words, in which anything may stand.
func (k *Kit) free(name string) bool {
	if k.opts.Free != nil {
		return slices.Contains(k.opts.Free, name)
	}
	name = strings.ToLower(name)
	return strings.Contains(name, "prompt") || slices.Contains([]string{"text", "content", "input", "instructions", "fieldvalue"}, name)
}

// inspectValue looks over a value of a body or query, nested ones included.
func (k *Kit) inspectValue(name string, v any) (odd []string) {
	switch v := v.(type) {
	case map[string]any:
		for _, inner := range slices.Sorted(maps.Keys(v)) {
			odd = append(odd, k.inspectValue(inner, v[inner])...)
		}
	case []any:
		for _, item := range v {
			odd = append(odd, k.inspectValue(name, item)...)
		}
	case string:
		if data, ok := picture(v); ok {
			return inspectPicture(data)
		}
		if !k.free(name) && len(v) < 1<<16 {
			return k.inspectText("member "+name, v)
		}
	}
	return odd
}

// picture decodes a string that is a picture in base64, with or without the head of a data URL.
func picture(s string) ([]byte, bool) {
	if head, rest, ok := strings.Cut(s, ";base64,"); ok && strings.HasPrefix(head, "data:") {
		s = rest
	}
	if len(s) < 16 {
		return nil, false
	}
	magic, err := base64.StdEncoding.DecodeString(s[:16])
	if err != nil || !strings.HasPrefix(http.DetectContentType(magic), "image/") && !bytes.HasPrefix(magic, []byte("RIFF")) {
		return nil, false
	}
	data, err := base64.StdEncoding.DecodeString(s)
	return data, err == nil
}

// inspectText names what a text outside people's own words should not hold.
func (k *Kit) inspectText(where, text string) (odd []string) {
	if strings.Contains(text, "@") && k.looks.address.MatchString(text) {
		odd = append(odd, where+": e-mail address")
	}
	if strings.Contains(text, "_") && k.looks.identifier.MatchString(text) {
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

package comfyui

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image/png"
	"net/http"
	"path"
	"slices"
	"strings"

	"vow.example/vow/internal/sim/kit"
)

// upload stores a file under the name it came with, or beside what has that name already.
func (s *Sim) upload(c *kit.Call) kit.Reply {
	values := map[string]string{}
	for _, p := range c.Parts {
		if _, twice := values[p.Name]; twice || !slices.Contains([]string{"image", "type", "subfolder", "overwrite"}, p.Name) {
			return kit.Reply{Status: http.StatusBadRequest}
		}
		values[p.Name] = string(p.Data)
	}
	image := c.Part("image")
	kind := values["type"]
	if kind == "" {
		kind = "input"
	}
	if image == nil || image.FileName == "" || !slices.Contains([]string{"input", "temp", "output"}, kind) ||
		!below(values["subfolder"]) || !below(image.FileName) {
		return kit.Reply{Status: http.StatusBadRequest}
	}
	over := values["overwrite"] == "true" || values["overwrite"] == "1"
	name := image.FileName
	for i := 1; !over && s.files[at(kind, values["subfolder"], name)] != nil; i++ {
		ext := path.Ext(image.FileName)
		name = fmt.Sprintf("%s (%d)%s", strings.TrimSuffix(image.FileName, ext), i, ext)
	}
	s.store(at(kind, values["subfolder"], name), s.received(c, kind, image))
	return ok(map[string]any{"name": name, "subfolder": values["subfolder"], "type": kind})
}

// received notes whose content came with an upload. A picture of one pixel is nobody's: it stands
// in the files as any other, and is not held against anybody.
func (s *Sim) received(c *kit.Call, kind string, p *kit.Part) *kit.Held {
	if shape, err := png.DecodeConfig(bytes.NewReader(p.Data)); err == nil && shape.Width == 1 && shape.Height == 1 {
		return &kit.Held{Data: p.Data, MediaType: p.MediaType}
	}
	field := cmp.Or(s.opts.Fields["image"], "image")
	c.Field(field)
	return s.Hold(field, kind, p.Data, p.MediaType, 0)
}

// store puts a file in its place. What was there is overwritten.
func (s *Sim) store(name string, h *kit.Held) {
	if old := s.files[name]; old != nil {
		s.Release(old)
	}
	s.files[name] = h
}

// view serves a file.
func (s *Sim) view(c *kit.Call) kit.Reply {
	for name, values := range c.Query {
		if len(values) != 1 || !slices.Contains([]string{"filename", "subfolder", "type"}, name) {
			return kit.Reply{Status: http.StatusBadRequest}
		}
	}
	kind := c.Query.Get("type")
	if kind == "" {
		kind = "output"
	}
	if name := c.Query.Get("filename"); name == "" || !below(name) || !below(c.Query.Get("subfolder")) {
		return kit.Reply{Status: http.StatusForbidden}
	}
	h := s.files[at(kind, c.Query.Get("subfolder"), c.Query.Get("filename"))]
	if h == nil {
		return kit.Reply{Status: http.StatusNotFound}
	}
	return kit.Reply{MediaType: h.MediaType, Body: h.Data}
}

// at is a file's name in the simulated disk.
func at(kind, folder, name string) string { return path.Join(kind, folder, name) }

// cutType cuts the folder of a type off a file's name.
func cutType(name, kind string) (string, bool) { return strings.CutPrefix(name, kind+"/") }

// below reports whether a path does not lead up or away.
func below(p string) bool {
	return !strings.HasPrefix(p, "/") && !strings.Contains(p, "..") && !strings.ContainsAny(p, "\\\x00")
}

// withText puts a text chunk into a PNG, where ComfyUI stores the graph. Anything else is returned
// as it is.
func withText(picture []byte, keyword string, text []byte) []byte {
	const head = 8 + 8 + 13 + 4 // signature and IHDR
	if len(picture) < head || !bytes.HasPrefix(picture, []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR")) {
		return picture
	}
	body := append([]byte("tEXt"+keyword+"\x00"), text...)
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(body)-4))
	chunk = append(chunk, body...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(body))
	return slices.Concat(picture[:head], chunk, picture[head:])
}

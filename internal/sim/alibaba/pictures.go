package alibaba

import (
	"bytes"
	"encoding/binary"
	"image"
	_ "image/jpeg" // the formats that the service reads
	_ "image/png"
	"maps"
	"net/http"
	"slices"
	"strings"

	"vow.example/vow/internal/sim/kit"
)

// limit is what an action takes.
type limit struct {
	bytes       int
	least, most int // pixels of each side
	area        int // pixels in all; 0: any
	types       string
	face        bool // a face is needed
}

// photo is a picture that was fetched.
type photo struct {
	field string
	data  []byte
	faces []Face
}

// fetch reads the picture behind a parameter, and returns the code of the refusal.
func (c *call) fetch(name string) (photo, string) {
	address := c.values[name]
	if !kit.IsAddress(address) || strings.ContainsFunc(address, func(r rune) bool { return r > 126 }) {
		return photo{}, "IllegalUrlParameter"
	}
	field, _ := c.fieldOf(name, picture())
	data, mediaType, err := c.sim.FetchLink(c.Context(), address, field)
	if err != nil {
		return photo{}, "InvalidFile.Download"
	}
	c.sim.Hold(field, "input", data, mediaType, inputLife)
	if code := c.spec.limit.refuses(data); code != "" {
		return photo{}, code
	}
	p := photo{field: field, data: data, faces: c.sim.opts.Faces(data)}
	if c.spec.limit.face && len(p.faces) == 0 {
		return photo{}, "InvalidFile.Content"
	}
	return p, ""
}

func (l limit) refuses(data []byte) string {
	kind, _ := strings.CutPrefix(http.DetectContentType(data), "image/")
	if !slices.Contains(strings.Fields(l.types), kind) {
		return "InvalidFile.Type"
	}
	if len(data) > l.bytes {
		return "InvalidFile.Size"
	}
	width, height, ok := sides(kind, data)
	if !ok {
		return "InvalidFile.Decode"
	}
	if min(width, height) < l.least || max(width, height) > l.most || l.area > 0 && width*height > l.area {
		return "InvalidFile.Resolution"
	}
	return ""
}

// sides reads a picture's size. Of WebP only that it is one is looked at.
func sides(kind string, data []byte) (width, height int, ok bool) {
	switch {
	case kind == "webp":
		return 512, 512, true
	case kind == "bmp" && len(data) > 26:
		return int(binary.LittleEndian.Uint32(data[18:])), int(binary.LittleEndian.Uint32(data[22:])), true
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(data))
	return config.Width, config.Height, err == nil
}

// featureOf names what an action makes, for the renderer.
func featureOf(action string) string {
	switch action {
	case "MergeImageFace":
		return "face_swap"
	case "GenerateHumanSketchStyle":
		return "sketch"
	case "ColorizeImage":
		return "colorize"
	case "MakeSuperResolutionImage", "GenerateSuperResolutionImage":
		return "super_resolution"
	default:
		return "cartoonize"
	}
}

// order describes the result that a call asks for: its pictures and, by field, its choices.
func (c *call) order(pictures ...photo) kit.Job {
	j := kit.Job{Feature: featureOf(c.spec.name), Want: "image", Media: map[string][]byte{}, Options: map[string]string{}}
	for _, p := range pictures {
		j.Media[p.field] = p.data
	}
	for _, name := range slices.Sorted(maps.Keys(c.values)) {
		k, _ := c.spec.kindOf(name)
		if field, personal := c.fieldOf(name, k); personal && k.form != "link" {
			j.Options[field] = c.values[name]
		}
	}
	return j
}

// remake makes a picture of a picture and answers with its address.
func remake(c *call) kit.Reply {
	p, code := c.fetch(c.spec.required[0])
	if code != "" {
		return c.refuse(code, 0)
	}
	return c.result(c.order(p))
}

// result renders, keeps the result for as long as its address works, and answers with that.
func (c *call) result(j kit.Job) kit.Reply {
	out, err := c.sim.Render(c.Context(), j)
	if err != nil {
		return c.refuse("InternalError.Algo", 0)
	}
	member := "ImageURL"
	if c.spec.name == "MakeSuperResolutionImage" {
		member = "Url"
	}
	return c.data(map[string]any{member: c.sim.keep(c.Host, out)})
}

// keep holds a result and returns its address. As in Alibaba's own examples it says http.
func (s *Sim) keep(host string, out kit.Output) string {
	ext := strings.Replace(out.MediaType[strings.LastIndex(out.MediaType, "/")+1:], "jpeg", "jpg", 1)
	h := s.Hold("result", "output", out.Data, out.MediaType, resultLife)
	expires := s.Now().Add(resultLife).Unix()
	path := "/result/" + s.ID("") + "." + ext + "?Expires=" + itoa(expires) + "&OSSAccessKeyId=LTAI-SIMULATED&Signature=" + s.ID("")
	return "http://" + strings.TrimPrefix(strings.TrimPrefix(s.Publish(h, host, path), "https://"), "http://")
}

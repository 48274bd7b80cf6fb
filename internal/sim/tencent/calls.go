package tencent

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"image"
	_ "image/jpeg" // knows the size of a JPEG
	_ "image/png"  // knows the size of a PNG
	"net/http"
	"slices"
	"strings"
	"time"

	"vow.example/vow/internal/sim/kit"
)

// maxPicture is how long a picture may be as base64, and maxSide how many pixels a side may have.
const (
	maxPicture = 5 << 20
	maxSide    = 2000
)

// order is what a result is made from: the words and options of a call, by personal field.
func (s *Sim) order(c *kit.Call) kit.Job {
	j := kit.Job{Feature: "text_to_image", Want: "image", Media: map[string][]byte{}, Texts: map[string]string{}, Options: map[string]string{}}
	for _, name := range []string{"Prompt", "NegativePrompt", "Style", "Resolution"} {
		v := c.Text(name)
		if v == "" {
			continue
		}
		s.Hold(s.field(name), "text", []byte(v), "text/plain", 0) // Tencent states no time for what it was sent
		if strings.HasSuffix(name, "Prompt") {
			j.Texts[s.field(name)] = v
		} else {
			j.Options[s.field(name)] = v
		}
	}
	return j
}

// atOnce makes a picture while the caller waits.
func (s *Sim) atOnce(c *kit.Call) kit.Reply {
	j := s.order(c)
	if strings.Contains(c.Text("Prompt"), "test:fail") {
		return s.refuse("FailedOperation.GenerateImageFailed")
	}
	_, run := s.Stages(j.Texts)
	if !s.Wait(c.Context(), run) {
		return s.refuse("FailedOperation.RequestTimeout")
	}
	out, err := s.Render(c.Context(), j)
	if err != nil {
		return s.refuse("FailedOperation.InnerError")
	}
	if c.Text("RspImgType") == "url" {
		return s.success(map[string]any{"ResultImage": s.publish(c, out, time.Hour)})
	}
	return s.success(map[string]any{"ResultImage": base64.StdEncoding.EncodeToString(out.Data)})
}

// publish puts a result behind a link and returns it.
func (s *Sim) publish(c *kit.Call, out kit.Output, life time.Duration) string {
	h := s.Hold("result", "output", out.Data, out.MediaType, life)
	return s.Publish(h, c.Host, "/output/"+s.ID("")+extension(out.MediaType))
}

func extension(mediaType string) string {
	_, ext, _ := strings.Cut(mediaType, "/")
	return "." + strings.Replace(ext, "jpeg", "jpg", 1)
}

// changeAge makes the person in a picture older or younger.
func (s *Sim) changeAge(c *kit.Call) kit.Reply {
	photo, field, code := s.photo(c)
	if code != "" {
		return s.refuse(code)
	}
	s.Hold(field, "input", photo, http.DetectContentType(photo), 0)
	if _, run := s.Stages(nil); !s.Wait(c.Context(), run) {
		return s.refuse("FailedOperation.RequestTimeout")
	}
	infos, _ := c.JSON["AgeInfos"].([]any)
	info, _ := infos[0].(map[string]any)
	age, _ := info["Age"].(json.Number)
	out, err := s.Render(c.Context(), kit.Job{
		Feature: "age_change", Want: "image", Media: map[string][]byte{field: photo},
		Texts: map[string]string{}, Options: map[string]string{"age": age.String()},
	})
	if err != nil {
		return s.refuse("FailedOperation.InnerError")
	}
	if c.Text("RspImgType") == "url" {
		return s.success(map[string]any{"ResultImage": "", "ResultUrl": s.publish(c, out, 24*time.Hour)})
	}
	return s.success(map[string]any{"ResultImage": base64.StdEncoding.EncodeToString(out.Data), "ResultUrl": ""})
}

// photo returns the picture of a call, which counts by its address where it has both, or the code
// of what is wrong with it.
func (s *Sim) photo(c *kit.Call) (data []byte, field, code string) {
	switch {
	case c.Text("Url") != "":
		field = s.field("Url")
		var err error
		if data, _, err = s.FetchLink(c.Context(), c.Text("Url"), field); err != nil {
			return nil, "", "FailedOperation.ImageDownloadError"
		}
	case c.Text("Image") != "":
		field = s.field("Image")
		var err error
		if data, err = base64.StdEncoding.DecodeString(c.Text("Image")); err != nil {
			return nil, "", "FailedOperation.ImageDecodeFailed"
		}
	default:
		return nil, "", "MissingParameter"
	}
	if base64.StdEncoding.EncodedLen(len(data)) > maxPicture {
		return nil, "", "FailedOperation.ImageSizeExceed"
	}
	if !slices.Contains([]string{"image/jpeg", "image/png", "image/bmp"}, http.DetectContentType(data)) {
		return nil, "", "FailedOperation.ImageDecodeFailed"
	}
	if size, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil && (size.Width > maxSide || size.Height > maxSide) {
		return nil, "", "FailedOperation.ImagePixelExceed"
	}
	return data, field, ""
}

package openai

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"vow.example/vow/internal/sim/kit"
)

// generate makes pictures of words.
func (s *Sim) generate(c *kit.Call, code string) kit.Reply {
	if c.MediaType != "application/json" {
		return fail("invalid_json", "")
	}
	rules := image()
	if out := s.judge(c.JSON, rules, "prompt"); out.Status != 0 {
		return out
	}
	return s.draw(c, code, c.JSON, nil)
}

// edit makes pictures of pictures and words.
func (s *Sim) edit(c *kit.Call, code string) kit.Reply {
	members, ok := parts(c, "image", "image[]", "mask")
	if !ok {
		return fail("invalid_type", "image")
	}
	rules := image()
	delete(rules, "style")
	delete(rules, "moderation")
	rules["input_fidelity"] = oneOf("high", "low")
	if out := s.judge(members, rules, "prompt"); out.Status != 0 {
		return out
	}
	media, images := map[string][]byte{}, 0
	for _, p := range c.Parts {
		if p.FileName == "" {
			continue
		}
		if p.Name != "mask" {
			images++
		}
		if !slices.Contains([]string{"image/png", "image/jpeg", "image/webp"}, p.MediaType) || !strings.HasPrefix(http.DetectContentType(p.Data), "image/") {
			return fail("invalid_image", p.Name)
		}
		name := p.Name
		if images > 1 && name == "image[]" {
			name += strconv.Itoa(images)
		}
		s.keep(c, name, p.Data)
		media[s.field(name)] = p.Data
	}
	const most = 16
	if images == 0 || images > most {
		return fail("missing_required_parameter", "image")
	}
	return s.draw(c, code, members, media)
}

// draw renders the pictures and answers with them, or with their addresses.
func (s *Sim) draw(c *kit.Call, code string, members map[string]any, media map[string][]byte) kit.Reply {
	j := kit.Job{Feature: s.opts.Feature, Want: "image", Media: media, Texts: map[string]string{}, Options: map[string]string{}}
	for name, v := range members {
		word, isText := v.(string)
		switch {
		case isText && (name == "prompt" || name == "negative_prompt"):
			s.keep(c, name, []byte(word))
			j.Texts[s.field(name)] = word
		case isText && s.opts.Fields[name] != "":
			s.keep(c, name, []byte(word))
			j.Options[s.field(name)] = word
		}
	}
	if out := s.magic(c, j.Texts); out.Status != 0 {
		return out
	}
	n, data := 1, []any{}
	if asked, ok := members["n"]; ok {
		n, _ = strconv.Atoi(strings.Trim(toString(asked), `"`))
	}
	for range n {
		out, err := s.Render(c.Context(), j)
		if err != nil {
			return fail("server_error", "")
		}
		if code == "empty" {
			continue
		}
		data = append(data, s.picture(c, out, toString(members["response_format"])))
	}
	return kit.JSON(http.StatusOK, map[string]any{
		"created": s.Now().Unix(), "data": data,
		"usage": map[string]any{"input_tokens": 50, "output_tokens": 50, "total_tokens": 100},
	})
}

// picture is one result. The rewritten prompt beside it is one that a client must not keep.
func (s *Sim) picture(c *kit.Call, out kit.Output, format string) map[string]any {
	item := map[string]any{"revised_prompt": "a rewritten prompt"}
	if format == "url" || format == "" && s.opts.URL {
		h := s.Hold("result", "output", out.Data, out.MediaType, linked)
		item["url"] = s.Publish(h, c.Host, "/files/"+s.ID("img-")+".png")
		return item
	}
	item["b64_json"] = base64.StdEncoding.EncodeToString(out.Data)
	return item
}

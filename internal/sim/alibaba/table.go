package alibaba

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"vow.example/vow/internal/sim/kit"
)

// placement is where a call has its parameters.
type placement int

const (
	inBody placement = iota
	inQuery
	inQueryOfGet
)

// kind is what a parameter takes.
type kind struct {
	form     string // "link", "bool", "number 1 30", "word a|b", "name"
	personal bool   // carries a choice or a picture of the person; else a setting of the call
}

func (k kind) takes(v string) bool {
	form, rest, _ := strings.Cut(k.form, " ")
	switch form {
	case "link":
		return v != "" // judged when it is fetched, in words of its own
	case "bool":
		return v == "true" || v == "false"
	case "number":
		low, high, _ := strings.Cut(rest, " ")
		n, err := strconv.Atoi(v)
		from, _ := strconv.Atoi(low)
		to, _ := strconv.Atoi(high)
		return err == nil && n >= from && n <= to && strconv.Itoa(n) == v
	case "word":
		return slices.Contains(strings.Split(rest, "|"), v)
	default:
		return regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`).MatchString(v)
	}
}

func picture() kind            { return kind{"link", true} }
func choice(form string) kind  { return kind{form, true} }
func setting(form string) kind { return kind{form, false} }

// spec is one action: its parameters and what it does.
type spec struct {
	name, product string
	placement     placement
	params        map[string]kind
	required      []string
	limit         limit
	serve         func(c *call) kit.Reply
}

// kindOf finds a parameter; members of a list carry its place, counted from 1.
func (s spec) kindOf(name string) (kind, bool) {
	k, ok := s.params[regexp.MustCompile(`\.[1-9]\d?\.`).ReplaceAllString(name, ".N.")]
	return k, ok
}

// specOf returns the action, where its version belongs to a product that has it.
func specOf(action, version string) (spec, bool) {
	var s spec
	ok := false
	switch version {
	case "2019-12-30":
		if s, ok = analysisOf(action); !ok {
			if s, ok = faceOf(action); !ok {
				s, ok = templateOf(action)
			}
		}
		s.product = "facebody"
	case "2019-09-30":
		s, ok = enhancementOf(action)
		s.product = "imageenhan"
	case "2023-01-17":
		ok = action == "CancelWaitingAsyncJob"
		s = spec{params: map[string]kind{"JobId": setting("name")}, required: []string{"JobId"}, serve: cancelJob, product: "viapi"}
	}
	if action == "GetAsyncJobResult" && s.product != "" && s.product != "viapi" {
		s.params, s.required, s.serve, ok = map[string]kind{"JobId": setting("name")}, []string{"JobId"}, askJob, true
	}
	s.name = action
	return s, ok
}

func analysisOf(action string) (spec, bool) {
	s := spec{
		params: map[string]kind{"ImageURL": picture()}, required: []string{"ImageURL"},
		limit: limit{bytes: 20 << 20, least: 33, most: 4095, types: "jpeg png bmp"},
	}
	flags := []string{"Landmark", "Pose", "Quality"}
	switch action {
	case "DetectFace":
		s.params["MaxFaceNumber"], s.serve = setting("number 1 30"), detectFace
	case "RecognizeFace":
		s.params["MaxFaceNumber"], s.serve = setting("number 1 10"), recognizeFace
		flags = recognizeFlags()
	default:
		return s, false
	}
	for _, name := range flags {
		s.params[name] = setting("bool")
	}
	return s, true
}

func recognizeFlags() []string {
	return []string{"Age", "Gender", "Hat", "Glass", "Expression", "Beauty", "Mask", "Quality"}
}

func faceOf(action string) (spec, bool) {
	s := spec{params: map[string]kind{"ImageURL": picture()}, required: []string{"ImageURL"}, serve: remake}
	switch action {
	case "MergeImageFace":
		s.params = map[string]kind{
			"TemplateId": setting("name"), "ImageURL": picture(), "MergeInfos.N.ImageURL": picture(), "MergeInfos.N.TemplateFaceID": setting("name"),
			"ModelVersion": setting("word v1|v2"), "AddWatermark": setting("bool"), "WatermarkType": setting("word EN|CN"),
		}
		s.required, s.serve = []string{"TemplateId"}, mergeFaces
		s.limit = limit{bytes: 20 << 20, least: 33, most: 4095, types: "jpeg png bmp"}
	case "GenerateHumanAnimeStyle":
		s.placement = inQuery
		s.params["AlgoType"] = choice("word anime|3d|handdrawn|sketch|artstyle|claborate|hongkong|comic|animation3d")
		s.limit = limit{bytes: 3 << 20, least: 32, most: 2000, types: "jpeg png bmp", face: true}
	case "GenerateHumanSketchStyle":
		s.params["ReturnType"] = choice("word head|full")
		s.limit = limit{bytes: 10 << 20, least: 100, most: 2000, types: "jpeg png bmp", face: true}
	default:
		return s, false
	}
	return s, true
}

func templateOf(action string) (spec, bool) {
	id := map[string]kind{"TemplateId": setting("name")}
	switch action {
	case "AddFaceImageTemplate":
		return spec{
			params: map[string]kind{"ImageURL": picture()}, required: []string{"ImageURL"}, serve: addTemplate,
			limit: limit{bytes: 20 << 20, least: 128, most: 2000, types: "jpeg png", face: true},
		}, true
	case "QueryFaceImageTemplate":
		id["PageNo"], id["PageSize"] = setting("number 1 1000"), setting("number 1 100")
		return spec{placement: inQueryOfGet, params: id, serve: listTemplates}, true
	case "DeleteFaceImageTemplate":
		return spec{params: id, required: []string{"TemplateId"}, serve: deleteTemplate}, true
	default:
		return spec{}, false
	}
}

func enhancementOf(action string) (spec, bool) {
	s := spec{serve: submit, params: map[string]kind{}, limit: limit{bytes: 20 << 20, least: 32, most: 4096, types: "jpeg png bmp"}}
	media := "ImageUrl"
	switch action {
	case "ColorizeImage":
		media, s.serve = "ImageURL", remake
	case "MakeSuperResolutionImage":
		media, s.serve = "Url", remake
		s.params["UpscaleFactor"], s.params["Mode"] = choice("number 1 4"), setting("word base|enhancement")
		s.params["OutputFormat"], s.params["OutputQuality"] = setting("word png|jpg|bmp"), setting("number 30 100")
		s.limit = limit{bytes: 5 << 20, least: 32, most: 1920, area: 1920 * 1080, types: "jpeg png bmp webp"}
	case "GenerateSuperResolutionImage":
		s.params["Scale"], s.params["UserData"] = choice("number 1 4"), choice("name")
		s.params["OutputFormat"], s.params["OutputQuality"] = setting("word png|jpg|bmp"), setting("number 30 100")
	case "GenerateCartoonizedImage":
		s.params["Index"] = choice("number 0 8")
	default:
		return s, false
	}
	s.params[media], s.required = picture(), []string{media}
	return s, true
}

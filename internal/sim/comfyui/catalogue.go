package comfyui

import "slices"

// class is a kind of node.
type class struct {
	inputs  map[string]input
	outputs []string // types, in order
	output  bool     // what it makes is a result
}

// input is one input of a class. Kinds in capitals that are not INT, FLOAT, STRING or BOOLEAN come
// through links only.
type input struct {
	kind     string
	values   []string // of COMBO
	low, top float64  // of INT and FLOAT
	optional bool
}

func link(kind string) input          { return input{kind: kind} }
func combo(values ...string) input    { return input{kind: "COMBO", values: values} }
func whole(low, top float64) input    { return input{kind: "INT", low: low, top: top} }
func fraction(low, top float64) input { return input{kind: "FLOAT", low: low, top: top} }
func words() input                    { return input{kind: "STRING"} }

func (i input) maybe() input { i.optional = true; return i }

// catalogue is the part of ComfyUI's nodes that the simulated server has.
func catalogue() map[string]class {
	const big = 1 << 64
	return map[string]class{
		"LoadImage":              {inputs: map[string]input{"image": {kind: "FILE"}}, outputs: []string{"IMAGE", "MASK"}},
		"ETN_LoadImageBase64":    {inputs: map[string]input{"image": words()}, outputs: []string{"IMAGE", "MASK"}},
		"CheckpointLoaderSimple": {inputs: map[string]input{"ckpt_name": combo("sd15.safetensors", "sdxl.safetensors")}, outputs: []string{"MODEL", "CLIP", "VAE"}},
		"CLIPTextEncode":         {inputs: map[string]input{"text": words(), "clip": link("CLIP")}, outputs: []string{"CONDITIONING"}},
		"ConditioningConcat": {inputs: map[string]input{
			"conditioning_to": link("CONDITIONING"), "conditioning_from": link("CONDITIONING")}, outputs: []string{"CONDITIONING"}},
		"EmptyLatentImage": {inputs: map[string]input{
			"width": whole(16, 16384), "height": whole(16, 16384), "batch_size": whole(1, 64)}, outputs: []string{"LATENT"}},
		"VAEEncode": {inputs: map[string]input{"pixels": link("IMAGE"), "vae": link("VAE")}, outputs: []string{"LATENT"}},
		"VAEDecode": {inputs: map[string]input{"samples": link("LATENT"), "vae": link("VAE")}, outputs: []string{"IMAGE"}},
		"KSampler": {inputs: map[string]input{
			"model": link("MODEL"), "positive": link("CONDITIONING"), "negative": link("CONDITIONING"), "latent_image": link("LATENT"),
			"seed": whole(0, big), "steps": whole(1, 10000), "cfg": fraction(0, 100), "denoise": fraction(0, 1),
			"sampler_name": combo("euler", "dpmpp_2m"), "scheduler": combo("normal", "karras")}, outputs: []string{"LATENT"}},
		"ImageScaleBy": {inputs: map[string]input{
			"image": link("IMAGE"), "upscale_method": combo("lanczos", "bicubic"), "scale_by": fraction(0.01, 8)}, outputs: []string{"IMAGE"}},
		"CreateVideo":  {inputs: map[string]input{"images": link("IMAGE"), "fps": fraction(1, 120)}, outputs: []string{"VIDEO"}},
		"SaveImage":    {inputs: map[string]input{"images": link("IMAGE"), "filename_prefix": words()}, output: true},
		"PreviewImage": {inputs: map[string]input{"images": link("IMAGE")}, output: true},
		"SaveVideo": {inputs: map[string]input{
			"video": link("VIDEO"), "filename_prefix": words(), "format": combo("auto", "mp4").maybe(), "codec": combo("auto", "h264").maybe()}, output: true},
	}
}

// info is the catalogue in the form of /object_info.
func (s *Sim) info() map[string]any {
	out := map[string]any{}
	for name, c := range s.nodes {
		required, optional := map[string]any{}, map[string]any{}
		for input, i := range c.inputs {
			var spec any = []any{i.kind}
			switch i.kind {
			case "COMBO":
				spec = []any{i.values}
			case "INT", "FLOAT":
				spec = []any{i.kind, map[string]any{"min": i.low, "max": i.top}}
			case "FILE":
				spec = []any{s.inputFiles(), map[string]any{"image_upload": true}}
			}
			if i.optional {
				optional[input] = spec
			} else {
				required[input] = spec
			}
		}
		out[name] = map[string]any{
			"input": map[string]any{"required": required, "optional": optional}, "output": c.outputs,
			"name": name, "output_node": c.output, "category": "simulated",
		}
	}
	return out
}

// inputFiles lists what LoadImage may open.
func (s *Sim) inputFiles() []string {
	list := []string{}
	for name := range s.files {
		if rest, found := cutType(name, "input"); found {
			list = append(list, rest)
		}
	}
	slices.Sort(list)
	return list
}

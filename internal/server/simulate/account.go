package simulate

import (
	"bytes"
	"context"
	"hash/fnv"
	"maps"
	"slices"
	"strings"

	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/sim/alibaba"
	"vow.example/vow/internal/sim/comfyui"
	"vow.example/vow/internal/sim/gemini"
	"vow.example/vow/internal/sim/kit"
	"vow.example/vow/internal/sim/openai"
	"vow.example/vow/internal/sim/runninghub"
	"vow.example/vow/internal/sim/tencent"
	"vow.example/vow/internal/sim/volcengine"
	"vow.example/vow/internal/sim/zhipu"
)

// account returns the simulator of a driver with the account that the operator of the demo's apps
// would have there.
func account(driver string, k kit.Options, keys map[string]string, models map[string]string) Service {
	switch driver {
	case "alibaba":
		return alibaba.New(alibaba.Options{Options: k, AccessKeyID: keys["access_key_id"], AccessKeySecret: keys["access_key_secret"], Faces: faces})
	case "tencent":
		return tencent.New(tencent.Options{Options: k, SecretID: keys["secret_id"], SecretKey: keys["secret_key"], Parallel: 4, Fields: map[string]string{
			"Url": "photo", "Prompt": "prompt", "NegativePrompt": "negative_prompt", "Style": "style", "Resolution": "resolution",
		}})
	case "zhipu":
		return zhipu.New(zhipu.Options{Options: k, Key: keys["api_key"], Models: slices.Sorted(maps.Keys(models)), Fields: map[string]string{"image_url": "photo"}})
	case "volcengine":
		return volcengine.New(volcengine.Options{Options: k, APIKey: keys["api_key"], Models: slices.Sorted(maps.Keys(models)), Features: models, Fields: map[string]string{
			"text": "prompt", "first_frame": "photo", "ratio": "ratio", "resolution": "resolution", "duration": "duration",
		}})
	case "gemini":
		return gemini.New(gemini.Options{Options: k, APIKey: keys["api_key"], Models: slices.Sorted(maps.Keys(models)), Features: models, Fields: map[string]string{
			"text": "prompt", "image_1": "photo", "image_2": "second_photo", "image_3": "third_photo", "aspectRatio": "aspect_ratio", "imageSize": "resolution",
			"prompt": "prompt", "image": "first_frame", "lastFrame": "last_frame", "resolution": "resolution", "durationSeconds": "duration",
		}})
	case "comfyui":
		k.Render = styled(k.Render)
		return comfyui.New(comfyui.Options{Options: k, Token: keys["token"], Feature: "avatar", // the graph is docs/examples/studio/portrait.graph.json
			Fields:   map[string]string{"image": "photo", "10.image": "photo", "6.text": "prompt", "14.text": "style"},
			Defaults: map[string]string{"6.text": "portrait of a person, soft light", "14.text": "clean lines"},
		})
	case "openai":
		return openai.New(openai.Options{Options: k, Key: keys["api_key"], Models: slices.Sorted(maps.Keys(models)), Feature: "text_to_image", Fields: map[string]string{
			"prompt": "prompt", "size": "size", "image": "photo", "image[]": "photo", "user": "prompt", "file": "voice",
		}})
	case "adjust", "gateway", "google-analytics", "umeng":
		return forwarder(driver, k, keys, slices.Sorted(maps.Keys(models)))
	default:
		return runninghub.New(runninghub.Options{
			Clock: k.Clock, Seed: k.Seed, Key: keys["api_key"], Workflows: runninghub.DemoWorkflows(), Queue: k.Queue, Run: k.Run, Rates: k.Rates,
			Render: HubRender(k.Render),
		})
	}
}

// Models lists, from the apps' wiring, the models that the account at a recipient must know, each
// with a feature that it serves.
func Models(wiring map[privacy.AppID]provider.Wiring, id privacy.RecipientID) map[string]string {
	out := map[string]string{}
	for _, w := range wiring {
		for feature, flow := range w[id].Workflows {
			if flow.ID != "" && (out[flow.ID] == "" || string(feature) < out[flow.ID]) {
				out[flow.ID] = string(feature)
			}
		}
	}
	return out
}

// root is the path below which a service answers.
func root(driver string) string {
	if driver == "zhipu" {
		return zhipu.Root
	}
	return ""
}

// styled draws in the style that the words of a graph's node ask for.
func styled(render kit.Render) kit.Render {
	return func(ctx context.Context, j kit.Job) (kit.Output, error) {
		if strings.HasPrefix(j.Texts["style"], "pencil") {
			j.Options = map[string]string{"style": "pencil"}
		}
		return render(ctx, j)
	}
}

// HubRender draws for the simulated RunningHub.
func HubRender(render kit.Render) runninghub.Render {
	return func(ctx context.Context, workflow string, photo []byte, prompt string, params map[string]string) ([]byte, string, error) {
		j := kit.Job{Feature: workflow, Want: "image", Media: map[string][]byte{}, Texts: map[string]string{"prompt": prompt}, Options: params}
		if photo != nil {
			j.Media["photo"] = photo
		}
		if workflow == "talking_photo" || workflow == "image_to_video" {
			j.Want = "video"
		}
		out, err := render(ctx, j)
		return out.Data, out.MediaType, err
	}
}

// faces finds the faces of a picture with our own detector. Age and gender are guesses that follow
// from the picture's bytes: a stand-in must answer, it need not know.
func faces(photo []byte) []alibaba.Face {
	img, _, err := media.Open(context.Background(), bytes.NewReader(photo), media.Limits{})
	if err != nil {
		return nil
	}
	sum := fnv.New32a()
	_, _ = sum.Write(photo) // never fails
	guess := int(sum.Sum32())
	var list []alibaba.Face
	for i, f := range face.Find(img) {
		list = append(list, alibaba.Face{
			Box: [4]int{f.Box.Min.X, f.Box.Min.Y, f.Box.Dx(), f.Box.Dy()},
			Age: 20 + (guess+7*i)%45, Gender: (guess + i) % 2, Quality: min(99, 40+float64(f.Score)),
		})
	}
	return list
}

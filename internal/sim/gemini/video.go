package gemini

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"vow.example/vow/internal/sim/kit"
)

// operation is one video being made. Its mutable members are guarded by the Sim's lock.
type operation struct {
	name, base string
	until      time.Time
	inputs     []*kit.Held
	job        kit.Job

	done bool
	code string // how it failed
	file string // id of what it made
}

// predict starts an operation.
func (s *Sim) predict(c *kit.Call, model string) kit.Reply {
	if !slices.Contains(s.opts.Models, model) || !isVideo(model) {
		return refuse("NOT_FOUND", model)
	}
	job := s.job(model, "video")
	if !kit.Only(c.JSON, []string{"instances"}, "parameters", "webhookConfig") || !hooked(c.JSON["webhookConfig"]) {
		return fault("", "")
	}
	full, at := s.readInstance(c.JSON["instances"], job)
	if at != "" {
		return fault(at, job.Texts[s.field("prompt")])
	}
	if at := s.readParameters(c.JSON["parameters"], full, job); at != "" {
		return fault("parameters."+at, job.Texts[s.field("prompt")])
	}
	words := job.Texts[s.field("prompt")]
	if refused := s.magic(words); refused != nil {
		return *refused
	}
	s.note(job)
	op := &operation{name: "models/" + model + "/operations/" + s.ID(""), base: c.Base, until: s.Now().Add(filesKept), job: job, code: s.next(Operation)}
	switch {
	case strings.Contains(words, "test:fail"):
		op.code = "INTERNAL"
	case strings.Contains(words, "test:refused"):
		op.code = Filtered
	}
	for field, data := range job.Media {
		op.inputs = append(op.inputs, s.Hold(field, "input", data, http.DetectContentType(data), 0))
	}
	s.Lock()
	s.operations[op.name] = op
	s.Unlock()
	s.Go(func(ctx context.Context) { s.run(ctx, op) })
	return kit.JSON(http.StatusOK, map[string]any{"name": op.name})
}

// hooked reports whether a callback is written as the SDK writes it. Nobody is called back: how
// Google would do that is not known here.
func hooked(v any) bool {
	config, ok := v.(map[string]any)
	if v == nil || !ok {
		return v == nil
	}
	for _, address := range array(config["uris"]) {
		if text, _ := address.(string); !kit.IsAddress(text) {
			return false
		}
	}
	return kit.Only(config, []string{"uris"}, "userMetadata")
}

// readInstance puts words and pictures into the job. full says that only a whole video of eight
// seconds can be made of them; at is the member at fault.
func (s *Sim) readInstance(v any, job kit.Job) (full bool, at string) {
	one, ok := first(v).(map[string]any)
	if !ok || len(array(v)) != 1 || len(one) == 0 || !kit.Only(one, nil, "prompt", "image", "lastFrame", "referenceImages", "video") {
		return false, "instances"
	}
	if words, given := one["prompt"]; given {
		text, ok := words.(string)
		if !ok || text == "" {
			return false, "instances[0].prompt"
		}
		job.Texts[s.field("prompt")] = text
	}
	framed, referenced, extended := one["image"] != nil || one["lastFrame"] != nil, one["referenceImages"] != nil, one["video"] != nil
	if framed && referenced || framed && extended || referenced && extended || one["lastFrame"] != nil && one["image"] == nil {
		return false, "instances[0]"
	}
	for _, name := range []string{"image", "lastFrame"} {
		if one[name] == nil {
			continue
		}
		if job.Media[s.field(name)] = encoded(one[name]); job.Media[s.field(name)] == nil {
			return false, "instances[0]." + name
		}
	}
	for i, item := range array(one["referenceImages"]) {
		reference, _ := item.(map[string]any)
		data := encoded(reference["image"])
		if data == nil || i > 2 || !kit.Only(reference, []string{"image", "referenceType"}) || reference["referenceType"] != "ASSET" {
			return false, "instances[0].referenceImages"
		}
		job.Media[s.field(fmt.Sprintf("reference_%d", i+1))] = data
	}
	if extended && !s.isOurs(one["video"]) {
		return false, "instances[0].video"
	}
	return referenced || extended, ""
}

// encoded returns the picture of an object with bytes and type, or nil.
func encoded(v any) []byte {
	object, ok := v.(map[string]any)
	if !ok || !kit.Only(object, []string{"bytesBase64Encoded", "mimeType"}) {
		return nil
	}
	return picture(object["bytesBase64Encoded"], object["mimeType"])
}

// isOurs reports whether a video is one that was made here.
func (s *Sim) isOurs(v any) bool {
	address, _ := member(v, "uri").(string)
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	id := strings.TrimSuffix(strings.TrimPrefix(u.Path, base+"files/"), ":download")
	s.Lock()
	defer s.Unlock()
	return s.files[id] != nil && s.Holds(s.files[id])
}

// readParameters puts the options into the job, or returns the member at fault. Members of the
// enterprise platform, such as seed and fps, are refused.
func (s *Sim) readParameters(v any, full bool, job kit.Job) (at string) {
	parameters, ok := v.(map[string]any)
	if v != nil && !ok {
		return "object"
	}
	words := map[string][]string{
		"aspectRatio": {"16:9", "9:16"}, "resolution": {"720p", "1080p", "4k"}, "personGeneration": {"allow_adult"},
	}
	seconds := int64(8)
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		value := parameters[name]
		text, isText := value.(string)
		number, isNumber := whole(value)
		_, isTruth := value.(bool)
		fits := false
		switch name {
		case "aspectRatio", "resolution", "personGeneration":
			fits = slices.Contains(words[name], text)
		case "durationSeconds":
			fits, seconds = isNumber && slices.Contains([]int64{4, 6, 8}, number), number
		case "negativePrompt":
			fits = isText
		case "sampleCount":
			fits = isNumber && number == 1
		case "enhancePrompt":
			fits = isTruth
		}
		if !fits {
			return name
		}
		if slices.Contains([]string{"aspectRatio", "resolution", "durationSeconds"}, name) {
			job.Options[s.field(name)] = fmt.Sprint(value)
		}
	}
	if big, _ := parameters["resolution"].(string); seconds != 8 && (full || big == "1080p" || big == "4k") {
		return "durationSeconds"
	}
	return ""
}

// whole returns a JSON number that is whole.
func whole(v any) (int64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := n.Int64()
	return i, err == nil
}

// run makes the video.
func (s *Sim) run(ctx context.Context, op *operation) {
	queue, run := s.Stages(op.job.Texts)
	if !s.Wait(ctx, queue+run) {
		return
	}
	var out kit.Output
	code := op.code
	if code == "" {
		var err error
		if out, err = s.Render(ctx, op.job); err != nil {
			code = "INTERNAL"
		}
	}
	id := strings.ToLower(s.ID(""))
	s.Lock()
	defer s.Unlock()
	for _, h := range op.inputs {
		s.Release(h)
	}
	op.done, op.code, op.job = true, code, kit.Job{}
	if code == "" {
		op.file = id
		s.files[id] = s.Hold("result", "output", out.Data, out.MediaType, filesKept)
	}
}

// operation tells how a video is coming on.
func (s *Sim) operation(_ *kit.Call, name string) kit.Reply {
	if code := s.next(Ask); code != "" {
		return refuse(code, "")
	}
	s.Lock()
	defer s.Unlock()
	op := s.operations[name]
	if op == nil || !s.Now().Before(op.until) {
		return refuse("NOT_FOUND", name)
	}
	doc := map[string]any{"name": op.name}
	if !op.done {
		return kit.JSON(http.StatusOK, doc)
	}
	doc["done"] = true
	made := map[string]any{}
	numbers := map[string]int{"INVALID_ARGUMENT": 3, "DEADLINE_EXCEEDED": 4, "NOT_FOUND": 5, "PERMISSION_DENIED": 7, "RESOURCE_EXHAUSTED": 8, "FAILED_PRECONDITION": 9, "INTERNAL": 13, "UNAVAILABLE": 14}
	switch {
	case op.file != "":
		made["generatedSamples"] = []any{map[string]any{"video": map[string]any{"uri": op.base + base + "files/" + op.file + ":download?alt=media"}}}
	case op.code == Filtered:
		made["raiMediaFilteredCount"], made["raiMediaFilteredReasons"] = 1, []any{"simulated reason"}
	default:
		doc["error"] = map[string]any{"code": numbers[op.code], "message": "The video could not be made."}
		return kit.JSON(http.StatusOK, doc)
	}
	doc["response"] = map[string]any{"@type": rpc + "google.ai.generativelanguage.v1beta.PredictLongRunningResponse", "generateVideoResponse": made}
	return kit.JSON(http.StatusOK, doc)
}

// file tells of a file, deletes it, or sends on to where it can be read without the key.
func (s *Sim) file(c *kit.Call, id, call string) kit.Reply {
	if code := s.next(File); code != "" {
		return refuse(code, "")
	}
	s.Lock()
	defer s.Unlock()
	h := s.files[id]
	if h == nil || !s.Holds(h) {
		return refuse("NOT_FOUND", id)
	}
	switch {
	case c.Method == http.MethodGet && call == "download" && len(c.Query) == 1 && c.Query.Get("alt") == "media":
		return kit.Reply{Status: http.StatusFound, Header: map[string]string{"Location": cmp.Or(s.opts.Storage, c.Base) + storage + id}}
	case c.Method == http.MethodGet && call == "" && len(c.Query) == 0:
		return kit.JSON(http.StatusOK, map[string]any{
			"name": "files/" + id, "mimeType": h.MediaType, "sizeBytes": fmt.Sprint(h.Bytes), "state": "ACTIVE", "source": "GENERATED",
			"expirationTime": h.Until.UTC().Format(time.RFC3339), "uri": c.Base + base + "files/" + id,
		})
	case c.Method == http.MethodDelete && call == "" && len(c.Query) == 0 && len(c.Body) == 0:
		s.Release(h)
		delete(s.files, id)
		return kit.JSON(http.StatusOK, map[string]any{})
	default:
		return refuse("NOT_FOUND", id)
	}
}

// blob serves a file. On a host of its own the key has no business.
func (s *Sim) blob(c *kit.Call, id string) kit.Reply {
	if s.opts.Storage != "" && c.Header.Get(keyHeader) != "" {
		c.Odd("key forwarded along a redirect")
	}
	s.Lock()
	defer s.Unlock()
	h := s.files[id]
	if c.Method != http.MethodGet || h == nil || !s.Holds(h) {
		return refuse("NOT_FOUND", "")
	}
	return kit.Reply{Status: http.StatusOK, MediaType: h.MediaType, Body: h.Data}
}

// Package gemini simulates Google's Gemini API on loopback: pictures (generateContent), Veo
// (predictLongRunning), operations, files and the list of models.
//
// It promises to fail closed, with Google's own form of error, on any path, method, member, type or
// value it does not know; to refuse and report a key in an address and an order that Google would
// store; to report everything it received and still holds; and to notice what Google should never
// see. Its messages quote a person's words, as a service may. It never reaches for the network
// except for the pictures whose addresses it was given, and calls nobody back.
package gemini

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"vow.example/vow/internal/sim/kit"
)

const (
	base      = "/v1beta/"
	storage   = "/google-storage/"     // where downloads are redirected to
	filesKept = 48 * time.Hour         // files and operations
	logKept   = 55 * 24 * time.Hour    // the log against abuse: the longest time that Google names for any log
	keyHeader = "X-Goog-Api-Key"       // the one place of the key
	rpc       = "type.googleapis.com/" // prefix of types
)

// Options configure a Sim. APIKey is required.
type Options struct {
	kit.Options
	APIKey   string
	Models   []string          // that are not retired; nil: those of November 2026
	Features map[string]string // feature by model, for the renderer; default: the model's id
	Storage  string            // base of another listener of this service, where downloads are redirected to; empty: the same
	Fields   map[string]string // personal field by place: text, image_1, aspectRatio, imageSize; prompt, image, lastFrame, reference_1, resolution, durationSeconds
}

// Sim is the simulated service. It is an http.Handler and safe for concurrent use.
type Sim struct {
	*kit.Kit
	opts     Options
	scripted kit.Script[script]

	// Guarded by Lock.
	operations map[string]*operation // by name
	files      map[string]*kit.Held  // by id
	throttled  map[string]bool       // prompts that have met their "not now"
}

// Place is where a scripted code strikes.
type Place int

// The places. At Order, Ask and File the code is a status ("RESOURCE_EXHAUSTED", or DailyQuota);
// at Block a blockReason and at Finish a finishReason of the next picture ("STOP": words only); at
// Operation the status with which the next video ends ("INTERNAL", or Filtered).
const (
	Order Place = iota
	Ask
	File
	Block
	Finish
	Operation
)

// DailyQuota is RESOURCE_EXHAUSTED by the quota of a day; Filtered is the end of a video that
// Google made and withholds.
const (
	DailyQuota = "RESOURCE_EXHAUSTED/PerDay"
	Filtered   = "raiMediaFiltered"
)

// script is a code that the next call of its kind answers with.
type script struct {
	at   Place
	code string
}

// New returns a Sim. Close ends its operations.
func New(o Options) *Sim {
	if o.Models == nil {
		o.Models = []string{"gemini-2.5-flash-image", "gemini-3-pro-image", "gemini-3.1-flash-image", "gemini-3.1-flash-lite-image", "veo-3.1-generate-preview"}
	}
	s := &Sim{opts: o, operations: map[string]*operation{}, files: map[string]*kit.Held{}, throttled: map[string]bool{}}
	o.Options.Arrive = s.arrive
	o.Failed = func(*kit.Call) kit.Reply { return refuse("INTERNAL", "") }
	o.Headers = append(slices.Clone(o.Headers), keyHeader)
	s.Kit = kit.New("gemini", o.Options, s.answer)
	return s
}

// Next makes the next call or result at a place end with a code of Google's.
func (s *Sim) Next(at Place, code string) { s.scripted.Add(script{at, code}) }

// next takes the code that is scripted for a place, or "".
func (s *Sim) next(at Place) string {
	return s.scripted.Next(func(one script) bool { return one.at == at }).code
}

// field is the app's name for a place of Google's.
func (s *Sim) field(place string) string {
	if f, ok := s.opts.Fields[place]; ok {
		return f
	}
	return strings.ToLower(place)
}

// arrive names the personal fields of a call, before anything is judged.
func (s *Sim) arrive(c *kit.Call) {
	if _, ok := c.Query["key"]; ok {
		c.Odd("key in the address")
	}
	pictures := 0
	for _, part := range array(member(first(c.JSON["contents"]), "parts")) {
		if member(part, "text") != nil {
			c.Field(s.field("text"))
		}
		if member(part, "inlineData") != nil || member(part, "fileData") != nil {
			pictures++
			c.Field(s.field("image_" + strconv.Itoa(pictures)))
		}
	}
	shape := member(c.JSON["generationConfig"], "imageConfig")
	instance, parameters := first(c.JSON["instances"]), c.JSON["parameters"]
	for i := range array(member(instance, "referenceImages")) {
		c.Field(s.field("reference_" + strconv.Itoa(i+1)))
	}
	for _, at := range []struct {
		object any
		names  []string
	}{
		{shape, []string{"aspectRatio", "imageSize"}},
		{instance, []string{"prompt", "image", "lastFrame", "video"}},
		{parameters, []string{"aspectRatio", "resolution", "durationSeconds", "negativePrompt"}},
		{c.JSON["webhookConfig"], []string{"userMetadata"}},
	} {
		for _, name := range at.names {
			if member(at.object, name) != nil {
				c.Field(s.field(name))
			}
		}
	}
}

// member, array and first look into JSON; where there is nothing they return nil.
func member(v any, name string) any {
	object, _ := v.(map[string]any)
	return object[name]
}

func array(v any) []any {
	list, _ := v.([]any)
	return list
}

func first(v any) any {
	if list := array(v); len(list) > 0 {
		return list[0]
	}
	return nil
}

// answer judges one call.
func (s *Sim) answer(c *kit.Call) kit.Reply {
	if c.Fault == kit.Throttled {
		out := refuse("RESOURCE_EXHAUSTED", "")
		out.Throttle = true
		return out
	}
	if blob, ok := strings.CutPrefix(c.Path, storage); ok {
		return s.blob(c, blob)
	}
	if refused := s.authorize(c); refused != nil {
		return *refused
	}
	rest, ok := strings.CutPrefix(c.Path, base)
	bare := c.Method == http.MethodDelete && len(c.Body) == 0 // the SDK names a content type even then
	if !ok || c.Problem != "" && !bare {
		return refuse("INVALID_ARGUMENT", "")
	}
	name, call, _ := strings.Cut(rest, ":")
	model, isModel := strings.CutPrefix(name, "models/")
	file, isFile := strings.CutPrefix(name, "files/")
	switch {
	case c.Method == http.MethodPost && isModel && call == "generateContent" && len(c.Query) == 0:
		return s.generate(c, model)
	case c.Method == http.MethodPost && isModel && call == "predictLongRunning" && len(c.Query) == 0:
		return s.predict(c, model)
	case c.Method == http.MethodGet && rest == "models":
		return s.models(c)
	case c.Method == http.MethodGet && isModel && call == "" && len(c.Query) == 0:
		return s.operation(c, rest)
	case isFile:
		return s.file(c, file, call)
	default:
		return refuse("NOT_FOUND", "")
	}
}

// authorize wants the key in its header and nowhere else.
func (s *Sim) authorize(c *kit.Call) *kit.Reply {
	given := c.Header.Get(keyHeader)
	_, inQuery := c.Query["key"]
	var out kit.Reply
	switch {
	case inQuery || given == "" || c.Header.Get("Authorization") != "":
		out = refuse("PERMISSION_DENIED", "")
	case s.opts.APIKey == "" || subtle.ConstantTimeCompare([]byte(given), []byte(s.opts.APIKey)) != 1:
		out = refuse("INVALID_ARGUMENT", "", map[string]any{"@type": rpc + "google.rpc.ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"})
	default:
		return nil
	}
	return &out
}

// refuse is Google's form of error. words are a person's, as a service may quote them.
func refuse(status, words string, details ...map[string]any) kit.Reply {
	status, day, _ := strings.Cut(status, "/")
	code := numberOf(status)
	if status == "RESOURCE_EXHAUSTED" {
		id := "GenerateRequestsPerMinutePerProjectPerModel"
		if day != "" {
			id = "GenerateRequestsPerDayPerProjectPerModel"
		}
		details = append(details,
			map[string]any{"@type": rpc + "google.rpc.QuotaFailure", "violations": []any{map[string]any{"quotaId": id}}},
			map[string]any{"@type": rpc + "google.rpc.RetryInfo", "retryDelay": "36s"})
	}
	doc := map[string]any{"code": code, "status": status, "message": fmt.Sprintf("The request with %q cannot be processed.", words)}
	if len(details) > 0 {
		doc["details"] = details
	}
	return kit.JSON(code, map[string]any{"error": doc})
}

// fault is an INVALID_ARGUMENT that names the member at fault.
func fault(field, words string) kit.Reply {
	return refuse("INVALID_ARGUMENT", words, map[string]any{
		"@type": rpc + "google.rpc.BadRequest", "fieldViolations": []any{map[string]any{"field": field, "description": words}},
	})
}

// numberOf is the HTTP status of a status.
func numberOf(status string) int {
	switch status {
	case "UNAUTHENTICATED":
		return http.StatusUnauthorized
	case "PERMISSION_DENIED":
		return http.StatusForbidden
	case "NOT_FOUND":
		return http.StatusNotFound
	case "RESOURCE_EXHAUSTED":
		return http.StatusTooManyRequests
	case "INTERNAL":
		return http.StatusInternalServerError
	case "UNAVAILABLE":
		return http.StatusServiceUnavailable
	case "DEADLINE_EXCEEDED":
		return http.StatusGatewayTimeout
	default: // INVALID_ARGUMENT, FAILED_PRECONDITION
		return http.StatusBadRequest
	}
}

// models lists the models in pages.
func (s *Sim) models(c *kit.Call) kit.Reply {
	if code := s.next(Ask); code != "" {
		return refuse(code, "")
	}
	size, from := 50, 0
	for name, values := range c.Query {
		n, err := strconv.Atoi(values[0])
		if err != nil || n < 0 || name != "pageSize" && name != "pageToken" {
			return fault(name, "")
		}
		if name == "pageSize" {
			size = max(1, min(n, 1000))
		} else {
			from = n
		}
	}
	names := slices.Sorted(slices.Values(s.opts.Models))
	doc := map[string]any{}
	to := min(from+size, len(names))
	list := []any{}
	for _, name := range names[min(from, to):to] {
		list = append(list, map[string]any{"name": "models/" + name, "displayName": name})
	}
	doc["models"] = list
	if to < len(names) {
		doc["nextPageToken"] = strconv.Itoa(to)
	}
	return kit.JSON(http.StatusOK, doc)
}

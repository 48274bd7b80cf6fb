// Package tencent simulates Tencent Cloud's image calls on loopback: text to image of hunyuan and
// aiart, at once and as jobs, and the age change of ft, with the files behind their links.
//
// It promises to verify every TC3 signature, its scope and its time, and to fail closed, with
// HTTP 200 and Tencent's own form of error, on any path, header, action, version, parameter, type,
// value or length it does not know; to report everything it received and still holds; and to
// notice what a recipient should never see: a rewritten prompt, a picture in text to image, the
// place of a face. It never reaches for the network except for the picture that a call names.
package tencent

import (
	"net/http"
	"strings"

	"vow.example/vow/internal/sim/kit"
)

// Options configure a Sim. The keys are required, everything else has a default.
type Options struct {
	kit.Options
	SecretID, SecretKey string
	Token               string            // of temporary keys; empty: none is taken
	Parallel            int               // unfinished jobs of one service beyond which it takes no more; default 1
	Fields              map[string]string // personal field behind a parameter: "Url": "photo"; others go by their own name in lower case
}

// Sim is the simulated service. It is an http.Handler and safe for concurrent use.
type Sim struct {
	*kit.Kit
	opts Options

	next    kit.Script[string] // codes with which the next calls are refused
	ends    [][]string         // how the next jobs end, a word for each picture
	told    map[string]bool    // prompts that were throttled once
	jobs    map[string]*job
	actions map[string]action
}

// New returns a Sim. Close ends its jobs.
func New(o Options) *Sim {
	if o.Parallel <= 0 {
		o.Parallel = 1
	}
	o.Headers = []string{"X-TC-Action", "X-TC-Version", "X-TC-Timestamp", "X-TC-Region", "X-TC-Token", "X-TC-Language", "X-TC-RequestClient"}
	s := &Sim{opts: o, told: map[string]bool{}, jobs: map[string]*job{}}
	s.actions = s.table()
	o.Failed = func(*kit.Call) kit.Reply { return s.refuse("InternalError") }
	s.Kit = kit.New("tencent", o.Options, s.answer)
	return s
}

// Next refuses the next well-signed call with a code of Tencent's.
func (s *Sim) Next(code string) { s.next.Add(code) }

// NextJob says how the next job ends: a word for each of its pictures, "Success" or a code. With a
// single code the whole job fails.
func (s *Sim) NextJob(words ...string) {
	s.Lock()
	defer s.Unlock()
	s.ends = append(s.ends, words)
}

// answer takes one call.
func (s *Sim) answer(c *kit.Call) kit.Reply {
	a, code := s.admit(c)
	if a.run != nil {
		s.note(c, a) // what arrived has arrived, even where it is refused
	}
	if code != "" {
		return s.refuse(code)
	}
	if c.Fault == kit.Throttled {
		out := s.refuse("RequestLimitExceeded")
		out.Throttle = true
		return out
	}
	if code := s.next.Next(nil); code != "" {
		return s.refuse(code)
	}
	if code := a.check(c.JSON); code != "" {
		return s.refuse(code)
	}
	if code, down := s.magic(c.Text("Prompt")); down {
		return kit.Reply{Status: http.StatusServiceUnavailable, MediaType: "text/html", Body: []byte("<html>service unavailable</html>")}
	} else if code != "" {
		return s.refuse(code)
	}
	return a.run(c)
}

// admit checks everything that comes before the parameters, and returns the code of the first fault.
func (s *Sim) admit(c *kit.Call) (action, string) {
	h := c.Header.Get
	a := s.actions[h("X-TC-Action")+" "+h("X-TC-Version")]
	switch {
	case c.Method != http.MethodPost:
		return a, "UnsupportedProtocol"
	case c.Path != "/" || len(c.Query) > 0:
		return a, "InvalidRequest"
	case c.Problem != "" || c.MediaType != "application/json":
		return a, "InvalidParameter"
	case h("X-TC-Action") == "" || h("X-TC-Version") == "" || h("X-TC-Timestamp") == "" || h("X-TC-Region") == "":
		return a, "MissingParameter"
	}
	service, code := s.verify(c)
	switch {
	case code != "":
		return a, code
	case a.run == nil && s.knows(h("X-TC-Action")):
		return a, "NoSuchVersion"
	case a.run == nil || a.service != service:
		return a, "InvalidAction"
	case !strings.HasPrefix(h("X-TC-Region"), "ap-"):
		return a, "UnsupportedRegion"
	}
	return a, ""
}

// knows reports whether there is such an action in some version.
func (s *Sim) knows(name string) bool {
	for key := range s.actions {
		if strings.HasPrefix(key, name+" ") {
			return true
		}
	}
	return false
}

// magic obeys the words by which a prompt asks for a fault.
func (s *Sim) magic(prompt string) (code string, down bool) {
	switch {
	case strings.Contains(prompt, "test:provider_down"):
		return "", true
	case strings.Contains(prompt, "test:refused"):
		return "OperationDenied.TextIllegalDetected", false
	case strings.Contains(prompt, "test:throttled"):
		s.Lock()
		defer s.Unlock()
		if !s.told[prompt] {
			s.told[prompt] = true
			return "RequestLimitExceeded", false
		}
	}
	return "", false
}

// note writes down which personal fields a call carries, and what should not be in it.
func (s *Sim) note(c *kit.Call, a action) {
	for name := range c.JSON {
		if _, mapped := s.opts.Fields[name]; mapped || a.params[name].personal {
			c.Field(s.field(name))
		}
	}
	if a.params["Revise"].check != nil && !isNumber(c.JSON["Revise"], 0, 0) {
		c.Odd("Revise: the prompt would be rewritten")
	}
	if _, ok := c.JSON["ContentImage"]; ok {
		c.Odd("ContentImage: a picture in text to image")
	}
	infos, _ := c.JSON["AgeInfos"].([]any)
	for _, info := range infos {
		if m, _ := info.(map[string]any); m["FaceRect"] != nil {
			c.Odd("FaceRect: the place of a face")
		}
	}
}

// field is the personal field behind a parameter.
func (s *Sim) field(parameter string) string {
	if f := s.opts.Fields[parameter]; f != "" {
		return f
	}
	return strings.ToLower(parameter)
}

// success is Tencent's envelope around an answer.
func (s *Sim) success(members map[string]any) kit.Reply {
	members["RequestId"] = s.uuid()
	return kit.JSON(http.StatusOK, map[string]any{"Response": members})
}

// refuse is Tencent's envelope around an error. HTTP says 200 all the same.
func (s *Sim) refuse(code string) kit.Reply {
	return s.success(map[string]any{"Error": map[string]any{"Code": code, "Message": "simulated: " + code}})
}

// uuid is a new identifier in the form of a UUID.
func (s *Sim) uuid() string {
	id := s.ID("")
	return id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:32]
}

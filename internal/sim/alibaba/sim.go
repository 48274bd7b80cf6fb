// Package alibaba simulates Alibaba Cloud's vision services (facebody, imageenhan, viapi), for
// tests and for the demo.
//
// It promises to fail closed, with Alibaba's own form of error, on any signature, nonce, date,
// action, version, parameter, type or placement that it does not know; to fetch every picture that
// a call names; to answer with everything that the real service would tell of a face; and to keep
// face templates until they are deleted, as the real service does. With a seed it is
// deterministic. It never reaches for the network except for the pictures it was sent to.
package alibaba

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"vow.example/vow/internal/sim/kit"
)

// The times after which the service lets go.
const (
	resultLife = 30 * time.Minute
	inputLife  = 24 * time.Hour
)

// Options configure a Sim. The key is required, everything else has a default.
type Options struct {
	kit.Options
	AccessKeyID, AccessKeySecret string
	SecurityToken                string                    // where the keys are temporary ones
	Fields                       map[string]string         // the app's field by parameter, or by "Action.Parameter"; nil: those of DemoFields
	Faces                        func(photo []byte) []Face // finds faces; nil: one face in every picture
}

// Face is one face in a picture.
type Face struct {
	Box     [4]int // left, top, width, height
	Age     int
	Gender  int     // 0 female, 1 male
	Quality float64 // 0 to 100
}

// Script lets the next call of an action end in Alibaba's own words. One member besides Action
// is set.
type Script struct {
	Action    string // "": any
	Code      string // the call is refused with this code
	Status    int    // with this HTTP status; 0: the usual one of the code
	JobStatus string // the job that the call submits ends so
	JobCode   string // with this ErrorCode, where it is PROCESS_FAILED
	Ignore    bool   // the call is answered as a success, and nothing is done
}

// Sim is the simulated service. It is an http.Handler and safe for concurrent use.
type Sim struct {
	*kit.Kit
	opts      Options
	nonces    map[string]time.Time
	jobs      map[string]*job
	templates map[string]*template
	scripts   kit.Script[Script]
}

// DemoFields returns the fields of the demo's app behind the parameters of the calls.
func DemoFields() map[string]string {
	return map[string]string{
		"ImageURL": "photo", "ImageUrl": "photo", "Url": "photo", "AddFaceImageTemplate.ImageURL": "template_photo",
		"AlgoType": "style", "Index": "style", "ReturnType": "style", "UpscaleFactor": "scale", "Scale": "scale",
	}
}

// New returns a Sim. Close ends its jobs.
func New(o Options) *Sim {
	if o.Fields == nil {
		o.Fields = DemoFields()
	}
	if o.Faces == nil {
		o.Faces = func([]byte) []Face { return []Face{{Box: [4]int{10, 20, 64, 64}, Age: 31, Gender: 0, Quality: 88.1}} }
	}
	o.Headers = append([]string{}, signedNames()...)
	s := &Sim{opts: o, nonces: map[string]time.Time{}, jobs: map[string]*job{}, templates: map[string]*template{}}
	o.Failed = func(c *kit.Call) kit.Reply { return (&call{Call: c, sim: s}).refuse("InternalError", 0) }
	s.Kit = kit.New("alibaba", o.Options, s.answer)
	return s
}

// Next queues a script. Scripts are used in order, each once.
func (s *Sim) Next(script Script) { s.scripts.Add(script) }

// call is one call with what was made of it.
type call struct {
	*kit.Call
	sim    *Sim
	spec   spec
	values map[string]string // its parameters
	script Script
}

func (s *Sim) answer(in *kit.Call) kit.Reply {
	if in.Method == http.MethodGet && strings.HasPrefix(in.Path, "/result/") {
		return kit.Reply{Status: http.StatusForbidden, MediaType: "application/xml", Body: []byte("<Error><Code>AccessDenied</Code><Message>Request has expired.</Message></Error>")}
	}
	c := &call{Call: in, sim: s}
	if in.Fault == kit.Throttled {
		out := c.refuse("Throttling.User", 0)
		out.Header, out.Throttle = map[string]string{"x-acs-retry-after": "1500"}, true
		return out
	}
	if code := s.verify(in); code != "" {
		return c.refuse(code, 0)
	}
	if code := c.understand(); code != "" {
		return c.refuse(code, 0)
	}
	if c.script = s.scripts.Next(func(one Script) bool { return one.Action == "" || one.Action == c.spec.name }); c.script.Code != "" {
		out := c.refuse(c.script.Code, c.script.Status)
		if strings.Contains(c.script.Code, "Throttling") {
			out.Header = map[string]string{"x-acs-retry-after": "1500"}
		}
		return out
	}
	return c.spec.serve(c)
}

// understand finds the action and checks its parameters against the table.
func (c *call) understand() string {
	host, _, _ := strings.Cut(c.Host, ".")
	spec, ok := specOf(c.Header.Get("x-acs-action"), c.Header.Get("x-acs-version"))
	if !ok || strings.HasSuffix(c.Host, ".aliyuncs.com") && host != spec.product {
		return "InvalidAction.NotFound"
	}
	c.spec = spec
	given := c.Form
	if spec.placement != inBody {
		given = c.Query
	}
	misplaced := spec.placement == inBody && len(c.Query) > 0 || spec.placement != inBody && len(c.Body) > 0
	method := http.MethodPost
	if spec.placement == inQueryOfGet {
		method = http.MethodGet
	}
	if c.Method != method || c.Path != "/" || c.Problem != "" || misplaced || c.Header.Get("Accept") != "application/json" ||
		len(c.Body) > 0 && c.MediaType != "application/x-www-form-urlencoded" {
		return "ParameterError"
	}
	c.values = map[string]string{}
	for name, list := range given {
		kind, known := spec.kindOf(name)
		if !known || len(list) != 1 || !kind.takes(list[0]) {
			return "ParameterError"
		}
		c.values[name] = list[0]
		if field, personal := c.fieldOf(name, kind); personal {
			c.Field(field)
		}
	}
	for _, name := range spec.required {
		if c.values[name] == "" {
			return "ParameterError"
		}
	}
	return ""
}

// fieldOf returns the app's field behind a parameter. Settings of the call are nobody's.
func (c *call) fieldOf(name string, kind kind) (string, bool) {
	short := name[strings.LastIndex(name, ".")+1:]
	for _, key := range []string{c.spec.name + "." + short, name, short} {
		if field, ok := c.sim.opts.Fields[key]; ok {
			return field, true
		}
	}
	return strings.ToLower(short), kind.personal
}

// refuse is Alibaba's form of an error.
func (c *call) refuse(code string, status int) kit.Reply {
	if status == 0 {
		status = statusOf(code)
	}
	return kit.JSON(status, map[string]any{
		"RequestId": c.sim.requestID(), "HostId": c.Host, "Code": code, "Message": "The specified call was refused by the simulated service.",
		"Recommend": "https://api.aliyun.com/troubleshoot?q=" + code,
	})
}

// data is Alibaba's form of a success.
func (c *call) data(v any) kit.Reply {
	return kit.JSON(http.StatusOK, map[string]any{"RequestId": c.sim.requestID(), "Data": v})
}

func (s *Sim) requestID() string { return strings.ToUpper(dashed(s.ID(""))) }

// dashed writes 32 hexadecimal digits as Alibaba writes its identifiers.
func dashed(id string) string {
	return fmt.Sprintf("%s-%s-%s-%s-%s", id[:8], id[8:12], id[12:16], id[16:20], id[20:32])
}

// statusOf is the HTTP status that a code usually comes with.
func statusOf(code string) int {
	switch code {
	case "AuthFailed", "InvalidApi.NotPurchase", "InvalidApi.ForbiddenInvoke":
		return http.StatusForbidden
	case "InvalidAccessKeyId.NotFound", "InvalidAction.NotFound", "InvalidApi.OutOfService":
		return http.StatusNotFound
	case "InternalError", "InternalError.Algo", "InternalError.Timeout", "Timeout":
		return http.StatusInternalServerError
	case "Throttling":
		return http.StatusServiceUnavailable
	default:
		return http.StatusBadRequest
	}
}

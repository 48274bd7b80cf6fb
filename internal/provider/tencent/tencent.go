// Package tencent translates orders into Tencent Cloud's image calls (hunyuan, aiart and ft) and
// their answers into statuses.
//
// It promises requests that are, field by field, those of the official SDK, Revise 0 wherever
// Tencent would rewrite a prompt, base64 answers unless the wiring wants links, and that no
// picture ever goes into a text-to-image call and no face rectangle into an age change. It never
// reads a rewritten prompt, never repeats Tencent's messages, and has no call to cancel or erase:
// Tencent has none, and what stays is said instead.
package tencent

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/driver"
)

// Name is the word by which wiring names this driver.
const Name = "tencent"

// The services, by the names of their addresses and of their signatures.
const (
	hunyuan = "hunyuan"
	aiart   = "aiart"
	ft      = "ft"
)

// Credentials returns the names of the keys that the driver's requests are signed with.
func Credentials() (required, optional []string) {
	return []string{"secret_id", "secret_key"}, []string{"token"}
}

// Services returns the names of the addresses that calls go to.
func Services() []string { return []string{hunyuan, aiart, ft} }

// Driver speaks Tencent Cloud's protocol. It has no state.
type Driver struct{}

// kind is what a parameter takes.
type kind int

const (
	words  kind = iota + 1 // a text or an option, in words
	number                 // a whole number
	link                   // the address of a picture
	base64Picture
)

// operation is one of Tencent's calls.
type operation struct {
	service, action, version string
	query                    string          // the action that asks for the job; empty: the answer is the result
	linked                   time.Duration   // how long a result's link lives
	nodes                    map[string]kind // parameters that may carry a field of a person
	set                      map[string]kind // parameters that the wiring may fix
	body                     wire.JSON       // what goes out whatever the wiring says, unless set names it
}

// operationOf returns the operation behind a wiring's call.
func operationOf(call string) (operation, bool) {
	const hour = time.Hour
	logo, plain := wire.Int(1), wire.Literal("base64")
	switch call {
	case "TextToImageLite":
		return operation{
			service: hunyuan, action: "TextToImageLite", version: "2023-09-01", linked: hour,
			nodes: map[string]kind{"Prompt": words, "NegativePrompt": words, "Style": words, "Resolution": words},
			set:   map[string]kind{"Style": words, "Resolution": words, "LogoAdd": number, "RspImgType": words},
			body:  wire.JSON{"LogoAdd": logo, "RspImgType": plain},
		}, true
	case "SubmitHunyuanImageJob":
		return operation{
			service: hunyuan, action: "SubmitHunyuanImageJob", version: "2023-09-01", query: "QueryHunyuanImageJob", linked: hour,
			nodes: map[string]kind{"Prompt": words, "NegativePrompt": words, "Style": words, "Resolution": words},
			set:   map[string]kind{"Style": words, "Resolution": words, "Clarity": words, "Num": number, "Seed": number, "LogoAdd": number},
			body:  wire.JSON{"LogoAdd": logo, "Revise": wire.Int(0)},
		}, true
	case "aiart.TextToImageLite":
		return operation{
			service: aiart, action: "TextToImageLite", version: "2022-12-29", linked: hour,
			nodes: map[string]kind{"Prompt": words, "NegativePrompt": words, "Resolution": words},
			set:   map[string]kind{"Resolution": words, "Seed": number, "LogoAdd": number, "RspImgType": words},
			body:  wire.JSON{"LogoAdd": logo, "RspImgType": plain},
		}, true
	case "SubmitTextToImageJob":
		return operation{
			service: aiart, action: "SubmitTextToImageJob", version: "2022-12-29", query: "QueryTextToImageJob", linked: hour,
			nodes: map[string]kind{"Prompt": words, "Resolution": words},
			set:   map[string]kind{"Resolution": words, "Seed": number, "LogoAdd": number},
			body:  wire.JSON{"LogoAdd": logo, "Revise": wire.Int(0)},
		}, true
	case "ChangeAgePic":
		return operation{
			service: ft, action: "ChangeAgePic", version: "2020-03-04", linked: 24 * hour,
			nodes: map[string]kind{"Url": link, "Image": base64Picture},
			set:   map[string]kind{"age": number, "RspImgType": words},
			body:  wire.JSON{"RspImgType": plain},
		}, true
	default:
		return operation{}, false
	}
}

// ticket names what an order became at Tencent: a job, a link, or nothing that could be asked for.
type ticket struct {
	Call   string `json:"call"`
	Region string `json:"region"`
	Job    string `json:"job,omitempty"`
	Link   string `json:"link,omitempty"`
}

// Begin makes the one call that carries the content. It saves nothing before it, so there is
// nothing to resume.
func (Driver) Begin(ctx context.Context, s driver.Sender, o driver.Order) (driver.Begun, error) {
	if len(o.Resume) > 0 {
		return driver.Begun{}, driver.Fail(egress.Bug, "resume")
	}
	op, ok := operationOf(o.Workflow.Call)
	if !ok {
		return driver.Begun{}, driver.Fail(egress.Bug, "call")
	}
	body, err := op.compose(s, o.Workflow)
	if err != nil {
		return driver.Begun{}, err
	}
	t := ticket{Call: o.Workflow.Call, Region: region(o.Workflow.Set)}
	r := op.request(op.action, t.Region, body)
	if body["RspImgType"] == wire.Literal("base64") {
		r.Reply = wire.Large
	}
	answer, err := s.Send(ctx, r)
	if err != nil {
		return driver.Begun{}, refine(answer, err)
	}
	got, err := open(answer.Body)
	if err != nil {
		return driver.Begun{}, err
	}
	if op.query != "" {
		t.Job = got.JobID
		if !isJob(t.Job) {
			return driver.Begun{}, driver.Fail(egress.UnknownOutcome, "reply")
		}
		return t.begun(nil)
	}
	return finished(t, got, r.Reply)
}

// finished is the result of a call that answers at once: the picture itself, or a link to it.
func finished(t ticket, got reply, as wire.Reply) (driver.Begun, error) {
	var picture string
	if len(got.ResultImage) > 0 && json.Unmarshal(got.ResultImage, &picture) != nil {
		return driver.Begun{}, driver.Fail(egress.UnknownOutcome, "reply")
	}
	if got.ResultURL != "" {
		picture = got.ResultURL
	}
	if as != wire.Large && isLink(picture) {
		t.Link = picture
		return t.begun(nil)
	}
	if picture == "" {
		return t.begun(&driver.Status{State: driver.Failed, Class: egress.Failed, Code: "empty"})
	}
	data, err := base64.StdEncoding.DecodeString(picture)
	if err != nil {
		return driver.Begun{}, driver.Fail(egress.UnknownOutcome, "reply")
	}
	if !isPicture(data) {
		return t.begun(&driver.Status{State: driver.Failed, Class: egress.Failed, Code: "result-type"})
	}
	return t.begun(&driver.Status{State: driver.Done, Results: []driver.Result{{Inline: data}}})
}

func (t ticket) begun(s *driver.Status) (driver.Begun, error) {
	raw, err := driver.TicketOf(t)
	return driver.Begun{Ticket: raw, Status: s}, err
}

// compose writes the body: what the operation fixes, what the wiring sets, and the fields in
// their places.
func (op operation) compose(s driver.Sender, flow driver.Workflow) (wire.JSON, error) {
	body := maps.Clone(op.body)
	if err := op.settle(body, flow.Set); err != nil {
		return nil, err
	}
	var taken []string
	for _, f := range s.Fields() {
		node, ok := flow.Nodes[f]
		if !ok {
			return nil, driver.Fail(egress.Bug, "no-node")
		}
		if _, known := op.nodes[node.Name]; !known || slices.Contains(taken, node.Name) {
			return nil, driver.Fail(egress.Bug, "node")
		}
		taken = append(taken, node.Name)
		v := place(s, f, node, op.nodes[node.Name])
		if v == nil {
			return nil, driver.Fail(egress.Bug, "transport")
		}
		body[node.Name] = v
	}
	return body, nil
}

// place is a field as its parameter takes it; nil where the policy lets it travel in another way.
// A picture never travels as text, so a text-to-image call never gets one.
func place(s driver.Sender, f privacy.Field, node driver.Node, k kind) wire.Value {
	isMedium := s.MediaType(f) != ""
	switch way := s.Transport(f); {
	case k == words && way == "text" && !isMedium && len(node.Words) == 0:
		return wire.Text(f)
	case k == words && way == "text" && !isMedium:
		return wire.Coded{Field: f, Words: node.Words}
	case k == link && way == "url" && isMedium:
		return wire.Link(f)
	case k == base64Picture && way == "base64" && isMedium:
		return wire.Base64(f)
	default:
		return nil
	}
}

// settle puts the wiring's fixed settings into the body.
func (op operation) settle(body wire.JSON, set map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if name == "region" {
			continue
		}
		n, err := strconv.ParseInt(set[name], 10, 64)
		switch k := op.set[name]; {
		case k == words && (name != "RspImgType" || set[name] == "base64" || set[name] == "url"):
			body[name] = wire.Literal(set[name])
		case k == number && err == nil && name != "age":
			body[name] = wire.Int(n)
		case k == number && err == nil && n >= 10 && n <= 80:
			body["AgeInfos"] = wire.Array{wire.Object{"Age": wire.Int(n)}} // without a FaceRect: the largest face
		default:
			return driver.Fail(egress.Bug, "set")
		}
	}
	if _, ok := body["AgeInfos"]; !ok && op.action == "ChangeAgePic" {
		return driver.Fail(egress.Bug, "set")
	}
	return nil
}

// request is a call as the SDK makes it.
func (op operation) request(action, region string, body wire.JSON) wire.Request {
	return wire.Request{
		Method: "POST", Service: op.service, Path: "/", Body: body,
		Sign: wire.TC3{Service: op.service, Action: action, Version: op.version, Region: region},
	}
}

func region(set map[string]string) string {
	if r := set["region"]; r != "" {
		return r
	}
	return "ap-guangzhou"
}

// isJob reports whether s looks like an identifier of a job at Tencent.
func isJob(s string) bool { return regexp.MustCompile(`^[0-9A-Za-z-]{1,128}$`).MatchString(s) }

// isLink reports whether s is an address and not, by mistake, a picture: a ticket holds no content.
func isLink(s string) bool {
	return len(s) <= 4<<10 && regexp.MustCompile(`^https?://[!-~]+$`).MatchString(s)
}

// isPicture looks at the first bytes: JPEG, PNG or WebP.
func isPicture(data []byte) bool {
	return bytes.HasPrefix(data, []byte("\xff\xd8\xff")) || bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")) ||
		len(data) > 12 && bytes.HasPrefix(data, []byte("RIFF")) && string(data[8:12]) == "WEBP"
}

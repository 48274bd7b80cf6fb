package gemini

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"regexp"
	"time"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/driver"
)

// filesKept is how long Google keeps a file that nobody deletes.
const filesKept = 48 * time.Hour

// predict orders a video, which an operation makes.
func predict(ctx context.Context, s driver.Sender, r wire.Request, o *order) (driver.Begun, error) {
	body, err := o.videoBody()
	if err != nil {
		return driver.Begun{}, err
	}
	r.Body = body
	answer, err := s.Send(ctx, r)
	if err != nil {
		return driver.Begun{}, unlessMade(err, refine(answer, err))
	}
	var made struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal(answer.Body, &made); err != nil || !isOperation(made.Name) {
		return driver.Begun{}, driver.Fail(egress.UnknownOutcome, "create-reply")
	}
	return begun(ticket{Call: videos, Operation: made.Name}, nil)
}

// unlessMade keeps a lost outcome lost where Google only says that the answer came too late: the
// operation may run, and a second one would be made beside it.
func unlessMade(before, after error) error {
	var e *egress.Error
	if errors.Is(before, egress.ErrUnknownOutcome) && errors.As(after, &e) && e.Code == "DEADLINE_EXCEEDED" {
		return before
	}
	return after
}

// isOperation reports whether s is the name of an operation.
func isOperation(s string) bool {
	return regexp.MustCompile(`^models/[A-Za-z0-9_-][A-Za-z0-9._-]{0,80}/operations/[A-Za-z0-9_-]{1,100}$`).MatchString(s)
}

// videoBody writes the order down. A first and last frame and reference pictures are alternatives.
func (o *order) videoBody() (wire.JSON, error) {
	references := wire.Array{}
	for _, f := range o.numbered("reference_") {
		picture, err := o.inline(f)
		if err != nil {
			return nil, err
		}
		references = append(references, wire.Object{"image": picture, "referenceType": wire.Literal("ASSET")})
	}
	instance, err := object(member{"prompt", o.text}, member{"image", o.frame}, member{"lastFrame", o.frame})
	if err != nil {
		return nil, err
	}
	if len(references) > 0 {
		if instance["image"] != nil || instance["lastFrame"] != nil {
			return nil, driver.Fail(egress.Bug, "alternatives")
		}
		instance["referenceImages"] = references
	}
	if len(instance) == 0 {
		return nil, driver.Fail(egress.Bug, "no-content")
	}
	parameters, err := object(
		member{"aspectRatio", o.text}, member{"resolution", o.text}, member{"negativePrompt", o.text},
		member{"personGeneration", o.text}, member{"durationSeconds", o.number}, member{"sampleCount", o.number},
	)
	if err != nil {
		return nil, err
	}
	body := wire.JSON{"instances": wire.Array{instance}}
	if len(parameters) > 0 {
		body["parameters"] = parameters
	}
	return body, o.empty()
}

// frame takes out the picture under a name.
func (o *order) frame(name string) (wire.Value, bool, error) {
	f, ok := o.fields[name]
	if !ok {
		return nil, false, nil
	}
	delete(o.fields, name)
	v, err := o.inline(f)
	return v, err == nil, err
}

// inline is a picture in the request: Veo takes no links.
func (o *order) inline(f privacy.Field) (wire.Value, error) {
	if o.sender.Transport(f) != "base64" {
		return nil, driver.Fail(egress.Bug, "transport")
	}
	return wire.Object{"bytesBase64Encoded": wire.Base64(f), "mimeType": wire.Literal(o.sender.MediaType(f))}, nil
}

// operation is what is read of an operation.
type operation struct {
	Name  string `json:"name"`
	Done  bool   `json:"done"`
	Error *struct {
		Code int `json:"code"`
	} `json:"error"`
	Response struct {
		Videos struct {
			Samples []struct {
				Video struct {
					URI string `json:"uri"`
				} `json:"video"`
			} `json:"generatedSamples"`
			Filtered int `json:"raiMediaFilteredCount"`
		} `json:"generateVideoResponse"`
	} `json:"response"`
}

// files returns the names of the files that an operation made, such as "vid123". An address of
// another form names none.
func (op operation) files() (list []string) {
	for _, sample := range op.Response.Videos.Samples {
		u, err := url.Parse(sample.Video.URI)
		if err != nil {
			continue
		}
		if m := regexp.MustCompile(`^/v1beta/files/([A-Za-z0-9_-]{1,100}):download$`).FindStringSubmatch(u.Path); m != nil {
			list = append(list, m[1])
		}
	}
	return list
}

// named reads a ticket.
func named(t driver.Ticket) (ticket, error) {
	var id ticket
	err := json.Unmarshal(t, &id)
	if err != nil || !(id.Call == images && id.Operation == "" || id.Call == videos && isOperation(id.Operation)) {
		return ticket{}, driver.Fail(egress.Bug, "ticket")
	}
	return id, nil
}

// look reads an operation.
func look(ctx context.Context, f driver.Follower, name string) (operation, error) {
	answer, err := f.Follow(ctx, wire.Request{Method: "GET", Path: version + "/" + name, Header: header()})
	if err != nil {
		return operation{}, refine(answer, err)
	}
	var op operation
	if err := json.Unmarshal(answer.Body, &op); err != nil || op.Name != name {
		return operation{}, driver.Fail(egress.Transient, "reply") // a question may be asked again
	}
	return op, nil
}

// Poll reads the operation. The video is fetched from the configured host by the name of its file:
// the address that Google tells is not followed, for the key goes along.
func (Driver) Poll(ctx context.Context, f driver.Follower, t driver.Ticket) (driver.Status, error) {
	id, err := named(t)
	if err != nil {
		return driver.Status{}, err
	}
	if id.Call != videos {
		return driver.Status{}, driver.Fail(egress.Bug, "ticket") // a picture came with the answer
	}
	op, err := look(ctx, f, id.Operation)
	if isGone(err) {
		return driver.Status{State: driver.Failed, Class: egress.Gone, Code: "NOT_FOUND"}, nil
	}
	if err != nil {
		return driver.Status{}, err
	}
	if !op.Done {
		return driver.Status{State: driver.Running}, nil
	}
	if op.Error != nil {
		class, code := verdict(op.Error.Code)
		return driver.Status{State: driver.Failed, Class: class, Code: code}, nil
	}
	done := driver.Status{State: driver.Done}
	for _, file := range op.files() {
		done.Results = append(done.Results, driver.Result{File: address(file)})
	}
	switch {
	case len(done.Results) > 0:
		return done, nil
	case op.Response.Videos.Filtered > 0:
		return driver.Status{State: driver.Failed, Class: egress.ContentRefused, Code: "raiMediaFiltered"}, nil
	default:
		return driver.Status{State: driver.Failed, Class: egress.Failed, Code: "empty"}, nil
	}
}

func address(file string) *egress.Address {
	return &egress.Address{Path: version + "/files/" + file + ":download", Query: map[string]string{"alt": "media"}, Header: header()}
}

// Cancel can stop nothing: a picture is there at once, and an operation has no such call.
func (Driver) Cancel(_ context.Context, _ driver.Follower, t driver.Ticket) (driver.CancelOutcome, error) {
	_, err := named(t)
	return driver.Unsupported, err
}

// Forget deletes the files of a video and looks whether they are gone. What Google logs to find
// abuse is kept "for a limited time" that it does not state.
func (Driver) Forget(ctx context.Context, f driver.Follower, t driver.Ticket) (driver.Residue, error) {
	id, err := named(t)
	if err != nil {
		return driver.Residue{}, err
	}
	left := driver.Residue{Held: []driver.Held{{What: "log", Reason: driver.NoEraseCall}}}
	if id.Call != videos {
		return left, nil
	}
	stays := driver.Held{What: "result", For: filesKept, Reason: driver.EraseFailed}
	op, err := look(ctx, f, id.Operation)
	if isGone(err) || err == nil && !op.Done { // no name of a file, or not yet
		left.Held = append(left.Held, stays)
		return left, nil
	}
	if err != nil {
		return driver.Residue{}, err
	}
	for _, file := range op.files() {
		gone, err := erase(ctx, f, file)
		switch {
		case err != nil:
			return driver.Residue{}, err
		case gone:
			left.Erased = append(left.Erased, "result")
		default:
			left.Held = append(left.Held, stays)
		}
	}
	return left, nil
}

// erase deletes a file and reports whether it is gone. Google answers 403 as well as 404 for a file
// that is not there; the key itself has just been accepted for the operation.
func erase(ctx context.Context, f driver.Follower, file string) (bool, error) {
	r := wire.Request{Method: "DELETE", Path: version + "/files/" + file, Header: header(), Reply: wire.Empty}
	answer, err := f.Follow(ctx, r)
	if err = refine(answer, err); err != nil && !isGone(err) && !isForbidden(err) {
		return false, err
	}
	r.Method, r.Reply = "GET", wire.Small
	answer, err = f.Follow(ctx, r)
	if err = refine(answer, err); err != nil && !isGone(err) && !isForbidden(err) {
		return false, err
	}
	return err != nil, nil
}

// Models lists the models that the key may use, for a check of the configuration.
func (Driver) Models(ctx context.Context, f driver.Follower) ([]string, error) {
	const pages = 20
	var names []string
	query := map[string]wire.Value{"pageSize": wire.Int(200)}
	for range pages {
		answer, err := f.Follow(ctx, wire.Request{Method: "GET", Path: version + "/models", Query: query, Header: header()})
		if err != nil {
			return nil, refine(answer, err)
		}
		var page struct {
			Models []struct {
				Name string `json:"name"`
			} `json:"models"`
			Next string `json:"nextPageToken"`
		}
		if err := json.Unmarshal(answer.Body, &page); err != nil {
			return nil, driver.Fail(egress.Transient, "reply")
		}
		for _, m := range page.Models {
			names = append(names, trimModel(m.Name))
		}
		if page.Next == "" {
			return names, nil
		}
		query = map[string]wire.Value{"pageSize": wire.Int(200), "pageToken": wire.Literal(page.Next)}
	}
	return names, nil
}

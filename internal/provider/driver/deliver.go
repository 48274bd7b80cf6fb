package driver

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/privacy"
)

// NoJob is what a driver has besides Begin where the recipient takes what it is sent, makes nothing of
// it and has no call to take it back: there never is a ticket.
type NoJob struct{}

// Poll refuses every ticket: none was given out.
func (NoJob) Poll(context.Context, Follower, Ticket) (Status, error) {
	return Status{}, Fail(egress.Bug, "ticket")
}

// Cancel refuses every ticket: none was given out.
func (NoJob) Cancel(context.Context, Follower, Ticket) (CancelOutcome, error) {
	return Unsupported, Fail(egress.Bug, "ticket")
}

// Forget refuses every ticket: none was given out.
func (NoJob) Forget(context.Context, Follower, Ticket) (Residue, error) {
	return Residue{}, Fail(egress.Bug, "ticket")
}

// Leftover finds nothing: an order is one call.
func (NoJob) Leftover([]byte) (Ticket, bool) { return nil, false }

// Places returns the field in each place of a call that has these places and no other, and whose
// fields are all words. A place that no field fills, a field without a place, two fields in one place
// and a field that travels otherwise are errors: policy and wiring disagree.
func Places(s Sender, w Workflow, places ...string) (map[string]privacy.Field, error) {
	out := map[string]privacy.Field{}
	for _, f := range s.Fields() {
		at, ok := w.Nodes[f]
		switch {
		case !ok:
			return nil, Fail(egress.Bug, "no-node")
		case at.ID != "" || !slices.Contains(places, at.Name):
			return nil, Fail(egress.Bug, "node-name")
		case out[at.Name] != "":
			return nil, Fail(egress.Bug, "twice")
		case s.Transport(f) != "text" || s.MediaType(f) != "":
			return nil, Fail(egress.Bug, "transport")
		}
		out[at.Name] = f
	}
	if len(out) != len(places) {
		return nil, Fail(egress.Bug, "no-field")
	}
	return out, nil
}

// Finer returns the error of a call that was refused with what the answer says of it, where read finds a code in
// its body. A class that read does not know stays that of the status; a failure inside the recipient stays as it
// is, for its outcome is unknown whatever it says.
func Finer(err error, answer egress.Response, read func(body []byte) (egress.Class, string)) error {
	var e *egress.Error
	if !errors.As(err, &e) || answer.Status < 300 || answer.Status >= 500 {
		return err
	}
	class, code := read(answer.Body)
	if code == "" {
		return err
	}
	finer := *e
	finer.Class, finer.Code = cmp.Or(class, e.Class), code
	return &finer
}

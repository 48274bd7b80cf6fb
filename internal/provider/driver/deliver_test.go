package driver_test

import (
	"errors"
	"maps"
	"testing"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/provider/drivertest"
)

func TestWhereThereIsNoJobEveryTicketIsRefused(t *testing.T) {
	t.Parallel()
	var none driver.NoJob
	_, polled := none.Poll(t.Context(), nil, driver.Ticket("x"))
	outcome, cancelled := none.Cancel(t.Context(), nil, driver.Ticket("x"))
	residue, forgotten := none.Forget(t.Context(), nil, driver.Ticket("x"))
	for _, err := range []error{polled, cancelled, forgotten} {
		var e *egress.Error
		if !errors.As(err, &e) || e.Class != egress.Bug || e.Code != "ticket" {
			t.Errorf("got %v", err)
		}
	}
	if _, left := none.Leftover([]byte("x")); left || outcome != driver.Unsupported || len(residue.Erased) > 0 {
		t.Error("something was there after all")
	}
}

// linked is a sender whose fields travel as links.
type linked struct{ drivertest.Canned }

// Transport says that a field travels as a link.
func (linked) Transport(privacy.Field) string { return "url" }

func TestEveryPlaceHasOneFieldAndEveryFieldOnePlace(t *testing.T) {
	t.Parallel()
	nodes := map[privacy.Field]driver.Node{"a": {Name: "one"}, "b": {Name: "two"}, "c": {Name: "one"}, "d": {Name: "three"}, "e": {ID: "1", Name: "two"}}
	w := driver.Workflow{Nodes: nodes}
	for want, names := range map[string][]privacy.Field{
		"": {"a", "b"}, "no-field": {"a"}, "twice": {"a", "c"}, "no-node": {"a", "b", "x"}, "node-name": {"a", "d"},
	} {
		got, err := driver.Places(drivertest.Canned{Names: names}, w, "one", "two")
		var e *egress.Error
		if want == "" && (err != nil || !maps.Equal(got, map[string]privacy.Field{"one": "a", "two": "b"})) {
			t.Errorf("%v: %v, %v", names, got, err)
		}
		if want != "" && (!errors.As(err, &e) || e.Class != egress.Bug || e.Code != want) {
			t.Errorf("%v: %v, want %s", names, err, want)
		}
	}
	for name, s := range map[string]driver.Sender{
		"node-name": drivertest.Canned{Names: []privacy.Field{"a", "e"}}, "transport": linked{drivertest.Canned{Names: []privacy.Field{"a", "b"}}},
	} {
		var e *egress.Error
		if _, err := driver.Places(s, w, "one", "two"); !errors.As(err, &e) || e.Code != name {
			t.Errorf("got %v, want %s", err, name)
		}
	}
}

func TestARefusalIsMadeFinerByWhatTheAnswerSays(t *testing.T) {
	t.Parallel()
	read := func(body []byte) (egress.Class, string) {
		switch string(body) {
		case "gone":
			return egress.Gone, "no-such-app"
		case "odd":
			return "", "odd"
		}
		return "", ""
	}
	other := errors.New("no call was made")
	for name, tt := range map[string]struct {
		err    error
		status int
		body   string
		class  egress.Class
		code   string
	}{
		"class and code":                {driver.Fail(egress.Bug, "http-400"), 400, "gone", egress.Gone, "no-such-app"},
		"a code without a class":        {driver.Fail(egress.Auth, "http-401"), 401, "odd", egress.Auth, "odd"},
		"nothing that is known":         {driver.Fail(egress.Bug, "http-400"), 400, "hello", egress.Bug, "http-400"},
		"a failure inside the service":  {driver.Fail(egress.UnknownOutcome, "http-500"), 500, "gone", egress.UnknownOutcome, "http-500"},
		"a success that cannot be read": {driver.Fail(egress.UnknownOutcome, "reply"), 200, "gone", egress.UnknownOutcome, "reply"},
		"no refusal at all":             {other, 400, "gone", "", ""},
	} {
		got := driver.Finer(tt.err, egress.Response{Status: tt.status, Body: []byte(tt.body)}, read)
		var e *egress.Error
		if !errors.As(got, &e) {
			e = &egress.Error{}
		}
		if e.Class != tt.class || e.Code != tt.code || tt.err == other && got != other {
			t.Errorf("%s: %v", name, got)
		}
	}
}

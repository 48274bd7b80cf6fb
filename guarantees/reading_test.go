package guarantees

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"vow.example/vow/client"
)

// path returns the address of the person's latest source, result, task or consent.
func (w *world) path(of *person, what string) string {
	id := map[string]string{"source": of.source, "result": of.result, "task": of.task, "consent": of.consent}[what]
	if id == "" {
		w.ts.Fatalf("%s has no %s yet", of.name, what)
	}
	return map[string]string{"source": "/v1/uploads/", "result": "/v1/outputs/", "task": "/v1/tasks/", "consent": "/v1/consents/"}[what] + id
}

// read asks for a source (its state; its content is never given back) or for the content of a
// result, and checks the answer: read source|result STATUS.
func read(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 2, "read source|result STATUS")
	path := w.path(w.me(), args[0])
	if args[0] == "result" {
		path += "/content"
	}
	w.last = w.ask(w.me(), "GET", path, nil, nil)
	if strconv.Itoa(w.last.status) != args[1] {
		w.ts.Fatalf("%s: %d %s", path, w.last.status, short(w.last.body))
	}
	if args[1] == "200" && args[0] == "result" && len(w.last.body) < 1000 {
		w.ts.Fatalf("the result has %d bytes", len(w.last.body))
	}
}

// remove erases now, at the person's word: delete source|result|task.
func remove(w *world, neg bool, args []string) {
	w.usage(len(args) == 1, "delete source|result|task")
	w.call(neg, "DELETE", w.path(w.me(), args[0]), nil, nil)
}

// erase asks for everything to go: erase content|account.
func erase(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 1, "erase content|account")
	w.call(false, "POST", "/v1/privacy/requests", client.RightsRequestCreate{Kind: "erase", Scope: args[0]}, nil)
}

// get and post make any call, for what has no word of its own.
func get(w *world, neg bool, args []string) {
	w.usage(len(args) == 1, "get PATH")
	w.call(neg, "GET", args[0], nil, nil)
}

// post makes a call of the person, and keeps the name of what it made in MADE: post PATH JSON.
func post(w *world, neg bool, args []string) {
	w.usage(len(args) == 2, "post PATH JSON")
	a := w.ask(w.me(), "POST", args[0], strings.NewReader(args[1]), http.Header{"Content-Type": {"application/json"}})
	var made struct{ ID string }
	if a.status != http.StatusCreated {
		w.judge(neg, "POST "+args[0], a, nil)
	} else if w.judge(neg, "POST "+args[0], a, &made) {
		w.ts.Setenv("MADE", made.ID)
	}
}

// problem checks the latest refusal: problem STATUS CODE. Every refusal is a problem document.
func problem(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 2, "problem STATUS CODE")
	p := w.last.problem()
	if strconv.Itoa(w.last.status) != args[0] || p.Code != args[1] || p.Title == "" || p.Detail == "" {
		w.ts.Fatalf("the answer was %d %s", w.last.status, short(w.last.body))
	}
	if kind := w.last.header.Get("Content-Type"); kind != "application/problem+json" {
		w.ts.Fatalf("the refusal is %s", kind)
	}
}

// answerHasNo checks that an answer does not repeat what was sent.
func answerHasNo(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) > 0, "answer-has-no TEXT …")
	for _, text := range args {
		if bytes.Contains(w.last.body, []byte(text)) {
			w.ts.Fatalf("the answer repeats %q", text)
		}
	}
}

// screen checks the fields that the consent screen of a feature names: screen FEATURE FIELD,FIELD.
func screen(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 2, "screen FEATURE FIELDS")
	var fields []string
	for _, item := range w.screenOf(args[0]).What {
		fields = append(fields, item.Field)
	}
	w.same("the consent screen names", fields, args[1])
}

// same compares a set of fields with a list such as photo,prompt.
func (w *world) same(what string, got []string, want string) {
	slices.Sort(got)
	got = slices.Compact(got)
	wanted := strings.Split(want, ",")
	slices.Sort(wanted)
	if !slices.Equal(got, wanted) {
		w.ts.Fatalf("%s %v, want %v", what, got, wanted)
	}
}

// transfers checks the person's own list of what left: transfers none | transfers FIELD,FIELD for
// the latest task.
func transfers(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 1, "transfers none|FIELDS")
	all := list[client.Transfer](w, "/v1/privacy/transfers")
	if args[0] == "none" {
		if len(all) > 0 {
			w.ts.Fatalf("transfers: %s", short(w.last.body))
		}
		return
	}
	var mine []client.Transfer
	for _, t := range all {
		if t.Task == w.me().task {
			mine = append(mine, t)
		}
	}
	if len(mine) != 1 || mine[0].Consent != w.me().consent {
		w.ts.Fatalf("transfers: %s", short(w.last.body))
	}
	w.same("the ledger names", mine[0].Fields, args[0])
}

// wasSent checks what the task says about having left: was-sent yes|no.
func wasSent(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 1, "was-sent yes|no")
	k := w.task()
	said := map[bool]string{true: "yes", false: "no"}
	if said[k.WasSent] != args[0] || k.Error != nil && said[k.Error.WasSent] != args[0] {
		w.ts.Fatalf("the task says %s", short(w.last.body))
	}
}

// outcome checks what a cancel achieved.
func outcome(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 1, "outcome nothing_sent|stopped_at_recipient|may_finish_there")
	if k := w.task(); k.CancelOutcome != args[0] {
		w.ts.Fatalf("the task says %s", short(w.last.body))
	}
}

// holdings checks a count of the person's own page "what is held of me": holdings CATEGORY N.
func holdings(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 2, "holdings CATEGORY N")
	var h client.Holdings
	w.call(false, "GET", "/v1/privacy/holdings", nil, &h)
	n := 0
	for _, one := range h.Data {
		if one.Category == args[0] {
			n += one.Count
		}
	}
	if strconv.Itoa(n) != args[1] {
		w.ts.Fatalf("held: %s", short(w.last.body))
	}
}

// foreignTo lets somebody else try everything on the things of the person whose turn it is:
// foreign-to NAME. Each answer must be "not found", as if the thing did not exist.
func foreignTo(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 1 && w.people[args[0]] != nil, "foreign-to NAME")
	owner, stranger := w.me(), w.people[args[0]]
	tries := []string{"DELETE " + w.path(owner, "consent")}
	if owner.source != "" {
		tries = append(tries, "GET "+w.path(owner, "source"), "DELETE "+w.path(owner, "source"))
	}
	task := w.path(owner, "task")
	tries = append(tries, "GET "+task, "GET "+task+"/events", "GET "+task+"/texts", "POST "+task+"/cancel", "POST "+task+"/confirm", "DELETE "+task)
	if owner.result != "" {
		result := w.path(owner, "result")
		tries = append(tries, "GET "+result, "GET "+result+"/content", "DELETE "+result)
	}
	for _, try := range tries {
		method, path, _ := strings.Cut(try, " ")
		var body io.Reader
		h := http.Header{}
		if strings.HasSuffix(path, "/confirm") {
			body, h = strings.NewReader(`{"accept":true}`), http.Header{"Content-Type": {"application/json"}}
		}
		a := w.ask(stranger, method, path, body, h)
		if a.status != http.StatusNotFound || a.problem().Code != "not-found" {
			w.ts.Fatalf("%s for %s: %d %s", try, stranger.name, a.status, short(a.body))
		}
	}
}

package server

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/server/simulate"
	"vow.example/vow/internal/store"
)

// mixoo is the app whose features each go to a company of their own.
const mixoo = "mixoo"

// address is how a house reaches a company, in a form that a child process can be told.
type address struct {
	ID           privacy.RecipientID
	Driver, Base string
	Credentials  map[string]string
}

func (a address) bind(own string) egress.Config {
	r := simulate.Recipient{Driver: a.Driver, Base: a.Base, Credentials: a.Credentials}
	return r.Link(a.ID)
}

// company is one simulated recipient of Mixoo, with its wire.
type company struct {
	*simulate.Recipient
	wire *wire
	at   address
}

func newCompany(t *testing.T, clk clock.Clock, id privacy.RecipientID) *company {
	t.Helper()
	set, err := builtIn()
	if err != nil {
		t.Fatal(err)
	}
	r, err := simulate.Start(set.driverOf(id), "127.0.0.1:0", simulate.Options{
		Clock: clk, Models: simulate.Models(set.wiring, id), Queue: 10 * time.Millisecond, Run: 10 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{service: r.Service}
	srv := httptest.NewServer(w)
	t.Cleanup(func() {
		r.Close()
		srv.Close()
	})
	root, err := url.Parse(r.Base)
	if err != nil {
		t.Fatal(err)
	}
	return &company{Recipient: r, wire: w, at: address{id, r.Driver, srv.URL + root.Path, r.Credentials}}
}

// call is the company's own name for what was called.
func (a arrival) call() string {
	for _, name := range []string{"X-Acs-Action", "X-Tc-Action"} {
		if action := a.header.Get(name); action != "" {
			return action
		}
	}
	return a.path[strings.LastIndexAny(a.path, "/:")+1:]
}

// links lists the paths of our links in what crossed the wire.
func (w *wire) links() (list []string) {
	find := regexp.MustCompile(`/m/[A-Za-z0-9_-]{20,}\.[a-z]+`)
	for _, a := range w.arrivals("") {
		for _, text := range []string{a.query, string(a.body)} {
			if plain, err := url.QueryUnescape(text); err == nil {
				text = plain
			}
			list = append(list, find.FindAllString(text, -1)...)
		}
	}
	return list
}

// featureOf finds a feature of Mixoo in the policy.
func featureOf(t *testing.T, id string) policy.Feature {
	t.Helper()
	set, err := builtIn()
	if err != nil {
		t.Fatal(err)
	}
	f, ok := set.policies[mixoo].Feature(privacy.FeatureID(id))
	if !ok {
		t.Fatalf("there is no feature %s", id)
	}
	return f
}

// agreeTo consents to a feature of Mixoo, whose screen names the review first.
func (p *person) agreeTo(f policy.Feature) string {
	p.t.Helper()
	var d client.Disclosure
	p.get("/v1/features/"+string(f.ID)+"/disclosure?lang=en").want(http.StatusOK, &d)
	var c client.Consent
	p.post("/v1/consents", client.ConsentCreate{
		Feature: string(f.ID), Recipient: string(f.Recipient), Decision: "granted", DisclosureHash: d.Hash, Scope: d.Scope,
	}).want(http.StatusCreated, &c)
	return c.ID
}

// fill uploads a picture for every photo that a feature needs, and writes an order for it.
func (p *person) fill(f policy.Feature, picture []byte, prompt string) client.TaskCreate {
	p.t.Helper()
	in := client.TaskCreate{Feature: string(f.ID), Params: map[string]string{}}
	for _, i := range f.Inputs {
		switch {
		case i.Kind == policy.Photo && (i.Required || i.Field == "photo") && picture != nil:
			in.Inputs = append(in.Inputs, client.TaskInput{Role: string(i.Field), Upload: p.upload(picture).ID})
		case i.Kind == policy.Prompt && i.Field == "prompt":
			in.Prompt = prompt
		case i.IsSetting() && i.Default != "":
			in.Params[string(i.Field)] = i.Default
		}
	}
	in.Consent = p.agreeTo(f)
	return in
}

// far is a person whose server dies while a company works for them.
type far struct {
	*person
	*company
	feature policy.Feature
	order   client.TaskCreate
	task    string
	erased  bool // the account, and with it what the ledger says
}

// ask sends the order under its key, and notes the task if there was an answer.
func (v *far) ask() {
	v.t.Helper()
	body, err := json.Marshal(v.order)
	if err != nil {
		v.t.Fatal(err)
	}
	if r := v.send("POST", "/v1/tasks", "application/json", body, http.Header{"Idempotency-Key": {crashKey}}); r.status == http.StatusAccepted {
		var k client.Task
		r.want(http.StatusAccepted, &k)
		v.task = k.ID
	}
}

// ended waits for the end of the one task, also where the answer to its order was lost.
func (v *far) ended(state string) client.Task {
	v.t.Helper()
	var list client.Page[client.Task]
	v.get("/v1/tasks").want(http.StatusOK, &list)
	if len(list.Data) != 1 {
		v.t.Fatalf("%d tasks are left of one accepted request", len(list.Data))
	}
	v.task = list.Data[0].ID
	return v.until(v.task, state)
}

// row is the one ledger row of the task.
func (v *far) row(h *house) (store.Transfer, bool) {
	v.t.Helper()
	list, err := h.core.db.App(mixoo).TaskTransfers(v.t.Context(), privacy.TaskID(v.task))
	if err != nil || len(list) > 1 {
		v.t.Fatalf("%d ledger rows for one sending (%v)", len(list), err)
	}
	if len(list) == 0 {
		return store.Transfer{}, false
	}
	return list[0], true
}

// entries lists what is noted that the company holds, as "what/reason/state".
func (v *far) entries(h *house) (list []string) {
	v.t.Helper()
	row, ok := v.row(h)
	if !ok {
		return nil
	}
	held, err := h.core.db.App(mixoo).HeldOf(v.t.Context(), row.ID)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, e := range held {
		list = append(list, e.What+"/"+e.Reason+"/"+e.State)
	}
	slices.Sort(list)
	return list
}

// reads counts the rows of links that were read.
func (v *far) reads(h *house) int {
	v.t.Helper()
	row, ok := v.row(h)
	if !ok {
		return 0
	}
	list, err := h.core.db.App(mixoo).LinkFetches(v.t.Context(), row.ID)
	if err != nil {
		v.t.Fatal(err)
	}
	return len(list)
}

// holds counts what the company still has of a kind.
func (v *far) holds(kind string) (n int) {
	for _, one := range v.Received().Holds {
		if one.Kind == kind {
			n++
		}
	}
	return n
}

// dead requires that no link of an earlier process answers.
func (v *far) dead(h *house, links []string) {
	v.t.Helper()
	for _, path := range links {
		r, err := http.Get(h.url + path)
		if err != nil {
			v.t.Fatal(err)
		}
		_ = r.Body.Close()
		if r.StatusCode != http.StatusNotFound && r.StatusCode != http.StatusGone {
			v.t.Errorf("a link of the dead server answers %d", r.StatusCode)
		}
	}
}

// sound checks what must hold after every crash.
func (v *far) sound(h *house) {
	v.t.Helper()
	intact(v.t, h)
	came := map[string]int{}
	for _, r := range v.Received().Requests {
		for _, f := range r.Fields {
			if came[f]++; came[f] > 1 {
				v.t.Errorf("%s was sent %d times", f, came[f])
			}
		}
	}
	if odd := v.Received().Violations; len(odd) > 0 {
		v.t.Errorf("the company saw %q", odd)
	}
	row, _ := v.row(h)
	switch arrived := len(came) > 0; {
	case v.erased && row.ID != "":
		v.t.Error("the ledger row outlives the account")
	case v.erased:
	case arrived && row.Outcome != "sent" && row.Outcome != "unknown":
		v.t.Errorf("the company got something and the ledger says %q", row.Outcome)
	case !arrived && row.Outcome == "sent":
		v.t.Error("the company got nothing and the ledger says sent")
	}
	if all := v.entries(h); len(slices.Compact(slices.Clone(all))) != len(all) {
		v.t.Errorf("entries stand twice: %v", all)
	}
}

package guarantees

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"vow.example/vow/client"
)

// hub is the recipient of the apps that have only one.
const hub = "runninghub"

// company is who the latest task goes to.
func (w *world) company() string {
	if w.who != nil && slices.Contains(w.recipients(), w.who.company) {
		return w.who.company
	}
	if w.tap != nil {
		return w.tap.recipient
	}
	return hub
}

// recipients lists everybody who could receive something.
func (w *world) recipients() (list []string) {
	if w.server.args[0] == "serve" {
		return slices.Sorted(maps.Keys(w.taps))
	}
	var page client.Page[client.DemoRecipient]
	w.check(json.Unmarshal(w.outside("/demo/recipients"), &page))
	for _, r := range page.Data {
		list = append(list, r.ID)
	}
	return list
}

// outside asks the demo for something that belongs to nobody.
func (w *world) outside(path string) []byte {
	a := w.ask(nil, "GET", path, nil, nil)
	if a.status != http.StatusOK {
		w.ts.Fatalf("evidence: %d %s", a.status, short(a.body))
	}
	return a.body
}

// evidence is everything that reached a recipient. Where there is a wiretap it is what went by
// there; otherwise, and for what the recipient still holds, it is the simulator's own account.
func (w *world) evidence(of string) (e client.Received) {
	t := w.taps[of]
	switch {
	case t == nil:
		w.check(json.Unmarshal(w.outside("/demo/recipients/"+of+"/received"), &e))
	case len(t.nodes) > 0:
		t.mu.Lock()
		defer t.mu.Unlock()
		e.Requests = append(e.Requests, t.requests...)
	default:
		w.check(json.Unmarshal(w.account(t), &e))
	}
	return e
}

// account is what a simulator that runs by itself says.
func (w *world) account(t *tap) []byte {
	resp, err := http.Get(t.target + "/evidence.vow") //nolint:noctx // a process of ours, on this machine
	w.check(err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	w.check(err)
	return raw
}

// counts says how many requests each recipient has received.
func (w *world) counts() map[string]int {
	n := map[string]int{}
	for _, r := range w.recipients() {
		n[r] = len(w.evidence(r).Requests)
	}
	return n
}

// received checks what arrived: received none (not one request, ever, by anybody) | received
// FIELD,FIELD (exactly these personal fields, since the latest run, at the recipient of the latest
// task, and nothing at any other) | received names NAME,NAME (the names in the bodies that carried
// content).
func received(w *world, neg bool, args []string) {
	w.usage(!neg && (len(args) == 1 || len(args) == 2 && args[0] == "names"), "received none|FIELDS|names NAMES")
	if args[0] == "none" {
		for _, r := range w.recipients() {
			e := w.evidence(r)
			if len(e.Requests) > 0 || len(e.Holds) > 0 || w.taps[r] != nil && len(w.taps[r].heard()) > 0 {
				w.ts.Fatalf("%s received %+v", r, e)
			}
		}
		return
	}
	company := w.company()
	var fields, names []string
	for _, r := range w.evidence(company).Requests[w.mark[company]:] {
		if len(r.Fields) > 0 {
			fields, names = append(fields, r.Fields...), append(names, r.Keys...)
		}
	}
	for other, n := range w.counts() {
		if other != company && n != w.mark[other] {
			w.ts.Fatalf("a task for %s reached %s too", company, other)
		}
	}
	if len(args) == 2 {
		w.same(company+" received the names", names, args[1])
		return
	}
	w.same(company+" received", fields, args[0])
}

// times counts calls over the whole script: times CALL N.
func times(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 2, "times upload|create|cancel|… N")
	n := 0
	all := w.evidence(w.company()).Requests
	if t := w.taps[w.company()]; t != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		all = t.requests
	}
	for _, r := range all {
		if call(r.Path) == args[0] {
			n++
		}
	}
	if strconv.Itoa(n) != args[1] {
		w.ts.Fatalf("%s came %d times", args[0], n)
	}
}

// receivedText checks whether the recipient holds exactly this text (by its SHA-256).
func receivedText(w *world, neg bool, args []string) {
	w.usage(len(args) == 1 && w.tap == nil, "received-text TEXT")
	sum := sha256.Sum256([]byte(args[0]))
	found := false
	for _, h := range w.evidence(w.company()).Holds {
		found = found || h.SHA256 == hex.EncodeToString(sum[:])
	}
	if found == neg {
		w.ts.Fatalf("received the text: %v", found)
	}
}

// receivedBytes searches all that went over the wire, in plain, hex, base64 and URL form:
// received-bytes TEXT | ! received-bytes TEXT …
func receivedBytes(w *world, neg bool, args []string) {
	w.usage(w.tap != nil && (len(args) == 1 || neg && len(args) > 0), "received-bytes TEXT")
	wire := bytes.ToLower(w.tap.heard())
	for _, text := range args {
		found := false
		for _, form := range forms([]byte(text)) {
			found = found || bytes.Contains(wire, bytes.ToLower(form))
		}
		if found == neg {
			w.ts.Fatalf("%q on the wire: %v", text, found)
		}
	}
}

// nothingOdd checks that the simulated recipient saw nothing that it should never see: metadata in
// a picture, a telling file name, an unusual header, an identifier or an address.
func nothingOdd(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 0 && w.taps[hub] == nil, "nothing-odd")
	e := w.evidence(w.company())
	if len(e.Requests) == 0 || len(e.Violations) > 0 {
		w.ts.Fatalf("after %d requests the recipient saw %v", len(e.Requests), e.Violations)
	}
}

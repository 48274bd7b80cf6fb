package guarantees

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"

	"vow.example/vow/client"
)

// evidence is everything that reached the recipient: by the wiretap where there is one, otherwise
// by the simulator's own account.
func (w *world) evidence() (e client.Received) {
	if w.tap != nil {
		w.tap.mu.Lock()
		defer w.tap.mu.Unlock()
		e.Requests = append(e.Requests, w.tap.requests...)
		return e
	}
	a := w.ask(nil, "GET", "/demo/recipients/runninghub/received", nil, nil)
	if a.status != http.StatusOK {
		w.ts.Fatalf("evidence: %d %s", a.status, short(a.body))
	}
	w.check(json.Unmarshal(a.body, &e))
	return e
}

// received checks what the recipient got: received none (not one request, ever) | received
// FIELD,FIELD (exactly these personal fields, since the latest run) | received names NAME,NAME (the
// names in the bodies that carried content).
func received(w *world, neg bool, args []string) {
	w.usage(!neg && (len(args) == 1 || len(args) == 2 && args[0] == "names"), "received none|FIELDS|names NAMES")
	e := w.evidence()
	if args[0] == "none" {
		if len(e.Requests) > 0 || len(e.Holds) > 0 || w.tap != nil && len(w.tap.heard()) > 0 {
			w.ts.Fatalf("the recipient received %+v", e)
		}
		return
	}
	var fields, names []string
	for _, r := range e.Requests[w.mark:] {
		if len(r.Fields) > 0 {
			fields, names = append(fields, r.Fields...), append(names, r.Keys...)
		}
	}
	if len(args) == 2 {
		w.same("the recipient received the names", names, args[1])
		return
	}
	w.same("the recipient received", fields, args[0])
}

// times counts calls over the whole script: times CALL N.
func times(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 2, "times upload|create|cancel|… N")
	n := 0
	for _, r := range w.evidence().Requests {
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
	for _, h := range w.evidence().Holds {
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
	w.usage(!neg && len(args) == 0 && w.tap == nil, "nothing-odd")
	e := w.evidence()
	if len(e.Requests) == 0 || len(e.Violations) > 0 {
		w.ts.Fatalf("after %d requests the recipient saw %v", len(e.Requests), e.Violations)
	}
}

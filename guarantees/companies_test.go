package guarantees

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"vow.example/vow/client"
)

// agrees takes a feature the whole way and compares at every place: the consent screen, the chain of
// who receives something, the ledger, what arrived at the one company, and that nothing arrived at
// any other: agrees FEATURE COMPANY FIELDS [ROLE=FILE …] [NAME=VALUE …].
func agrees(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) >= 3, "agrees FEATURE COMPANY FIELDS [ROLE=FILE …] [NAME=VALUE …]")
	feature, company, fields := args[0], args[1], args[2]
	screen(w, false, []string{feature, fields})
	chain(w, false, []string{feature, "internal_review," + company})
	roles, order := []string{}, []string{feature}
	for _, a := range args[3:] {
		if name, file, _ := strings.Cut(a, "="); strings.HasSuffix(file, ".jpg") {
			upload(w, false, []string{file, "as=" + name})
			roles = append(roles, name)
			continue
		}
		order = append(order, a)
	}
	if len(roles) == 0 {
		roles = []string{"none"}
	}
	w.decide(false, feature, "granted", "")
	run(w, false, append(order, "with="+strings.Join(roles, ",")))
	await(w, false, []string{"succeeded"})
	if w.me().company != company {
		w.ts.Fatalf("%s goes to %s", feature, w.me().company)
	}
	transfers(w, false, []string{fields})
	received(w, false, []string{fields})
	nothingOdd(w, false, nil)
	w.tried = append(w.tried, feature)
}

// everyFeatureAgreed checks that no feature that leaves the server was left out.
func everyFeatureAgreed(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 0, "every-feature-agreed")
	var leaving []string
	for _, f := range list[client.Feature](w, "/v1/features") {
		if f.State == "live" && f.Recipient.Kind == "third_party_ai" {
			leaving = append(leaving, f.ID)
		}
	}
	w.same("leaving are", leaving, strings.Join(w.tried, ","))
}

// chain checks who the consent screen names as receiving something, in that order: chain FEATURE
// ID,ID. A screen also says what, why, and asks.
func chain(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 2, "chain FEATURE ID,ID")
	d := w.screenOf(args[0])
	var who []string
	for _, r := range d.Who {
		who = append(who, r.ID)
		if r.Name == "" {
			w.ts.Fatalf("%s has no name", r.ID)
		}
	}
	if strings.Join(who, ",") != args[1] || len(d.What) == 0 || d.Why == "" || d.AcceptLabel == "" || d.DeclineLabel == "" {
		w.ts.Fatalf("the screen says %s", short(w.last.body))
	}
}

// told checks that the person reads a text about the latest task, in a language: told LANGUAGE TEXT.
func told(w *world, neg bool, args []string) {
	w.usage(len(args) == 2, "told LANGUAGE TEXT")
	a := w.ask(w.me(), "GET", w.path(w.me(), "task"), nil, http.Header{"Accept-Language": {args[0]}})
	var b bytes.Buffer
	w.check(json.Indent(&b, a.body, "", " "))
	if a.status != http.StatusOK || strings.Contains(b.String(), args[1]) == neg {
		w.ts.Fatalf("the person reads %s", b.String())
	}
}

// available checks what the app says of a feature: available FEATURE | ! available FEATURE REASON.
func available(w *world, neg bool, args []string) {
	w.usage(len(args) == 1 && !neg || len(args) == 2 && neg, "[!] available FEATURE [REASON]")
	var f client.Feature
	w.call(false, "GET", "/v1/features/"+args[0], nil, &f)
	if f.Available == neg || neg && (f.Reason != args[1] || f.ReasonText == "") {
		w.ts.Fatalf("the app says %s", short(w.last.body))
	}
}

// takeLink reads, on the wire, the latest link to a picture that a company was told.
func takeLink(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 0 && w.tap != nil, "take-link")
	form := regexp.MustCompile(`http(?::|%3A)(?:/|%2F){2}127\.0\.0\.1(?::|%3A)[0-9]+(?:/|%2F)m(?:/|%2F)[0-9A-Za-z]+\.[a-z]+`)
	all := form.FindAllString(string(w.tap.heard()), -1)
	if len(all) == 0 {
		w.ts.Fatalf("no link on the wire")
	}
	link, err := url.QueryUnescape(all[len(all)-1])
	w.check(err)
	w.ts.Setenv("LINK", link)
}

// follow asks for a link: follow LINK STATUS [from=elsewhere]. Elsewhere is another address than the
// one of the recipient. Before the first byte of a picture arrives its row is in the ledger. The
// picture is kept as followed.
func follow(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) >= 2, "follow LINK STATUS [from=elsewhere]")
	who := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	if w.options(args[2:])["from"] == "elsewhere" {
		who = newDevice()
	}
	before := len(w.fetches())
	resp, err := who.Get(args[0]) //nolint:noctx // a server of ours, on this machine
	w.check(err)
	defer resp.Body.Close()
	rows := len(w.fetches()) - before
	picture, err := io.ReadAll(resp.Body)
	w.check(err)
	if strconv.Itoa(resp.StatusCode) != args[1] {
		w.ts.Fatalf("the link answers %d, %d bytes", resp.StatusCode, len(picture))
	}
	if served := resp.StatusCode == http.StatusOK; served != (len(picture) > 1000) || served != (rows == 1) {
		w.ts.Fatalf("%d bytes and %d new rows in the ledger", len(picture), rows)
	}
	if len(picture) > 0 {
		w.check(os.WriteFile(filepath.Join(w.dir, "followed"), picture, 0o600))
	}
}

// fetches lists the readings through links that the person is shown for the latest task.
func (w *world) fetches() (all []client.LinkFetch) {
	for _, t := range w.task().Transfers {
		all = append(all, t.Fetches...)
	}
	return all
}

// readThere checks how often the recipient read through a link, by the person's list: read-there N.
func readThere(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 1, "read-there N")
	all := w.fetches()
	for i, f := range all {
		if f.Number != i+1 || f.Field != "photo" || f.Bytes == 0 || f.At.IsZero() {
			w.ts.Fatalf("the list says %+v", all)
		}
	}
	if strconv.Itoa(len(all)) != args[0] {
		w.ts.Fatalf("the list has %d readings", len(all))
	}
}

// keeps checks an entry of what the recipient of the latest task still holds, by the person's list:
// keeps WHAT state=open|closed reason=REASON until=stated|not-stated | keeps nothing.
func keeps(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) >= 1, "keeps nothing|WHAT [state=WORD] [reason=WORD] [until=stated|not-stated]")
	var all []client.Held
	for _, t := range w.task().Transfers {
		all = append(all, t.Held...)
	}
	if args[0] == "nothing" {
		if len(all) > 0 {
			w.ts.Fatalf("the list says %+v", all)
		}
		return
	}
	wanted := w.options(args[1:])
	for _, h := range all {
		facts := map[string]string{"state": h.State, "reason": h.Reason, "until": map[bool]string{true: "stated", false: "not-stated"}[h.Until != nil]}
		if h.What == strings.ReplaceAll(args[0], "_", " ") && h.Text != "" && (h.Until != nil || h.UntilText == "not stated") && includes(facts, wanted) {
			return
		}
	}
	w.ts.Fatalf("no such entry: %+v", all)
}

func includes(facts, wanted map[string]string) bool {
	for name, v := range wanted {
		if facts[name] != v {
			return false
		}
	}
	return true
}

// answered checks that the recipient told a list of numbers, and takes some of them as $TOLD:
// answered NAME.
func answered(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 1 && w.tap != nil, "answered NAME")
	w.tap.mu.Lock()
	defer w.tap.mu.Unlock()
	m := regexp.MustCompile(`"` + args[0] + `":\[([-0-9.e]+,[-0-9.e]+,[-0-9.e]+)`).FindSubmatch(w.tap.answers.Bytes())
	if m == nil {
		w.ts.Fatalf("the recipient did not tell %s", args[0])
	}
	w.ts.Setenv("TOLD", string(m[1]))
}

// attributes reads the result, a measurement, and checks that it has these members and no other:
// attributes NAME,NAME.
func attributes(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 1, "attributes NAME,NAME")
	var all map[string]any
	w.call(false, "GET", w.path(w.me(), "result")+"/content", nil, &all)
	w.same("the measurement has", slices.Collect(maps.Keys(all)), args[0])
}

// holdsNo looks into a simulated recipient: holds-no KIND | ! holds-no KIND.
func holdsNo(w *world, neg bool, args []string) {
	w.usage(len(args) == 1, "holds-no KIND")
	e := w.evidence(w.company())
	found := slices.ContainsFunc(e.Holds, func(h client.ReceivedItem) bool { return h.Kind == args[0] })
	if found != neg || len(e.Requests) == 0 {
		w.ts.Fatalf("after %d requests it holds %s", len(e.Requests), fmt.Sprint(e.Holds))
	}
}

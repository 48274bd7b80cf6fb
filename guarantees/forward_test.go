package guarantees

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"vow.example/vow/client"
)

// put makes a call of that kind: put PATH JSON.
func put(w *world, neg bool, args []string) {
	w.usage(len(args) == 2, "put PATH JSON")
	a := w.ask(w.me(), "PUT", args[0], strings.NewReader(args[1]), http.Header{"Content-Type": {"application/json"}})
	w.judge(neg, "PUT "+args[0], a, nil)
}

// opens reports that the app was opened, with everything that the policy lets an app report of that:
// opens-app PLATFORM COUNT.
func opens(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 2, "opens-app PLATFORM COUNT")
	count, err := strconv.Atoi(args[1])
	w.check(err)
	var now client.ClockState
	w.call(false, "GET", "/demo/clock", nil, &now)
	body := map[string]any{"platform": args[0], "app_state": "foreground", "events": []any{map[string]any{
		"name": "app_open", "at": now.Now.UTC().Format(time.RFC3339), "data": map[string]any{
			"app_open_count": count, "landing_page": "home", "app_version": "2.4.0", "app_model": "Pixel-8", "network_status": "wifi", "country_or_region": "GB",
			"first_open_time": "2026-01-01T00:00:00Z",
		},
	}}}
	w.call(false, "POST", "/v1/events", body, nil)
}

// heard waits until a company has received so many requests, and leaves what it received as the latest
// answer: heard COMPANY COUNT. More than so many is as wrong as fewer.
func heard(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 2, "heard COMPANY COUNT")
	want, err := strconv.Atoi(args[1])
	w.check(err)
	var got client.Received
	w.until(args[0]+" to receive "+args[1], func() bool {
		got = client.Received{}
		w.call(false, "GET", "/demo/recipients/"+args[0]+"/received", nil, &got)
		return len(got.Requests) >= want
	})
	if len(got.Requests) != want || len(got.Violations) > 0 {
		w.ts.Fatalf("%s received %d requests, and should not have seen %v", args[0], len(got.Requests), got.Violations)
	}
}

// onList checks the fields that the person's list names for a company: on-list COMPANY FIELDS; ! on-list
// COMPANY: it is not there.
func onList(w *world, neg bool, args []string) {
	w.usage(len(args) == 2 && !neg || len(args) == 1 && neg, "[!] on-list COMPANY [FIELDS]")
	var fields []string
	w.until("the list to name "+args[0], func() bool {
		for _, t := range list[client.Transfer](w, "/v1/privacy/transfers") {
			if t.Recipient.ID == args[0] && t.Outcome == "sent" {
				fields = t.Fields
			}
		}
		return neg || fields != nil
	})
	if neg && fields != nil {
		w.ts.Fatalf("the list names %s", args[0])
	}
	if !neg {
		w.same("the list names", fields, args[1])
	}
}

// identifiers checks that each company knows each person by one identifier of its own, and that no two are
// alike: identifiers COUNT COMPANY ….
func identifiers(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) > 1, "identifiers COUNT COMPANY …")
	is := regexp.MustCompile(`"(?:client_id|app_instance_id|adid|clientId)": ?"?([0-9a-f]{32})`)
	seen := map[string]string{}
	for _, company := range args[1:] {
		var got client.Received
		w.call(false, "GET", "/demo/recipients/"+company+"/received", nil, &got)
		raw, err := json.Marshal(got)
		w.check(err)
		for _, found := range is.FindAllSubmatch(raw, -1) {
			if other, known := seen[string(found[1])]; known && other != company {
				w.ts.Fatalf("%s and %s know a person by the same identifier", other, company)
			}
			seen[string(found[1])] = company
		}
	}
	if fmt.Sprint(len(seen)) != args[0] {
		w.ts.Fatalf("%d identifiers, want %s", len(seen), args[0])
	}
}

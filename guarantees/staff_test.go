package guarantees

import (
	"net/http"
	"strings"

	"vow.example/vow/client/admin"
)

// staff makes a call as one of the demonstration's staff, and keeps the name of a case that it opens in CASE:
// staff ROLE METHOD PATH [JSON]. RESULT in path and body is the latest result of the person whose turn it is.
func staff(w *world, neg bool, args []string) {
	w.usage(len(args) == 3 || len(args) == 4, "staff ROLE METHOD PATH [JSON]")
	named := strings.NewReplacer("RESULT", w.me().result)
	h, body := http.Header{"Authorization": {"Bearer rk_demo_" + args[0]}}, ""
	if len(args) == 4 {
		body = named.Replace(args[3])
		h.Set("Content-Type", "application/json")
	}
	path := "/v1/admin/" + named.Replace(args[2])
	var c admin.Case
	a := w.ask(nil, args[1], path, strings.NewReader(body), h)
	if a.status == http.StatusCreated {
		w.judge(neg, args[1]+" "+path, a, &c)
		w.ts.Setenv("CASE", c.ID)
		return
	}
	w.judge(neg, args[1]+" "+path, a, nil)
}

// enters starts an app as a stranger does who says an age band, and keeps the answer: enters APP BAND.
func enters(w *world, neg bool, args []string) {
	w.usage(len(args) == 2, "enters APP BAND")
	body := `{"app_key":"pk_test_` + args[0] + `","age_band":"` + args[1] + `","device":"canary-device-of-a-child"}`
	a := w.ask(nil, "POST", "/v1/sessions", strings.NewReader(body), http.Header{"Content-Type": {"application/json"}})
	w.judge(neg, "POST /v1/sessions", a, nil)
}

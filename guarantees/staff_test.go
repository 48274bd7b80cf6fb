package guarantees

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"vow.example/vow/client/admin"
)

// staff makes a call as one of the demonstration's staff, and keeps the name of a case or an order in CASE:
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

// archived checks how many files the latest answer has, which is an archive: archived N.
func archived(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 1, "archived N")
	if files := w.archive(); strconv.Itoa(len(files)) != args[0] {
		w.ts.Fatalf("the archive has %d files", len(files))
	}
}

// archivedHas checks that a file of the archive says something: archived-has TEXT.
func archivedHas(w *world, neg bool, args []string) {
	w.usage(len(args) == 1, "archived-has TEXT")
	if slices.ContainsFunc(w.archive(), func(content string) bool { return strings.Contains(content, args[0]) }) == neg {
		w.ts.Fatalf("the archive has %q: %v", args[0], neg)
	}
}

// archive reads the latest answer as an archive.
func (w *world) archive() (list []string) {
	z, err := zip.NewReader(bytes.NewReader(w.last.body), int64(len(w.last.body)))
	w.check(err)
	for _, f := range z.File {
		r, err := f.Open()
		w.check(err)
		content, err := io.ReadAll(r)
		w.check(err)
		list = append(list, string(content))
	}
	return list
}

// enters starts an app as a stranger does who says an age band, and keeps the answer: enters APP BAND.
func enters(w *world, neg bool, args []string) {
	w.usage(len(args) == 2, "enters APP BAND")
	body := `{"app_key":"pk_test_` + args[0] + `","age_band":"` + args[1] + `","device":"canary-device-of-a-child"}`
	a := w.ask(nil, "POST", "/v1/sessions", strings.NewReader(body), http.Header{"Content-Type": {"application/json"}})
	w.judge(neg, "POST /v1/sessions", a, nil)
}

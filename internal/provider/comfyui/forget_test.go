package comfyui_test

import (
	"bytes"
	"image"
	pixel "image/png"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/guard/guardtest"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
	sim "vow.example/vow/internal/sim/comfyui"
	"vow.example/vow/internal/sim/kit"
)

// view reads a file as anybody could: "input/<folder>/<name>".
func view(t *testing.T, p *provider.Pool, name string) []byte {
	t.Helper()
	kind, rest, _ := strings.Cut(name, "/")
	cut := strings.LastIndexByte(rest, '/')
	body, _, err := p.Fetch(t.Context(), "own_host", egress.Address{Path: "/view", Header: map[string]wire.Value{"Authorization": wire.BearerIfSet("token")},
		Query: map[string]string{"filename": rest[cut+1:], "subfolder": rest[:max(cut, 0)], "type": kind}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = body.Close() }()
	data, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestForgettingLeavesNothingOfThePersons(t *testing.T) {
	t.Parallel()
	for output, want := range map[string]string{"SaveImage": "output", "PreviewImage": "temp"} {
		s, c := simulator(t, sim.Options{})
		w := workflow()
		if output == "PreviewImage" {
			w.Graph = []byte(strings.NewReplacer(`"SaveImage"`, `"PreviewImage"`, `"filename_prefix": "ComfyUI", `, ``, `"filename_prefix":"ComfyUI",`, ``).Replace(string(graph)))
		}
		p := pool(t, c, w)
		ticket := begin(t, p, content("a fox"))
		if st := ended(t, p, ticket); st.State != driver.Done {
			t.Fatalf("%s: %+v", output, st)
		}
		residue, err := p.Forget(t.Context(), "own_host", ticket)
		if err != nil || len(residue.Held) > 0 || !slices.Equal(residue.Erased, []string{"inputs overwritten", "result overwritten", "task record"}) {
			t.Errorf("%s: %+v, %v", output, residue, err)
		}
		for _, h := range s.Received().Holds {
			t.Errorf("%s: the server still holds %s of %s", output, h.Kind, h.Field)
		}
		left := s.Leftovers()
		if len(left) != 2 || !strings.HasPrefix(left[0], "input/") || !strings.HasPrefix(left[1], want+"/") {
			t.Errorf("%s: left over %v", output, left)
		}
		for _, name := range left {
			if img, err := pixel.Decode(bytes.NewReader(view(t, p, name))); err != nil || img.Bounds() != image.Rect(0, 0, 1, 1) {
				t.Errorf("%s: %s is no blank: %v", output, name, err)
			}
		}
		if odd := s.Received().Violations; len(odd) > 0 {
			t.Errorf("%s: %v", output, odd)
		}
	}
}

func TestABlankOverwritesNobodyElsesFiles(t *testing.T) {
	t.Parallel()
	s, c := simulator(t, sim.Options{})
	p := pool(t, c, workflow())
	first := begin(t, p, content("a fox"))
	d := guardtest.Disclosure(disclosure.Entry{ID: "trf_y", App: "pixplus", Feature: "portrait", Recipient: "own_host"}, content("another"))
	second, err := p.Begin(t.Context(), d, provider.Start{})
	if err != nil {
		t.Fatal(err)
	}
	ended(t, p, first)
	ended(t, p, second.Ticket)
	if _, err := p.Forget(t.Context(), "own_host", first); err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, h := range s.Received().Holds {
		kinds = append(kinds, h.Kind)
	}
	slices.Sort(kinds)
	if !slices.Equal(kinds, []string{"input", "output", "text"}) {
		t.Errorf("of the other order the server holds %v", kinds)
	}
}

func TestAJobTakenOutOfTheQueueHasNoResultToHold(t *testing.T) {
	t.Parallel()
	s, c := simulator(t, sim.Options{Options: kit.Options{Queue: 1 << 40, Run: 1 << 40}})
	p := pool(t, c, workflow())
	residue, err := p.Forget(t.Context(), "own_host", begin(t, p, content("a fox")))
	if err != nil || len(residue.Held) > 0 || !slices.Equal(residue.Erased, []string{"inputs overwritten", "task record"}) || len(s.Received().Holds) > 0 {
		t.Errorf("got %+v, %v", residue, err)
	}
}

func TestARestartedServerMayHoldAResultThatNobodyCanName(t *testing.T) {
	t.Parallel()
	s, c := simulator(t, sim.Options{})
	p := pool(t, c, workflow())
	ticket := begin(t, p, content("a fox"))
	ended(t, p, ticket)
	s.Restart()
	residue, err := p.Forget(t.Context(), "own_host", ticket)
	want := driver.Residue{Erased: []string{"inputs overwritten", "task record"}, Held: []driver.Held{{What: "result", Reason: "no-erase-call"}}}
	if err != nil || !slices.Equal(residue.Erased, want.Erased) || !slices.Equal(residue.Held, want.Held) {
		t.Errorf("got %+v, %v", residue, err)
	}
}

const idle = `{"queue_running":[],"queue_pending":[]}`

func TestWhatCouldNotBeOverwrittenStays(t *testing.T) {
	t.Parallel()
	const key, done = `"` + id + `"`, `{"` + id + `":{"outputs":{"9":{"images":[{"filename":"a.png","subfolder":"x","type":"output"}],"text":["a word"],"animated":[false]}}}}`
	stays := func(what ...string) (list []driver.Held) {
		for _, w := range what {
			list = append(list, driver.Held{What: w, Reason: "erase-failed"})
		}
		return list
	}
	for name, tc := range map[string]struct {
		ticket, upload, history string
		held                    []driver.Held
	}{
		"the file was stored beside the old one": {`{"id":` + key + `}`, `{"name":"a (1).png","subfolder":"x","type":"output"}`, done, stays("result", "task record")},
		"the file went into another folder":      {`{"id":` + key + `}`, `{"name":"a.png","subfolder":"","type":"output"}`, done, stays("result", "task record")},
		"the answer says nothing":                {`{"id":` + key + `}`, `{}`, done, stays("result", "task record")},
		"an input that was stored elsewhere":     {`{"id":` + key + `,"inputs":["k/p.png"]}`, `{"name":"a.png","subfolder":"x","type":"output"}`, done, stays("inputs", "task record")},
		"a file whose name leads away": {`{"id":` + key + `}`, ``, strings.Replace(done, "a.png", "../a.png", 1),
			append([]driver.Held{{What: "result", Reason: "no-erase-call"}}, stays("task record")...)},
		"a record that does not go":    {`{"id":` + key + `}`, `{"name":"a.png","subfolder":"x","type":"output"}`, done, stays("task record")},
		"a picture of the graph's own": {`{"id":` + key + `}`, `{}`, strings.Replace(done, `"output"}]`, `"input"}]`, 1), stays("task record")},
	} {
		p := server(t, map[string]string{"/upload/image": tc.upload, "/history/" + id: tc.history, "/queue": idle})
		r, err := p.Forget(t.Context(), "own_host", driver.Ticket(tc.ticket))
		if err != nil || !slices.Equal(r.Held, tc.held) || slices.Contains(r.Erased, "task record") {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	for status, class := range map[int]egress.Class{http.StatusForbidden: "", http.StatusBadRequest: "", http.StatusServiceUnavailable: egress.Transient} {
		p := refusing(t, status, done)
		r, err := p.Forget(t.Context(), "own_host", driver.Ticket(`{"id":`+key+`}`))
		if class != "" {
			if e := asError(t, err); e.Class != class {
				t.Errorf("%d: %+v", status, e)
			}
		} else if err != nil || !slices.Equal(r.Held, stays("result", "task record")) || len(r.Erased) > 0 {
			t.Errorf("%d: %+v, %v", status, r, err)
		}
	}
}

// refusing is a server that knows a job and takes no uploads.
func refusing(t *testing.T, status int, history string) *provider.Pool {
	t.Helper()
	srv := (&tap{}).in(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Path == "/upload/image":
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "{}")
		case r.URL.Path == "/queue":
			_, _ = io.WriteString(w, idle)
		default:
			_, _ = io.WriteString(w, history)
		}
	}))
	return pool(t, config(srv.URL), workflow())
}

func TestAJobThatGoesOnIsNotCalledStopped(t *testing.T) {
	t.Parallel()
	stubborn := server(t, map[string]string{"/queue": `{"queue_running":[[1,"` + id + `"]],"queue_pending":[]}`})
	if outcome, err := stubborn.Cancel(t.Context(), "own_host", driver.Ticket(`{"id":"`+id+`"}`)); err != nil || outcome != driver.TooLate {
		t.Errorf("a job that goes on: %v, %v", outcome, err)
	}
}

func TestATicketOrANoteWithAStrangeFileIsRefused(t *testing.T) {
	t.Parallel()
	p := server(t, nil)
	for _, name := range []string{"p.png", "/p.png", "../p.png", "k/../p.png", "k/.p", "k/", ""} {
		_, err := p.Forget(t.Context(), "own_host", driver.Ticket(`{"id":"`+id+`","inputs":["`+name+`"]}`))
		if e := asError(t, err); e.Class != egress.Bug || e.Code != "ticket" {
			t.Errorf("%q: %+v", name, e)
		}
	}
}

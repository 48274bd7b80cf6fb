package comfyui_test

import (
	"context"
	_ "embed"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/guardtest"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/comfyui"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/provider/drivertest"
	sim "vow.example/vow/internal/sim/comfyui"
	"vow.example/vow/internal/sim/kit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	png   = "\x89PNG\r\n\x1a\n pixels of "
	token = "fake-proxy-token"
)

//go:embed testdata/graph.json
var graph []byte

// echo renders the photo followed by the prompt, so that a mix-up shows.
func echo(_ context.Context, j kit.Job) (kit.Output, error) {
	return kit.Output{Data: append(slices.Clone(j.Media["photo"]), j.Texts["prompt"]...), MediaType: "image/png"}, nil
}

func workflow() driver.Workflow {
	return driver.Workflow{
		ID: "portrait", Graph: graph, Set: map[string]string{"output": "9"},
		Nodes: map[privacy.Field]driver.Node{
			"photo": {ID: "10", Name: "image"}, "prompt": {ID: "6", Name: "text"},
			"style":    {ID: "12", Name: "sampler_name", Words: map[string]string{"soft": "dpmpp_2m", "sharp": "euler"}},
			"strength": {ID: "12", Name: "steps"},
		},
	}
}

func wired(w driver.Workflow) provider.Wiring {
	return provider.Wiring{"own_host": {Driver: comfyui.Name, Workflows: map[privacy.FeatureID]driver.Workflow{"portrait": w}}}
}

// simulator starts a server and returns how it is reached.
func simulator(t *testing.T, o sim.Options) (*sim.Sim, egress.Config) {
	t.Helper()
	o.Token, o.Oversize = token, 3<<20
	o.Fields = map[string]string{"image": "photo", "10.image": "photo", "6.text": "prompt", "12.sampler_name": "style", "12.steps": "strength"}
	o.Defaults = map[string]string{"6.text": "a portrait", "12.steps": "20", "12.sampler_name": "euler"}
	if o.Render == nil {
		o.Render = echo
	}
	s := sim.New(o)
	t.Cleanup(s.Close)
	url, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return s, config(url)
}

func config(url string) egress.Config {
	return egress.Config{
		Recipient: "own_host", BaseURL: url, AllowLoopback: true, MaxResult: 1 << 20,
		Credentials: map[string]egress.Credential{"token": egress.NewCredential(token)},
	}
}

func pool(t *testing.T, c egress.Config, w driver.Workflow) *provider.Pool {
	t.Helper()
	e, err := egress.New([]egress.Config{c}, log.Logger{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	p, err := provider.NewPool(e, map[privacy.AppID]provider.Wiring{"pixplus": wired(w)}, map[string]driver.Driver{comfyui.Name: comfyui.Driver{}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func picture(data, transport string) disclosure.Item {
	return guardtest.Travelling(disclosure.Media(guardtest.Picture(vault.Ref{MediaType: "image/png"}, []byte(data))), transport)
}

func disclose(c disclosure.Content) disclosure.Disclosure {
	return guardtest.Disclosure(disclosure.Entry{ID: "trf_x", App: "pixplus", Feature: "portrait", Recipient: "own_host"}, c)
}

func content(prompt string) disclosure.Content {
	return disclosure.Content{"photo": picture(png, "bytes"), "prompt": disclosure.Text(privacy.NewText(prompt))}
}

func begin(t *testing.T, p *provider.Pool, c disclosure.Content) driver.Ticket {
	t.Helper()
	begun, err := p.Begin(t.Context(), disclose(c), provider.Start{})
	if err != nil {
		t.Fatal(err)
	}
	return begun.Ticket
}

func ended(t *testing.T, p *provider.Pool, ticket driver.Ticket) driver.Status {
	t.Helper()
	for range 2000 {
		s, err := p.Poll(t.Context(), "own_host", ticket)
		if err != nil {
			t.Fatal(err)
		}
		if s.State == driver.Done || s.State == driver.Failed {
			return s
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("the job does not end")
	return driver.Status{}
}

func asError(t *testing.T, err error) *egress.Error {
	t.Helper()
	var e *egress.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *egress.Error", err)
	}
	return e
}

func TestTheDriverConforms(t *testing.T) {
	t.Parallel()
	drivertest.Run(t, drivertest.Harness{
		Driver: comfyui.Driver{}, App: "pixplus", Feature: "portrait", Recipient: "own_host", Wiring: wired(workflow()),
		Fields: map[privacy.Field]drivertest.Field{
			"photo":    {Kind: drivertest.Photo, Value: png + "somebody"},
			"prompt":   {Kind: drivertest.Words, Value: "a fox", Optional: true},
			"style":    {Kind: drivertest.Choice, Value: "soft"},
			"strength": {Kind: drivertest.Choice, Value: "30", Optional: true},
		},
		Calls: [][]privacy.Field{{"photo"}, {"prompt", "strength", "style"}},
		Shape: drivertest.Asked, Cancels: true, Erases: true,
		Start: func(t *testing.T, slow bool) drivertest.Service {
			o := sim.Options{Options: kit.Options{Seed: 7}}
			if slow {
				o.Run = time.Minute
			}
			s, c := simulator(t, o)
			return drivertest.On(s.Kit, c, where)
		},
		Matches: func(sent drivertest.Content, _ driver.Result, data []byte) bool {
			words := sent["prompt"]
			if words == "" {
				words = "a portrait" // the graph's own
			}
			return string(data) == sent["photo"]+words
		},
	})
}

// where says how the calls of the suite look at ComfyUI.
func where(c drivertest.Call, method, path string) bool {
	switch c {
	case 0:
		return path == "/upload/image"
	case 1:
		return method == "POST" && path == "/prompt"
	case drivertest.Ask:
		return method == "GET" && strings.HasPrefix(path, "/history/")
	default:
		return path == "/view"
	}
}

func TestAPictureInTheGraphLeavesNoInputFile(t *testing.T) {
	t.Parallel()
	s, c := simulator(t, sim.Options{})
	w := workflow()
	w.Graph = []byte(strings.Replace(string(graph), `"LoadImage"`, `"ETN_LoadImageBase64"`, 1))
	p := pool(t, c, w)
	ticket := begin(t, p, disclosure.Content{"photo": picture(png, "base64"), "prompt": disclosure.Text(privacy.NewText("a fox"))})
	if st := ended(t, p, ticket); st.State != driver.Done {
		t.Fatalf("got %+v", st)
	}
	residue, err := p.Forget(t.Context(), "own_host", ticket)
	if err != nil {
		t.Fatal(err)
	}
	if len(residue.Held) > 0 || !slices.Equal(residue.Erased, []string{"result overwritten", "task record"}) {
		t.Errorf("got %+v", residue)
	}
	for _, h := range s.Received().Holds {
		t.Errorf("the server still holds %s of %s", h.Kind, h.Field)
	}
}

func TestAWaitingJobKnowsItsPlaceAndCanBeTakenOut(t *testing.T) {
	t.Parallel()
	s, c := simulator(t, sim.Options{Options: kit.Options{Run: time.Minute}})
	p := pool(t, c, workflow())
	begin(t, p, content("first"))
	d := guardtest.Disclosure(disclosure.Entry{ID: "trf_y", App: "pixplus", Feature: "portrait", Recipient: "own_host"}, content("second"))
	begun, err := p.Begin(t.Context(), d, provider.Start{})
	if err != nil {
		t.Fatal(err)
	}
	for range 1000 { // until the first one runs
		if st, err := p.Poll(t.Context(), "own_host", begun.Ticket); err != nil || st.State != driver.Queued || st.QueuePosition == 1 {
			if err != nil || st.State != driver.Queued {
				t.Errorf("got %+v, %v", st, err)
			}
			break
		}
		time.Sleep(time.Millisecond)
	}
	if outcome, err := p.Cancel(t.Context(), "own_host", begun.Ticket); err != nil || outcome != driver.Stopped {
		t.Errorf("got %v, %v", outcome, err)
	}
	if st, err := p.Poll(t.Context(), "own_host", begun.Ticket); err != nil || st.State != driver.Failed || st.Code != "lost" {
		t.Errorf("got %+v, %v", st, err)
	}
	for _, h := range s.Received().Holds {
		if h.Kind == "text" && h.Bytes == int64(len("second")) {
			t.Error("the words of a job that was taken out are still there")
		}
	}
}

func TestARestartedServerHasLostTheJob(t *testing.T) {
	t.Parallel()
	s, c := simulator(t, sim.Options{Options: kit.Options{Run: time.Minute}})
	p := pool(t, c, workflow())
	ticket := begin(t, p, content("a fox"))
	s.Restart()
	if st, err := p.Poll(t.Context(), "own_host", ticket); err != nil || st.State != driver.Failed || st.Class != egress.Failed || st.Code != "lost" {
		t.Errorf("got %+v, %v", st, err)
	}
	if outcome, err := p.Cancel(t.Context(), "own_host", ticket); err != nil || outcome != driver.TooLate {
		t.Errorf("got %v, %v", outcome, err)
	}
}

func TestWhatALostAnswerLeftBehindIsForgottenByItsKey(t *testing.T) {
	t.Parallel()
	s, c := simulator(t, sim.Options{Options: kit.Options{Run: time.Minute}})
	p := pool(t, c, workflow())
	s.Inject(kit.Injection{Fault: kit.LostReply, Path: "/prompt", Times: 1})
	var progress []byte
	_, err := p.Begin(t.Context(), disclose(content("a fox")), provider.Start{Save: keep(&progress)})
	if e := asError(t, err); e.Class != egress.UnknownOutcome {
		t.Fatalf("got %+v", e)
	}
	ticket, ok := p.Leftover("own_host", progress)
	if !ok {
		t.Fatal("nothing is left over")
	}
	residue, err := p.Forget(t.Context(), "own_host", ticket)
	if err != nil || !slices.Equal(residue.Erased, []string{"inputs overwritten", "task record"}) {
		t.Errorf("got %+v, %v", residue, err)
	}
	for _, h := range s.Received().Holds {
		t.Errorf("%s of %s is still there", h.Kind, h.Field)
	}
}

func keep(p *[]byte) func(context.Context, []byte) error {
	return func(_ context.Context, raw []byte) error { *p = slices.Clone(raw); return nil }
}

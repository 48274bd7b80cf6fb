package runninghub_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vow.example/vow/apps"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/guardtest"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/provider/drivertest"
	"vow.example/vow/internal/provider/runninghub"
	sim "vow.example/vow/internal/sim/runninghub"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	key = "fakefakefakefakefakefakefakefake"
	png = "\x89PNG\r\n\x1a\n pixels of "
)

// echo renders the photo followed by the prompt, so that a mix-up shows.
func echo(_ context.Context, _ string, photo []byte, prompt string, _ map[string]string) ([]byte, string, error) {
	if photo == nil {
		photo = []byte(png) // a picture from text alone
	}
	return append(slices.Clone(photo), prompt...), "image/png", nil
}

// simulator starts a RunningHub with the demo account.
func simulator(t *testing.T, o sim.Options, render sim.Render) (*sim.Sim, egress.Config) {
	t.Helper()
	o.Key, o.Workflows, o.Render, o.Oversize = key, sim.DemoWorkflows(), render, 3<<20
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
		Recipient: "runninghub", BaseURL: url, AllowLoopback: true,
		Credentials: map[string]egress.Credential{runninghub.Credential: egress.NewCredential(key)},
	}
}

// wiring is that of PixPlus.
func wiring(t *testing.T) map[privacy.AppID]provider.Wiring {
	t.Helper()
	all, err := provider.LoadWiring(apps.FS)
	if err != nil {
		t.Fatal(err)
	}
	return map[privacy.AppID]provider.Wiring{"pixplus": all["pixplus"]}
}

// disclose makes a Disclosure for a feature of PixPlus.
func disclose(f privacy.FeatureID, c disclosure.Content, spent ...privacy.Field) disclosure.Disclosure {
	return guardtest.Disclosure(disclosure.Entry{ID: "trf_x", App: "pixplus", Feature: f, Recipient: "runninghub"}, c, spent...)
}

func picture(data string) disclosure.Item {
	return disclosure.Media(guardtest.Picture(vault.Ref{MediaType: "image/png"}, []byte(data)))
}

// path says how the calls of the suite look at RunningHub.
func path(c drivertest.Call) string {
	switch c {
	case 0:
		return "/task/openapi/upload"
	case 1:
		return "/task/openapi/create"
	case drivertest.Ask:
		return "/task/openapi/status"
	default:
		return "/output/"
	}
}

func TestTheDriverConforms(t *testing.T) {
	t.Parallel()
	drivertest.Run(t, drivertest.Harness{
		Driver: runninghub.Driver{}, App: "pixplus", Feature: "avatar", Recipient: "runninghub", Wiring: wiring(t)["pixplus"],
		Fields: map[privacy.Field]drivertest.Field{
			"photo":  {Kind: drivertest.Photo, Value: png + "somebody"},
			"prompt": {Kind: drivertest.Words, Value: "a fox", Optional: true},
			"style":  {Kind: drivertest.Choice, Value: "pencil"},
		},
		Calls: [][]privacy.Field{{"photo"}, {"prompt", "style"}}, Shape: drivertest.Asked, Cancels: true,
		Matches: drivertest.Same("photo", "prompt"),
		Start: func(t *testing.T, slow bool) drivertest.Service {
			o := sim.Options{Seed: 7}
			if slow {
				o.Run = time.Minute
			}
			s, c := simulator(t, o, echo)
			service := drivertest.On(s.Kit, c, func(c drivertest.Call, _, at string) bool { return strings.HasPrefix(at, path(c)) })
			common := service.Strike
			service.Strike = func(f drivertest.Fault, c drivertest.Call) {
				if f == drivertest.Throttled {
					s.Inject(sim.Injection{Fault: sim.QueueFull, Times: 1})
					return
				}
				common(f, c)
			}
			return service
		},
	})
}

// pool is a pool in front of one address.
func pool(t *testing.T, c egress.Config) *provider.Pool {
	t.Helper()
	e, err := egress.New([]egress.Config{c}, noLog())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	p, err := provider.NewPool(e, wiring(t), map[string]driver.Driver{runninghub.Name: runninghub.Driver{}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func ended(t *testing.T, p *provider.Pool, ticket driver.Ticket) driver.Status {
	t.Helper()
	for range 2000 {
		s, err := p.Poll(t.Context(), "runninghub", ticket)
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

func TestMagicPromptsFailInTheirOwnWay(t *testing.T) {
	t.Parallel()
	_, c := simulator(t, sim.Options{}, echo)
	p := pool(t, c)
	begin := func(prompt string) (driver.Ticket, error) {
		d := disclose("avatar", disclosure.Content{"photo": picture(png), "prompt": disclosure.Text(privacy.NewText(prompt))})
		begun, err := p.Begin(t.Context(), d, provider.Start{})
		return begun.Ticket, err
	}
	ticket, err := begin("test:fail")
	if err != nil {
		t.Fatal(err)
	}
	if s := ended(t, p, ticket); s.State != driver.Failed || s.Class != egress.Failed || s.Code != "805" {
		t.Errorf("test:fail ends as %+v", s)
	}
	_, err = begin("test:provider_down")
	if e := asError(t, err); e.Class != egress.Transient || e.Code != "http-503" || !e.WasSent {
		t.Errorf("test:provider_down is %+v", e)
	}
}

func TestOutputsThatSayNothing(t *testing.T) {
	t.Parallel()
	s, c := simulator(t, sim.Options{}, echo)
	p := pool(t, c)
	begun, err := p.Begin(t.Context(), disclose("avatar", disclosure.Content{"photo": picture(png)}), provider.Start{})
	if err != nil {
		t.Fatal(err)
	}
	ticket := begun.Ticket
	ended(t, p, ticket)
	s.Inject(sim.Injection{Fault: sim.OutputsNull, Times: 1})
	if st, err := p.Poll(t.Context(), "runninghub", ticket); err != nil || st.State != driver.Running {
		t.Errorf("null: %+v, %v", st, err)
	}
	s.Inject(sim.Injection{Fault: sim.OutputsEmpty, Times: 1})
	if st, err := p.Poll(t.Context(), "runninghub", ticket); err != nil || st.State != driver.Failed || st.Code != "empty" {
		t.Errorf("an empty list: %+v, %v", st, err)
	}
}

func TestTheNameOfAFileAtRunningHubIsNotTrusted(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "../../etc/passwd", "https://evil.example/x.png", "api/x.png?sub_01jd3v9q", "api/" + strings.Repeat("a", 10)} {
		srv := answers(t, `{"code":0,"msg":"","data":{"fileName":"`+name+`","fileType":"image"}}`)
		_, err := pool(t, config(srv.URL)).Begin(t.Context(), disclose("avatar", disclosure.Content{"photo": picture(png)}), provider.Start{})
		if e := asError(t, err); e.Class != egress.UnknownOutcome || e.Code != "upload-reply" || !e.WasSent {
			t.Errorf("%q: %+v", name, e)
		}
	}
}

// TestAHintIsNeverBelieved lets callbacks come early, twice and forged: whatever they say, what
// counts is what RunningHub answers when it is asked.
func TestAHintIsNeverBelieved(t *testing.T) {
	t.Parallel()
	for fault, hints := range map[sim.Fault]int{sim.EarlyWebhook: 1, sim.ForgedWebhook: 2, sim.DuplicateWebhook: 2} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			release := make(chan struct{})
			s, c := simulator(t, sim.Options{}, func(context.Context, string, []byte, string, map[string]string) ([]byte, string, error) {
				<-release
				return []byte(png), "image/png", nil
			})
			came := make(chan string, 9)
			ours := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { came <- r.URL.Path }))
			defer ours.Close()
			c.CallbackBase = ours.URL
			p := pool(t, c)
			s.Inject(sim.Injection{Fault: fault, Path: path(1), Times: 1})
			begun, err := p.Begin(t.Context(), disclose("avatar", disclosure.Content{"photo": picture(png)}), provider.Start{Webhook: ours.URL + "/hooks/4f1c"})
			if err != nil {
				t.Fatal(err)
			}
			ticket := begun.Ticket
			if fault == sim.DuplicateWebhook {
				close(release)
			}
			for range hints {
				<-came
			}
			if fault != sim.DuplicateWebhook {
				if st, err := p.Poll(t.Context(), "runninghub", ticket); err != nil || st.State != driver.Running {
					t.Errorf("after a hint that lies: %+v, %v", st, err)
				}
				close(release)
			}
			st := ended(t, p, ticket)
			if st.State != driver.Done || !strings.HasPrefix(st.Results[0].File.URL, c.BaseURL+"/output/") {
				t.Errorf("got %+v", st)
			}
		})
	}
}

package alibaba_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/alibaba"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/provider/drivertest"
	sim "vow.example/vow/internal/sim/alibaba"
	"vow.example/vow/internal/sim/kit"
)

// ageOf makes every photo another person's.
func ageOf(photo []byte) int {
	h := fnv.New32a()
	_, _ = h.Write(photo)
	return int(h.Sum32() % 100)
}

// simulator makes results that are the bytes of the pictures.
func simulator(t *testing.T, edits ...func(*sim.Options)) *sim.Sim {
	t.Helper()
	o := sim.Options{AccessKeyID: keyID, AccessKeySecret: keySecret}
	o.Seed, o.Oversize = 1, 3<<20
	o.Faces = func(photo []byte) []sim.Face {
		return []sim.Face{{Box: [4]int{60, 60, 80, 80}, Age: ageOf(photo), Gender: 1, Quality: 90}}
	}
	o.Render = func(_ context.Context, j kit.Job) (kit.Output, error) {
		return kit.Output{Data: append(slices.Clone(j.Media["photo"]), j.Media["template_photo"]...), MediaType: "image/png"}, nil
	}
	for _, edit := range edits {
		edit(&o)
	}
	s := sim.New(o)
	t.Cleanup(s.Close)
	return s
}

// nth makes a fault strike the nth call of a method from now on: Alibaba's calls all have the same
// path.
func nth(n int, method string) func(m, path string) bool {
	var mu sync.Mutex
	return func(m, path string) bool {
		mu.Lock()
		defer mu.Unlock()
		if m != method || (method == http.MethodGet) != strings.HasPrefix(path, "/result/") {
			return false
		}
		n--
		return n == -1
	}
}

// harness is the suite's view of one feature of the example wiring.
func harness(t *testing.T, f privacy.FeatureID, shape drivertest.Shape, calls ...[]privacy.Field) drivertest.Harness {
	t.Helper()
	all := wiring(t)[recipient].Workflows
	fields := map[privacy.Field]drivertest.Field{}
	for _, field := range slices.Concat(calls...) {
		switch field {
		case "photo", "template_photo":
			fields[field] = drivertest.Field{Kind: drivertest.Photo, Value: picture(t, ""), Transport: "url"}
		case "scale":
			fields[field] = drivertest.Field{Kind: drivertest.Choice, Value: "2", Optional: true}
		default:
			fields[field] = drivertest.Field{Kind: drivertest.Choice, Value: "cartoon", Optional: true}
		}
	}
	return drivertest.Harness{
		Driver: alibaba.Driver{}, App: app, Feature: f, Recipient: recipient, Shape: shape, Calls: calls, Fields: fields,
		Wiring:  provider.Wiring{recipient: {Driver: alibaba.Name, Workflows: map[privacy.FeatureID]driver.Workflow{f: all[f]}}},
		Cancels: shape == drivertest.Asked, Erases: len(calls) > 1,
		Matches: func(sent drivertest.Content, _ driver.Result, data []byte) bool {
			return string(data) == sent["photo"]+sent["template_photo"]
		},
		Start: func(t *testing.T, slow bool) drivertest.Service {
			s := simulator(t, func(o *sim.Options) {
				if slow {
					o.Queue = time.Hour
				}
			})
			base, err := s.Start("127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			service := drivertest.On(s.Kit, config(base), nil)
			service.Strike = strike(s)
			return service
		},
	}
}

func strike(s *sim.Sim) func(drivertest.Fault, drivertest.Call) {
	faults := map[drivertest.Fault]kit.Fault{
		drivertest.Slow: kit.SlowReply, drivertest.Twice: kit.DuplicateReply, drivertest.Hang: kit.Hang, drivertest.Cut: kit.CutReply, drivertest.Lost: kit.LostReply,
		drivertest.Down: kit.Unavailable, drivertest.Gateway: kit.BadGateway, drivertest.Failed: kit.FailedAfter, drivertest.WebPage: kit.WrongType, drivertest.Endless: kit.Oversize,
		drivertest.RedirectPrivate: kit.RedirectPrivate, drivertest.Throttled: kit.Throttled,
	}
	return func(f drivertest.Fault, c drivertest.Call) {
		match := nth(max(int(c), 0), http.MethodPost)
		if c == drivertest.Result {
			match = nth(0, http.MethodGet)
		}
		s.Inject(kit.Injection{Fault: faults[f], Match: match, Times: 1})
	}
}

func TestConformanceOfAnAnalysis(t *testing.T) {
	t.Parallel()
	h := harness(t, "age_estimation", drivertest.AtOnce, []privacy.Field{"photo"})
	h.Matches = func(sent drivertest.Content, got driver.Result, _ []byte) bool {
		from := ageOf([]byte(sent["photo"])) / 10 * 10
		return got.Attributes != nil && slices.Equal(got.Attributes.Ages, []string{fmt.Sprintf("%d-%d", from, from+9)}) &&
			got.Attributes.FaceCount == nil && got.Attributes.Genders == nil && got.Attributes.Quality == nil
	}
	drivertest.Run(t, h)
}

func TestConformanceOfAPictureMadeAtOnce(t *testing.T) {
	t.Parallel()
	drivertest.Run(t, harness(t, "cartoonize", drivertest.AtOnceLink, []privacy.Field{"photo", "style"}))
	drivertest.Run(t, harness(t, "super_resolution", drivertest.AtOnceLink, []privacy.Field{"photo", "scale"}))
}

func TestConformanceOfAFaceSwap(t *testing.T) {
	t.Parallel()
	drivertest.Run(t, harness(t, "face_swap", drivertest.AtOnceLink, []privacy.Field{"template_photo"}, []privacy.Field{"photo"}))
}

func TestConformanceOfAJob(t *testing.T) {
	t.Parallel()
	drivertest.Run(t, harness(t, "cartoonize_async", drivertest.Asked, []privacy.Field{"photo", "style"}))
	drivertest.Run(t, harness(t, "super_resolution_async", drivertest.Asked, []privacy.Field{"photo", "scale"}))
}

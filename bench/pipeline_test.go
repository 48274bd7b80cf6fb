package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"sync"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/effects"
	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/media"
)

// askEvery is how long the direct caller waits between two questions after its job.
const askEvery = 2 * time.Millisecond

// ready returns a renderer that answers at once with the same picture: what remains is ours.
func ready(picture []byte) func(context.Context, string, []byte, string, map[string]string) ([]byte, string, error) {
	return func(context.Context, string, []byte, string, map[string]string) ([]byte, string, error) {
		return picture, media.JPEG, nil
	}
}

// draws returns a renderer that draws with our own engine, as in the demonstration.
func draws() func(context.Context, string, []byte, string, map[string]string) ([]byte, string, error) {
	return func(ctx context.Context, _ string, photo []byte, _ string, _ map[string]string) ([]byte, string, error) {
		img, _, err := media.Open(ctx, bytes.NewReader(photo), media.Limits{})
		if err != nil {
			return nil, "", err
		}
		out, err := effects.Run(ctx, "cartoon", effect.Input{Pictures: []*image.NRGBA{img}}, nil, nil)
		if err != nil {
			return nil, "", err
		}
		var b bytes.Buffer
		err = media.Encode(&b, out.Picture, media.JPEG, media.Label{})
		return b.Bytes(), media.JPEG, err
	}
}

// direct does with the recipient what the driver does, and nothing else: upload, create, ask, list,
// fetch. It returns the result.
func direct(ctx context.Context, url string, photo []byte) ([]byte, error) {
	var name struct{ FileName string }
	body, kind, err := form(photo)
	if err != nil {
		return nil, err
	}
	if err := call(ctx, url+"/task/openapi/upload", kind, body, &name); err != nil {
		return nil, err
	}
	var job struct{ TaskID string }
	err = callJSON(ctx, url, "create", map[string]any{
		"apiKey": simKey, "workflowId": workflow, "addMetadata": false, "nodeInfoList": []any{
			map[string]string{"nodeId": "10", "fieldName": "image", "fieldValue": name.FileName},
			map[string]string{"nodeId": "14", "fieldName": "style_name", "fieldValue": "cartoon"},
		},
	}, &job)
	if err != nil {
		return nil, err
	}
	about := map[string]any{"apiKey": simKey, "taskId": job.TaskID}
	for state := ""; state != "SUCCESS"; {
		if err := callJSON(ctx, url, "status", about, &state); err != nil {
			return nil, err
		}
		if state == "FAILED" {
			return nil, errors.New("bench: the recipient failed")
		}
		if state != "SUCCESS" {
			time.Sleep(askEvery)
		}
	}
	var files []struct{ FileURL string }
	if err := callJSON(ctx, url, "outputs", about, &files); err != nil {
		return nil, err
	}
	return get(ctx, files[0].FileURL)
}

func form(photo []byte) (io.Reader, string, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="a.jpg"`}, "Content-Type": {media.JPEG}})
	if err == nil {
		_, err = part.Write(photo)
	}
	err = errors.Join(err, w.WriteField("apiKey", simKey), w.WriteField("fileType", "image"), w.Close())
	return &b, w.FormDataContentType(), err
}

func callJSON(ctx context.Context, url, name string, in, out any) error {
	raw, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return call(ctx, url+"/task/openapi/"+name, "application/json", bytes.NewReader(raw), out)
}

func call(ctx context.Context, url, kind string, body io.Reader, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", kind)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	env := struct {
		Code int
		Data any
	}{Data: out}
	if err := json.NewDecoder(resp.Body).Decode(&env); err != nil {
		return err
	}
	if env.Code != 0 {
		return fmt.Errorf("bench: the recipient answered %d", env.Code)
	}
	return nil
}

func get(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// stages are the parts of a task that a person waits for.
type stages struct{ consent, upload, create, work, fetch time.Duration }

func (s stages) sum() time.Duration { return s.consent + s.upload + s.create + s.work + s.fetch }

// throughVow does the same job under the policy: consent to the shown text, upload, task, events to
// the end, result.
func throughVow(ctx context.Context, c *client.Client, photo []byte) (s stages, result []byte, err error) {
	return throughFeature(ctx, c, client.TaskCreate{Feature: feature}, recipient, photo)
}

// throughFeature does the job of a feature that takes one photo.
func throughFeature(ctx context.Context, c *client.Client, wanted client.TaskCreate, recipient string, photo []byte) (s stages, result []byte, err error) {
	feature := wanted.Feature
	var agreed client.Consent
	s.consent = timed(func() {
		var shown client.Disclosure
		if shown, err = c.Disclosure(ctx, feature, "en"); err == nil {
			agreed, err = c.CreateConsent(ctx, client.ConsentCreate{Feature: feature, Recipient: recipient, Decision: "granted", DisclosureHash: shown.Hash, Scope: shown.Scope})
		}
	})
	if err != nil {
		return s, nil, err
	}
	var up client.Upload
	s.upload = timed(func() { up, err = c.Upload(ctx, bytes.NewReader(photo), media.JPEG) })
	if err != nil {
		return s, nil, err
	}
	var k client.Task
	s.create = timed(func() {
		wanted.Inputs, wanted.Consent = []client.TaskInput{{Role: "photo", Upload: up.ID}}, agreed.ID
		k, err = c.CreateTask(ctx, wanted, "")
	})
	if err != nil {
		return s, nil, err
	}
	s.work = timed(func() {
		for _, err = range c.Events(ctx, k.ID, "") {
			if err != nil {
				return
			}
		}
	})
	if err != nil {
		return s, nil, err
	}
	s.fetch = timed(func() {
		if k, err = c.Task(ctx, k.ID); err != nil {
			return
		}
		if k.State != "succeeded" || len(k.Outputs) != 1 {
			err = fmt.Errorf("bench: the task ended as %s: %+v", k.State, k.Error)
			return
		}
		var body io.ReadCloser
		if body, _, err = c.Content(ctx, k.Outputs[0].ID); err != nil {
			return
		}
		defer body.Close()
		result, err = io.ReadAll(body)
	})
	return s, result, err
}

// errand is a picture and how the recipient answers it.
type errand struct {
	name   string
	photo  []byte
	render func(context.Context, string, []byte, string, map[string]string) ([]byte, string, error)
}

func errands(t testing.TB) []errand {
	small, big := portrait(t, 512, 512), portrait(t, 4000, 3000)
	return []errand{
		{fmt.Sprintf("0.26 MP, %.2f MB", float64(len(small))/1e6), small, ready(small)},
		{fmt.Sprintf("12 MP, %.1f MB", float64(len(big))/1e6), big, ready(big)},
		{"0.26 MP, drawn as a cartoon", small, draws()},
	}
}

// pipeline measures one task after the other.
func pipeline(t testing.TB, rounds int, list ...errand) *table {
	out := &table{
		title: "Whole task",
		about: fmt.Sprintf("PixPlus' avatar: consent, upload, task, result, in ms, one at a time; median (middle half) of %d rounds in turn. The baseline makes the driver's own calls to the same simulator, which waits for nothing.", rounds),
		head:  []string{"Photo and result", "recipient alone", "through Vow", "ratio", "overhead", "consent", "upload", "create", "until done", "fetch"},
	}
	for _, l := range list {
		r := newRecipient(t, l.render)
		person := signIn(t, newServer(t, folder(t), r), "pk_live_", "pixplus")
		var each []stages
		got := alternate(rounds,
			way{"direct", func() time.Duration {
				return timed(func() {
					if raw, err := direct(context.Background(), r.url, l.photo); err != nil || len(raw) == 0 {
						t.Fatal(err)
					}
				})
			}},
			way{"vow", func() time.Duration {
				s, raw, err := throughVow(context.Background(), person, l.photo)
				if err != nil || len(raw) == 0 {
					t.Fatal(err)
				}
				each = append(each, s)
				return s.sum()
			}},
		)
		stage := func(of func(stages) time.Duration) string {
			var list []float64
			for _, s := range each[1:] { // the first round is not counted
				list = append(list, of(s).Seconds())
			}
			return digits(1e3 * median(list))
		}
		out.row(l.name, ms(got[0].took), ms(got[1].took), times(got[1].over(got[0])), ms(got[1].less(got[0])),
			stage(func(s stages) time.Duration { return s.consent }), stage(func(s stages) time.Duration { return s.upload }),
			stage(func(s stages) time.Duration { return s.create }), stage(func(s stages) time.Duration { return s.work }),
			stage(func(s stages) time.Duration { return s.fetch }))
	}
	return out
}

// throughput measures tasks a second with that many people at once, each with their own session.
func throughput(t testing.TB, rounds, tasks int, l errand, people ...int) *table {
	out := &table{
		title: "Tasks a second",
		about: fmt.Sprintf("The same tasks (%s), %d per round, %d rounds in turn.", l.name, tasks, rounds),
		head:  []string{"At once", "recipient alone", "through Vow", "time ratio"},
	}
	r := newRecipient(t, l.render)
	url := newServer(t, folder(t), r)
	for _, n := range people {
		persons := make([]*client.Client, n)
		got := alternate(rounds,
			way{"direct", func() time.Duration {
				return together(t, n, tasks, func(int) error {
					_, err := direct(context.Background(), r.url, l.photo)
					return err
				})
			}},
			way{"vow", func() time.Duration {
				for i := range persons { // others each round: one person starts so many tasks in ten minutes, and no more
					persons[i] = signIn(t, url, "pk_live_", "pixplus")
				}
				return together(t, n, tasks, func(i int) error {
					_, _, err := throughVow(context.Background(), persons[i], l.photo)
					return err
				})
			}},
		)
		rate := func(s series) string {
			var list []float64
			for _, v := range s.took {
				list = append(list, float64(tasks)/v)
			}
			return fmt.Sprintf("%s (%s–%s)", digits(median(list)), digits(quantile(list, 0.25)), digits(quantile(list, 0.75)))
		}
		out.row(fmt.Sprint(n), rate(got[0]), rate(got[1]), times(got[1].over(got[0])))
	}
	return out
}

// together lets n callers do the tasks and returns how long all of them took.
func together(t testing.TB, n, tasks int, do func(who int) error) time.Duration {
	var wg sync.WaitGroup
	errs := make([]error, n)
	work := make(chan struct{}, tasks)
	for range tasks {
		work <- struct{}{}
	}
	close(work)
	took := timed(func() {
		for i := range n {
			wg.Go(func() {
				for range work {
					errs[i] = errors.Join(errs[i], do(i))
				}
			})
		}
		wg.Wait()
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return took
}

func TestTasksAreMeasured(t *testing.T) {
	t.Parallel()
	l := errands(t)[0]
	if got := pipeline(t, 1, l); len(got.rows) != 1 {
		t.Error(got)
	}
	if got := throughput(t, 1, 2, l, 2); len(got.rows) != 1 {
		t.Error(got)
	}
}

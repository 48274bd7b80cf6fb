package runninghub_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
)

func noLog() log.Logger { return log.Logger{} }

func asError(t *testing.T, err error) *egress.Error {
	t.Helper()
	var e *egress.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *egress.Error", err)
	}
	return e
}

// answers is a server that gives JSON bodies one after the other; the last one stays.
func answers(t *testing.T, bodies ...string) *httptest.Server {
	t.Helper()
	var mu sync.Mutex
	next := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		mu.Lock()
		defer mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, bodies[min(next, len(bodies)-1)])
		next++
	}))
	t.Cleanup(srv.Close)
	return srv
}

// TestEveryCodeHasItsClass goes through the pool: 500, 808 and 1504 are transient for the driver, but
// after a call with content nobody knows whether it became a job, so it is never made again.
func TestEveryCodeHasItsClass(t *testing.T) {
	t.Parallel()
	table := map[egress.Class][]int{
		egress.Throttled:         {415, 421, 1003, 1011},
		egress.UnknownOutcome:    {500, 808, 1504},
		egress.BadMedia:          {809},
		egress.ContentRefused:    {1501},
		egress.RealPersonRefused: {1505},
		egress.Quota:             {416, 812},
		egress.Auth:              {412, 801, 802, 806, 811, 1002, 1014},
		egress.Gone:              {380, 423, 807, 901},
		egress.Bug:               {301, 433, 803},
		egress.Failed:            {805},
		egress.Unclassified:      {435, 436, 1000, 1001, 1004, 1101, 99999},
	}
	const uploaded = `{"code":0,"msg":"","data":{"fileName":"api/0a.png","fileType":"image"}}`
	for class, codes := range table {
		for _, code := range codes {
			srv := answers(t, uploaded, fmt.Sprintf(`{"code":%d,"msg":"you wrote: a fox","data":null}`, code))
			var progress []byte
			d := disclose("avatar", disclosure.Content{"photo": picture(png), "prompt": disclosure.Text(privacy.NewText("a fox"))})
			_, err := pool(t, config(srv.URL)).Begin(t.Context(), d, provider.Start{Save: keep(&progress)})
			e := asError(t, err)
			if e.Class != class || e.Code != fmt.Sprint(code) || !e.WasSent || strings.Contains(err.Error(), "fox") {
				t.Errorf("%d: %v, want %q", code, err, class)
			}
			sent, _ := provider.Sent(progress)
			if again := len(sent) == 1; again != class.Retryable() || provider.Interrupted(progress) != (class == egress.UnknownOutcome) {
				t.Errorf("%d: %v counts as sent, progress %s", code, sent, progress)
			}
		}
	}
}

func TestAnswersToQuestions(t *testing.T) {
	t.Parallel()
	ok := func(data string) string { return `{"code":0,"msg":"","data":` + data + `}` }
	cases := map[string]struct {
		bodies []string
		state  driver.State
		class  egress.Class
		fails  egress.Class
	}{
		"queued":                             {bodies: []string{ok(`"QUEUED"`)}, state: driver.Queued},
		"running":                            {bodies: []string{ok(`"RUNNING"`)}, state: driver.Running},
		"a word nobody knows":                {bodies: []string{ok(`"CANCEL"`)}, state: driver.Unknown},
		"804 in place of a status":           {bodies: []string{`{"code":804}`}, state: driver.Running},
		"813 in place of a status":           {bodies: []string{`{"code":813}`}, state: driver.Queued},
		"outputs are not ready yet":          {bodies: []string{ok(`"SUCCESS"`), `{"code":804,"data":{}}`}, state: driver.Running},
		"outputs are null":                   {bodies: []string{ok(`"SUCCESS"`), ok(`null`)}, state: driver.Running},
		"outputs have no member":             {bodies: []string{ok(`"SUCCESS"`), `{"code":0}`}, state: driver.Running},
		"outputs are empty":                  {bodies: []string{ok(`"SUCCESS"`), ok(`[]`)}, state: driver.Failed, class: egress.Failed},
		"outputs without addresses":          {bodies: []string{ok(`"SUCCESS"`), ok(`[{}]`)}, state: driver.Failed, class: egress.Failed},
		"outputs":                            {bodies: []string{ok(`"SUCCESS"`), ok(`[{"fileUrl":"https://x.example/a.png"}]`)}, state: driver.Done},
		"failed on the picture":              {bodies: []string{ok(`"FAILED"`), `{"code":805,"data":{"failedReason":{"node_name":"LoadImage"}}}`}, state: driver.Failed, class: egress.BadMedia},
		"failed elsewhere":                   {bodies: []string{ok(`"FAILED"`), `{"code":805,"data":{"failedReason":{"node_name":"KSampler"}}}`}, state: driver.Failed, class: egress.Failed},
		"the job is unknown there":           {bodies: []string{`{"code":807}`}, state: driver.Failed, class: egress.Gone},
		"the key is refused":                 {bodies: []string{`{"code":802}`}, fails: egress.Auth},
		"no envelope":                        {bodies: []string{`[]`}, fails: egress.Transient},
		"no code":                            {bodies: []string{`{"data":"QUEUED"}`}, fails: egress.Transient},
		"a status of another type":           {bodies: []string{ok(`{"a":1}`)}, fails: egress.Transient},
		"outputs of another type":            {bodies: []string{ok(`"SUCCESS"`), ok(`"x"`)}, fails: egress.Transient},
		"outputs whose address has no words": {bodies: []string{ok(`"SUCCESS"`), ok(`[{"fileUrl":7}]`)}, fails: egress.Transient},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := pool(t, config(answers(t, tc.bodies...).URL)).Poll(t.Context(), "runninghub", driver.Ticket(`{"task":"1904"}`))
			if tc.fails != "" {
				if e := asError(t, err); e.Class != tc.fails {
					t.Errorf("got %+v", e)
				}
				return
			}
			if err != nil || s.State != tc.state || s.Class != tc.class || (s.State == driver.Done) != (len(s.Results) > 0) {
				t.Errorf("got %+v, %v", s, err)
			}
		})
	}
}

func TestACancellationSaysWhatItAchieved(t *testing.T) {
	t.Parallel()
	const done = `{"code":0,"msg":"success","data":null}`
	cases := map[string]struct {
		bodies []string
		want   driver.CancelOutcome
		fails  bool
	}{
		"it is stopped":                    {bodies: []string{done, `{"code":0,"data":"FAILED"}`}, want: driver.Stopped},
		"it had ended already":             {bodies: []string{done, `{"code":0,"data":"SUCCESS"}`}, want: driver.TooLate},
		"it is unknown there":              {bodies: []string{`{"code":807}`}, want: driver.TooLate},
		"the call fails":                   {bodies: []string{`{"code":500}`}, fails: true},
		"the status cannot be asked after": {bodies: []string{done, `{"code":500}`}, want: driver.Stopped},
	}
	for name, tc := range cases {
		got, err := pool(t, config(answers(t, tc.bodies...).URL)).Cancel(t.Context(), "runninghub", driver.Ticket(`{"task":"1904"}`))
		if got != tc.want || (err != nil) != tc.fails {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

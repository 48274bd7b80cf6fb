package googleanalytics_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/sim/googleanalytics"
	"vow.example/vow/internal/sim/kit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	web    = "?api_secret=fake-secret&measurement_id=G-MIXOO0001"
	app    = "?api_secret=fake-secret&firebase_app_id=1:2:ios:abc"
	denied = `"non_personalized_ads":true,"consent":{"ad_user_data":"DENIED","ad_personalization":"DENIED"}`
	plain  = `{"client_id":"c1",` + denied + `,"events":[{"name":"tap","params":{"page":"home"},"timestamp_micros":1795334400000000}]}`
)

func start(t *testing.T) (*googleanalytics.Sim, *clock.Adjustable) {
	t.Helper()
	fake := clock.NewFake(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	s := googleanalytics.New(googleanalytics.Options{
		Options: kit.Options{Clock: fake}, Secret: "fake-secret", Streams: []string{"G-MIXOO0001", "1:2:ios:abc"},
		Fields: map[string]string{"client_id": "analytics_id", "app_instance_id": "analytics_id"},
	})
	t.Cleanup(s.Close)
	return s, fake
}

func post(t *testing.T, s http.Handler, target, body string) (int, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestWhatIsInOrderIsKeptForAsLongAsAPropertyKeepsIt(t *testing.T) {
	t.Parallel()
	s, fake := start(t)
	if status, body := post(t, s, "/mp/collect"+web, plain); status != http.StatusNoContent || body != "" {
		t.Fatalf("%d %s", status, body)
	}
	hits, e := s.Hits(), s.Received()
	if len(hits) != 1 || len(hits[0].Problems) > 0 || hits[0].Stream != "G-MIXOO0001" || string(hits[0].Body) != plain {
		t.Errorf("hits %+v", hits)
	}
	if fields := strings.Join(e.Requests[0].Fields, " "); fields != "analytics_id events" || len(e.Holds) != 2 || len(e.Violations) > 0 {
		t.Errorf("carried %s, holds %d, noticed %v", fields, len(e.Holds), e.Violations)
	}
	fake.Advance(60 * 24 * time.Hour)
	if n := len(s.Received().Holds); n != 0 {
		t.Errorf("after sixty days %d things are kept", n)
	}
}

// code has the validation server judge a call.
func codes(t *testing.T, s http.Handler, query, body string) (list []string) {
	t.Helper()
	status, answer := post(t, s, "/debug/mp/collect"+query, body)
	var v struct {
		Messages []googleanalytics.Problem `json:"validationMessages"`
	}
	if err := json.Unmarshal([]byte(answer), &v); err != nil || status != http.StatusOK || v.Messages == nil {
		t.Fatalf("%d %s", status, answer)
	}
	for _, m := range v.Messages {
		list = append(list, m.Code+" "+m.Path)
	}
	return list
}

// with returns the plain call with the events given.
func with(events string) string {
	return `{"client_id":"c1",` + denied + `,"events":` + events + `}`
}

func TestWhatIsWrongIsDroppedInSilenceAndWrittenDown(t *testing.T) {
	t.Parallel()
	many := func(n int, item string) string {
		var list []string
		for i := range n {
			list = append(list, strings.ReplaceAll(item, "#", fmt.Sprint(i)))
		}
		return strings.Join(list, ",")
	}
	for name, c := range map[string]struct{ query, body, want string }{
		"no JSON":                   {web, `[]`, "VALUE_INVALID "},
		"no stream":                 {"?api_secret=fake-secret", plain, "VALUE_REQUIRED measurement_id"},
		"two streams":               {web + "&firebase_app_id=1:2:ios:abc", plain, "VALUE_REQUIRED measurement_id"},
		"another stream":            {"?api_secret=fake-secret&measurement_id=G-OTHER0001", plain, "VALUE_INVALID measurement_id"},
		"a parameter too many":      {web + "&uid=1", plain, "VALUE_INVALID uid"},
		"no client":                 {web, strings.Replace(plain, `"client_id":"c1",`, "", 1), "VALUE_REQUIRED client_id"},
		"an instance of a web":      {web, strings.Replace(plain, "client_id", "app_instance_id", 1), "VALUE_REQUIRED client_id"},
		"an instance that is short": {app, strings.Replace(plain, "client_id", "app_instance_id", 1), "VALUE_INVALID app_instance_id"},
		"an unknown member":         {web, strings.Replace(plain, `"client_id"`, `"idfa":"x","client_id"`, 1), "VALUE_INVALID idfa"},
		"an odd consent":            {web, strings.Replace(plain, `"ad_user_data":"DENIED"`, `"ad_user_data":"no"`, 1), "VALUE_INVALID consent.ad_user_data"},
		"a consent of its own":      {web, strings.Replace(plain, `"ad_user_data":"DENIED"`, `"analytics":"DENIED"`, 1), "VALUE_INVALID consent"},
		"no events":                 {web, with("[]"), "VALUE_REQUIRED events"},
		"twenty-six events":         {web, with("[" + many(26, `{"name":"tap"}`) + "]"), "EXCEEDED_MAX_ENTITIES events"},
		"an event that is none":     {web, with(`["tap"]`), "VALUE_INVALID events[0]"},
		"a name with a blank":       {web, with(`[{"name":"a tap"}]`), "NAME_INVALID events[0].name"},
		"a name with a low line":    {web, with(`[{"name":"_tap"}]`), "NAME_INVALID events[0].name"},
		"a long name":               {web, with(`[{"name":"` + strings.Repeat("a", 41) + `"}]`), "NAME_INVALID events[0].name"},
		"a reserved name":           {web, with(`[{"name":"first_open"}]`), "NAME_RESERVED events[0].name"},
		"a reserved beginning":      {web, with(`[{"name":"ga_tap"}]`), "NAME_RESERVED events[0].name"},
		"twenty-six parameters":     {web, with(`[{"name":"tap","params":{` + many(26, `"p#":1`) + `}}]`), "EXCEEDED_MAX_ENTITIES events[0].params"},
		"a parameter's odd name":    {web, with(`[{"name":"tap","params":{"a b":1}}]`), "NAME_INVALID events[0].params.a b"},
		"a long value":              {web, with(`[{"name":"tap","params":{"p":"` + strings.Repeat("狐", 101) + `"}}]`), "VALUE_OUT_OF_BOUNDS events[0].params.p"},
		"a value with parts":        {web, with(`[{"name":"tap","params":{"p":{"a":1}}}]`), "VALUE_INVALID events[0].params.p"},
		"an event of last week":     {web, with(`[{"name":"tap","timestamp_micros":1794700000000000}]`), "VALUE_OUT_OF_BOUNDS events[0].timestamp_micros"},
		"a time in words":           {web, with(`[{"name":"tap","timestamp_micros":"now"}]`), "VALUE_INVALID events[0].timestamp_micros"},
	} {
		s, _ := start(t)
		if got := codes(t, s, c.query, c.body); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if len(s.Hits()) > 0 {
			t.Errorf("%s: the validation keeps what it was shown", name)
		}
		status, _ := post(t, s, "/mp/collect"+c.query, c.body)
		e := s.Received()
		if status != http.StatusNoContent || len(e.Holds) > 0 || !slices.Contains(e.Violations, "validation: "+c.want) || len(s.Hits()[0].Problems) == 0 {
			t.Errorf("%s: %d, %v", name, status, e.Violations)
		}
	}
}

func TestWhateverFollowsAPersonIsNoticed(t *testing.T) {
	t.Parallel()
	for odd, body := range map[string]string{
		"follows a person: user_id":                strings.Replace(plain, `"client_id"`, `"user_id":"7","client_id"`, 1),
		"follows a person: ip_override":            strings.Replace(plain, `"client_id"`, `"ip_override":"x","client_id"`, 1),
		"follows a person: user_data":              strings.Replace(plain, `"client_id"`, `"user_data":{},"client_id"`, 1),
		"personal advertising is not switched off": strings.Replace(plain, `"ad_personalization":"DENIED"`, `"ad_personalization":"GRANTED"`, 1),
		"member client_id: identifier of the app":  strings.Replace(plain, `"c1"`, `"sub_01jd3v9q8w"`, 1),
		"member page: e-mail address":              strings.Replace(plain, `"home"`, `"jo@mail.example"`, 1),
	} {
		s, _ := start(t)
		if status, _ := post(t, s, "/mp/collect"+web, body); status != http.StatusNoContent || !slices.Contains(s.Received().Violations, odd) {
			t.Errorf("%s: %d, %v", odd, status, s.Received().Violations)
		}
	}
	s, _ := start(t)
	_, _ = post(t, s, "/mp/collect"+web, strings.Replace(plain, `"non_personalized_ads":true,`, "", 1))
	if odd := s.Received().Violations; !slices.Contains(odd, "personal advertising is not switched off") {
		t.Errorf("without the flag: %v", odd)
	}
}

func TestAWrongSecretIsNotToldAndNothingIsKept(t *testing.T) {
	t.Parallel()
	s, _ := start(t)
	wrong := strings.Replace(web, "fake-secret", "other", 1)
	if status, _ := post(t, s, "/mp/collect"+wrong, plain); status != http.StatusNoContent || len(s.Received().Holds) > 0 {
		t.Errorf("%d, %d holds", status, len(s.Received().Holds))
	}
	if got := codes(t, s, wrong, plain); len(got) > 0 {
		t.Errorf("the validation looks at the secret: %v", got)
	}
	if status, _ := post(t, s, "/collect", plain); status != http.StatusNotFound {
		t.Errorf("another path: %d", status)
	}
	s.Inject(kit.Injection{Fault: kit.Throttled, Times: 1})
	if status, _ := post(t, s, "/mp/collect"+web, plain); status != http.StatusTooManyRequests || len(s.Hits()) != 1 {
		t.Errorf("throttled: %d, %d hits", status, len(s.Hits()))
	}
}

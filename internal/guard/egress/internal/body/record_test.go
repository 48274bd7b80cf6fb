package body_test

import (
	"encoding/json"
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress/internal/body"
	"vow.example/vow/internal/guard/egress/internal/rule"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
)

const tap = `{"name":"tap","at":"2026-11-22T08:00:00.25Z","params":{"page":"home","n":1.50,"on":true}}`

// filled fills a body whose field "r" holds the text.
func filled(b wire.Body, text string) (string, body.State, error) {
	out, err := body.Fill(wire.Request{Body: b}, body.Filling{Content: map[privacy.Field]disclosure.Payload{
		"r": {Text: privacy.NewText(text), Transport: "text"},
	}})
	if err != nil {
		return "", body.State{}, err
	}
	raw, err := io.ReadAll(out.Body)
	return string(raw), out.Body.End(), err
}

func micros() wire.Batch {
	return wire.Batch{Field: "r", Name: "event", At: "t", Params: "p", Unit: time.Microsecond, Words: map[string]string{"tap": "click"}}
}

func TestABatchGoesOutInTheRecipientsMembers(t *testing.T) {
	t.Parallel()
	list := "[" + tap + `,{"name":"open","at":"2026-11-22T09:00:00+01:00"}]`
	want := `[{"event":"click","p":{"n":1.50,"on":true,"page":"home"},"t":1795334400250000},{"event":"open","p":{},"t":1795334400000000}]`
	got, state, err := filled(wire.JSON{"list": micros()}, list)
	if err != nil || got != `{"list":`+want+`}` || state.Content != int64(len(want)) || !state.Exposed {
		t.Errorf("got %s, %+v, %v", got, state, err)
	}
	got, _, err = filled(wire.Form{"list": micros()}, list)
	if form, e := url.ParseQuery(got); err != nil || e != nil || form.Get("list") != want {
		t.Errorf("in a form: %s, %v", got, err)
	}
	got, _, err = filled(wire.JSON{"list": wire.Batch{Field: "r", Name: "n"}}, list)
	if err != nil || got != `{"list":[{"n":"tap"},{"n":"open"}]}` {
		t.Errorf("names alone: %s, %v", got, err)
	}
}

func TestTheOnlyEventGoesOutInParts(t *testing.T) {
	t.Parallel()
	parts := map[string]wire.Value{
		"name": wire.Single{Field: "r", Part: "name", Words: map[string]string{"tap": "f0ob4r"}},
		"at":   wire.Single{Field: "r", Part: "at", Unit: time.Second}, "params": wire.Single{Field: "r", Part: "params"},
	}
	got, _, err := filled(wire.Form(parts), "["+tap+"]")
	if err != nil || got != "at=1795334400&name=f0ob4r&params=%7B%22n%22%3A1.50%2C%22on%22%3Atrue%2C%22page%22%3A%22home%22%7D" {
		t.Errorf("a form: %s, %v", got, err)
	}
	got, _, err = filled(wire.JSON(parts), "["+tap+"]")
	if err != nil || got != `{"at":1795334400,"name":"f0ob4r","params":{"n":1.50,"on":true,"page":"home"}}` {
		t.Errorf("JSON: %s, %v", got, err)
	}
	if _, _, err = filled(wire.Form(parts), "["+tap+","+tap+"]"); rule.Of(err) != "events-count" {
		t.Errorf("two events: %v", err)
	}
	if _, _, err = filled(wire.Form(parts), strings.Replace("["+tap+"]", `"tap"`, `"pinch"`, 1)); rule.Of(err) != "event-unknown-there" {
		t.Errorf("an event without a word: %v", err)
	}
}

func TestALetterIsATitleAndABody(t *testing.T) {
	t.Parallel()
	got, _, err := filled(wire.JSON{"m": wire.Letter("r")}, `{"body":"a \"fox\" & <me> 狐","title":"t"}`)
	if err != nil || got != `{"m":{"body":"a \"fox\" & <me> 狐","title":"t"}}` {
		t.Errorf("got %s, %v", got, err)
	}
	for _, text := range []string{``, `"x"`, `{}`, `{"title":"t"}`, `{"title":"t","body":"b","link":"x"}`, `{"title":"t","body":"b"}x`, `{"title":"` + strings.Repeat("t", 201) + `","body":"b"}`} {
		if _, _, err := filled(wire.JSON{"m": wire.Letter("r")}, text); rule.Of(err) != "message" {
			t.Errorf("%.30s: %v", text, err)
		}
	}
}

func TestWhatIsNotExactlyABatchIsRefused(t *testing.T) {
	t.Parallel()
	with := func(params string) string { return strings.Replace(tap, `"page":"home"`, params, 1) }
	for text, want := range map[string]string{
		"":                                  "events",
		"a fox":                             "events",
		tap:                                 "events",
		"[" + tap + "] [":                   "events",
		"[1]":                               "events",
		`[{"name":"tap","prompt":"a fox"}]`: "events",
		"[]":                                "events-count",
		"null":                              "events-count",
		"[" + strings.Repeat(tap+",", 25) + tap + "]": "events-count",
		`[null]`: "event",
		`[{"name":"Tap","at":"2026-11-22T08:00:00Z"}]`:   "event",
		`[{"name":"a fox","at":"2026-11-22T08:00:00Z"}]`: "event",
		`[{"name":"tap","at":"1026-11-22T08:00:00Z"}]`:   "event",
		`[{"name":"tap"}]`:                                        "event",
		"[" + with(`"page":null`) + "]":                           "event-param",
		"[" + with(`"page":["home"]`) + "]":                       "event-param",
		"[" + with(`"page":{"a":"b"}`) + "]":                      "event-param",
		"[" + with(`"page":"jo@mail.example"`) + "]":              "event-param",
		"[" + with(`"page":"tasks/tsk_01jd3v9q"`) + "]":           "event-param",
		"[" + with(`"page":"你好"`) + "]":                           "event-param",
		"[" + with(`"page":"`+strings.Repeat("a", 101)+`"`) + "]": "event-param",
		"[" + with(`"a fox":"home"`) + "]":                        "event-param",
		"[" + with(`"n2":`+strings.Repeat("1", 21)) + "]":         "event-param",
		"[" + with(many()) + "]":                                  "event-params",
	} {
		if _, _, err := filled(wire.JSON{"list": micros()}, text); rule.Of(err) != want {
			t.Errorf("%.80s: %v, want %s", text, err, want)
		}
	}
}

// many is more parameters than an event may have.
func many() string {
	var list []string
	for i := range 26 {
		list = append(list, `"p`+string(rune('a'+i))+`":1`)
	}
	return strings.Join(list, ",")
}

func TestABatchTravelsAsTextAndIsNoOption(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]disclosure.Payload{
		"wrong-transport": {Text: privacy.NewText("[" + tap + "]"), Transport: "url"},
		"events":          {Code: "tap", Transport: "text"},
	} {
		_, err := body.Fill(wire.Request{Body: wire.JSON{"list": micros()}}, body.Filling{Content: map[privacy.Field]disclosure.Payload{"r": p}})
		if rule.Of(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// FuzzEvents checks that whatever stands behind a field, nothing but closed values in the recipient's
// members goes out.
func FuzzEvents(f *testing.F) {
	f.Add("[" + tap + "]")
	f.Add(`[{"name":"tap","at":"2026-11-22T08:00:00Z","params":{"who":"jo@mail.example"}}]`)
	f.Add(`[{"NAME":"tap","at":"2026-11-22T08:00:00Z","params":{"a":1e400}}]`)
	f.Add(`[{"name":"tap","name":"x","at":"2026-11-22T08:00:00Z"}]`)
	plain := regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._:/+-]*$`)
	f.Fuzz(func(t *testing.T, text string) {
		got, _, err := filled(wire.JSON{"list": micros()}, text)
		if err != nil {
			if rule.Of(err) == "" {
				t.Fatalf("%q: a refusal without a rule: %v", text, err)
			}
			return
		}
		var out struct{ List []map[string]json.RawMessage }
		if err := json.Unmarshal([]byte(got), &out); err != nil || len(out.List) == 0 || len(out.List) > 25 {
			t.Fatalf("%q becomes %s: %v", text, got, err)
		}
		for _, e := range out.List {
			var params map[string]any
			d := json.NewDecoder(strings.NewReader(string(e["p"])))
			d.UseNumber()
			if err := d.Decode(&params); err != nil || len(e) != 3 || len(params) > 25 {
				t.Fatalf("%q becomes %s", text, got)
			}
			for name, v := range params {
				if word, isText := v.(string); !plain.MatchString(name) || isText && !plain.MatchString(word) {
					t.Fatalf("%q lets %q out", text, v)
				}
			}
		}
	})
}

package client

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// readAll returns the events of a stream and how it ended.
func readAll(r io.Reader) (events []Event, last *eventReader, err error) {
	e := newEventReader(r, "")
	for {
		ev, err := e.next()
		if err != nil {
			return events, e, err
		}
		events = append(events, ev)
	}
}

func TestTheStreamFormatIsReadAsTheStandardSaysIt(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		stream string
		want   []Event
	}{
		"an event has id, name and data":           {"id: 1\nevent: state\ndata: {}\n\n", []Event{{"1", "state", []byte("{}")}}},
		"an event without a name is a message":     {"data: x\n\n", []Event{{"", "message", []byte("x")}}},
		"the id stays for the events after it":     {"id: 7\ndata: a\n\ndata: b\n\n", []Event{{"7", "message", []byte("a")}, {"7", "message", []byte("b")}}},
		"an empty id clears it":                    {"id: 7\ndata: a\n\nid\ndata: b\n\n", []Event{{"7", "message", []byte("a")}, {"", "message", []byte("b")}}},
		"an id with NUL is ignored":                {"id: 7\nid: 8\x00\ndata: a\n\n", []Event{{"7", "message", []byte("a")}}},
		"several data lines are joined":            {"data: a\ndata\ndata: b\n\n", []Event{{"", "message", []byte("a\n\nb")}}},
		"only one leading space is removed":        {"data:  a\n\ndata:b\n\n", []Event{{"", "message", []byte(" a")}, {"", "message", []byte("b")}}},
		"comments are skipped":                     {": ping\n\n:\ndata: a\n: in between\n\n", []Event{{"", "message", []byte("a")}}},
		"an event without data is dropped":         {"event: state\nid: 3\n\ndata: a\n\n", []Event{{"3", "message", []byte("a")}}},
		"unknown fields are skipped":               {"colour: red\ndata: a\n\n", []Event{{"", "message", []byte("a")}}},
		"lines may end in CR LF":                   {"id: 1\r\ndata: a\r\n\r\n", []Event{{"1", "message", []byte("a")}}},
		"lines may end in CR":                      {"id: 1\rdata: a\r\rdata: b\r\r", []Event{{"1", "message", []byte("a")}, {"1", "message", []byte("b")}}},
		"a byte order mark is removed":             {"\xEF\xBB\xBFdata: a\n\n", []Event{{"", "message", []byte("a")}}},
		"an event that the end cuts short is lost": {"data: a\n\ndata: b\n", []Event{{"", "message", []byte("a")}}},
		"characters of several bytes survive":      {"data: 卡通🙂\n\n", []Event{{"", "message", []byte("卡通🙂")}}},
		"broken UTF-8 is replaced":                 {"data: a\xFFb\n\n", []Event{{"", "message", []byte("a\uFFFDb")}}},
		"empty data is data":                       {"data\n\n", []Event{{"", "message", []byte{}}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, r := range []io.Reader{strings.NewReader(tt.stream), iotest.OneByteReader(strings.NewReader(tt.stream))} {
				got, _, err := readAll(r)
				if !errors.Is(err, io.EOF) {
					t.Fatalf("the stream ended with %v", err)
				}
				if len(got) != len(tt.want) {
					t.Fatalf("got %d events %v, want %d", len(got), got, len(tt.want))
				}
				for i := range got {
					if got[i].ID != tt.want[i].ID || got[i].Event != tt.want[i].Event || string(got[i].Data) != string(tt.want[i].Data) {
						t.Errorf("event %d is %q, want %q", i, got[i], tt.want[i])
					}
				}
			}
		})
	}
}

func TestRetryTakesOnlyWholeMillisecondsAndNeverMoreThanAMinute(t *testing.T) {
	t.Parallel()
	tests := map[string]time.Duration{
		"retry: 3000\n":                   3 * time.Second,
		"retry: 99999999\n":               time.Minute,
		"retry: 9223372036854775807\n":    time.Minute,
		"retry: 92233720368547758079\n":   0,
		"retry: 1.5\n":                    0,
		"retry: -1\n":                     0,
		"retry\n":                         0,
		"retry: 20\nretry: soon\n":        20 * time.Millisecond,
		"retry: 20\nretry: 30\ndata: x\n": 30 * time.Millisecond,
	}
	for stream, want := range tests {
		_, e, _ := readAll(strings.NewReader(stream))
		if e.retry != want {
			t.Errorf("%q sets %v, want %v", stream, e.retry, want)
		}
	}
}

func TestAnEventLargerThanTheBoundEndsTheStream(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxEvent)
	for name, stream := range map[string]string{
		"in one line":    "data: " + long + "\n\n",
		"in many lines":  strings.Repeat("data: "+long[:maxEvent/2-8]+"\n", 3) + "\n",
		"without an end": strings.Repeat(long, 2),
	} {
		if _, _, err := readAll(strings.NewReader(stream)); !errors.Is(err, errEventTooLarge) {
			t.Errorf("%s: ended with %v, want %v", name, err, errEventTooLarge)
		}
	}
}

func FuzzHowAStreamIsCutIntoPacketsNeverChangesItsEvents(f *testing.F) {
	f.Add([]byte("id: 1\nevent: state\ndata: {\"a\":\"\u5361\"}\n\n: ping\n\nretry: 10\ndata: x\r\n\r\n"))
	f.Add([]byte("\xEF\xBB\xBFdata\rdata: \xFF\r\r\n\n"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		whole, a, errA := readAll(strings.NewReader(string(stream)))
		cut, b, errB := readAll(iotest.OneByteReader(strings.NewReader(string(stream))))
		if !reflect.DeepEqual(whole, cut) || a.lastID != b.lastID || a.retry != b.retry || !errors.Is(errA, errB) {
			t.Fatalf("cut into bytes: %v %v, whole: %v %v", cut, errB, whole, errA)
		}
		for _, ev := range whole {
			if strings.ContainsAny(ev.ID+ev.Event, "\r\n\x00") && !strings.Contains(ev.Event, "\x00") {
				t.Fatalf("a line end got into %q", ev)
			}
		}
	})
}

package sse

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

var errStop = errors.New("enough")

// roomy is more than any test needs.
func roomy() Limits { return Limits{Event: 1 << 16, Total: 1 << 20} }

func collect(t *testing.T, from io.Reader, l Limits) ([]string, error) {
	t.Helper()
	var got []string
	err := Read(from, l, func(data []byte) error {
		got = append(got, string(data))
		return nil
	})
	return got, err
}

func TestEventsAreReadAsTheStandardSays(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		stream string
		want   []string
	}{
		"one event":                            {"data: {\"a\":1}\n\n", []string{`{"a":1}`}},
		"without a space":                      {"data:x\n\n", []string{"x"}},
		"only the first space goes":            {"data:  x \n\n", []string{" x "}},
		"several lines are one event":          {"data: a\ndata: b\ndata:\n\n", []string{"a\nb\n"}},
		"the end sign is an event":             {"data: a\n\ndata: [DONE]\n\n", []string{"a", "[DONE]"}},
		"CRLF":                                 {"data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", []string{"a\nb", "c"}},
		"CR alone":                             {"data: a\r\rdata: b\r\r", []string{"a", "b"}},
		"mixed ends":                           {"data: a\r\n\ndata: b\n\r", []string{"a", "b"}},
		"comments":                             {": keep-alive\n\n:\ndata: a\n: x\n\n", []string{"a"}},
		"other members are read over":          {"event: delta\nid: 7\nretry: 10\ndata: a\n\nevent: ping\n\n", []string{"a"}},
		"a name that only begins like data":    {"database: x\ndata-x: y\n\n", nil},
		"a line without a colon":               {"data\n\ndata: a\n\n", []string{"", "a"}},
		"a byte order mark":                    {"\xef\xbb\xbfdata: a\n\n", []string{"a"}},
		"a mark in the middle is none":         {"data: a\n\n\xef\xbb\xbfdata: b\n\n", []string{"a"}},
		"an event that breaks off is dropped":  {"data: a\n\ndata: b\n", []string{"a"}},
		"a line that breaks off is dropped":    {"data: a\n\ndata: b", []string{"a"}},
		"empty lines are nothing":              {"\n\n\n", nil},
		"an empty stream":                      {"", nil},
		"several scripts, cut anywhere":        {"data: 狐狸 🦊 é\n\n", []string{"狐狸 🦊 é"}},
		"a colon in the data":                  {"data: a: b\n\n", []string{"a: b"}},
		"capital letters are another name":     {"Data: a\n\n", nil},
		"a NUL is a character like any other":  {"data: a\x00b\n\n", []string{"a\x00b"}},
		"a tab behind the colon is data":       {"data:\ta\n\n", []string{"\ta"}},
		"an event without data is not handed":  {"id: 1\n\ndata: a\n\n", []string{"a"}},
		"data that is empty is an empty event": {"data:\n\n", []string{""}},
	}
	for name, tc := range cases {
		for how, from := range map[string]io.Reader{
			"whole": strings.NewReader(tc.stream), "by bytes": iotest.OneByteReader(strings.NewReader(tc.stream)), "by halves": iotest.HalfReader(strings.NewReader(tc.stream)),
		} {
			if got, err := collect(t, from, roomy()); err != nil || !slices.Equal(got, tc.want) {
				t.Errorf("%s, %s: %q, %v", name, how, got, err)
			}
		}
	}
}

func TestAnEventIsHandedOverBeforeTheNextOneComes(t *testing.T) {
	t.Parallel()
	in, out := io.Pipe()
	seen := make(chan string)
	done := make(chan error)
	go func() {
		done <- Read(in, roomy(), func(data []byte) error { seen <- string(data); return nil })
	}()
	for i := range 3 {
		want := fmt.Sprint("piece ", i)
		if _, err := io.WriteString(out, "data: "+want+"\r\n\r"); err != nil {
			t.Fatal(err)
		}
		if got := <-seen; got != want {
			t.Errorf("got %q", got)
		}
		if _, err := io.WriteString(out, "\n"); err != nil {
			t.Fatal(err)
		}
	}
	_ = out.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestAStreamEndsAtItsLimits(t *testing.T) {
	t.Parallel()
	small := Limits{Event: 10, Total: 100}
	cases := map[string]struct {
		stream string
		want   error
		events int
	}{
		"an event as long as permitted":    {"data: 0123456789\n\n", nil, 1},
		"a line that is too long":          {"data: a\n\ndata: " + strings.Repeat("x", 20) + "\n\n", ErrTooLarge, 1},
		"an event of many lines":           {strings.Repeat("data: 01\n", 5) + "\n", ErrTooLarge, 0},
		"an endless line":                  {strings.Repeat("x", 50), ErrTooLarge, 0},
		"an endless comment":               {":" + strings.Repeat("x", 50) + "\n\n", ErrTooLarge, 0},
		"a stream as long as permitted":    {strings.Repeat("data: 01\n\n", 10), nil, 10},
		"a stream that is a byte too long": {strings.Repeat("data: 01\n\n", 10) + ":", ErrTooLarge, 10},
	}
	for name, tc := range cases {
		got, err := collect(t, iotest.OneByteReader(strings.NewReader(tc.stream)), small)
		if !errors.Is(err, tc.want) || len(got) != tc.events {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestAnErrorEndsTheReading(t *testing.T) {
	t.Parallel()
	n := 0
	err := Read(strings.NewReader("data: a\n\ndata: b\n\n"), roomy(), func([]byte) error { n++; return errStop })
	if !errors.Is(err, errStop) || n != 1 {
		t.Errorf("%v after %d events", err, n)
	}
	broken := io.MultiReader(strings.NewReader("data: a\n\ndata: b"), iotest.ErrReader(io.ErrUnexpectedEOF))
	if got, err := collect(t, broken, roomy()); !errors.Is(err, io.ErrUnexpectedEOF) || len(got) != 1 {
		t.Errorf("%q, %v", got, err)
	}
}

// reference reads a whole stream in the plainest way.
func reference(stream []byte) []string {
	text := strings.TrimPrefix(string(stream), "\xef\xbb\xbf")
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	lines := strings.Split(text, "\n")
	var events, data []string
	for _, line := range lines[:len(lines)-1] {
		if line == "" {
			if data != nil {
				events = append(events, strings.Join(data, "\n"))
			}
			data = nil
			continue
		}
		if name, value, _ := strings.Cut(line, ":"); name == "data" {
			data = append(data, strings.TrimPrefix(value, " "))
		}
	}
	return events
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"data: a\n\n", "data: a\r\n\r\ndata: b\r\rdata:c\n\n", "\xef\xbb\xbfdata: x\n\n", ": c\nid: 1\ndata\ndata: 狐\n\n", "data: a\n\ndata", "\r\n\r", "data:\n\r\n",
	} {
		f.Add([]byte(s), uint16(3))
	}
	f.Fuzz(func(t *testing.T, stream []byte, most uint16) {
		want := reference(stream)
		for _, from := range []io.Reader{bytes.NewReader(stream), iotest.OneByteReader(bytes.NewReader(stream)), iotest.DataErrReader(bytes.NewReader(stream))} {
			got, err := collect(t, from, Limits{Event: 1 << 20, Total: 1 << 20})
			if err != nil || !slices.Equal(got, want) {
				t.Fatalf("%q: got %q, want %q, %v", stream, got, want, err)
			}
		}
		got, err := collect(t, bytes.NewReader(stream), Limits{Event: int64(most), Total: 1 << 20})
		if err != nil && !errors.Is(err, ErrTooLarge) || len(got) > len(want) || !slices.Equal(got, want[:len(got)]) {
			t.Fatalf("%q within %d: got %q, %v", stream, most, got, err)
		}
		for _, data := range got {
			if len(data) > int(most) {
				t.Fatalf("an event of %d bytes within %d", len(data), most)
			}
		}
	})
}

package body_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress/internal/body"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
)

// media fills a request with one file, of the announced size, that is read from open.
func media(t *testing.T, v wire.Value, size int64, open func() (io.ReadCloser, error)) body.Filled {
	t.Helper()
	r := wire.Request{Body: wire.JSON{"p": v}}
	transport := "base64"
	if m, ok := v.(wire.Media); ok {
		r.Body, transport = wire.Multipart{{Name: "p", Value: m}}, "bytes"
	}
	filled, err := body.Fill(r, body.Filling{Content: map[privacy.Field]disclosure.Payload{
		"p": {Open: open, Bytes: size, MediaType: "image/png", Transport: transport},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return filled
}

func of(data string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(data)), nil }
}

func TestAFileOfAnotherLengthBreaksTheBody(t *testing.T) {
	t.Parallel()
	for _, v := range []wire.Value{wire.Base64("p"), wire.DataURL("p"), wire.Media("p")} {
		for name, size := range map[string]int64{"shorter": 20, "longer": 9, "much longer": 1} {
			filled := media(t, v, size, of("0123456789"))
			if _, err := io.ReadAll(filled.Body); err == nil {
				t.Errorf("%T: a file that is %s than announced goes through", v, name)
			}
			if s := filled.Body.End(); s.Broken == nil {
				t.Errorf("%T: %s: %+v", v, name, s)
			}
			if _, err := media(t, v, size, of("0123456789")).Body.Buffer(1 << 10); err == nil {
				t.Errorf("%T: a file that is %s is signed", v, name)
			}
		}
	}
}

func TestAFileThatCannotBeReadIsABrokenBody(t *testing.T) {
	t.Parallel()
	erased := errors.New("erased")
	for _, v := range []wire.Value{wire.Base64("p"), wire.Media("p")} {
		for name, open := range map[string]func() (io.ReadCloser, error){
			"at once":       func() (io.ReadCloser, error) { return nil, erased },
			"in the middle": func() (io.ReadCloser, error) { return io.NopCloser(iotest.ErrReader(erased)), nil },
		} {
			filled := media(t, v, 10, open)
			_, err := io.ReadAll(filled.Body)
			if s := filled.Body.End(); !errors.Is(err, erased) || !errors.Is(s.Broken, erased) || s.Exposed || s.Content != 0 {
				t.Errorf("%T %s: %v, %+v", v, name, err, s)
			}
			if _, err := media(t, v, 10, open).Body.Buffer(1 << 10); !errors.Is(err, erased) {
				t.Errorf("%T %s: signed with %v", v, name, err)
			}
		}
	}
}

// counting gives zeros and remembers the largest buffer it was asked to fill, and what is open.
type counting struct{ left, largest, open int }

func (c *counting) Read(p []byte) (int, error) {
	c.largest = max(c.largest, len(p))
	if c.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), c.left)
	clear(p[:n])
	c.left -= n
	return n, nil
}

func (c *counting) Close() error { c.open--; return nil }

func TestALargeFileIsNeverHeldWhole(t *testing.T) {
	t.Parallel()
	const size = 20 << 20
	source := &counting{left: size}
	filled := media(t, wire.DataURL("p"), size, func() (io.ReadCloser, error) { source.open++; return source, nil })
	if source.open != 0 {
		t.Error("the file was opened before its turn")
	}
	n, err := io.Copy(io.Discard, filled.Body)
	if err != nil || n != filled.Body.Size() || source.largest > 48<<10 || source.open != 0 {
		t.Errorf("%d of %d bytes, largest read %d, %d left open, %v", n, filled.Body.Size(), source.largest, source.open, err)
	}
}

func TestABodyThatEndsEarlySaysWhatLeft(t *testing.T) {
	t.Parallel()
	source := &counting{left: 3000}
	filled := media(t, wire.Base64("p"), 3000, func() (io.ReadCloser, error) { source.open++; return source, nil })
	if _, err := io.CopyN(io.Discard, filled.Body, int64(len(`{"p":"`)+400)); err != nil {
		t.Fatal(err)
	}
	s := filled.Body.End()
	if s.Content < 300 || s.Content > 302 || !s.Exposed || s.Broken != nil || source.open != 0 {
		t.Errorf("%+v, %d open", s, source.open)
	}
	if _, err := filled.Body.Read(make([]byte, 1)); err == nil {
		t.Error("something leaves after the end")
	}
	untouched := media(t, wire.Base64("p"), 4, of("data"))
	if s := untouched.Body.End(); s != (body.State{}) {
		t.Errorf("%+v", s)
	}
}

func TestABufferedBodyIsTheSameBody(t *testing.T) {
	t.Parallel()
	filled, err := body.Fill(wire.Request{Body: wire.JSON{"a": wire.Base64("inline"), "b": wire.Text("prompt"), "c": wire.Secret("k")}}, filling())
	if err != nil {
		t.Fatal(err)
	}
	whole, err := filled.Body.Buffer(1 << 10)
	if err != nil {
		t.Fatal(err)
	}
	copied := bytes.Clone(whole)
	sent, err := io.ReadAll(iotest.OneByteReader(filled.Body))
	if err != nil || !bytes.Equal(sent, copied) || !bytes.Contains(sent, []byte("cGljdHVyZQ==")) {
		t.Errorf("signed %s, sent %s, %v", copied, sent, err)
	}
	if s := filled.Body.End(); s.Content != int64(len("picture")+len("a \"fox\" & <me> 狐")) {
		t.Errorf("%+v", s)
	}
	filled.Body.Wipe()
	if len(bytes.Trim(whole, "\x00")) != 0 {
		t.Error("content stays in memory")
	}
	if _, err := media(t, wire.Base64("p"), 2000, of("")).Body.Buffer(1 << 10); !errors.Is(err, body.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
}

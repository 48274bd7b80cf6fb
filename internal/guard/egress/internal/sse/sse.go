// Package sse reads a stream of server-sent events (WHATWG HTML, 9.2).
//
// It promises that an event is handed over whole, as soon as the empty line behind it has come,
// however the bytes were cut on their way, and that neither an event nor the stream grows beyond
// its limit. It keeps nothing but the data: names, ids and retry times are read over. It never
// waits and never connects.
package sse

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// ErrTooLarge says that an event, or the stream, is longer than permitted.
var ErrTooLarge = errors.New("sse: the stream is too large")

// Limits are how long an event and the whole stream may be, in bytes.
type Limits struct{ Event, Total int64 }

// Read hands the data of each event to each, until the stream ends or each fails. It returns nil
// at the end of the stream, and otherwise the error of each, of the reader, or ErrTooLarge. An event
// that is not followed by an empty line is dropped, as the standard says.
func Read(from io.Reader, l Limits, each func(data []byte) error) error {
	counted := &limited{from: from, left: l.Total}
	lines := &lines{r: bufio.NewReader(counted), most: l.Event}
	var data []byte
	has := false
	for first := true; ; first = false {
		line, err := lines.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if first {
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
		}
		if len(line) == 0 {
			if has {
				if err := each(data); err != nil {
					return err
				}
			}
			data, has = nil, false
			continue
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		if string(name) != "data" {
			continue
		}
		value = bytes.TrimPrefix(value, []byte(" "))
		if has {
			data = append(data, '\n')
		}
		data, has = append(data, value...), true
		if int64(len(data)) > l.Event {
			return ErrTooLarge
		}
	}
}

// lines cuts a stream at CR, LF or CRLF.
type lines struct {
	r      *bufio.Reader
	most   int64
	skipLF bool // the last line ended with CR
}

// next returns the next line without its end. A line that the stream breaks off in is dropped.
func (l *lines) next() ([]byte, error) {
	var line []byte
	for {
		b, err := l.r.ReadByte()
		if err != nil {
			return nil, err
		}
		skip := l.skipLF && b == '\n'
		l.skipLF = false
		switch {
		case skip:
		case b == '\r':
			l.skipLF = true
			return line, nil
		case b == '\n':
			return line, nil
		case int64(len(line)) >= l.most+8:
			return nil, ErrTooLarge // room for "data: " beside the data
		default:
			line = append(line, b)
		}
	}
}

// limited fails where more comes than permitted.
type limited struct {
	from io.Reader
	left int64
}

// Read passes on what is permitted, and fails at the first byte beyond.
func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		var one [1]byte
		n, err := l.from.Read(one[:])
		if n > 0 {
			return 0, ErrTooLarge
		}
		return 0, err
	}
	if int64(len(p)) > l.left {
		p = p[:l.left]
	}
	n, err := l.from.Read(p)
	l.left -= int64(n)
	return n, err
}

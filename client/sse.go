package client

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"time"
)

// maxEvent bounds one event, so that a broken server cannot fill the memory.
const maxEvent = 1 << 20

// errEventTooLarge stops a stream for good: resuming would bring the same event again.
var errEventTooLarge = errors.New("client: an event of the stream is larger than 1 MiB")

// eventReader parses a text/event-stream as the HTML standard describes it, byte by byte, so that
// neither a character nor a line end split over two packets changes what is read.
type eventReader struct {
	r      *bufio.Reader
	begun  bool // the byte order mark has been looked for
	skipLF bool // the last line ended in CR: a LF right after it belongs to that end
	lastID string
	// comments counts the comment lines, which servers send to say that they are still there.
	comments int
	retry    time.Duration // as the server last asked; 0: it never did
}

func newEventReader(r io.Reader, lastID string) *eventReader {
	return &eventReader{r: bufio.NewReader(r), lastID: lastID}
}

// next returns the next event that has data. It ends with io.EOF; an event that the end of the
// stream cuts short is dropped, as the standard says, and comes again after a resume.
func (e *eventReader) next() (Event, error) {
	var name string
	var data []byte
	var filled bool
	for {
		line, err := e.line()
		if err != nil {
			return Event{}, err
		}
		if len(line) == 0 {
			if filled {
				return e.event(name, data), nil
			}
			name = ""
			continue
		}
		field, value := split(line)
		switch field {
		case "":
			e.comments++
		case "event":
			name = text(value)
		case "data":
			if len(data)+len(value) > maxEvent {
				return Event{}, errEventTooLarge
			}
			data, filled = append(append(data, value...), '\n'), true
		case "id":
			if bytes.IndexByte(value, 0) < 0 {
				e.lastID = text(value)
			}
		case "retry":
			e.setRetry(value)
		}
	}
}

func (e *eventReader) event(name string, data []byte) Event {
	if name == "" {
		name = "message"
	}
	data = bytes.TrimSuffix(data, []byte("\n"))
	return Event{ID: e.lastID, Event: name, Data: bytes.ToValidUTF8(data, []byte("\uFFFD"))}
}

// setRetry takes a number of milliseconds; anything else is ignored. A server cannot put the
// client to sleep for more than a minute.
func (e *eventReader) setRetry(value []byte) {
	for _, b := range value {
		if b < '0' || b > '9' {
			return
		}
	}
	ms, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil {
		return
	}
	e.retry = min(time.Duration(min(ms, 60_000))*time.Millisecond, time.Minute)
}

// line returns one line without its end, which is LF, CR LF or CR. A line that the end of the
// stream cuts short is an error.
func (e *eventReader) line() ([]byte, error) {
	var line []byte
	for {
		b, err := e.r.ReadByte()
		if err != nil {
			return nil, err
		}
		switch {
		case b == '\n' && e.skipLF:
			e.skipLF = false
			continue
		case b == '\n' || b == '\r':
			e.skipLF = b == '\r'
			return e.withoutMark(line), nil
		}
		e.skipLF = false
		if len(line) >= maxEvent {
			return nil, errEventTooLarge
		}
		line = append(line, b)
	}
}

// withoutMark removes a byte order mark from the first line.
func (e *eventReader) withoutMark(line []byte) []byte {
	if e.begun {
		return line
	}
	e.begun = true
	return bytes.TrimPrefix(line, []byte("\xEF\xBB\xBF"))
}

// split cuts a line into field and value. A comment has the empty field.
func split(line []byte) (string, []byte) {
	field, value, _ := bytes.Cut(line, []byte(":"))
	return string(field), bytes.TrimPrefix(value, []byte(" "))
}

func text(b []byte) string { return string(bytes.ToValidUTF8(b, []byte("\uFFFD"))) }

package kit

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// Reply is an answer before faults get at it.
type Reply struct {
	Status    int    // default 200
	MediaType string // default JSON; of Events, text/event-stream
	Header    map[string]string
	Body      []byte
	// Events is an event stream instead of Body. An element is the data of one event, or a whole
	// event where it begins with a field's name. Each is flushed; every third goes out in two
	// pieces, broken within a character.
	Events   []string
	Pace     time.Duration // between two events
	Throttle bool          // the service's own "not now" to a call that met Throttled
}

// JSON returns a Reply with v as JSON.
func JSON(status int, v any) Reply {
	body, err := json.Marshal(v)
	if err != nil {
		return Reply{Status: http.StatusInternalServerError, MediaType: "application/json", Body: []byte("{}")}
	}
	return Reply{Status: status, MediaType: "application/json", Body: body}
}

// filled returns the reply with its defaults, and with its events as a body.
func (out Reply) filled() Reply {
	if out.Status == 0 {
		out.Status = http.StatusOK
	}
	if out.MediaType == "" && out.Events != nil {
		out.MediaType = "text/event-stream"
	}
	if out.MediaType == "" && len(out.Body) > 0 {
		out.MediaType = "application/json"
	}
	for _, e := range out.Events {
		out.Body = append(out.Body, event(e)...)
	}
	return out
}

// spoken gives an answer without a body one where the fault is about the body: there would be
// nothing to break off or to put in its place.
func (out Reply) spoken(fault Fault) Reply {
	if out.Status == http.StatusNoContent && (fault == CutReply || fault == WrongType || fault == Oversize) {
		out.Status, out.Body = http.StatusOK, []byte("{}")
	}
	return out
}

// event writes one event of a stream.
func event(e string) string {
	for _, name := range []string{"data:", "event:", "id:", "retry:", ":"} {
		if strings.HasPrefix(e, name) {
			return strings.TrimRight(e, "\n") + "\n\n"
		}
	}
	return "data: " + strings.ReplaceAll(e, "\n", "\ndata: ") + "\n\n"
}

// deliver sends the answer, or what the fault makes of it.
func (k *Kit) deliver(w http.ResponseWriter, r *http.Request, out Reply, fault Fault) {
	out = out.filled().spoken(fault)
	h := w.Header()
	if out.MediaType != "" {
		h.Set("Content-Type", out.MediaType)
	}
	for name, v := range out.Header {
		h.Set(name, v)
	}
	switch fault {
	case SlowReply:
		k.pause(r, 200*time.Millisecond)
	case Hang:
		k.pause(r, time.Hour)
		panic(http.ErrAbortHandler)
	case LostReply:
		panic(http.ErrAbortHandler)
	case CutReply:
		k.cut(w, out)
	case DuplicateReply:
		if k.twice(w, out) {
			return
		}
	case BadGateway:
		out = Reply{Status: http.StatusBadGateway, Body: []byte("<html>bad gateway</html>")}
		h.Set("Content-Type", "text/html")
	case WrongType:
		out = Reply{Status: out.Status, Body: []byte("<html>welcome</html>")}
		h.Set("Content-Type", "text/html")
	case Oversize:
		k.flood(w, out)
		return
	case RedirectPrivate:
		h.Set("Location", "http://169.254.169.254/latest/meta-data")
		out = Reply{Status: http.StatusFound}
	}
	w.WriteHeader(out.Status)
	if out.Events != nil {
		k.flow(w, r, out)
		return
	}
	_, _ = w.Write(out.Body)
}

func (k *Kit) pause(r *http.Request, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.Context().Done():
	case <-k.ctx.Done():
	}
}

// cut announces the whole answer, writes half of it and closes the connection.
func (k *Kit) cut(w http.ResponseWriter, out Reply) {
	w.Header().Set("Content-Length", fmt.Sprint(len(out.Body)))
	w.WriteHeader(out.Status)
	_, _ = w.Write(out.Body[:len(out.Body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// twice writes the same answer two times onto the connection.
func (k *Kit) twice(w http.ResponseWriter, out Reply) bool {
	head := w.Header().Clone()
	conn, buf, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return false
	}
	defer conn.Close()
	head.Set("Content-Length", fmt.Sprint(len(out.Body)))
	for range 2 {
		_, _ = fmt.Fprintf(buf, "HTTP/1.1 %d %s\r\n", out.Status, http.StatusText(out.Status))
		_ = head.Write(buf)
		_, _ = fmt.Fprintf(buf, "\r\n%s", out.Body)
	}
	_ = buf.Flush()
	return true
}

// flood writes the answer and goes on with blanks far beyond any sensible length.
func (k *Kit) flood(w http.ResponseWriter, out Reply) {
	w.WriteHeader(out.Status)
	_, _ = w.Write(out.Body)
	blank := []byte(strings.Repeat(" ", 64<<10))
	for n := int64(len(out.Body)); n < k.opts.Oversize; n += int64(len(blank)) {
		if _, err := w.Write(blank); err != nil || k.ctx.Err() != nil {
			return
		}
	}
}

// flow writes the events one by one.
func (k *Kit) flow(w http.ResponseWriter, r *http.Request, out Reply) {
	rc := http.NewResponseController(w)
	for _, e := range out.Events {
		text := event(e)
		k.mu.Lock()
		k.events++
		split := k.events%3 == 0
		k.mu.Unlock()
		if at := middle(text); split && at > 0 {
			_, _ = w.Write([]byte(text[:at]))
			_ = rc.Flush()
			k.pause(r, time.Millisecond)
			text = text[at:]
		}
		if _, err := w.Write([]byte(text)); err != nil || k.ctx.Err() != nil {
			return
		}
		_ = rc.Flush()
		if out.Pace > 0 {
			k.pause(r, out.Pace)
		}
		if r.Context().Err() != nil {
			k.mu.Lock()
			k.left++
			k.mu.Unlock()
			return
		}
	}
}

// middle returns a place within a character of several bytes, or else the middle of the text.
func middle(text string) int {
	for i, c := range text {
		if utf8.RuneLen(c) > 1 {
			return i + 1
		}
	}
	return len(text) / 2
}

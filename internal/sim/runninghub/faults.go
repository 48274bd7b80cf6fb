package runninghub

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Fault is a way in which the service misbehaves.
type Fault string

// The faults. None is no fault.
const (
	None             Fault = ""
	SlowReply        Fault = "slow_reply"        // answers late
	Hang             Fault = "hang"              // processes, never answers
	CutReply         Fault = "cut_reply"         // breaks off in the middle of the answer
	DuplicateReply   Fault = "duplicate_reply"   // answers twice
	LostReply        Fault = "lost_reply"        // processes, closes without an answer
	Unavailable      Fault = "unavailable"       // 503, does not process
	GatewayError     Fault = "gateway_error"     // processes, but the gateway answers 502
	WrongType        Fault = "wrong_type"        // answers with a web page
	Oversize         Fault = "oversize"          // answers without end
	RedirectPrivate  Fault = "redirect_private"  // sends the client to a private address
	QueueFull        Fault = "queue_full"        // create: 421
	OutputsNull      Fault = "outputs_null"      // outputs: still running, whatever the status said
	OutputsEmpty     Fault = "outputs_empty"     // outputs: ended, made nothing
	EarlyWebhook     Fault = "early_webhook"     // create: calls back before there is a result
	ForgedWebhook    Fault = "forged_webhook"    // create: somebody calls back with lies and guesses
	DuplicateWebhook Fault = "duplicate_webhook" // create: calls back twice
)

// Injection makes a fault strike the next calls to a path.
type Injection struct {
	Fault Fault
	Path  string // prefix; "": any path
	Times int
}

// Inject queues an injection. Scripted faults come before the dice.
func (s *Sim) Inject(i Injection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scripted = append(s.scripted, i)
}

// strike decides which fault a call meets.
func (s *Sim) strike(path string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := range s.scripted {
		i := &s.scripted[n]
		if i.Times > 0 && strings.HasPrefix(path, i.Path) && i.Fault.fits(path) {
			i.Times--
			return i.Fault
		}
	}
	for _, f := range slices.Sorted(maps.Keys(s.opts.Rates)) {
		if f.fits(path) && s.dice.Float64() < s.opts.Rates[f] {
			return f
		}
	}
	return None
}

// fits reports whether a fault makes sense for a path.
func (f Fault) fits(path string) bool {
	switch f {
	case QueueFull, EarlyWebhook, ForgedWebhook, DuplicateWebhook:
		return path == "/task/openapi/create"
	case OutputsNull, OutputsEmpty:
		return path == "/task/openapi/outputs"
	default:
		return true
	}
}

// deliver sends the answer, or what the fault makes of it.
func (s *Sim) deliver(w http.ResponseWriter, r *http.Request, out reply, fault Fault) {
	h := w.Header()
	h.Set("Content-Type", out.mediaType)
	switch fault {
	case SlowReply:
		s.pause(r, 200*time.Millisecond)
	case Hang:
		s.pause(r, time.Hour)
		panic(http.ErrAbortHandler)
	case LostReply:
		panic(http.ErrAbortHandler)
	case CutReply:
		h.Set("Content-Length", fmt.Sprint(len(out.body)))
		w.WriteHeader(out.status)
		_, _ = w.Write(out.body[:len(out.body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case DuplicateReply:
		if s.twice(w, out) {
			return
		}
	case GatewayError:
		out = reply{status: http.StatusBadGateway, body: []byte("<html>bad gateway</html>")}
		h.Set("Content-Type", "text/html")
	case WrongType:
		out.body = []byte("<html>welcome</html>")
		h.Set("Content-Type", "text/html")
	case Oversize:
		s.flood(w, out)
		return
	case RedirectPrivate:
		h.Set("Location", "http://169.254.169.254/latest/meta-data")
		out = reply{status: http.StatusFound}
	}
	w.WriteHeader(out.status)
	_, _ = w.Write(out.body)
}

func (s *Sim) pause(r *http.Request, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.Context().Done():
	case <-s.ctx.Done():
	}
}

// twice writes the same answer two times onto the connection.
func (s *Sim) twice(w http.ResponseWriter, out reply) bool {
	conn, buf, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return false
	}
	defer conn.Close()
	for range 2 {
		_, _ = fmt.Fprintf(buf, "HTTP/1.1 %d OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", out.status, out.mediaType, len(out.body), out.body)
	}
	_ = buf.Flush()
	return true
}

// flood writes the answer and goes on with blanks far beyond any sensible length.
func (s *Sim) flood(w http.ResponseWriter, out reply) {
	w.WriteHeader(out.status)
	_, _ = w.Write(out.body)
	blank := []byte(strings.Repeat(" ", 64<<10))
	for n := int64(len(out.body)); n < s.opts.Oversize; n += int64(len(blank)) {
		if _, err := w.Write(blank); err != nil || s.ctx.Err() != nil {
			return
		}
	}
}

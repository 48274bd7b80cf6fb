package kit

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Memory keeps what a simulated service has read, byte for byte, so that it can be asked whether it ever had a
// certain piece: an evidence of names and sizes alone could not deny that. The zero Memory is ready.
type Memory struct {
	mu        sync.Mutex
	read      [][][]byte // in order; the parts of a reading, as the caller has them
	size      int
	forgotten int
}

// remembers is how many bytes a Memory holds before it forgets the oldest. The largest proof has one recipient
// read 95 MB; it takes no memory before something was read.
const remembers = 128 << 20

// Keep remembers what was read at one time. Nobody may change the bytes afterwards: they are not copied.
func (m *Memory) Keep(read ...[]byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.read, m.size = append(m.read, read), m.size+length(read)
	for m.size > remembers {
		m.size -= length(m.read[0])
		m.read, m.forgotten = slices.Delete(m.read, 0, 1), m.forgotten+1
	}
}

func length(read [][]byte) (n int) {
	for _, part := range read {
		n += len(part)
	}
	return n
}

// Saw returns which of the marks were read, as they are or as they travel in JSON, in an address or in base64,
// and how many readings are forgotten by now.
func (m *Memory) Saw(marks [][]byte) (found []int, forgotten int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, mark := range marks {
		forms := travels(mark)
		if slices.ContainsFunc(m.read, func(one [][]byte) bool { return holdsAny(one, forms) }) {
			found = append(found, i)
		}
	}
	return found, m.forgotten
}

func holdsAny(read, forms [][]byte) bool {
	return slices.ContainsFunc(read, func(part []byte) bool {
		return slices.ContainsFunc(forms, func(form []byte) bool { return bytes.Contains(part, form) })
	})
}

// travels returns the forms in which a mark may be part of a call.
func travels(mark []byte) [][]byte {
	if len(mark) == 0 {
		return nil
	}
	inJSON, _ := json.Marshal(string(mark)) // a string is always marshalled
	forms := [][]byte{mark, inJSON[1 : len(inJSON)-1], []byte(url.QueryEscape(string(mark))), []byte(url.PathEscape(string(mark)))}
	for before, unsure := range []int{0, 2, 3} { // the mark may begin at any of the three bytes of a group
		text := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), mark...))
		end := len(text)
		if (before+len(mark))%3 != 0 { // the last character depends on what comes after
			end--
		}
		if unsure < end {
			sure := text[unsure:end]
			forms = append(forms, []byte(sure), []byte(strings.NewReplacer("+", "-", "/", "_").Replace(sure)))
		}
	}
	return forms
}

// headOf is what the head of a request says.
func headOf(r *http.Request) []byte {
	var b bytes.Buffer
	b.WriteString(r.Method + " " + r.URL.RequestURI() + " " + r.Host + "\n")
	_ = r.Header.Write(&b) // into memory
	return b.Bytes()
}

// KeepCall remembers a request with its body.
func (m *Memory) KeepCall(r *http.Request, body []byte) { m.Keep(headOf(r), body) }

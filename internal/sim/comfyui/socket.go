package comfyui

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"image"
	"image/jpeg"
	_ "image/png" // previews are made of results, which may be PNGs
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/image/draw"

	"vow.example/vow/internal/sim/kit"
)

// socket is one client that listens. It may lag behind by so many frames, and is cut off then.
type socket struct {
	frames chan frame
	end    context.CancelFunc
}

type frame struct {
	kind websocket.MessageType
	data []byte
}

const (
	lag     = 4096
	preview = 512 // pixels of the longer side
	ticks   = 20  // at most so many times a sampler tells how far it is
)

// handshake names what the head of a request for a socket has besides the plain names.
func handshake() []string {
	return []string{"Upgrade", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Extensions"}
}

// listen takes a request for a socket, and no other.
func (s *Sim) listen(w http.ResponseWriter, r *http.Request) bool {
	query := r.URL.Query()
	switch {
	case r.Method != http.MethodGet || strings.TrimPrefix(r.URL.Path, "/api") != "/ws" || r.Header.Get("Upgrade") == "":
		return false
	case s.opts.Token != "" && r.Header.Get("Authorization") != "Bearer "+s.opts.Token:
		return false // it is answered as any call is
	case len(query) != len(query["clientId"]) || len(query) > 1:
		w.WriteHeader(http.StatusBadRequest)
		return true
	}
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return true // Accept has answered
	}
	client := query.Get("clientId")
	if client == "" {
		client = s.ID("")
	}
	if !s.Go(func(ctx context.Context) { s.serveSocket(ctx, conn, client) }) {
		_ = conn.CloseNow()
	}
	return true
}

// serveSocket writes what there is to tell until the client, the service or a newer socket of the
// same client ends it. A client has nothing to say: whatever it sends ends it too.
func (s *Sim) serveSocket(ctx context.Context, conn *websocket.Conn, client string) {
	ctx, end := context.WithCancel(ctx)
	var reading sync.WaitGroup
	reading.Go(func() {
		defer end()
		_, _, _ = conn.Reader(ctx) // answers pings until there is anything else
	})
	defer reading.Wait()
	defer func() { _ = conn.CloseNow() }()
	defer end()
	k := &socket{frames: make(chan frame, lag), end: end}
	s.enter(client, k)
	defer s.leave(client, k)
	for {
		select {
		case <-ctx.Done():
			return
		case f := <-k.frames:
			if conn.Write(ctx, f.kind, f.data) != nil {
				return
			}
		}
	}
}

// enter begins a socket: it learns how long the queue is, and which node of its own runs.
func (s *Sim) enter(client string, k *socket) {
	s.Lock()
	defer s.Unlock()
	if old := s.sockets[client]; old != nil {
		old.end()
	}
	s.sockets[client] = k
	k.send("status", map[string]any{"status": s.exec(), "sid": client})
	if j := s.running; j != nil && j.client == client && j.at != "" {
		k.send("executing", map[string]any{"node": j.at})
	}
}

func (s *Sim) leave(client string, k *socket) {
	s.Lock()
	defer s.Unlock()
	if s.sockets[client] == k {
		delete(s.sockets, client)
	}
}

func (k *socket) send(event string, data any) {
	if text, err := json.Marshal(map[string]any{"type": event, "data": data}); err == nil {
		k.put(frame{websocket.MessageText, text})
	}
}

func (k *socket) put(f frame) {
	select {
	case k.frames <- f:
	default:
		k.end()
	}
}

// remaining is how many jobs wait or run.
func (s *Sim) remaining() int {
	if s.running != nil {
		return len(s.pending) + 1
	}
	return len(s.pending)
}

func (s *Sim) exec() map[string]any {
	return map[string]any{"exec_info": map[string]any{"queue_remaining": s.remaining()}}
}

// tellQueue tells everybody how long the queue is. The caller holds the lock.
func (s *Sim) tellQueue() {
	for _, k := range s.sockets {
		k.send("status", map[string]any{"status": s.exec()})
	}
}

// tell tells the client of a job. The caller holds the lock.
func (s *Sim) tell(j *job, event string, data any) {
	if k := s.sockets[j.client]; k != nil && j.client != "" && !j.lost {
		k.send(event, data)
	}
}

// tellEnd tells how a job ended. The caller holds the lock.
func (s *Sim) tellEnd(j *job) {
	if j.failure == "" {
		s.tellRest(j)
	}
	list := s.messages(j)
	event, data := parts(list[len(list)-1])
	if event != "execution_interrupted" {
		s.tell(j, event, data)
		return
	}
	for _, k := range s.sockets {
		k.send(event, data)
	}
}

// parts takes a message apart: its event and what comes with it.
func parts(message any) (event string, data any) {
	if pair, isPair := message.([]any); isPair && len(pair) == 2 {
		event, _ = pair[0].(string)
		data = pair[1]
	}
	return event, data
}

// tellRest tells of the nodes behind the one that takes the time, and of what they made.
func (s *Sim) tellRest(j *job) {
	behind := false
	for _, id := range j.order {
		if behind {
			s.tellNode(j, id)
		}
		behind = behind || id == j.sampler
	}
	for _, id := range j.outputs {
		s.tellNode(j, id)
		s.tell(j, "executed", map[string]any{"node": id, "display_node": id, "output": output(j.files[id]), "prompt_id": j.id})
	}
}

func (s *Sim) tellNode(j *job, id string) {
	j.at = id
	s.tell(j, "executing", map[string]any{"node": id, "display_node": id, "prompt_id": j.id})
}

// execute runs a job up to the node that takes the time, and makes the result there.
func (s *Sim) execute(j *job, run time.Duration) (kit.Output, error) {
	s.Lock()
	for _, m := range s.messages(j)[:2] { // it starts, and what is cached
		event, data := parts(m)
		s.tell(j, event, data)
	}
	for _, id := range j.order {
		s.tellNode(j, id)
		if id == j.sampler || len(j.loads) > 0 && id == j.loads[0] {
			break
		}
	}
	s.Unlock()
	if len(j.loads) > 0 {
		if !s.Wait(j.ctx, run) {
			return kit.Output{}, context.Canceled
		}
		return kit.Output{}, nil // finish says which node it was
	}
	times := max(1, min(j.steps, ticks))
	for n := range times {
		if !s.Wait(j.ctx, run/time.Duration(times)) {
			return kit.Output{}, context.Canceled
		}
		if j.steps > 0 {
			s.Lock()
			s.tell(j, "progress", map[string]any{"value": j.steps * (n + 1) / times, "max": j.steps, "prompt_id": j.id, "node": j.sampler})
			s.Unlock()
		}
	}
	out, err := s.render(j.ctx, j)
	if err == nil {
		s.show(j, out.Data)
	}
	return out, err
}

// show sends the client of a job a small JPEG of what comes. Of a film there is none.
func (s *Sim) show(j *job, data []byte) {
	s.Lock()
	listens := j.client != "" && s.sockets[j.client] != nil
	s.Unlock()
	if !listens {
		return
	}
	picture, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return
	}
	b := bytes.NewBuffer(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 1), 1)) // a preview; a JPEG
	if jpeg.Encode(b, shrunk(picture), nil) != nil {
		return
	}
	s.Lock()
	defer s.Unlock()
	if k := s.sockets[j.client]; k != nil && !j.lost {
		k.put(frame{websocket.MessageBinary, b.Bytes()})
	}
}

func shrunk(from image.Image) image.Image {
	size := from.Bounds()
	longer := max(size.Dx(), size.Dy())
	if longer <= preview {
		return from
	}
	to := image.NewRGBA(image.Rect(0, 0, max(1, size.Dx()*preview/longer), max(1, size.Dy()*preview/longer)))
	draw.ApproxBiLinear.Scale(to, to.Rect, from, size, draw.Src, nil)
	return to
}

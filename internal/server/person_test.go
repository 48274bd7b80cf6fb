package server

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/client/clienttest"
	"vow.example/vow/internal/store"
)

// person uses one app through its public API.
type person struct {
	t      *testing.T
	url    string
	token  string
	header http.Header
}

func (h *house) person(t *testing.T, app string) *person {
	t.Helper()
	p := &person{t: t, url: h.url, header: http.Header{}}
	p.signIn(app)
	return p
}

func (p *person) signIn(app string) {
	p.t.Helper()
	s, err := clienttest.Enter(p.t.Context(), client.New(p.url, "", nil), client.SessionCreate{AppKey: testKey + app})
	if err != nil {
		p.t.Fatal(err)
	}
	p.token = s.AccessToken
}

// reply is an answer of the API. Status 0 means that the connection broke.
type reply struct {
	t      *testing.T
	what   string
	status int
	body   []byte
}

// want fails the test unless the status is the wanted one, and reads the body.
func (r reply) want(status int, into any) {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("%s: status %d, want %d: %s", r.what, r.status, status, r.body)
	}
	if into != nil {
		if err := json.Unmarshal(r.body, into); err != nil {
			r.t.Fatal(err)
		}
	}
}

// refused fails the test unless the answer is a problem document with that status and code.
func (r reply) refused(status int, code string) client.Problem {
	r.t.Helper()
	var p client.Problem
	r.want(status, &p)
	if p.Code != code {
		r.t.Fatalf("%s: code %q, want %q: %s", r.what, p.Code, code, r.body)
	}
	return p
}

func (p *person) send(method, path, contentType string, body []byte, more http.Header) reply {
	p.t.Helper()
	hr, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	for _, h := range []http.Header{p.header, more} {
		for name, v := range h {
			hr.Header[name] = v
		}
	}
	if contentType != "" {
		hr.Header.Set("Content-Type", contentType)
	}
	if p.token != "" {
		hr.Header.Set("Authorization", "Bearer "+p.token)
	}
	r := reply{t: p.t, what: method + " " + path}
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(hr)
	if err != nil {
		return r
	}
	defer answer.Body.Close()
	r.status = answer.StatusCode
	if r.body, err = io.ReadAll(answer.Body); err != nil {
		r.status = 0
	}
	return r
}

func (p *person) get(path string) reply    { return p.send("GET", path, "", nil, nil) }
func (p *person) delete(path string) reply { return p.send("DELETE", path, "", nil, nil) }

func (p *person) post(path string, body any) reply {
	p.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.send("POST", path, "application/json", raw, nil)
}

// decide answers a feature's disclosure.
func (p *person) decide(feature, decision string) reply {
	p.t.Helper()
	var d client.Disclosure
	p.get("/v1/features/"+feature+"/disclosure?lang=en").want(http.StatusOK, &d)
	return p.post("/v1/consents", client.ConsentCreate{Feature: feature, Recipient: d.Who[0].ID, Decision: decision, DisclosureHash: d.Hash})
}

func (p *person) agree(feature string) string {
	p.t.Helper()
	var c client.Consent
	p.decide(feature, "granted").want(http.StatusCreated, &c)
	return c.ID
}

func (p *person) upload(picture []byte) client.Upload {
	p.t.Helper()
	var u client.Upload
	p.send("POST", "/v1/uploads", http.DetectContentType(picture), picture, nil).want(http.StatusCreated, &u)
	return u
}

// order is a request for an avatar of an upload.
func order(upload, consent, prompt string) client.TaskCreate {
	return client.TaskCreate{Feature: "avatar", Inputs: []client.TaskInput{{Role: "photo", Upload: upload}}, Consent: consent, Prompt: prompt}
}

// begin uploads, agrees and submits.
func (p *person) begin(picture []byte, prompt string) client.Task {
	p.t.Helper()
	var k client.Task
	p.post("/v1/tasks", order(p.upload(picture).ID, p.agree("avatar"), prompt)).want(http.StatusAccepted, &k)
	return k
}

func (p *person) task(id string) (k client.Task) {
	p.t.Helper()
	p.get("/v1/tasks/"+id).want(http.StatusOK, &k)
	return k
}

// until waits for a task to be in one of the states.
func (p *person) until(id string, states ...string) client.Task {
	p.t.Helper()
	for end := time.Now().Add(patience); ; {
		k := p.task(id)
		if slices.Contains(states, k.State) {
			return k
		}
		if store.TaskState(k.State).Ended() || time.Now().After(end) {
			p.t.Fatalf("task is %s (%+v), want %v", k.State, k.Error, states)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

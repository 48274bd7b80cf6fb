package guarantees

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"vow.example/vow/client"
	"vow.example/vow/client/clienttest"
)

// newPerson opens an anonymous session: person NAME APP.
func newPerson(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 2, "person NAME APP")
	key := "pk_test_"
	if w.server.args[0] == "serve" {
		key = "pk_live_"
	}
	p := &person{name: args[0], app: args[1], header: http.Header{}, pictures: map[string]string{}}
	s, err := clienttest.Enter(context.Background(), client.New(w.url, "", w.device), client.SessionCreate{AppKey: key + p.app})
	w.check(err)
	p.token, p.subject = s.AccessToken, s.Subject
	w.people[p.name], w.who = p, p
	w.ts.Setenv("SUBJECT", p.subject)
	w.ts.Setenv("TOKEN", p.token)
}

// as says whose turn it is.
func as(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 1 && w.people[args[0]] != nil, "as NAME")
	w.who = w.people[args[0]]
}

// header makes the person's device send a header with every call: header NAME VALUE.
func header(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 2, "header NAME VALUE")
	w.me().header.Set(args[0], args[1])
}

// screenOf fetches the consent screen of a feature.
func (w *world) screenOf(feature string) client.Disclosure {
	var d client.Disclosure
	w.call(false, "GET", "/v1/features/"+feature+"/disclosure", nil, &d)
	return d
}

func (w *world) decide(neg bool, feature, decision, hash string) {
	d := w.screenOf(feature)
	if hash == "" {
		hash = d.Hash
	}
	var c client.Consent
	in := client.ConsentCreate{Feature: feature, Recipient: d.Who[len(d.Who)-1].ID, Decision: decision, DisclosureHash: hash}
	if w.call(neg, "POST", "/v1/consents", in, &c) {
		w.me().consent, w.me().asked = c.ID, hash
	}
}

// agree presses the button of the consent screen: agree FEATURE [screen=earlier|forged].
func agree(w *world, neg bool, args []string) {
	w.usage(len(args) >= 1, "agree FEATURE [screen=earlier|forged]")
	hash := ""
	switch w.options(args[1:])["screen"] {
	case "earlier":
		hash = w.me().asked
	case "forged":
		hash = "sha256:" + strings.Repeat("00", 32)
	}
	w.decide(neg, args[0], "granted", hash)
}

// decline says no: decline FEATURE.
func decline(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 1, "decline FEATURE")
	w.decide(false, args[0], "declined", "")
}

// withdraw takes the latest consent back.
func withdraw(w *world, neg bool, args []string) {
	w.usage(len(args) == 0, "withdraw")
	w.call(neg, "DELETE", "/v1/consents/"+w.me().consent, nil, nil)
}

// upload hands a picture over: upload FILE [named=NAME] [type=TYPE] [as=ROLE]. The role is photo
// where nothing else is said.
func upload(w *world, neg bool, args []string) {
	w.usage(len(args) >= 1, "upload FILE [named=NAME] [type=TYPE] [as=ROLE]")
	raw, err := os.ReadFile(w.ts.MkAbs(args[0]))
	w.check(err)
	o := w.options(args[1:])
	body, contentType := io.Reader(bytes.NewReader(raw)), http.DetectContentType(raw)
	if o["type"] != "" {
		contentType = o["type"]
	}
	if o["named"] != "" {
		body, contentType = form(w, o["named"], contentType, raw)
	}
	var u client.Upload
	a := w.ask(w.me(), "POST", "/v1/uploads", body, http.Header{"Content-Type": {contentType}})
	if !w.judge(neg, "upload", a, &u) {
		return
	}
	if role := o["as"]; role != "" && role != "photo" {
		w.me().pictures[role] = u.ID
		return
	}
	w.me().source = u.ID
}

func form(w *world, name, contentType string, raw []byte) (io.Reader, string) {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	part, err := m.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="file"; filename="` + name + `"`}, "Content-Type": {contentType},
	})
	w.check(err)
	_, err = part.Write(raw)
	w.check(err)
	w.check(m.Close())
	return &b, m.FormDataContentType()
}

// uploadBreaksOff sends the first half of a photo and hangs up.
func uploadBreaksOff(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 1, "upload-breaks-off FILE")
	raw, err := os.ReadFile(w.ts.MkAbs(args[0]))
	w.check(err)
	before := len(w.files(""))
	conn, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
	w.check(err)
	head := "POST /v1/uploads HTTP/1.1\r\nHost: vow\r\nAuthorization: Bearer " + w.me().token +
		"\r\nContent-Type: image/jpeg\r\nContent-Length: " + strconv.Itoa(len(raw)) + "\r\n\r\n"
	_, err = conn.Write(append([]byte(head), raw[:len(raw)/2]...))
	w.check(err)
	w.until("the upload to begin", func() bool { return len(w.files("")) > before })
	w.check(conn.Close())
	w.until("the server to notice", func() bool { return len(w.files("")) == before })
}

// request builds a task from NAME=VALUE arguments: prompt, negative_prompt, expires_in, consent=none,
// source=NAME (of another person), with=ROLE,ROLE (the pictures that go along; photo where nothing
// else is said; none), everything else is an option of the feature.
func (w *world) request(feature string, o map[string]string) (in client.TaskCreate, key string) {
	p := w.me()
	in = client.TaskCreate{
		Feature: feature, Prompt: o["prompt"], NegativePrompt: o["negative_prompt"], ExpiresIn: o["expires_in"], Consent: p.consent, Params: map[string]string{},
		Inputs: p.inputs(o["with"]),
	}
	for name, value := range o {
		switch name {
		case "prompt", "negative_prompt", "expires_in", "key", "with":
		case "consent":
			in.Consent = ""
			if other := w.people[value]; other != nil {
				in.Consent = other.consent
			}
		case "source":
			in.Inputs[0].Upload = w.people[value].source
		default:
			in.Params[name] = value
		}
	}
	return in, o["key"]
}

// inputs lists the pictures of the roles; "" is the photo alone.
func (p *person) inputs(roles string) (list []client.TaskInput) {
	if roles == "" {
		return []client.TaskInput{{Role: "photo", Upload: p.source}}
	}
	for _, role := range strings.Split(roles, ",") {
		switch role {
		case "none":
		case "photo":
			list = append(list, client.TaskInput{Role: role, Upload: p.source})
		default:
			list = append(list, client.TaskInput{Role: role, Upload: p.pictures[role]})
		}
	}
	return list
}

// submit asks for a task.
func (w *world) submit(in client.TaskCreate, key string) answer {
	raw, err := json.Marshal(in)
	w.check(err)
	h := http.Header{"Content-Type": {"application/json"}}
	if key != "" {
		h.Set("Idempotency-Key", key)
	}
	return w.ask(w.me(), "POST", "/v1/tasks", bytes.NewReader(raw), h)
}

// run asks for a task with the latest source and consent: run FEATURE [prompt=…] [key=…] [style=…] …
func run(w *world, neg bool, args []string) {
	w.usage(len(args) >= 1, "run FEATURE [NAME=VALUE …]")
	w.mark = w.counts()
	in, key := w.request(args[0], w.options(args[1:]))
	var k client.Task
	if w.judge(neg, "run "+args[0], w.submit(in, key), &k) {
		w.me().task, w.me().feature, w.me().result, w.me().company = k.ID, args[0], "", k.Recipient.ID
	}
}

// runAtOnce sends the same request several times at the same moment: run-at-once N FEATURE key=… …
// One must be accepted; every other answer is that same task, or "in progress".
func runAtOnce(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) >= 2, "run-at-once N FEATURE NAME=VALUE …")
	n, err := strconv.Atoi(args[0])
	w.check(err)
	in, key := w.request(args[1], w.options(args[2:]))
	answers := make([]answer, n)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i] = w.submit(in, key) })
	}
	all.Wait()
	tasks := map[string]bool{}
	for _, a := range answers {
		var k client.Task
		switch {
		case a.status == http.StatusAccepted:
			w.check(json.Unmarshal(a.body, &k))
			tasks[k.ID], w.me().task = true, k.ID
		case a.problem().Code != "idempotency-in-progress":
			w.ts.Fatalf("answered %d %s", a.status, short(a.body))
		}
	}
	if len(tasks) != 1 {
		w.ts.Fatalf("%d requests with one key made %d tasks", n, len(tasks))
	}
}

// oneTask checks that the person has one task, however often it was asked for.
func oneTask(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 0, "one-task")
	if n := len(list[client.Task](w, "/v1/tasks")); n != 1 {
		w.ts.Fatalf("there are %d tasks", n)
	}
}

func (w *world) task() client.Task {
	var k client.Task
	w.call(false, "GET", "/v1/tasks/"+w.me().task, nil, &k)
	if len(k.Outputs) > 0 {
		w.me().result = k.Outputs[0].ID
	}
	return k
}

func ended(state string) bool {
	return slices.Contains([]string{"succeeded", "failed", "blocked", "canceled", "expired"}, state)
}

// await waits until the task of the person is in one of the states: until STATE …
func await(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) >= 1, "until STATE …")
	w.until("the task to be "+strings.Join(args, " or "), func() bool {
		k := w.task()
		if slices.Contains(args, k.State) {
			return true
		}
		if ended(k.State) {
			w.ts.Fatalf("the task ended: %+v %s", k.Error, short(w.last.body))
		}
		return false
	})
}

// state checks the state as it is now, and with a second argument the code of the task's error.
func state(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) >= 1, "state STATE [CODE]")
	k := w.task()
	if k.State != args[0] || len(args) > 1 && (k.Error == nil || k.Error.Code != args[1]) {
		w.ts.Fatalf("the task is %s", short(w.last.body))
	}
}

// cancel stops the person's task.
func cancel(w *world, neg bool, args []string) {
	w.usage(len(args) == 0, "cancel")
	w.call(neg, "POST", "/v1/tasks/"+w.me().task+"/cancel", nil, nil)
}

// confirm answers a proposed wording: confirm yes|no.
func confirm(w *world, neg bool, args []string) {
	w.usage(len(args) == 1, "confirm yes|no")
	w.call(neg, "POST", "/v1/tasks/"+w.me().task+"/confirm", client.TaskConfirm{Accept: args[0] == "yes"}, nil)
}

// shown checks the wording that waits for the person's yes.
func shown(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 1, "shown TEXT")
	k := w.task()
	if k.Review == nil || k.Review.ShownPrompt != args[0] {
		w.ts.Fatalf("shown is %s", short(w.last.body))
	}
}

// advance moves the clock of the demo; it returns after a full sweep.
func advance(w *world, neg bool, args []string) {
	w.usage(len(args) == 1, "advance DURATION")
	w.call(neg, "POST", "/demo/clock", client.ClockAdvance{Advance: args[0]}, nil)
}

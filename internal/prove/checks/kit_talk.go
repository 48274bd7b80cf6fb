package checks

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"slices"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/prove/probe"
)

// begins opens a conversation of a person who has agreed to the chat.
func begins(who *probe.Person) string {
	who.Decide("ai_chat", "granted")
	return named(who.Send("POST", "/v1/chats", nil))
}

// utters asks a question in a chat and waits for the end of the answer.
func utters(who *probe.Person, chat, text string) client.ChatTurn {
	var said client.ChatSaid
	who.Send("POST", "/v1/chats/"+chat+"/messages", client.ChatSay{Text: text}).Fine().Into(&said)
	who.Wait(said.Task)
	return last(turns(who, chat))
}

func turns(who *probe.Person, chat string) []client.ChatTurn {
	var c client.Chat
	who.Get("/v1/chats/" + chat).Fine().Into(&c)
	return c.Turns
}

// remembersTurns: a second question is answered with the first one in mind, and one's own server alone
// reads both.
func remembersTurns(p *probe.Probe) {
	who, before := p.Person(), p.Traffic()
	word := probe.Mark("garden")
	chat := begins(who)
	t := utters(who, chat, "Tell me of "+word)
	p.Must(t.State == "succeeded" && len(t.Answer) > 20, "the first question is answered")
	t = utters(who, chat, "And then?")
	p.Must(strings.Contains(t.Answer, word), "the second answer knows the first question")
	p.Reached(before, "own_ai")
	p.Within("own_ai", before["own_ai"], "prompt", "history", "message", "user")
	onlyOwn(p, "/v1/chats/"+chat)
}

// stopped: an answer that is being written is stopped at the person's word, and not finished.
func stopped(p *probe.Probe) {
	who := p.Person()
	chat := begins(who)
	var said client.ChatSaid
	who.Send("POST", "/v1/chats/"+chat+"/messages", client.ChatSay{Text: "test:slow Tell me a long story."}).Fine().Into(&said)
	who.Send("POST", "/v1/chats/"+chat+"/messages", client.ChatSay{Text: "And another."}).Is(409, "conflict")
	who.Send("POST", "/v1/tasks/"+said.Task+"/cancel", nil).Is(200)
	k := who.Wait(said.Task)
	p.Must(k.State == "canceled", "the answer has ended as %s", k.State)
	p.Must(utters(who, chat, "Hello").State == "succeeded", "the next question is answered")
}

// chatDeleted: a conversation that is deleted is gone at once, word for word.
func chatDeleted(p *probe.Probe) {
	who, word := p.Person(), probe.Mark("secret")
	chat := begins(who)
	answer := utters(who, chat, "Please remember "+word).Answer
	p.Somewhere("the conversation", []byte(word))
	who.Send("DELETE", "/v1/chats/"+chat, nil).Fine()
	who.Get("/v1/chats/" + chat).Is(404)
	p.Nowhere("the conversation", []byte(word), []byte(answer))
}

// chatLasts: what was said is there until shortly before its time, and gone at it.
func chatLasts(still, rest string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who, word := p.Person(), probe.Mark("secret")
		chat := begins(who)
		utters(who, chat, "Please remember "+word)
		p.Advance(still)
		p.Must(strings.Contains(last(turns(who, chat)).Question, word), "the question can still be read")
		p.Somewhere("the question", []byte(word))
		p.Advance(rest)
		p.Nowhere("the question", []byte(word))
		a := who.Get("/v1/chats/" + chat).Lacks(word)
		p.Must(a.Status == 200 || a.Status == 404 || a.Status == 410, "the conversation is answered with %d and without the words", a.Status)
	}
}

// advised: answers to these questions carry the notice in words, and the others do not.
func advised(notice string, about, others []string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		for _, q := range about {
			t := utters(who, begins(who), q)
			at := slices.IndexFunc(t.Notices, func(n client.AnswerNotice) bool { return n.Code == notice })
			p.Must(at >= 0 && t.Notices[at].Text != "", "the answer to “%s” carries the %s notice", q, notice)
		}
		for _, q := range others {
			t := utters(who, begins(who), q)
			p.Must(t.Answer != "" && !slices.ContainsFunc(t.Notices, func(n client.AnswerNotice) bool { return n.Code == notice }), "the answer to “%s” does not", q)
		}
	}
}

// saysMachine: answers and pictures say that a machine made them, the picture's file as well.
func saysMachine(j job) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		t := utters(who, begins(who), "Hello")
		p.Must(len(t.Notices) > 0 && t.Notices[0].Code == "ai_generated" && t.Notices[0].Text != "", "an answer says “%s”", first(t.Notices).Text)
		o, _ := j.order(p, who)
		k := who.Make(o)
		out := last(k.Outputs)
		p.Must(slices.Contains(out.Notices, "ai_generated") && out.AILabel.Visible, "a picture is shown with the notice and carries a visible mark")
		p.Must(bytes.Contains(content(who, k), []byte("trainedAlgorithmicMedia")) || bytes.Contains(content(who, k), []byte("rainedAlgorithmicMedia")), "its file says that a machine made it")
	}
}

// recording makes a second of sound that no other recording has.
func recording() probe.Photo {
	const rate = 8000
	sound := make([]byte, rate)
	_, _ = rand.Read(sound) // never fails: crypto/rand ends the program instead
	var b bytes.Buffer
	b.WriteString("RIFF")
	_ = binary.Write(&b, binary.LittleEndian, uint32(36+rate)) // a buffer takes everything
	b.WriteString("WAVEfmt ")
	for _, v := range []any{uint32(16), uint16(1), uint16(1), uint32(rate), uint32(rate), uint16(1), uint16(8)} {
		_ = binary.Write(&b, binary.LittleEndian, v)
	}
	b.WriteString("data")
	_ = binary.Write(&b, binary.LittleEndian, uint32(rate))
	b.Write(sound)
	return probe.Photo{File: b.Bytes(), Type: "audio/wav", Coded: sound[rate/2 : rate/2+48], Pixels: sound[64:112], Hidden: string(sound[200:240])}
}

// dictates hands a recording in and agrees to its transcription.
func dictates(who *probe.Person, f probe.Photo) probe.Order {
	return probe.Order{Feature: "speech_to_text", Photos: map[string]string{"voice": who.Upload(f).ID}, Consent: who.Decide("speech_to_text", "granted").ID}
}

// voiceInMemory: a recording becomes text that is read once; before and after, the recording is nowhere.
func voiceInMemory(p *probe.Probe) {
	who, f, before := p.Person(), recording(), p.Traffic()
	grant(who, "granted", "microphone")
	o := dictates(who, f)
	p.Nowhere("the waiting recording", f.Marks()...)
	var k client.Task
	who.Try(o).Fine().Into(&k)
	k = who.Wait(k.ID)
	p.Must(k.State == "succeeded", "the recording becomes text")
	p.Reached(before, "own_ai")
	who.Get("/v1/uploads/"+o.Photos["voice"]).Is(410, "erased")
	path := "/v1/outputs/" + last(k.Outputs).ID + "/content"
	text := who.Get(path).Is(200).Body
	p.Must(len(text) > 10, "the text has %d characters", len(text))
	who.Get(path).Is(410, "erased")
	p.Nowhere("the recording and its text", append(f.Marks(), text)...)
}

// voiceKilled: a recording whose server is killed is nowhere afterwards.
func voiceKilled(p *probe.Probe) {
	who, f := p.Person(), recording()
	grant(who, "granted", "microphone")
	o := dictates(who, f)
	var k client.Task
	who.Try(o).Fine().Into(&k)
	p.Restart()
	who.Wait(k.ID)
	who.Get("/v1/uploads/"+o.Photos["voice"]).Is(410, "erased")
	p.Nowhere("the recording", f.Marks()...)
}

// needsMicrophone: without the microphone a recording is not transcribed, and the chat by text works.
func needsMicrophone(p *probe.Probe) {
	who, f := p.Person(), recording()
	grant(who, "granted", "microphone")
	o := dictates(who, f)
	grant(who, "denied", "microphone")
	who.Try(o).Is(409, "permission-required")
	t := utters(who, begins(who), "Hello")
	p.Must(t.State == "succeeded", "the chat by text works")
	grant(who, "granted", "microphone")
	who.Try(dictates(who, recording())).Is(202)
}

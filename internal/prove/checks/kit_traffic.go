package checks

import (
	"slices"
	"strings"

	"vow.example/vow/internal/prove/probe"
)

// carriesNothingElse: whatever an app says of device, address or file beside the fields of the screen
// reaches nobody, and no call has a name that the protocol of the recipient does not have.
func (j job) carriesNothingElse(p *probe.Probe) {
	mark := probe.Mark("device")
	who := p.Person().With("User-Agent", mark).With("X-Device", mark).With("X-Forwarded-For", "203.0.113.77")
	before := p.Traffic()
	o, f := j.order(p, who)
	who.Make(o)
	p.WasReceived(j.to, "the photo", f.Coded)
	p.NotReceived("device, address, file name or metadata", []byte(mark), []byte("203.0.113.77"), []byte(f.Hidden), []byte(who.Subject))
	known := []string{"addMetadata", "apiKey", "fieldName", "fieldValue", "nodeId", "nodeInfoList", "taskId", "webhookUrl", "workflowId", "file", "fileType"}
	got := probe.Keys(p.Received(j.to), before[j.to])
	for _, k := range got {
		if !slices.Contains(known, k) {
			p.Failf("%s received something called %s", j.to, k)
		}
	}
	p.Saw("the calls had these names alone: %s", strings.Join(got, ", "))
}

// unlogged: the words of a task are in no log and in no file, while they live under their key.
func (j job) unlogged(p *probe.Probe) {
	who, word := p.Person(), probe.Mark("word")
	j.prompt = "a garden with the sign " + word
	o, _ := j.order(p, who)
	who.Make(o)
	p.Sealed("the text", []byte(word))
}

// onlyListed: what is listed is taken; beside a field that is not, nothing is, and its value is nowhere.
func (s sheet) onlyListed(others ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := s.person(p)
		p.Must(s.taken(p, who, "") == 1, "what is listed is taken")
		for _, name := range others {
			extra := probe.Mark("extra")
			d := s.data("")
			d[name] = extra
			s.give(p, who, d).Is(422, "field-not-allowed", "category-not-allowed")
			p.Nowhere("what came as "+name, []byte(extra))
		}
	}
}

package checks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/prove/probe"
)

// sheet is one closed schema under which an app hands something over beside the inputs of features.
type sheet struct {
	path     string // "/v1/telemetry"
	platform string // default: android
	schema   string // where the policy lists several
	event    string // of /v1/events
	switches []string
	grants   []string // permissions that the device must have reported
	word     string   // a listed field that takes a word: what is searched for stands there
	more     map[string]any
}

// person returns somebody who has allowed what the sheet needs.
func (s sheet) person(p *probe.Probe) *probe.Person {
	who := p.Person()
	set(who, true, s.switches...)
	grant(who, "granted", s.grants...)
	return who
}

// data are listed fields, with a mark in one of them.
func (s sheet) data(mark string) map[string]any {
	d := maps.Clone(s.more)
	if d == nil {
		d = map[string]any{}
	}
	if s.word != "" {
		d[s.word] = mark
	}
	return d
}

// give hands the data over, whatever the answer.
func (s sheet) give(p *probe.Probe, who *probe.Person, data map[string]any) probe.Answer {
	platform := s.platform
	if platform == "" {
		platform = "android"
	}
	body := map[string]any{"platform": platform, "app_state": "foreground"}
	if s.schema != "" {
		body["schema"] = s.schema
	}
	if s.event == "" {
		body["data"] = data
	} else {
		body["events"] = []any{map[string]any{"name": s.event, "at": p.Now(), "data": data}}
	}
	return who.Send("POST", s.path, body)
}

// taken hands the listed fields over and says how many things were kept.
func (s sheet) taken(p *probe.Probe, who *probe.Person, mark string) int {
	var a client.Accepted
	s.give(p, who, s.data(mark)).Is(202).Into(&a)
	return a.Accepted
}

// closed: every listed field is taken and found; beside it, each of the others ends the whole call, and
// nothing of it is found.
func (s sheet) closed(others ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := s.person(p)
		mark := probe.Word()
		p.Must(s.taken(p, who, mark) == 1, "the listed fields are taken")
		p.Somewhere("a listed field", []byte(mark))
		for _, name := range others {
			mark, extra := probe.Word(), probe.Word()
			d := s.data(mark)
			d[name] = extra
			s.give(p, who, d).Is(422, "field-not-allowed", "category-not-allowed")
			p.Nowhere("what came with "+name, []byte(mark), []byte(extra))
		}
	}
}

// follows: with each of the switches off nothing is kept, with them on it is, and off again nothing.
func (s sheet) follows(p *probe.Probe) {
	who := s.person(p)
	kept, dropped := probe.Word(), probe.Word()
	before := p.Traffic()
	set(who, false, s.switches...)
	p.Must(s.taken(p, who, dropped) == 0, "with %s off nothing is kept", strings.Join(s.switches, ", "))
	p.Silent(before)
	p.Nowhere("what came while it was off", []byte(dropped))
	set(who, true, s.switches...)
	p.Must(s.taken(p, who, kept) == 1, "with %s on it is kept", strings.Join(s.switches, ", "))
	p.Somewhere("what came while it was on", []byte(kept))
}

// belongs: what was taken is in the person's own copy, and gone with the account.
func (s sheet) belongs(p *probe.Probe) {
	who := s.person(p)
	mark := probe.Word()
	s.taken(p, who, mark)
	who.CopyHolds("what the app handed over", mark)
	p.Somewhere("what the app handed over", []byte(mark))
	eraseAccount(who)
	p.Nowhere("what the app handed over", []byte(mark))
}

// lasts: what was taken is there shortly before its time and nowhere at it.
func (s sheet) lasts(still, rest string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := s.person(p)
		mark := probe.Word()
		s.taken(p, who, mark)
		if still != "" {
			p.Advance(still)
			p.Somewhere("what the app handed over", []byte(mark))
		}
		p.Advance(rest)
		p.Nowhere("what the app handed over", []byte(mark))
	}
}

// needs: without the permission the call is refused and nothing kept; with it, it is taken.
func (s sheet) needs(permission string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := s.person(p)
		mark := probe.Word()
		grant(who, "denied", permission)
		s.give(p, who, s.data(mark)).Is(409, "permission-required")
		p.Nowhere("what came without the permission", []byte(mark))
		grant(who, "granted", permission)
		p.Must(s.taken(p, who, probe.Word()) == 1, "with the permission it is taken")
	}
}

// set turns switches of the person on or off.
func set(who *probe.Person, on bool, switches ...string) {
	state := map[string]bool{}
	for _, id := range switches {
		state[id] = on
	}
	if len(state) > 0 {
		who.Send("PUT", "/v1/me/privacy-settings", state).Fine()
	}
}

// grant reports the state of permissions of the person's device.
func grant(who *probe.Person, state string, permissions ...string) {
	told := map[string]string{}
	for _, id := range permissions {
		told[id] = state
	}
	if len(told) > 0 {
		who.Send("PUT", "/v1/me/permissions", told).Fine()
	}
}

// eraseAccount has everything of the person erased.
func eraseAccount(who *probe.Person) {
	who.Send("POST", "/v1/privacy/requests", map[string]string{"kind": "erase"}).Fine()
}

// letter is what people write: to support, as feedback, in a survey.
type letter struct {
	path string
	data map[string]any // beside the text; "" texts are left out
	text string         // name of the field of words: "text", or one below data
}

// ownWill: nobody has to write or to give an address; what is written is in the person's copy and goes
// with the account.
func (l letter) ownWill(p *probe.Probe) {
	who := p.Person()
	mark := probe.Mark("letter")
	body := map[string]any{"platform": "ios"}
	d := maps.Clone(l.data)
	if l.text == "text" {
		body["text"] = "please help: " + mark
	} else {
		d[l.text] = "a remark: " + mark
	}
	if len(d) > 0 {
		body["data"] = d
	}
	who.Send("POST", l.path, body).Fine()
	who.CopyHolds("what was written to "+l.path+" without an address", mark)
	p.Somewhere("what was written", []byte(mark))
	eraseAccount(who)
	p.Nowhere("what was written", []byte(mark))
}

// vendor is a source from which data comes in.
type vendor struct {
	source string
	word   string // a listed field that takes a word
}

// sends hands in a delivery, signed with the secret.
func (v vendor) sends(p *probe.Probe, secret string, who *probe.Person, data map[string]any) probe.Answer {
	raw, err := json.Marshal(map[string]any{"subject": who.Subject, "data": data})
	p.Check(err)
	at := strconv.FormatInt(clock.Real{}.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(at + "." + string(raw)))
	return p.Ask("POST", "/v1/inbound/"+v.source+"?app="+who.App, strings.NewReader(string(raw)),
		"Content-Type", "application/json", "Vow-Timestamp", at, "Vow-Signature", "v1="+hex.EncodeToString(mac.Sum(nil)))
}

func (v vendor) secret() string { return "whsec_demo_" + v.source }

// declared: a source that the policy does not name, a wrong signature and an extra field are refused and
// leave nothing; what is listed and signed is kept with its origin.
func (v vendor) declared(switches []string, others ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		set(who, true, switches...)
		bad := probe.Word()
		vendor{source: "nobody"}.sends(p, "whsec_demo_nobody", who, map[string]any{v.word: bad}).Is(404)
		v.sends(p, "whsec_wrong", who, map[string]any{v.word: bad}).Is(401)
		for _, name := range others {
			v.sends(p, v.secret(), who, map[string]any{v.word: bad, name: bad}).Is(422, "field-not-allowed", "category-not-allowed")
		}
		p.Nowhere("what was refused", []byte(bad))
		good := probe.Word()
		v.sends(p, v.secret(), who, map[string]any{v.word: good}).Is(202)
		who.CopyHolds("what came, with its origin", good, `"origin":"`+v.source+`"`)
	}
}

// kits: an app on each platform is shown these embedded kits and no other, and the policy lists them all.
func kits(byPlatform map[string][]string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		var listed client.Page[client.PolicySDK]
		p.Facts("sdks").Fine().Into(&listed)
		for _, platform := range slices.Sorted(maps.Keys(byPlatform)) {
			var b client.Bootstrap
			who.Get("/v1/bootstrap?platform=" + platform).Fine().Into(&b)
			got := []string{}
			for _, k := range b.SDKs {
				got = append(got, k.ID)
				p.Must(k.Purpose != "" && len(k.Fields) > 0, "%s says what it handles and why", k.ID)
				p.Must(slices.ContainsFunc(listed.Data, func(l client.PolicySDK) bool { return l.ID == k.ID && slices.Equal(l.Fields, k.Fields) }), "the policy lists %s with the same data", k.ID)
			}
			slices.Sort(got)
			p.Must(slices.Equal(got, byPlatform[platform]), "on %s the kits are %s", platform, strings.Join(got, ", "))
		}
	}
}

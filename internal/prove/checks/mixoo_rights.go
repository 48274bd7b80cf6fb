package checks

import (
	"bytes"
	"encoding/json"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/prove"
	"vow.example/vow/internal/prove/probe"
)

const noQueue = "requests of people are served at once by themselves; there is no tracked queue of requests with an identifier and a due date: "

func mixooRights() []prove.Proof {
	picture, words, _ := mixooPlain()
	page := mixooEvent("page_view", "page_sequence", nil)
	return []prove.Proof{
		later("MIX-6-01", noQueue+"a letter cannot be entered by staff"),
		proof("MIX-6-02", "A copy or a deletion is given to the session of its person and to nobody without one or with another one.", identified),
		later("MIX-6-03", noQueue+"staff cannot refuse one with a code"),
		proof("MIX-6.1-01", "A consent can be withdrawn at any time without a reason: the next task is refused, one that waits is stopped, and the company receives nothing more.", both(
			picture.withdrawn, words.withdrawn, withdrawnAll)),
		proof("MIX-6.1-02", "After a withdrawal the list of transfers and the old consent are as they were, beside the withdrawal.", both(picture.withdrawn, consentHistory)),
		proof("MIX-6.2-01", "A person takes a copy at once and without paying: it holds everything that is held, and nothing of anybody else.", words.copied),
		later("MIX-6.2-02", noQueue+"nothing in a copy can be withheld for the sake of others, with a notice in its place"),
		proof("MIX-6.2-03", "A person corrects their own data; the copy shows the new value only.", corrected),
		proof("MIX-6.3-01", "Deletion needs no reason: the request is done when it is answered.", words.erased("/v1/privacy/requests")),
		later("MIX-6.3-02", "the page that asks for deletion without the app wants the login and its password: no request with a code by mail and a due date can be made"),
		proof("MIX-6.3-03", "A request for deletion ends everything when it is answered, and thirty days later nothing has come back.", both(words.erased("/v1/me"), stillGone("P30D"))),
		proof("MIX-6.3-04", "A request to erase all content erases it at once; the clock of what is uploaded afterwards is the usual one.", contentOnly),
		proof("MIX-6.4-01", "While processing is restricted, on each of the four grounds, no task starts and no facts are taken; the copy stays; lifted, the task starts.", picture.restricted("accuracy_contested", "erasure_opposed", "needed_for_claims", "objection_pending")),
		proof("MIX-6.4-02", "The refusal names the ground, and the policy says that the service can be interrupted and how that ends.", both(picture.restricted("accuracy_contested"), func(p *probe.Probe) {
			p.Says("While accuracy is checked, the service can be interrupted for you in part or in full", "在核实准确性期间，服务可能对您部分或全部中断")
		})),
		proof("MIX-6.4-03", "Restricted data is opened to staff under one of the three codes alone, agreed to by somebody else, and the person sees it.", overridden("legal_claims")),
		proof("MIX-6.4-04", "A person whose processing is restricted for a claim has one item kept beyond 24 hours, sealed; the others die on time.", both(kept("needed_for_claims", "PT24H"), kept("erasure_opposed", "PT24H"), keepsNothing)),
		proof("MIX-6.5-01", "An objection to a purpose takes effect at once: events are dropped and not read for it, until it is taken back.", both(dropsOnObjection, page.belongs)),
		proof("MIX-6.6-01", "The copy is one archive: JSON under a published schema and the files, each as long as its entry says.", machineReadable),
		proof("MIX-6.6-02", "A copy is handed to another controller on the person's request only, after somebody else agreed; the person sees it.", complete("disclosure", "other_controller", "generated_image").handedOver(1)),
		proof("MIX-6.7-01", "Each transfer lists what stays at the company and why, as an open entry; the receipt of a deletion names the company and what it says.", toldOnErasure),
		proof("MIX-6.7-02", "The person's list names the company that received their task, with time, fields, purpose and consent, and no other.", both(picture.told, mixooWork("nano_banana_2")[0].told)),
		proof("MIX-6.8-01", "Tasks that the review stops change nothing about the account: the person goes on, and no measure is automatic.", neverLockedOut),
		later("MIX-6.9-01", noQueue+"a complaint has no identifier, no due date and no answer with the regulator"),
		proof("MIX-7-01", "Before the age band is said nothing is taken; a child is turned away and leaves nothing; others are let in.", ageAsked),
		proof("MIX-7-02", "The mark of a moderator erases everything of a child at once.", markedTooYoung),
		later("MIX-7-03", noQueue+"a guardian cannot report without a session"),
		proof("MIX-8-01", "A photo uploaded under the first version dies after its 24 hours although the next version says 48; under one with 12 hours it dies after 12.", alone(versionOfItsDay)),
		proof("MIX-8-02", "A change is announced to everybody: the next start of the app carries it, with what changes; a version without a channel is refused.", both(
			announcedNow(mixooLonger()), refuses("no channel for notices", "list channels", "  channels: [in_app]\n", "  channels: []\n"))),
		proof("MIX-8-03", "Going on is recorded; a version that sends something more needs a new consent for that feature before anything is sent.", alone(newFieldAsksAgain)),
		says("MIX-9-01", "One policy covers both versions", "两个版本适用同一政策"),
		says("MIX-9-02", "ios@mixoo.example", "ios@mixoo.example", "android@mixoo.example", "android@mixoo.example"),
	}
}

// mixooLonger is a change that keeps photos for longer.
func mixooLonger() (from, to string) {
	return "{category: source_photo, starts: unused, limit: PT24H", "{category: source_photo, starts: unused, limit: PT48H"
}

// identified: a copy is given to the person's own session, and to nobody else.
func identified(p *probe.Probe) {
	who, mark := p.Person(), probe.Mark("letter")
	writes(who, mark)
	for _, call := range [][2]string{{"GET", "/v1/privacy/export"}, {"DELETE", "/v1/me"}, {"POST", "/v1/privacy/requests"}} {
		p.Ask(call[0], call[1], nil).Is(401, "unauthenticated")
		p.Ask(call[0], call[1], nil, "Authorization", "Bearer "+who.Subject).Is(401, "unauthenticated")
	}
	p.Person().CopyLacks("anything of another person", mark, who.Subject)
	eraseAccount(p.Person())
	who.CopyHolds("their own letter", mark)
}

// withdrawnAll: withdrawing everything ends what waits.
func withdrawnAll(p *probe.Probe) {
	w := mixooWork("sketch")[0]
	who := p.Person()
	o, _ := w.order(p, who)
	o.Consent = who.Decide(w.feature, "granted").ID
	who.Send("POST", "/v1/privacy/requests", map[string]string{"kind": "withdraw_all"}).Fine()
	before := p.Traffic()
	who.Try(o).Is(403, "consent-withdrawn", "consent-required")
	p.Silent(before)
}

// consentHistory: a withdrawal stands beside the consent, which stays.
func consentHistory(p *probe.Probe) {
	who := p.Person()
	c := who.Decide("colorize", "granted")
	who.Send("DELETE", "/v1/consents/"+c.ID, nil).Fine()
	who.Get("/v1/consents").Is(200).Holds(c.ID, "withdrawn_at")
	who.Get("/v1/consents/" + c.ID + "/text").Is(200).Holds(c.DisclosureHash)
}

// stillGone: what was erased has not come back after a while and a restart.
func stillGone(after string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who, f, mark := p.Person(), p.NewPhoto(), probe.Mark("letter")
		who.Upload(f)
		writes(who, mark)
		p.Somewhere("the letter", []byte(mark))
		eraseAccount(who)
		p.Advance(after)
		p.Restart()
		who.Get("/v1/me").Is(401)
		p.Nowhere("photo and letter", append(f.Marks(), []byte(mark))...)
	}
}

// contentOnly: erasing the content needs no clock, and sets none back.
func contentOnly(p *probe.Probe) {
	who, f, next := p.Person(), p.NewPhoto(), p.NewPhoto()
	who.Upload(f)
	p.Somewhere("the photo", f.Coded)
	who.Send("POST", "/v1/privacy/requests", map[string]string{"kind": "erase", "scope": "content"}).Fine()
	p.Nowhere("the photo", f.Marks()...)
	up := who.Upload(next)
	p.Must(up.Clock.DeleteAt != nil && up.Clock.DeleteAt.Sub(p.Now()) <= 24*time.Hour, "the next photo has a clock of at most a day")
	p.Advance("PT24H")
	who.Get("/v1/uploads/"+up.ID).Is(410, "erased")
	p.Nowhere("the next photo", next.Marks()...)
}

// keepsNothing: a restriction on another ground keeps nothing beyond its clock.
func keepsNothing(p *probe.Probe) {
	who, f := p.Person(), p.NewPhoto()
	up := who.Upload(f).ID
	who.Send("PUT", "/v1/me/restriction", map[string]string{"ground": "accuracy_contested"}).Fine()
	who.Send("POST", "/v1/privacy/keeps", map[string]string{"object": up}).Is(422, "ground-required")
	p.Advance("PT24H")
	who.Get("/v1/privacy/items").Is(200).Lacks(up)
	p.Nowhere("the photo that cannot be kept", f.Marks()...)
}

// machineReadable: the copy fits its published schema and holds every file as its entry says.
func machineReadable(p *probe.Probe) {
	w := mixooWork("nano_banana")[0]
	who := p.Person()
	o, _ := w.order(p, who)
	who.Make(o)
	files := who.Copy()
	published := p.Ask("GET", "/v1/privacy/export/schema", nil).Is(200).Body
	p.Must(json.Valid(published) && json.Valid(files["schema.json"]) && bytes.Contains(published, []byte("vow-export/1")), "the schema is published, and part of the copy")
	var doc struct {
		Format  string `json:"format"`
		Objects []struct {
			ID, File string
			Bytes    int
		} `json:"objects"`
	}
	p.Check(json.Unmarshal(files["data.json"], &doc))
	p.Must(doc.Format == "vow-export/1" && len(doc.Objects) >= 4, "the copy has %d items in its format", len(doc.Objects))
	for _, x := range doc.Objects {
		if len(files[x.File]) != x.Bytes {
			p.Failf("%s has %d bytes in the copy, and its entry says %d", x.ID, len(files[x.File]), x.Bytes)
		}
	}
	p.Saw("every item is a file of the length that its entry says")
}

// toldOnErasure: what stays at a company is an open entry, and the receipt of a deletion says so.
func toldOnErasure(p *probe.Probe) {
	w := mixooWork("cartoonize")[0]
	who := p.Person()
	o, _ := w.order(p, who)
	k := who.Make(o)
	open := 0
	for _, h := range first(who.Transfers()).Held {
		if h.State == "open" && h.Text != "" && h.ReasonText != "" {
			open++
			p.Saw("an open entry: %s", h.Text)
		}
	}
	p.Must(open > 0, "%d entries are open", open)
	who.Send("DELETE", "/v1/outputs/"+last(k.Outputs).ID, nil).Is(200).Holds("Alibaba Cloud does not state how long it keeps what it receives")
}

// neverLockedOut: stopped tasks end nothing but themselves.
func neverLockedOut(p *probe.Probe) {
	const tries = 6
	w := mixooWork("text_to_image")[0]
	who, good := p.Person(), w.prompt
	for range tries {
		w.prompt = "a naked child on a beach"
		o, _ := w.order(p, who)
		p.Must(who.Run(o).State == "blocked", "the task is blocked")
	}
	var me client.Me
	who.Get("/v1/me").Is(200).Into(&me)
	p.Must(!me.Restricted && me.Standing == "", "after %d blocked tasks the account is as before", tries)
	w.prompt = good
	o, _ := w.order(p, who)
	who.Make(o)
	p.Saw("and its next task is made")
}

// versionOfItsDay: the version in force at the upload sets the clock; a stricter later one applies too.
func versionOfItsDay(p *probe.Probe) {
	who, f := p.Person(), p.NewPhoto()
	up := "/v1/uploads/" + who.Upload(f).ID
	from, to := mixooLonger()
	publishes(p, nextEdition(p, today(p), from, to), time.Second).Is(201)
	p.Advance("PT1M")
	answers(p, who, "agree")
	p.Advance("PT24H")
	who.Get(up).Is(410, "erased")
	p.Nowhere("the photo of the first version", f.Marks()...)
	other, g := p.Person(), p.NewPhoto()
	next := "/v1/uploads/" + other.Upload(g).ID
	p.Advance("PT1H")
	publishes(p, nextEdition(p, today(p), from, "{category: source_photo, starts: unused, limit: PT12H"), time.Second).Is(201)
	p.Advance("PT1M")
	other.Get(next).Is(200)
	p.Advance("PT12H")
	other.Get(next).Is(410, "erased")
	p.Nowhere("the photo under the stricter version", g.Marks()...)
}

// newFieldAsksAgain: one more field on the way to a company ends the old consent.
func newFieldAsksAgain(p *probe.Probe) {
	w := mixooWork("colorize")[0]
	who := p.Person()
	o, _ := w.order(p, who)
	o.Consent = who.Decide(w.feature, "granted").ID
	same := mixooWork("text_to_image")[0]
	was := who.Screen(w.feature, "en")
	publishes(p, nextEdition(p, today(p),
		"summary: {en: \"Gives colour to a black and white photo.\", zh-Hans: \"为黑白照片上色。\"}\n    state: live\n    face: true\n    required: [photo_face]\n    recipient: alibaba_cloud\n    send: [{field: photo, transport: url}]",
		"summary: {en: \"Gives colour to a black and white photo.\", zh-Hans: \"为黑白照片上色。\"}\n    state: live\n    face: true\n    required: [photo_face]\n    recipient: alibaba_cloud\n    send: [{field: photo, transport: bytes}]"), time.Second).Is(201)
	p.Advance("PT1M")
	answers(p, who, "seen")
	before := p.Traffic()
	who.Try(o).IsOne([]int{403, 409}, "consent-required", "consent-stale")
	p.Silent(before)
	p.Must(who.Screen(w.feature, "en").Hash != was.Hash, "the screen is another one now")
	p.Must(first(notices(who)).ID != "", "the notice is there, seen")
	next, _ := same.order(p, who)
	who.Make(next)
	p.Saw("another feature goes on under its own consent")
}

package checks

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/prove/probe"
)

// namedScenario: facts without the name of their scenario are refused and nowhere.
func namedScenario(p *probe.Probe) {
	s := kmeDevice()
	who, mark := s.person(p), probe.Mark("fact")
	s.schema = ""
	s.give(p, who, s.data(mark)).Is(422, "field-not-allowed")
	s.schema = "anything"
	s.give(p, who, s.data(mark)).Is(422, "field-not-allowed")
	p.Nowhere("what came without a scenario", []byte(mark))
}

// atLogin hands identifiers of a device over at a login.
func atLogin(who *probe.Person, data map[string]any) probe.Answer {
	return who.Send("POST", "/v1/login-risk", map[string]any{"platform": "android", "app_state": "foreground", "data": data})
}

// holds reads how many things of a category the person is told that the server holds.
func holds(who *probe.Person, category string) (n int) {
	var h client.Holdings
	who.Get("/v1/privacy/holdings").Fine().Into(&h)
	for _, row := range h.Data {
		if row.Category == category {
			n = row.Count
		}
	}
	return n
}

// loginIdentifiers: identifiers are taken at a login alone, as digests, for thirty days.
func loginIdentifiers(p *probe.Probe) {
	s := kmeDevice()
	who := s.person(p)
	ids := map[string]any{}
	var marks [][]byte
	for _, field := range []string{"device_unique_id", "mac_address", "imei", "oaid", "android_id"} {
		mark := probe.Mark(strings.ReplaceAll(field, "_", ""))
		ids[field] = mark
		marks = append(marks, []byte(mark))
		data := s.data(probe.Mark("fact"))
		data[field] = mark
		s.give(p, who, data).Is(422, "field-not-allowed", "category-not-allowed")
		u := kmeUsage()
		data = u.data("")
		data[field] = mark
		u.give(p, who, data).Is(422, "field-not-allowed", "category-not-allowed")
	}
	atLogin(who, ids).Is(200)
	p.Nowhere("an identifier", marks...)
	p.Must(holds(who, "hardware_ids") == len(ids), "the person is told that %d digests are held", len(ids))
	p.Advance("P29DT23H")
	p.Must(holds(who, "hardware_ids") == len(ids), "they are held shortly before thirty days")
	p.Advance("PT2H")
	p.Must(holds(who, "hardware_ids") == 0, "after thirty days none is held")
}

// changedDevice: the same device is known, and another one asks for a further proof.
func changedDevice(p *probe.Probe) {
	who := p.Person()
	mine, other := map[string]any{"imei": probe.Mark("imei")}, map[string]any{"imei": probe.Mark("imei")}
	for _, c := range []struct {
		what string
		ids  map[string]any
		step bool
	}{{"the first device", mine, false}, {"the same device", mine, false}, {"another device", other, true}} {
		var r client.LoginRisk
		atLogin(who, c.ids).Is(200).Into(&r)
		p.Must(r.StepUp == c.step, "%s asks for a further proof: %t", c.what, r.StepUp)
	}
}

// withoutIdentifiers: a login without them works and is told what that means.
func withoutIdentifiers(p *probe.Probe) {
	who := p.Person()
	var r client.LoginRisk
	atLogin(who, map[string]any{}).Is(200).Into(&r)
	p.Must(r.ReducedSecurity, "the answer says that security is reduced")
	atLogin(who, map[string]any{"imei": probe.Mark("imei")}).Is(200).Into(&r)
	login, password := probe.Mark("login"), probe.Mark("password")
	who.Send("POST", "/v1/account", client.Account{Login: login, Password: password}).Is(204)
	p.Send("POST", "/v1/sessions", client.SessionCreate{App: p.App, Platform: "android", Login: login, Password: password}).Is(201).Holds(`"reduced_security":true`)
}

const noKits = "sdks: []"

// kit is a kit of somebody else in a policy file, with members beside the first ones.
func kit(more string) string {
	return `sdks:
  - {id: helper, name: Helper, company: "Helper Ltd.", policy_url: "https://policies.google.com/privacy", text: {en: "keeps the app running", zh-Hans: "保持应用运行"}, platforms: [android], purpose: service_operation, version: "2.0.0", recipient: own_ai, ` + more + `clause: KME-B-02}`
}

// kitWithChats: a kit that would get what people make does not load.
func kitWithChats(p *probe.Probe) {
	p.Refuses("a kit that gets chats", "may not handle prompt", noKits, kit(`checked: "2026-06-01", checked_version: "2.0.0", fields: [prompt], `))
}

// uncheckedKit: a kit whose version nobody has checked is listed as pending, and no app is told of it; one
// that was checked in this version is not.
func uncheckedKit(p *probe.Probe) {
	for more, pending := range map[string]bool{`checked: "2026-06-01", checked_version: "2.0.0", `: false, `checked: "2026-06-01", checked_version: "1.9.0", `: true} {
		p.Alone(func(p *probe.Probe) {
			who := p.Person()
			publishes(p, secondVersion(p, noKits, kit(more)), lead+time.Minute).Is(201)
			answers(p, who, "agree")
			p.Advance("P7DT1H")
			a := p.Facts("sdks").Is(200).Holds("helper")
			start := who.Get("/v1/bootstrap?platform=android").Is(200).Holds("permissions")
			if pending {
				a.Holds(`"pending":true`)
				start.Lacks("helper")
			} else {
				a.Holds(`"pending":false`)
				start.Holds("helper")
			}
		})
	}
}

// unlistedEvents: a listed event is taken; another one, and another field, end the call.
func unlistedEvents(p *probe.Probe) {
	s := kmeUsage()
	who, mark := s.person(p), probe.Mark("extra")
	p.Must(s.taken(p, who, "") == 1, "a listed event is taken")
	who.CopyHolds("the event", "page_view")
	other := s
	other.event = "purchase"
	other.give(p, who, map[string]any{}).Is(422, "field-not-allowed")
	data := s.data("")
	data["typed"] = mark
	s.give(p, who, data).Is(422, "field-not-allowed")
	p.Nowhere("what was refused", []byte(mark))
}

// usageEnds: events are held for thirty days.
func usageEnds(p *probe.Probe) {
	s := kmeUsage()
	who := s.person(p)
	s.taken(p, who, "")
	p.Advance("P29DT23H")
	p.Must(holds(who, "usage_events") > 0, "the event is held shortly before thirty days")
	p.Advance("PT2H")
	p.Must(holds(who, "usage_events") == 0, "after thirty days no event is held")
}

func kmeUsageFollows(p *probe.Probe) {
	s := kmeUsage()
	who := s.person(p)
	set(who, false, "analytics")
	p.Must(s.taken(p, who, "") == 0 && holds(who, "usage_events") == 0, "with the switch off nothing is kept")
	set(who, true, "analytics")
	p.Must(s.taken(p, who, "") == 1 && holds(who, "usage_events") > 0, "with it on the event is kept")
}

// notInBackground: the same facts that are taken from an app in the foreground are refused from one that
// is not, or does not say.
func notInBackground(p *probe.Probe) {
	s := kmeDevice()
	who, mark := s.person(p), probe.Mark("fact")
	for _, state := range []string{"background", "inactive", ""} {
		body := map[string]any{"platform": "android", "schema": "device", "app_state": state, "data": s.data(mark)}
		who.Send("POST", "/v1/telemetry", body).Is(422, "validation", "field-not-allowed")
	}
	p.Nowhere("what came from the background", []byte(mark))
	p.Must(s.taken(p, who, probe.Mark("fact")) == 1, "from the foreground it is taken")
}

// noPhotos: no door takes a photo, and a refused one is nowhere.
func noPhotos(p *probe.Probe) {
	who, f := p.Person(), p.NewPhoto()
	for _, origin := range []string{"", "?origin=library", "?origin=capture"} {
		a := p.Ask("POST", "/v1/uploads"+origin, bytes.NewReader(f.File), "Content-Type", f.Type, "Authorization", "Bearer "+who.Token)
		p.Must(slices.Contains([]int{409, 415, 422}, a.Status), "a photo%s is answered with %d %s", origin, a.Status, a.Code())
	}
	p.Nowhere("the photo", f.Marks()...)
	grant(who, "granted", "microphone")
	who.TryUpload(recording()).Is(201)
}

// neverReported: before the device has said anything about the permission, the facts are refused.
func neverReported(p *probe.Probe) {
	s := kmeDevice()
	who, mark := p.Person(), probe.Mark("fact")
	s.give(p, who, s.data(mark)).Is(409, "permission-required")
	p.Nowhere("what came before the permission", []byte(mark))
}

// allDenied: with every permission denied, chat and pictures work.
func allDenied(p *probe.Probe) {
	who := p.Person()
	who.Send("PUT", "/v1/me/permissions?platform=android", map[string]string{"installed_apps": "denied", "network": "denied", "photo_library": "denied", "microphone": "denied"}).Fine()
	t := utters(who, begins(who), "Hello")
	p.Must(t.State == "succeeded", "the chat answers")
	o, _ := kmePicture().order(p, who)
	who.Make(o)
	p.Saw("a picture is made")
}

// consentedDisclosure: the person's consent opens one receiver and one kind of data, and no other.
func consentedDisclosure(p *probe.Probe) {
	who := p.Person()
	g := complete("disclosure", "consent", "account").with("receiver", "The insurer")
	g.asked(p, officer, who).Is(403, "consent-required")
	id := named(who.Send("POST", "/v1/privacy/disclosure-consents", map[string]any{"receiver": "The insurer", "categories": []string{"account"}}).Is(201))
	g = g.with("consent", id)
	g.with("receiver", "Somebody else").asked(p, officer, who).Is(403, "consent-required")
	g.with("categories", []string{"device_info"}).asked(p, officer, who).Is(403, "consent-required")
	order := named(g.asked(p, officer, who).Is(201))
	officer2.send(p, "POST", "disclosures/"+order+"/approve", nil).Is(200)
	officer.send(p, "POST", "disclosures/"+order+"/archive", nil).Is(200)
	var c struct {
		Data []client.Consent `json:"data"`
	}
	who.Get("/v1/consents").Fine().Into(&c)
	at := slices.IndexFunc(c.Data, func(x client.Consent) bool { return x.ID == id })
	row := first(who.Transfers())
	p.Must(at >= 0 && c.Data[at].CreatedAt.Before(row.At) && row.Recipient.ID == "consent", "the consent is older than the row of the disclosure")
}

// ownHostOnly: nobody but the operator's own server may receive data.
func ownHostOnly(p *probe.Probe) {
	var page client.Page[client.RecipientRef]
	p.Facts("recipients").Is(200).Into(&page)
	for _, r := range page.Data {
		p.Must(r.ID == "own_ai", "%s may receive data", r.Name)
	}
	p.Must(len(page.Data) == 1, "nobody else may")
}

// ownDisks: what was said is found by whoever has its key, and by nobody without.
func ownDisks(p *probe.Probe) {
	who, word := p.Person(), probe.Mark("secret")
	utters(who, begins(who), "Please remember "+word)
	p.Somewhere("what was said", []byte(word))
	p.Unreadable("what was said", []byte(word), []byte(who.Token))
}

// fourPermissions: the policy lists these four and no other.
func fourPermissions(p *probe.Probe) {
	var page client.Page[client.PolicyPermission]
	p.Facts("permissions").Is(200).Into(&page)
	var ids []string
	for _, x := range page.Data {
		ids = append(ids, x.ID)
	}
	p.Must(slices.Equal(ids, []string{"installed_apps", "network", "photo_library", "microphone"}), "the permissions are %s", strings.Join(ids, ", "))
}

// shareTargets: yes or no for a short list, for the moment.
func shareTargets(p *probe.Probe) {
	who := p.Person()
	var list client.ShareTargets
	who.Get("/v1/share-targets?platform=android").Is(200).Into(&list)
	p.Must(len(list.Targets) > 0 && len(list.Targets) < 10, "the list is short: %s", strings.Join(list.Targets, ", "))
	present := client.SharePresence{Platform: "android", Targets: map[string]bool{"wechat": true, "qq": false}}
	who.Send("POST", "/v1/share-targets", present).Is(409, "permission-required")
	who.Send("PUT", "/v1/me/permissions?platform=android", map[string]string{"installed_apps": "granted"}).Fine()
	who.Send("POST", "/v1/share-targets", present).Is(200).Holds("wechat").Lacks("qq")
	app := probe.Mark("app")
	who.Send("POST", "/v1/share-targets", client.SharePresence{Platform: "android", Targets: map[string]bool{"wechat": true, app: true}}).Is(422, "field-not-allowed", "category-not-allowed")
	p.Nowhere("the name of another app", []byte(app))
	who.CopyLacks("which apps there are", "wechat")
}

// ownCopy: the copy holds what was said, made and handed over.
func ownCopy(p *probe.Probe) {
	s := kmeDevice()
	who, word, fact := s.person(p), probe.Mark("secret"), probe.Mark("fact")
	utters(who, begins(who), "Please remember "+word)
	s.taken(p, who, fact)
	o, _ := kmePicture().order(p, who)
	k := who.Make(o)
	who.CopyHolds("the chat and what the app handed over", word, fact)
	file := content(who, k)
	found := false
	for _, raw := range who.Copy() {
		found = found || bytes.Equal(raw, file)
	}
	p.Must(found, "the copy holds the picture, byte for byte")
}

// corrects: a correction is there when it is read again.
func corrects(p *probe.Probe) {
	who := p.Person()
	who.Send("PATCH", "/v1/me", client.MeUpdate{Locale: "zh-Hans"}).Is(200)
	var me client.Me
	who.Get("/v1/me").Fine().Into(&me)
	p.Must(me.Locale == "zh-Hans", "the language is now %s", me.Locale)
	who.Send("PATCH", "/v1/me", client.MeUpdate{Locale: "en"}).Fine()
	who.Get("/v1/me").Is(200).Holds(`"locale":"en"`)
}

// restrictedChat: while processing is restricted no question is taken, and the copy can be had.
func restrictedChat(p *probe.Probe) {
	who, before := p.Person(), p.Traffic()
	chat := begins(who)
	who.Send("PUT", "/v1/me/restriction", client.RestrictionCreate{Ground: "unlawful"}).Is(200)
	who.Send("POST", "/v1/chats/"+chat+"/messages", client.ChatSay{Text: "Hello"}).Is(423, "processing-restricted")
	p.Silent(before)
	who.Get("/v1/privacy/export").Is(200)
	who.Send("DELETE", "/v1/me/restriction", nil).Fine()
	p.Must(utters(who, chat, "Hello").State == "succeeded", "afterwards the chat answers")
}

// objected: while the person objects to improvement, events are dropped.
func objected(p *probe.Probe) {
	s := kmeUsage()
	who := s.person(p)
	who.Send("PUT", "/v1/me/objections", map[string]bool{"improvement": true}).Is(200)
	p.Must(s.taken(p, who, "") == 0 && holds(who, "usage_events") == 0, "after the objection nothing is kept")
	who.Send("PUT", "/v1/me/objections", map[string]bool{"improvement": false}).Fine()
	p.Must(s.taken(p, who, "") == 1, "without it the event is kept")
}

// archive: the copy has data that a program reads, with every member of the published schema.
func archive(p *probe.Probe) {
	who := p.Person()
	utters(who, begins(who), "Hello")
	var schema struct {
		Required []string `json:"required"`
	}
	p.Ask("GET", "/v1/privacy/export/schema", nil).Is(200).Into(&schema)
	var data map[string]any
	if err := json.Unmarshal(who.Copy()["data.json"], &data); err != nil {
		p.Failf("the copy has no data.json: %w", err)
		return
	}
	p.Must(len(schema.Required) > 2, "the schema requires %s", strings.Join(schema.Required, ", "))
	for _, name := range schema.Required {
		p.Must(data[name] != nil, "data.json has %s", name)
	}
}

// ownedByMaker: a result says whose it is, and staff have no way to publish it.
func ownedByMaker(p *probe.Probe) {
	who := p.Person()
	o, _ := kmePicture().order(p, who)
	out := last(who.Make(o).Outputs).ID
	who.Get("/v1/outputs/"+out).Is(200).Holds(`"owner":"subject"`, `"shared":false`)
	p.Send("POST", "/v1/outputs/"+out+"/share", nil, "Authorization", "Bearer "+string(officer)).Is(401)
}

// notReused: another person's work is no input.
func notReused(p *probe.Probe) {
	who, other := p.Person(), p.Person()
	o, _ := kmePicture().order(p, who)
	out := last(who.Make(o).Outputs).ID
	shares(who, "/v1/outputs/"+out)
	o, _ = kmePicture().order(p, other)
	o.Photos = map[string]string{"photo": out}
	o.Consent = other.Decide("image_generation", "granted").ID
	other.Try(o).Is(422)
	onlyOwn(p, "/v1/outputs/"+out+"/content")
}

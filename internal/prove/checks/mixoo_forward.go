package checks

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/prove"
	"vow.example/vow/internal/prove/probe"
)

// counter is a company that counts use, with what may be in a report to it.
type counter struct {
	id     string
	ios    bool
	fields []string // of events
	member string   // that holds the identifier
}

// counters are those of section 3.
func counters() []counter {
	return []counter{
		{"google_analytics", true, []string{"landing_page", "page_sequence", "page_dwell_time", "feature_health", "app_version", "system_language", "country_or_region"}, "client_id"},
		{"firebase", true, []string{"feature_use_time", "feature_health", "app_open_count", "app_version", "system_language", "country_or_region"}, "app_instance_id"},
		{"adjust", false, []string{"app_open_count", "app_version", "country_or_region"}, "adid"},
		{"umeng", false, []string{"app_open_count", "page_dwell_time", "app_version"}, "clientId"},
	}
}

func mixooForward() []prove.Proof {
	undeclared := refuses("a company that is not declared", "mixpanel is not declared", "  - {recipient: google_analytics, intakes", "  - {recipient: mixpanel, intakes")
	more := refuses("a fact that is not on the company's list", "click_count is not in the list of fields", "switch: analytics, fields: [landing_page, page_sequence,", "switch: analytics, fields: [click_count, page_sequence,")
	onIOS := refuses("Adjust on iOS", "MIX-1.4-03", "{recipient: adjust, intakes: [usage], platforms: [android, web]", "{recipient: adjust, intakes: [usage], platforms: [ios, android, web]")
	return []prove.Proof{
		proof("MIX-1.2-03", "An event from iOS reaches Google Analytics and Firebase alone, each with an identifier of its own; the category of identifiers may be looked at for no advertising.", both(
			counted("ios"), serves("analytics_ids", []string{"usage_analysis", "troubleshooting", "security", "service_operation"}, "advertising", "tracking", "profiling"))),
		proof("MIX-1.2-04", "Each report that a company received stands in the person's list of transfers with its fields and purpose; a company or a fact that the policy does not list is refused.", both(
			counted("android"), undeclared, more, refuses("another purpose", "has no declared purpose", "purpose: usage_analysis, clause: MIX-3-03}", "purpose: advertising, clause: MIX-3-03}"))),
		proof("MIX-1.2-05", "Reports from iOS carry an identifier that the company shares with nobody, advertising switched off, and no other member.", both(counted("ios"), apart)),
		proof("MIX-1.4-03", "An event from iOS reaches neither Adjust nor Umeng, one from Android does; a policy that leads to Adjust from iOS is refused, and the app on iOS is not shown its kit.", both(
			counted("ios"), counted("android"), onIOS, kits(map[string][]string{"ios": {"firebase", "google_analytics"}}))),
		proof("MIX-3-03", "A company that counts use receives the listed facts only; a task, its text and its photo reach none; with the switch off nothing does.", both(
			counted("android"), countsNoTask, countsNothingOff)),
		proof("MIX-4-05", "When a task is done the device gets one sentence without text, picture or feature; with the switch off, this kind of message off, or the permission denied, it gets none; a security alert, which nobody can switch off, arrives.", notifiedOnce),
	}
}

// opens is an event with more facts than any company may have.
func mixooOpen(platform string) (s sheet, mark string) {
	s = mixooEvent("app_open", "landing_page", map[string]any{
		"app_open_count": 3, "app_version": "2.1.0", "app_model": "Pixel-8", "network_status": "wifi", "country_or_region": "DE", "system_language": "en",
	})
	s.platform = platform
	return s, probe.Word()
}

// report is what a simulated counter received.
type report struct {
	Keys []string       `json:"keys"`
	Body map[string]any `json:"body"`
}

func reportsTo(p *probe.Probe, id string, after int) (list []report) {
	var doc struct {
		Requests []report `json:"requests"`
	}
	p.Ask("GET", "/demo/recipients/"+id+"/received", nil).Fine().Into(&doc)
	return doc.Requests[min(after, len(doc.Requests)):]
}

// counted: one event of a platform reaches the companies of that platform, once each, with the facts on
// their lists; the person's list of transfers says so.
func counted(platform string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		s, mark := mixooOpen(platform)
		who := s.person(p)
		p.Settled()
		before, reached := p.Traffic(), []string{}
		p.Must(s.taken(p, who, mark) == 1, "an event from %s is kept", platform)
		for _, c := range counters() {
			if platform == "ios" && !c.ios {
				continue
			}
			reached = append(reached, c.id)
			p.Until(c.id+" to get its report", func() bool { return p.Traffic()[c.id] > before[c.id] })
		}
		p.Settled()
		p.Silent(before, reached...)
		for _, c := range counters() {
			if slices.Contains(reached, c.id) {
				c.judges(p, who, before[c.id])
			}
		}
		listed := []string{}
		for _, x := range who.Transfers() {
			listed = append(listed, x.Recipient.ID)
			p.Must(x.Purpose == "usage_analysis" && x.Outcome == "sent", "the transfer to %s has its purpose", x.Recipient.ID)
		}
		slices.Sort(listed)
		slices.Sort(reached)
		p.Must(slices.Equal(listed, reached), "the person's list of transfers names %s", strings.Join(listed, ", "))
	}
}

// judges looks at the one report of a company.
func (c counter) judges(p *probe.Probe, who *probe.Person, after int) {
	list := reportsTo(p, c.id, after)
	if len(list) != 1 {
		p.Failf("%s received %d reports of one event", c.id, len(list))
		return
	}
	raw, err := json.Marshal(list[0].Body)
	p.Check(err)
	facts := map[string]any{}
	collect(list[0].Body, facts)
	for _, name := range []string{"app_model", "network_status", "click_count", "device_model", "idfa", "advertising_id", "email", "prompt", "face_count", "user_id"} {
		p.Must(facts[name] == nil, "%s received no %s", c.id, name)
	}
	for _, name := range []string{"app_open_count", "landing_page", "country_or_region", "system_language"} {
		p.Must((facts[name] != nil) == slices.Contains(c.fields, name), "%s received %s exactly where its list has it", c.id, name)
	}
	id, _ := facts[c.member].(string)
	p.Must(len(id) == 32 && !strings.Contains(string(raw), who.Subject), "the identifier is drawn at random, and not that of the person")
	for _, x := range []struct{ member, off string }{{"ad_personalization", "DENIED"}, {"ad_user_data", "DENIED"}} {
		if v, there := facts[x.member]; there {
			p.Must(v == x.off, "%s: %s is %v", c.id, x.member, v)
		}
	}
}

// collect gathers the members of a document, nested ones included, by name.
func collect(v any, into map[string]any) {
	switch v := v.(type) {
	case map[string]any:
		maps.Copy(into, v)
		for _, inner := range v {
			collect(inner, into)
		}
	case []any:
		for _, inner := range v {
			collect(inner, into)
		}
	}
}

// apart: the identifiers of one person at two companies, and of two people at one, are all different.
func apart(p *probe.Probe) {
	seen := map[string]bool{}
	for range 2 {
		s, mark := mixooOpen("ios")
		who := s.person(p)
		p.Settled()
		before := p.Traffic()
		s.taken(p, who, mark)
		for _, c := range counters()[:2] {
			p.Until(c.id+" to get its report", func() bool { return p.Traffic()[c.id] > before[c.id] })
			facts := map[string]any{}
			for _, r := range reportsTo(p, c.id, before[c.id]) {
				collect(r.Body, facts)
			}
			id, _ := facts[c.member].(string)
			p.Must(id != "" && !seen[id], "the identifier at %s is another one", c.id)
			seen[id] = true
		}
	}
}

// countsNoTask: a task of somebody who has statistics on reaches no company that counts.
func countsNoTask(p *probe.Probe) {
	who := p.Person()
	set(who, true, "analytics")
	p.Settled()
	before := p.Traffic()
	w := mixooWork("image_to_video")[0]
	o, _ := w.order(p, who)
	who.Make(o)
	p.Settled()
	p.Reached(before, w.to)
}

// countsNothingOff: with statistics off, as they are at first, nothing is reported.
func countsNothingOff(p *probe.Probe) {
	s, mark := mixooOpen("android")
	who := p.Person()
	p.Settled()
	before := p.Traffic()
	p.Must(s.taken(p, who, mark) == 0, "with statistics off, as they are at first, nothing is kept")
	p.Settled()
	p.Silent(before)
}

// notifiedOnce: one sentence when a task is done, and none against the person's will.
func notifiedOnce(p *probe.Probe) {
	const gateway = "notification_gateway"
	w := mixooWork("text_to_image")[0]
	word := probe.Mark("word")
	w.prompt = "a garden with the sign " + word
	who := p.Person()
	grant(who, "granted", "notifications")
	named(who.Send("POST", "/v1/devices", client.DeviceCreate{Platform: "ios"}))
	made := func() {
		o, _ := w.order(p, who)
		who.Make(o)
	}
	before := p.Traffic()
	made()
	p.Until("the message", func() bool { return p.Traffic()[gateway] > before[gateway] })
	p.Settled()
	list := reportsTo(p, gateway, before[gateway])
	raw, err := json.Marshal(list)
	p.Check(err)
	p.Must(len(list) == 1, "the device gets one message: %s", raw)
	for _, no := range []string{word, w.feature, "tsk_", "out_", who.Subject} {
		p.Must(!strings.Contains(string(raw), no), "the message does not say %.12s", no)
	}
	tell := func(kind string, off bool) probe.Answer {
		return who.Send("PUT", "/v1/me/messages", []client.MessageChoice{{Kind: kind, Channel: "push", Off: off}})
	}
	for _, off := range []func(){
		func() { tell("task_status", true).Is(200) },
		func() { tell("task_status", false).Is(200); set(who, false, "notifications") },
		func() { set(who, true, "notifications"); grant(who, "denied", "notifications") },
	} {
		off()
		before = p.Traffic()
		made()
		p.Settled()
		p.Silent(before, w.to)
	}
	grant(who, "granted", "notifications")
	tell("security_alert", true).Is(422, "validation")
	for _, kind := range []string{"task_status", "service_notice", "support_answer", "update"} {
		tell(kind, true).Is(200)
	}
	before = p.Traffic()
	named(owner.send(p, "POST", "messages", map[string]any{"type": "security_alert", "subject": who.Subject, "text": map[string]string{"en": "A short word.", "zh-Hans": "一句话。"}}))
	p.Until("the alert", func() bool { return p.Traffic()[gateway] > before[gateway] })
}

package checks

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/client/admin"
	"vow.example/vow/internal/prove/probe"
)

// servesOnly: the category serves these purposes and no other, as anybody can read.
func servesOnly(category string, purposes ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		c := categoryOf(p, category)
		p.Must(slices.Equal(c.Purposes, purposes), "%s serves %s", category, strings.Join(c.Purposes, ", "))
		serves(category, purposes, "service_operation", "training", "advertising")(p)
	}
}

func categoryOf(p *probe.Probe, id string) (found client.PolicyCategory) {
	var page client.Page[client.PolicyCategory]
	p.Facts("categories").Fine().Into(&page)
	for _, c := range page.Data {
		if c.ID == id {
			found = c
		}
	}
	p.Must(found.ID == id, "the policy lists %s", id)
	return found
}

// noPoints: nothing that the person can read of a finished task holds points of a face.
func noPoints(p *probe.Probe) {
	who := p.Person()
	o, _ := fitSwap().order(p, who)
	k := who.Make(o)
	for _, path := range []string{"/v1/tasks/" + k.ID, "/v1/outputs/" + last(k.Outputs).ID, "/v1/privacy/items", "/v1/privacy/holdings"} {
		who.Get(path).Is(200).Lacks("landmark", "points", "pupil", `"eyes"`, "embedding")
	}
	who.CopyLacks("points of a face", "face_landmarks", "pupil", "landmarks")
}

// declinedAlone: a no to one effect leaves everything else usable.
func declinedAlone(p *probe.Probe) {
	who := p.Person()
	o, f := fitSwap().order(p, who)
	who.Decide("face_swap", "declined")
	who.Try(o).Is(403, "consent-required")
	for _, path := range []string{"/v1/tasks", "/v1/outputs", "/v1/outputs?favorite=true", "/v1/me", "/v1/me/privacy-settings", "/v1/apps/aifitting/materials?kind=template"} {
		who.Get(path).Is(200)
	}
	p.Nowhere("the declined photo", f.Marks()...)
	other, _ := fitAvatar().order(p, who)
	who.Make(other)
	p.Saw("another effect still works")
}

// twoTemplates: the catalogue lists templates, and two of them make two different pictures of one face.
func twoTemplates(p *probe.Probe) {
	who, f := p.Person(), p.NewPhoto()
	who.Get("/v1/apps/aifitting/materials?kind=template").Is(200).Holds("knight", "pirate")
	var made [][]byte
	for _, template := range []string{"knight", "pirate"} {
		k := who.Make(probe.Order{Feature: "face_swap", Photos: map[string]string{"photo": who.Upload(f).ID}, Params: map[string]string{"template": template}})
		p.Must(strings.HasPrefix(last(k.Outputs).MediaType, "image/"), "%s makes a %s", template, last(k.Outputs).MediaType)
		made = append(made, content(who, k))
	}
	p.Must(len(made) == 2 && !bytes.Equal(made[0], made[1]), "the two templates make two different pictures")
}

// httpsOnly: a server that people reach over plain HTTP does not start.
func httpsOnly(p *probe.Probe) {
	p.Folder(func(dir string) {
		said, ok := p.Vow("keys", "create-root", dir+"/root.key")
		p.Must(ok, "a key is made: %.80s", strings.ReplaceAll(said, dir, ""))
		for _, url := range []string{"http://photos.example.com", ""} {
			args := []string{"serve", "--data-dir", dir + "/data", "--root-key", "file:" + dir + "/root.key", "--addr", "0.0.0.0:0"}
			if url != "" {
				args = append(args, "--public-url", url)
			}
			said, ok := p.Vow(args...)
			p.Must(!ok && strings.Contains(said, "https"), "a server at %q does not start: “%s”", url, strings.TrimSpace(said))
		}
	})
}

// noRecipient: nobody of this name or kind is among those who may receive data.
func noRecipient(word string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		p.Facts("recipients").Is(200).Holds("own_servers").Lacks(word)
		p.Must(!slices.Contains(p.Recipients(), word), "nobody called %s is connected", word)
	}
}

// from uploads a photo and says where it comes from.
func from(p *probe.Probe, who *probe.Person, origin string) probe.Answer {
	f := p.NewPhoto()
	return p.Ask("POST", "/v1/uploads?origin="+origin, bytes.NewReader(f.File), "Content-Type", f.Type, "Authorization", "Bearer "+who.Token)
}

// opens: with the permission denied, pictures from its origin are refused and others are taken; with it
// granted they are.
func opens(permission, origin, other string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		grant(who, "denied", permission)
		from(p, who, origin).Is(409, "permission-required")
		from(p, who, other).Is(201)
		for _, path := range []string{"/v1/tasks", "/v1/outputs", "/v1/apps/aifitting/materials?kind=template"} {
			who.Get(path).Is(200)
		}
		grant(who, "granted", permission)
		from(p, who, origin).Is(201)
	}
}

// revoked: a permission that is taken back closes its door with the next call.
func revoked(permission, origin string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		grant(who, "granted", permission)
		from(p, who, origin).Is(201)
		grant(who, "denied", permission)
		from(p, who, origin).Is(409, "permission-required")
	}
}

// unknownPermissions: what is on no list cannot be reported.
func unknownPermissions(ids ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		for _, id := range ids {
			who.Send("PUT", "/v1/me/permissions", map[string]string{id: "granted"}).Is(422)
		}
		who.Get("/v1/me").Is(200).Lacks(ids...)
	}
}

// noIdentifier: whatever was said about tracking, an advertising identifier is refused and nowhere.
func noIdentifier(state string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		s := fitEvents()
		who, mark := s.person(p), probe.Mark("idfa")
		who.Send("PUT", "/v1/me/permissions?platform=ios", map[string]string{"tracking": state}).Fine()
		p.Must(s.taken(p, who, "") == 1, "listed facts are taken")
		data := s.data("")
		data["idfa"] = mark
		s.give(p, who, data).Is(422, "category-not-allowed", "field-not-allowed")
		who.Send("POST", "/v1/telemetry", map[string]any{"platform": "ios", "app_state": "foreground", "data": map[string]any{"idfa": mark}}).Is(422, "category-not-allowed", "field-not-allowed")
		p.Nowhere("the identifier", []byte(mark))
	}
}

// withoutTracking: with tracking denied, every effect works.
func withoutTracking(p *probe.Probe) {
	who := p.Person()
	who.Send("PUT", "/v1/me/permissions?platform=ios", map[string]string{"tracking": "denied"}).Fine()
	for _, j := range []job{fitAvatar(), fitSwap(), fitFilm()} {
		o, _ := j.order(p, who)
		who.Make(o)
		p.Saw("%s works with tracking denied", j.feature)
	}
}

// makesBoth: one photo becomes an avatar and a film.
func makesBoth(p *probe.Probe) {
	who := p.Person()
	for _, j := range []job{fitAvatar(), fitFilm()} {
		o, _ := j.order(p, who)
		k := who.Make(o)
		file, out := content(who, k), last(k.Outputs)
		picture := bytes.HasPrefix(file, []byte("\x89PNG")) || bytes.HasPrefix(file, []byte("\xff\xd8\xff"))
		moves := len(file) > 16 && (bytes.Equal(file[4:8], []byte("ftyp")) || bytes.HasPrefix(file, []byte("GIF8")) || bytes.HasPrefix(file, []byte("RIFF")) && bytes.Contains(file, []byte("ANIM")))
		p.Must(j.feature == "avatar" && (picture || out.MediaType == "image/webp") || j.feature != "avatar" && moves, "%s makes %s of %d bytes", j.feature, out.MediaType, len(file))
	}
}

// closedEvents: listed events are taken, and each of these fields beside them ends the whole call.
func closedEvents(fields ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		s := fitEvents()
		who := s.person(p)
		p.Must(s.taken(p, who, "") == 1, "listed facts are taken")
		mark := probe.Mark("extra")
		for _, name := range fields {
			data := s.data("")
			data[name] = mark
			s.give(p, who, data).Is(422, "category-not-allowed", "field-not-allowed")
		}
		p.Nowhere("what was refused", []byte(mark))
	}
}

// noTelemetry: the app has no door at all for facts about the device.
func noTelemetry(p *probe.Probe) {
	who := p.Person()
	for _, path := range []string{"/v1/telemetry", "/v1/crash-reports", "/v1/login-risk"} {
		who.Send("POST", path, map[string]any{"platform": "ios", "app_state": "foreground", "data": map[string]any{"device_model": "x"}}).Is(422, "field-not-allowed", "category-not-allowed")
	}
}

// newPurpose: what was stored before a version keeps its purposes; what comes later, from a person who
// agreed, has the new one.
func newPurpose(p *probe.Probe) {
	p.Alone(func(p *probe.Probe) {
		who := p.Person()
		o, _ := fitAvatar().order(p, who)
		old := last(who.Make(o).Outputs).ID
		in := officer.opens(p, who, "support")
		officer.reads(p, in, old, "troubleshooting", nil).Is(403, "purpose-not-allowed")
		publishes(p, secondVersion(p, "purposes: [requested_feature, service_operation], origin: server, clause: FIT-1.2-04}", "purposes: [requested_feature, service_operation, troubleshooting], origin: server, clause: FIT-1.2-04}"), lead+time.Minute).Is(201)
		answers(p, who, "seen")
		p.Advance("P7DT1H")
		in = officer.opens(p, who, "support")
		officer.reads(p, in, old, "troubleshooting", nil).Is(403, "purpose-not-allowed")
		answers(p, who, "agree")
		officer.reads(p, in, old, "troubleshooting", nil).Is(403, "purpose-not-allowed")
		o, _ = fitAvatar().order(p, who)
		made := last(who.Make(o).Outputs).ID
		officer.reads(p, in, made, "troubleshooting", nil).Is(200)
	})
}

// tenExemptions: each of the ten codes can be asked for; with another's agreement one of them opens a
// reading that no purpose opens, and the person sees it.
func tenExemptions(p *probe.Probe) {
	who := p.Person()
	o, _ := fitAvatar().order(p, who)
	out := last(who.Make(o).Outputs).ID
	in := officer.opens(p, who, "legal")
	officer.reads(p, in, out, "troubleshooting", nil).Is(403, "purpose-not-allowed")
	codes := listed(p, "exemptions")
	p.Must(len(codes) == 10, "the policy lists %d codes", len(codes))
	id := ""
	for _, code := range codes {
		id = named(complete("exemption", code).asked(p, officer, who).Is(201))
	}
	officer.reads(p, in, out, "troubleshooting", map[string]any{"exemption": id}).Is(403, "second-person-required")
	officer2.send(p, "POST", "exemptions/"+id+"/approve", nil).Is(200)
	officer.reads(p, in, out, "troubleshooting", map[string]any{"exemption": id}).Is(200)
	who.Get("/v1/privacy/access").Is(200).Holds(out, last(codes))
}

// listed returns the codes on one of the policy's closed lists.
func listed(p *probe.Probe, list string) (codes []string) {
	var page client.Page[client.PolicyEntry]
	p.Facts("grounds").Fine().Into(&page)
	for _, e := range page.Data {
		if e.List == list {
			codes = append(codes, e.ID)
		}
	}
	return codes
}

// sixGrounds: six codes open a disclosure, each agreed to by two others, and none of them a photo that
// somebody handed over without a paper.
func sixGrounds(p *probe.Probe) {
	who, codes := p.Person(), listed(p, "disclosures")
	p.Must(len(codes) == 6, "the policy lists %d codes", len(codes))
	for _, code := range codes {
		var o admin.Order
		complete("disclosure", code, "account").asked(p, officer, who).Is(201).Into(&o)
		p.Must(o.Needed == 2, "%s needs two others", code)
	}
	for _, code := range []string{"vital_interests", "self_published", "lawfully_public"} {
		complete("disclosure", code, "account").opensNot("source_photo")(p)
	}
}

// handOverAbroad: nothing is handed to a receiver abroad without the person's written consent.
func handOverAbroad(p *probe.Probe) {
	who := p.Person()
	g := complete("disclosure", "criminal_justice", "account").with("abroad", true)
	g.asked(p, officer, who).Is(403, "region-not-allowed")
	crossing(who)
	g.asked(p, officer, who).Is(201)
}

// saysOnly is Says as a part of a check.
func saysOnly(english string, pairs ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		if len(pairs)%2 == 1 {
			p.Failf("the phrases are no pairs")
		}
		p.Says(pairs...)
		text := ""
		for _, s := range p.Policy("en").Sections {
			text += strings.Join(s.Body, "\n")
		}
		p.Must(strings.Contains(text, english), "the policy says “%s”", english)
	}
}

// closedLetterGone: a letter to support is there shortly before its time, counted from the end of the
// conversation, and nowhere at it.
func closedLetterGone(still, rest string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who, word := p.Person(), probe.Mark("letter")
		id := named(who.Send("POST", "/v1/support", client.Letter{Platform: "web", Text: word}))
		who.Send("POST", "/v1/support/"+id+"/close", nil).Fine()
		p.Advance(still)
		p.Somewhere("the letter", []byte(word))
		p.Advance(rest)
		p.Nowhere("the letter", []byte(word))
	}
}

// kitsNamed: every kit of the list has a company and the address of its policy.
func kitsNamed(p *probe.Probe) {
	var page client.Page[client.PolicySDK]
	p.Facts("sdks").Is(200).Into(&page)
	p.Must(len(page.Data) > 0, "%d kits are listed", len(page.Data))
	for _, k := range page.Data {
		p.Must(k.Company != "" && strings.HasPrefix(k.PolicyURL, "https://"), "%s is of %s, whose policy is at %s", k.Name, k.Company, k.PolicyURL)
	}
}

// widened: a second version that uses one field more voids the consents to the first.
func widened(p *probe.Probe) {
	p.Alone(func(p *probe.Probe) {
		who := p.Person()
		o, _ := fitAvatar().order(p, who)
		who.Make(o)
		o, _ = fitAvatar().order(p, who)
		who.Try(o).Is(202)
		publishes(p, secondVersion(p, "optional: [style]\n", "optional: [style, levels]\n",
			"send: [{field: photo, transport: bytes}, {field: style, transport: text}]", "send: [{field: photo, transport: bytes}, {field: style, transport: text}, {field: levels, transport: text}]",
			"template, motion, seconds, blend]", "template, motion, seconds, blend, levels]",
			"  - field: photo_2\n", "  - field: levels\n    kind: number\n    category: generation_params\n    label: {en: Colours, zh-Hans: 颜色数}\n    min: 3\n    max: 16\n    step: 1\n    default: 7\n    line: {en: the number of colours you picked, zh-Hans: 您选择的颜色数}\n  - field: photo_2\n",
		), lead+time.Minute).Is(201)
		answers(p, who, "agree")
		p.Advance("P7DT1H")
		o, _ = fitAvatar().order(p, who)
		who.Try(o).Is(409, "consent-stale")
		o.Consent = who.Decide("avatar", "granted").ID
		who.Try(o).Is(202)
	})
}

// contactsNamed: the policy's contacts, as data and readable by everybody, name these.
func contactsNamed(words ...string) func(*probe.Probe) {
	return func(p *probe.Probe) { p.Facts("contacts").Is(200).Holds(words...) }
}

// newSensitive: a new sensitive kind of data stays shut until the person agrees to the version.
func newSensitive(p *probe.Probe) {
	p.Alone(func(p *probe.Probe) {
		agrees, sees := p.Person(), p.Person()
		give := func(who *probe.Person) probe.Answer {
			return who.Send("POST", "/v1/crash-reports", map[string]any{"platform": "ios", "app_state": "foreground", "data": map[string]any{"reason": "memory"}})
		}
		give(agrees).Is(422)
		publishes(p, secondVersion(p,
			"  - {id: usage_events, name: {en: Usage events", "  - {id: crash_report, name: {en: Crash reports, zh-Hans: 崩溃报告}, storage: disk, purposes: [troubleshooting], origin: automatic, sensitive: true, clause: FIT-9.2-02}\n  - {id: usage_events, name: {en: Usage events",
			"  - {category: usage_events, starts: item_written,", "  - {category: crash_report, starts: item_written, limit: P30D, end: destroy, chosen_by: operator, clause: FIT-9.2-02}\n  - {category: usage_events, starts: item_written,",
			"  - id: usage\n    kind: events", "  - id: crash\n    kind: crash\n    category: crash_report\n    purpose: troubleshooting\n    fields:\n      - {id: reason, name: {en: why it stopped, zh-Hans: 停止原因}, kind: choice, choices: [memory, fault]}\n    clause: FIT-9.2-02\n  - id: usage\n    kind: events",
		), lead+time.Minute).Is(201).Holds(`"sensitive_new":true`)
		answers(p, agrees, "agree")
		answers(p, sees, "seen")
		p.Advance("P7DT1H")
		give(sees).Is(422)
		give(agrees).Is(202)
	})
}

// inBucketAsCiphertext: a work rests in the bucket, under a random name and with nothing that says what
// it is.
func (j job) inBucketAsCiphertext(bucket string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who, before := p.Person(), len(bucketOf(p, bucket).Objects)
		o, _ := j.order(p, who)
		k := who.Make(o)
		b := bucketOf(p, bucket)
		p.Must(len(b.Objects) > before && len(b.Violations) == 0, "the bucket holds %d objects more", len(b.Objects)-before)
		p.Somewhere("the work, for whoever has its key", piece(content(who, k)))
		p.Unreadable("the work", piece(content(who, k)))
	}
}

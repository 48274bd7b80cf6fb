package check

import (
	"fmt"
	"slices"
	"strings"

	"vow.example/vow/internal/policy/internal/source"
)

// feature checks one feature: its route, its fields, its review and its consent.
func (c *checker) feature(i int) {
	f := c.doc.Features[i]
	if slices.Contains(c.doc.Forbidden.Features, f.ID) {
		c.refuse(f.ID+" is declared and forbidden", "remove it; the published policy says that the app does not offer it", "features", i, "id")
	}
	r, known := c.recipient(f.Recipient)
	if !known {
		c.refuse("the recipient "+f.Recipient+" is not declared", "add it to recipients, with its contract record", "features", i, "recipient")
	}
	if f.Consent != "per_task" && f.Consent != "per_feature" {
		c.refuse(fmt.Sprintf("%q is no consent mode", f.Consent), "write per_task or per_feature; there is no route without consent", "features", i, "consent")
	}
	switch {
	case f.Recipient == reviewer:
		c.refuse("the internal review makes nothing", "name who makes the result; the review comes first by itself", "features", i, "recipient")
	case known && isWord(readerClasses, r.Class):
		c.refuse(f.Recipient+" is of the class "+r.Class+" and makes nothing", "route the feature to a recipient that makes results", "features", i, "recipient")
	case (f.Recipient == own) != (f.Effect != ""):
		c.refuse("an effect belongs to the own engine, and only there", "name an effect for own_servers, none for others", "features", i, "recipient")
	case f.Recipient == own && f.Model != "":
		c.refuse("a model belongs to a recipient, not to the own engine", "remove it", "features", i, "recipient")
	}
	if f.Keeps != nil {
		c.keeps(*f.Keeps, r.Class == ownHost, "features", i, "provider_retention")
	}
	c.featurePurpose(i, f)
	c.featureResult(i, f)
	c.once(i, f)
	c.pinned(i, f)
	c.featureInputs(i, f)
	c.featureFields(i, f, r)
	c.featureFaces(i, f, r)
	c.featureReview(i, f)
	c.featureScreen(i, f, r)
}

func (f featureView) all() []string { return append(slices.Clone(f.Required), f.Optional...) }

// featureView adds questions to a feature as written.
type featureView struct{ source.Feature }

func (c *checker) featurePurpose(i int, f source.Feature) {
	if !c.purpose(f.Purpose) || isWord(unrelatedWords, f.Purpose) {
		c.refuse(f.Purpose+" is no permitted purpose of a feature", "use a declared purpose such as requested_feature", "features", i, "purpose")
		return
	}
	for _, name := range (featureView{f}).all() {
		in, _ := c.input(name)
		if cat, ok := c.category(in.Category); ok && !slices.Contains(cat.Purposes, f.Purpose) {
			c.refuse(fmt.Sprintf("%s may not be used for %s", cat.ID, f.Purpose), "add the purpose to the category, or choose another", "features", i, "purpose")
		}
	}
}

func (c *checker) featureResult(i int, f source.Feature) {
	_, declared := c.category(f.Result)
	_, clock := c.row(f.Result, "result_stored")
	switch {
	case !isWord(resultWords, f.Result) || !declared:
		c.refuse(f.Result+" is no declared result", "use generated_image, generated_video, generated_text, chat_message, transcript, face_attributes or face_landmarks, and declare it", "features", i, "result")
	case !clock:
		c.refuse("the work retention is missing: "+f.Result+" has no clock that starts at result_stored", "give a finite number; people will see it", "features", i, "result")
	case f.Result == faceFacts && !isWord(analysisWords, f.ID):
		c.refuse(f.ID+" is no analysis, but its result is "+faceFacts, "make a picture or a video; faces are measured only where that is the feature", "features", i, "result")
	case isWord(textResults, f.Result) && f.Face:
		c.refuse("words about a picture of a person could measure a face", "make a picture or a video; faces are measured only where that is the feature", "features", i, "result")
	case isWord(faceFacts+" "+facePoints+" "+textResults, f.Result) && f.LabelAI:
		c.refuse("a mark is promised, but there is no picture to mark", "write label_ai: false", "features", i, "label_ai")
	}
}

// featureInputs checks what the feature asks for.
func (c *checker) featureInputs(i int, f source.Feature) {
	var fields, texts []string
	inputs := featureView{f}.all()
	for j, key := range inputs {
		in, ok := c.input(key)
		switch {
		case !ok:
			c.refuse("the input "+key+" is not declared", "add it to inputs", "features", i)
			continue
		case slices.Contains(inputs[:j], key):
			c.refuse("the input "+key+" is listed twice", "keep it in required or in optional", "features", i)
		case slices.Contains(fields, in.Field):
			c.refuse("two inputs of the feature are the field "+in.Field, "keep one of the two", "features", i)
		}
		fields = append(fields, in.Field)
		if in.Kind == "text" && in.Field != earlier {
			texts = append(texts, in.Field)
		}
		if !has(f.Send, func(s source.Sent) bool { return s.Field == in.Field }) {
			c.refuse(in.Field+" is asked for but used by nobody", "add it to send, or do not ask for it", "features", i)
		}
	}
	if len(texts) > 1 && !slices.Contains(texts, "prompt") {
		c.refuse("the feature takes two texts, and none of them is prompt", "call the text that says what to make prompt", "features", i)
	}
	c.speech(i, f)
	for j, x := range f.Fixed {
		c.slots(x.Text, []string{"{value}"}, "features", i, "fixed", j, "text")
	}
}

// inputOf returns the feature's input for a field, and its place in the file.
func (c *checker) inputOf(f source.Feature, field string) (source.Input, int) {
	at := slices.IndexFunc(c.doc.Inputs, func(in source.Input) bool {
		return in.Field == field && slices.Contains(featureView{f}.all(), in.Key())
	})
	if at < 0 {
		return source.Input{}, at
	}
	return c.doc.Inputs[at], at
}

func (c *checker) featureFields(i int, f source.Feature, r source.Recipient) {
	for j, s := range f.Send {
		in, at := c.inputOf(f, s.Field)
		switch {
		case at < 0:
			c.refuse(s.Field+" is sent but is no input of the feature", "list it in required or optional, or do not send it", "features", i, "send", j, "field")
		case r.ID != "" && !slices.Contains(r.Fields, s.Field):
			c.refuse(s.Field+" is not in the list of fields of "+r.ID, "add it to recipients."+r.ID+".fields, or do not send it", "features", i, "send", j, "field")
		default:
			c.transport(in, at, s.Transport, r, "features", i, "send", j, "transport")
		}
		if cat, ok := c.category(in.Category); ok && cat.Storage == "memory" && r.ID != "" && r.Class != "local" && (r.Class != ownHost || in.Kind != voice) {
			c.refuse(cat.ID+" is in memory only and may not be sent to "+r.ID, "route the feature to own_servers", "features", i, "recipient")
		}
		if slices.ContainsFunc(f.Send[:j], func(o source.Sent) bool { return o.Field == s.Field }) {
			c.refuse(s.Field+" is sent twice", "keep one of the two", "features", i, "send", j, "field")
		}
	}
}

// transport refuses a way of travelling that the content or the recipient cannot have, and a link
// that the screen keeps quiet about.
func (c *checker) transport(in source.Input, at int, how string, r source.Recipient, steps ...any) {
	media := isMedia(in)
	switch {
	case media == (how == "text"):
		c.refuse("a "+in.Kind+" cannot travel as "+how, "use bytes, base64 or url for media, text for the rest", steps...)
	case media && r.ID == own && how != "bytes":
		c.refuse("the own engine reads the "+in.Kind+" itself; nobody fetches or decodes it", "write transport: bytes", steps...)
	case how == "url":
		for lang, text := range in.Line {
			if !strings.Contains(text, "{how}") {
				c.refuse(in.Key()+" travels as a link, but its line does not say so", "write {how} into the line", "inputs", at, "line", lang)
			}
		}
	}
}

// featureFaces enforces the face rule for every feature that takes a picture: "if no detector
// proves the absence of a face, treat it as a face" (C-PIX-01, C-FIT-21).
func (c *checker) featureFaces(i int, f source.Feature, r source.Recipient) {
	picture := has(featureView{f}.all(), func(name string) bool {
		in, _ := c.input(name)
		return isPicture(in)
	})
	if picture && !f.Face {
		c.refuse("the feature takes a picture but is not marked as a face feature", "write face: true; any picture can show a face", "features", i, "face")
	}
	if !picture && !f.Face {
		return
	}
	if r.ID != "" && r.Class != "local" && r.Class != ownHost && !slices.Contains(c.doc.Faces.SharedWith, r.ID) {
		who := "nobody"
		if len(c.doc.Faces.SharedWith) > 0 {
			who = strings.Join(c.doc.Faces.SharedWith, ", ")
		}
		c.refuse(fmt.Sprintf("a face feature is routed to %s, but faces are shared with %s", r.ID, who), "route it to own_servers; no consent opens this", "features", i, "recipient")
	}
	if r.Class != "local" && c.doc.Faces.Points == pointsOfEngine || f.Points == noPoints {
		return // nothing here finds points in the picture
	}
	if _, ok := c.category(facePoints); !ok {
		c.refuse("a face feature needs the category "+facePoints, "declare it in memory, with its clocks", "features", i, "face")
		return
	}
	_, ok := c.row(facePoints, "task_failed")
	_, done := c.row(facePoints, "task_succeeded")
	_, analysed := c.row(facePoints, "analysis_ended")
	if !ok || !done && !analysed {
		c.refuse(facePoints+" has no clock for each ending of a task", "add rows for task_failed and for task_succeeded or analysis_ended", "features", i, "face")
	}
}

// featureReview demands a gate for each kind of content, and a sentence about each gate.
func (c *checker) featureReview(i int, f source.Feature) {
	for _, name := range (featureView{f}).all() {
		in, _ := c.input(name)
		step := map[string]string{"text": "prompt_rules", "photo": "media_gate", "video": "media_gate"}[in.Kind]
		if step != "" && !slices.Contains(f.Review, step) {
			c.refuse(fmt.Sprintf("%s comes in, but %s does not check it", name, step), "add "+step+" to review", "features", i, "review")
		}
	}
	for j, step := range f.Review {
		if !has(c.doc.Safety.Steps, func(s source.Step) bool { return s.ID == step }) {
			c.refuse("the screen has no sentence about "+step, "add it to safety.steps", "features", i, "review", j)
		}
	}
}

// featureScreen demands that every part of the consent screen exists.
func (c *checker) featureScreen(i int, f source.Feature, r source.Recipient) {
	at := slices.IndexFunc(c.doc.Screens, func(s source.Screen) bool { return s.ID == f.Screen })
	if at < 0 {
		c.refuse("the screen "+f.Screen+" is not declared", "add it to screens", "features", i, "screen")
		return
	}
	for lang, text := range c.doc.Screens[at].Summary {
		first := strings.Index(text, "{reviewer}")
		if c.doc.Safety.Recipient == reviewer && (first < 0 || first > strings.Index(text, "{recipient}")) {
			c.refuse("the summary does not name the internal review before the recipient", "write {reviewer} into it, first", "screens", at, "summary", lang)
		}
		if r.ID != "" && !strings.Contains(text, "{recipient}") {
			c.refuse("the summary does not name the recipient", "write {recipient} into it", "screens", at, "summary", lang)
		}
	}
	touched := []string{f.Result, "operational_log"}
	if f.Face && f.Points != noPoints && (r.Class == "local" || c.doc.Faces.Points == "") {
		touched = append(touched, facePoints)
	}
	for _, name := range (featureView{f}).all() {
		in, _ := c.input(name)
		touched = append(touched, in.Category)
	}
	for _, id := range touched {
		cat, ok := c.category(id)
		told := has(c.doc.Retention, func(r source.Row) bool { return r.Category == id && len(r.Text) > 0 })
		if ok && (len(cat.Short) == 0 || !told) {
			c.refuse("the screen cannot say how long "+id+" is kept", "give the category a short name and one of its retention rows a text", "features", i, "screen")
		}
	}
}

// screens refuses slots that the screen cannot fill.
func (c *checker) screens() {
	known := []string{"{app}", "{recipient}"}
	if c.doc.Safety.Recipient != "" {
		known = append(known, "{reviewer}")
	}
	for i, s := range c.doc.Screens {
		for name, text := range map[string]source.Text{"title": s.Title, "summary": s.Summary, "not_sent": s.NotSent, "why": s.Why, "accept": s.Accept, "decline": s.Decline} {
			c.slots(text, known, "screens", i, name)
		}
	}
	for i, s := range c.doc.Safety.Steps {
		c.slots(s.Text, []string{"{app}"}, "safety", "steps", i, "text")
	}
	for i, row := range c.doc.Retention {
		c.slots(row.Text, []string{"{limit}"}, "retention", i, "text")
	}
}

func (c *checker) slots(text source.Text, known []string, steps ...any) {
	for lang, s := range text {
		for _, k := range known {
			s = strings.ReplaceAll(s, k, "")
		}
		if strings.ContainsAny(s, "{}") {
			fix := "remove the braces"
			if len(known) > 0 {
				fix = "use " + strings.Join(known, " or ")
			}
			c.refuse("the text has a slot that nothing fills", fix, append(slices.Clone(steps), lang)...)
		}
	}
}

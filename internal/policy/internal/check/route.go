package check

import (
	"fmt"
	"slices"
	"strings"

	"vow.example/vow/internal/policy/internal/source"
)

// recipients checks everyone who may receive data.
func (c *checker) recipients() {
	for i, r := range c.doc.Recipients {
		switch {
		case isWord(tradeWords, r.ID):
			c.refuse("data may never go to "+r.ID, "remove the recipient; name a single company that the feature needs", "recipients", i, "id")
		case r.Class == "local" && r.ID != own:
			c.refuse(r.ID+" is not this server and cannot be local", "write class: third_party_ai", "recipients", i, "class")
		case r.Class == "third_party_ai" && r.ID == own:
			c.refuse("own_servers is no third party", "write class: local", "recipients", i, "class")
		case r.Class == "third_party_ai":
			c.thirdParty(i, r)
		case r.Class != "local":
			c.refuse(fmt.Sprintf("%q is no permitted class of recipient", r.Class), "write local or third_party_ai", "recipients", i, "class")
		}
		c.region(r, "recipients", i)
	}
}

func (c *checker) thirdParty(i int, r source.Recipient) {
	if r.Contract == nil {
		c.refuse(r.ID+" has no contract record", "record use_limit, no_training, equal_protection, reference and reviewed", "recipients", i)
	} else {
		c.contract(i, r.ID, *r.Contract)
	}
	if r.PolicyURL == "" || len(r.PolicyAs) == 0 {
		c.refuse(r.ID+" has no link to its own policy", "write policy_url and policy_name", "recipients", i)
	}
	if r.Keeps == nil {
		c.refuse("it is not said how long "+r.ID+" keeps its copy", "write provider_retention: {inputs: …, outputs: …}; unknown is an answer that people will see", "recipients", i)
		return
	}
	for name, period := range map[string]string{"inputs": r.Keeps.Inputs, "outputs": r.Keeps.Outputs} {
		if period != "unknown" {
			c.period(period, "recipients", i, "provider_retention", name)
		}
	}
}

func (c *checker) contract(i int, id string, k source.Contract) {
	terms := []struct {
		name string
		set  bool
	}{{"use_limit", k.UseLimit}, {"no_training", k.NoTraining}, {"equal_protection", k.EqualProtection}}
	for _, t := range terms {
		if !t.set {
			c.refuse("the contract with "+id+" lacks "+t.name, "agree on it first; until then no route may lead there", "recipients", i, "contract", t.name)
		}
	}
	switch ref := strings.ToLower(strings.TrimSpace(k.Reference)); {
	case ref == "" || isWord("todo tbd none n/a -", ref):
		c.refuse("the contract with "+id+" has no reference", "name the signed document", "recipients", i, "contract", "reference")
	case strings.HasPrefix(ref, "demo"):
		c.demo("the contract with "+id+" is a placeholder", "name the signed document", "recipients", i, "contract", "reference")
	}
}

// region enforces the pins: "nothing is moved outside the server's location" (FIT-4.1-02).
func (c *checker) region(r source.Recipient, steps ...any) {
	pin := c.doc.Regions.Recipients
	if r.ID == own && len(c.doc.Regions.Storage) > 0 {
		pin = c.doc.Regions.Storage
	}
	switch {
	case len(pin) == 0:
	case r.Region == "":
		c.refuse(r.ID+" has no region, but regions are pinned", "write region, one of: "+strings.Join(pin, ", "), steps...)
	case !slices.Contains(pin, r.Region):
		c.refuse(r.ID+" is in "+r.Region+", outside the pinned regions", "choose a recipient in: "+strings.Join(pin, ", "), append(slices.Clone(steps), "region")...)
	}
}

// safety checks who reads texts before generation: an outside model is a recipient (C-PIX-02).
func (c *checker) safety() {
	s := c.doc.Safety
	r, declared := c.recipient(s.Recipient)
	switch {
	case s.PromptReview == externalModel && (!declared || r.Class != "third_party_ai"):
		c.refuse("an outside model reviews texts, but it is no declared recipient", "declare it in recipients and name it in safety.recipient, so that it stands on the screen; or use rules or own_qwen", "safety", "prompt_review")
	case s.PromptReview == externalModel && !slices.Contains(r.Fields, "prompt"):
		c.refuse("an outside model reviews texts, but may not receive prompt", "add prompt to its fields", "safety", "recipient")
	case s.PromptReview != externalModel && s.Recipient != "":
		c.refuse("a recipient is named, but no outside model reviews", "remove recipient, or write prompt_review: external_qwen", "safety", "recipient")
	}
}

// inputs checks that every input is bounded and has its category.
func (c *checker) inputs() {
	home := map[string]string{"photo": "source_photo", "video": "source_video", "text": "prompt negative_prompt", "choice": "generation_params"}
	for i, in := range c.doc.Inputs {
		if !isWord(home[in.Kind], in.Category) {
			c.refuse(fmt.Sprintf("a %s is no %s", in.Kind, in.Category), "use "+strings.ReplaceAll(home[in.Kind], " ", " or "), "inputs", i, "category")
		}
		if _, ok := c.category(in.Category); !ok {
			c.refuse(in.Category+" is not declared as a category", "add it to categories, with its clock", "inputs", i, "category")
		}
		c.inputClocks(in.Category, "inputs", i, "category")
		media := in.Kind == "photo" || in.Kind == "video"
		switch {
		case media && (len(in.Accept) == 0 || in.MaxBytes == 0 || in.MaxPixels == 0 || len(in.Faces) == 0):
			c.refuse("the "+in.Kind+" is not bounded", "write accept, max_bytes, max_pixels and the remark faces", "inputs", i)
		case in.Kind == "text" && in.MaxLength == 0:
			c.refuse("the text is not bounded", "write max_length", "inputs", i)
		case in.Kind == "choice" && !has(in.Choices, func(x source.Choice) bool { return x.Value == in.Default }):
			c.refuse("the default is none of the choices", "choose a default from the list", "inputs", i)
		}
		if cat, _ := c.category(in.Category); media && c.doc.Faces.Storage == "memory" && cat.Storage != "memory" {
			c.refuse("faces stay in memory, but "+in.Category+" may rest on disk", "write storage: memory for the category", "inputs", i, "category")
		}
	}
}

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
	if (f.Recipient == own) != (f.Effect != "") {
		c.refuse("an effect belongs to the own engine, and only there", "name an effect for own_servers, none for others", "features", i, "recipient")
	}
	c.featurePurpose(i, f)
	c.featureResult(i, f)
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
	case !isWord("generated_image generated_video", f.Result) || !declared:
		c.refuse(f.Result+" is no declared result", "use generated_image or generated_video, and declare it", "features", i, "result")
	case !clock:
		c.refuse("the work retention is missing: "+f.Result+" has no clock that starts at result_stored", "give a finite number; people will see it", "features", i, "result")
	}
}

func (c *checker) featureFields(i int, f source.Feature, r source.Recipient) {
	inputs := featureView{f}.all()
	for j, name := range inputs {
		if _, ok := c.input(name); !ok {
			c.refuse("the input "+name+" is not declared", "add it to inputs", "features", i)
		}
		if slices.Contains(inputs[:j], name) {
			c.refuse("the input "+name+" is listed twice", "keep it in required or in optional", "features", i)
		}
		if !has(f.Send, func(s source.Sent) bool { return s.Field == name }) {
			c.refuse(name+" is asked for but used by nobody", "add it to send, or do not ask for it", "features", i)
		}
	}
	for j, s := range f.Send {
		in, ok := c.input(s.Field)
		media := in.Kind == "photo" || in.Kind == "video"
		switch {
		case !ok || !slices.Contains(inputs, s.Field):
			c.refuse(s.Field+" is sent but is no input of the feature", "list it in required or optional, or do not send it", "features", i, "send", j, "field")
		case r.ID != "" && !slices.Contains(r.Fields, s.Field):
			c.refuse(s.Field+" is not in the list of fields of "+r.ID, "add it to recipients."+r.ID+".fields, or do not send it", "features", i, "send", j, "field")
		case media == (s.Transport == "text"):
			c.refuse("a "+in.Kind+" cannot travel as "+s.Transport, "use bytes, base64 or url for media, text for the rest", "features", i, "send", j, "transport")
		}
		if cat, ok := c.category(in.Category); ok && cat.Storage == "memory" && r.ID != "" && r.Class != "local" {
			c.refuse(cat.ID+" is in memory only and may not be sent to "+r.ID, "route the feature to own_servers", "features", i, "recipient")
		}
		if slices.ContainsFunc(f.Send[:j], func(o source.Sent) bool { return o.Field == s.Field }) {
			c.refuse(s.Field+" is sent twice", "keep one of the two", "features", i, "send", j, "field")
		}
	}
}

// featureFaces enforces the face rule for every feature that takes a picture: "if no detector
// proves the absence of a face, treat it as a face" (C-PIX-01, C-FIT-21).
func (c *checker) featureFaces(i int, f source.Feature, r source.Recipient) {
	picture := has(featureView{f}.all(), func(name string) bool {
		in, _ := c.input(name)
		return in.Kind == "photo" || in.Kind == "video"
	})
	if picture && !f.Face {
		c.refuse("the feature takes a picture but is not marked as a face feature", "write face: true; any picture can show a face", "features", i, "face")
	}
	if !picture && !f.Face {
		return
	}
	if r.ID != "" && r.Class != "local" && !slices.Contains(c.doc.Faces.SharedWith, r.ID) {
		who := "nobody"
		if len(c.doc.Faces.SharedWith) > 0 {
			who = strings.Join(c.doc.Faces.SharedWith, ", ")
		}
		c.refuse(fmt.Sprintf("a face feature is routed to %s, but faces are shared with %s", r.ID, who), "route it to own_servers; no consent opens this", "features", i, "recipient")
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
		if r.ID != "" && !strings.Contains(text, "{recipient}") {
			c.refuse("the summary does not name the recipient", "write {recipient} into it", "screens", at, "summary", lang)
		}
	}
	touched := []string{f.Result, "operational_log"}
	if f.Face {
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
	for i, s := range c.doc.Screens {
		for name, text := range map[string]source.Text{"title": s.Title, "summary": s.Summary, "not_sent": s.NotSent, "why": s.Why, "accept": s.Accept, "decline": s.Decline} {
			c.slots(text, []string{"{app}", "{recipient}"}, "screens", i, name)
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

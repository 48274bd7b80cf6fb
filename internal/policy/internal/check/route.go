package check

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"vow.example/vow/internal/policy/internal/source"
)

// recipients checks everyone who may receive data.
func (c *checker) recipients() {
	for i, r := range c.doc.Recipients {
		c.class(i, r)
		c.region(r, "recipients", i)
	}
	c.ends()
}

// ends demands that either every contract ends on a day, or none: a list on which one company has no day
// would be read as if it had (MIX-1.4-02, C-MIX-09).
func (c *checker) ends() {
	dated := has(c.doc.Recipients, func(r source.Recipient) bool { return r.Contract != nil && r.Contract.ReviewBy != "" })
	for i, r := range c.doc.Recipients {
		if dated && r.Contract != nil && r.Contract.ReviewBy == "" {
			c.refuse("the contract with "+r.ID+" never lapses, while others do", "write review_by: the day from which on nothing is sent unless it was reviewed anew", "recipients", i, "contract")
		}
	}
}

// class checks that the recipient is what it is said to be: this process, a machine of our own,
// or somebody else.
func (c *checker) class(i int, r source.Recipient) {
	switch {
	case isWord(fallenClasses, r.Class):
		c.refuse("a recipient of the class "+r.Class+" never receives data", "remove the recipient; no consent opens this", "recipients", i, "class")
	case isWord(tradeWords, r.ID):
		c.refuse("data may never go to "+r.ID, "remove the recipient; name a single company that the feature needs", "recipients", i, "id")
	case r.Class == "local" && !isWord(insideWords, r.ID):
		c.refuse(r.ID+" is not this server and cannot be local", "write class: third_party_ai", "recipients", i, "class")
	case r.Class == "third_party_ai" && isWord(insideWords+" "+ownWords, r.ID):
		c.refuse(r.ID+" is no third party", "write class: local, or own_host for a machine of your own", "recipients", i, "class")
	case isWord(analystWords, r.ID) && !isWord("analytics infrastructure", r.Class):
		c.refuse(r.ID+" measures and makes nothing", "write class: analytics", "recipients", i, "class")
	case isWord(storeWords, r.ID) && r.Class != "storage":
		c.refuse(r.ID+" stores and makes nothing", "write class: storage", "recipients", i, "class")
	case isWord(vendorWords+" "+insideWords+" "+ownWords, r.ID) && isWord(readerClasses, r.Class):
		c.refuse(r.ID+" makes results and cannot be of the class "+r.Class, "write one of: local, own_host, third_party_ai", "recipients", i, "class")
	case r.Class == ownHost && isWord(vendorWords, r.ID):
		c.refuse(r.ID+" is somebody else's and cannot be an own host", "write class: third_party_ai", "recipients", i, "class")
	default:
		c.classOf(i, r)
	}
	if r.ID == reviewer && c.doc.Safety.Recipient != reviewer {
		c.refuse("the internal review is declared, but reviews nothing", "write recipient: "+reviewer+" under safety, so that it stands on every screen", "recipients", i, "id")
	}
}

// classOf demands what each class has to show.
func (c *checker) classOf(i int, r source.Recipient) {
	switch r.Class {
	case "local":
	case ownHost:
		c.ownHost(i, r)
	case "third_party_ai":
		c.bound(i, r)
		c.thirdParty(i, r)
	case "analytics", "infrastructure", "storage": // readerClasses
		c.bound(i, r)
	default:
		c.refuse(fmt.Sprintf("%q is no permitted class of recipient", r.Class), "write local, own_host, third_party_ai, analytics, infrastructure or storage", "recipients", i, "class")
	}
}

// ownHost demands what people ask about a machine of ours: where it is and how long it keeps things.
func (c *checker) ownHost(i int, r source.Recipient) {
	if r.Region == "" {
		c.refuse("it is not said where "+r.ID+" is", "write region; it is your own machine", "recipients", i)
	}
	if r.Keeps == nil {
		c.refuse("it is not said how long "+r.ID+" keeps its copy", "write provider_retention with two finite numbers", "recipients", i)
		return
	}
	c.keeps(*r.Keeps, true, "recipients", i, "provider_retention")
}

// keeps checks what is said of a recipient's own copies. Of a machine of ours the period is known.
func (c *checker) keeps(k source.Keeps, ours bool, steps ...any) {
	for name, period := range map[string]string{"inputs": k.Inputs, "outputs": k.Outputs} {
		if period != "unknown" || ours {
			c.period(period, append(slices.Clone(steps), name)...)
		}
	}
}

// bound demands the record of a contract with another company, and the link to its own policy.
func (c *checker) bound(i int, r source.Recipient) {
	if r.Contract == nil {
		c.refuse(r.ID+" has no contract record", "record use_limit, no_training, equal_protection, reference and reviewed", "recipients", i)
	} else {
		c.contract(i, r.ID, *r.Contract)
	}
	if r.PolicyURL == "" || len(r.PolicyAs) == 0 {
		c.refuse(r.ID+" has no link to its own policy", "write policy_url and policy_name", "recipients", i)
	}
}

// thirdParty demands what its own copies come to; unknown is an answer that people will see.
func (c *checker) thirdParty(i int, r source.Recipient) {
	if r.Keeps == nil {
		c.refuse("it is not said how long "+r.ID+" keeps its copy", "write provider_retention: {inputs: …, outputs: …}; unknown is an answer that people will see", "recipients", i)
		return
	}
	c.keeps(*r.Keeps, false, "recipients", i, "provider_retention")
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
	c.lapse(i, id, k)
	switch {
	case k.Tier == "free":
		c.refuse("the account with "+id+" is on a free plan, where content is read by people and trained on", "use a paid plan; until then no route may lead there", "recipients", i, "contract", "tier")
	case k.Tier == "" && isWord(tieredWords, id):
		c.refuse("the contract with "+id+" does not say which plan the account is on", "write tier: paid", "recipients", i, "contract")
	}
	switch ref := strings.ToLower(strings.TrimSpace(k.Reference)); {
	case ref == "" || isWord("todo tbd none n/a -", ref):
		c.refuse("the contract with "+id+" has no reference", "name the signed document", "recipients", i, "contract", "reference")
	case strings.HasPrefix(ref, "demo"):
		c.demo("the contract with "+id+" is a placeholder", "name the signed document", "recipients", i, "contract", "reference")
	}
}

// lapse checks the day on which a contract closes its recipient, where it has one.
func (c *checker) lapse(i int, id string, k source.Contract) {
	if k.ReviewBy == "" {
		return
	}
	end, err := time.Parse(time.DateOnly, k.ReviewBy)
	reviewed, errReviewed := time.Parse(time.DateOnly, k.Reviewed)
	switch {
	case err != nil:
		c.refuse("the contract with "+id+" lapses on no day of the calendar", "write the day by which it is reviewed anew", "recipients", i, "contract", "review_by")
	case errReviewed != nil:
		c.refuse("the contract with "+id+" was reviewed on no day of the calendar", "write the day of the last review", "recipients", i, "contract", "reviewed")
	case !end.After(reviewed):
		c.refuse("the contract with "+id+" lapses before it was reviewed", "write a later day", "recipients", i, "contract", "review_by")
	}
}

// region enforces the pins: "nothing is moved outside the server's location" (FIT-4.1-02).
func (c *checker) region(r source.Recipient, steps ...any) {
	pin := c.doc.Regions.Recipients
	if r.Class == "storage" {
		return // its own rule says where it may be
	}
	if isWord("local own_host", r.Class) && len(c.doc.Regions.Storage) > 0 {
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
	case s.Recipient == reviewer && s.PromptReview != externalModel:
		c.internalReview(r, declared)
	case s.PromptReview != externalModel && s.Recipient != "":
		c.refuse("a recipient is named, but no outside model reviews", "remove recipient, or write prompt_review: external_qwen", "safety", "recipient")
	}
}

// internalReview demands that the operator's own review is declared, and for everything that it
// reads: "where review comes first it may name the internal review service" (MIX-3-18).
func (c *checker) internalReview(r source.Recipient, declared bool) {
	if !declared {
		c.refuse("the internal review is no declared recipient", "declare "+reviewer+" in recipients with class local", "safety", "recipient")
		return
	}
	told := map[string]bool{}
	for _, f := range c.doc.Features {
		for _, key := range (featureView{f}).all() {
			in, _ := c.input(key)
			if isWord("photo video text", in.Kind) && !slices.Contains(r.Fields, in.Field) && !told[in.Field] {
				told[in.Field] = true
				c.refuse("the internal review reads "+in.Field+", which is not in its list of fields", "add it to the fields of "+reviewer, "safety", "recipient")
			}
		}
	}
}

// inputs checks that every input is bounded and has its category.
func (c *checker) inputs() {
	home := map[string]string{"photo": "source_photo", "video": "source_video", "voice": "voice_audio", "text": "prompt negative_prompt chat_message", "choice": "generation_params", "number": "generation_params"}
	for i, in := range c.doc.Inputs {
		if !isWord(home[in.Kind], in.Category) {
			c.refuse(fmt.Sprintf("a %s is no %s", in.Kind, in.Category), "use "+strings.ReplaceAll(home[in.Kind], " ", " or "), "inputs", i, "category")
		}
		if _, ok := c.category(in.Category); !ok {
			c.refuse(in.Category+" is not declared as a category", "add it to categories, with its clock", "inputs", i, "category")
		}
		c.inputClocks(in.Category, "inputs", i, "category")
		media := isMedia(in)
		if media {
			c.slots(in.Line, []string{"{how}"}, "inputs", i, "line")
		} else {
			c.slots(in.Line, nil, "inputs", i, "line")
		}
		switch {
		case isPicture(in) && (len(in.Accept) == 0 || in.MaxBytes == 0 || in.MaxPixels == 0 || len(in.Faces) == 0):
			c.refuse("the "+in.Kind+" is not bounded", "write accept, max_bytes, max_pixels and the remark faces", "inputs", i)
		case in.Kind == "text" && in.MaxLength == 0:
			c.refuse("the text is not bounded", "write max_length", "inputs", i)
		case in.Kind == "choice" && !has(in.Choices, func(x source.Choice) bool { return x.Value == string(in.Default) }):
			c.refuse("the default is none of the choices", "choose a default from the list", "inputs", i)
		}
		c.spoken(in, "inputs", i)
		c.setting(in, "inputs", i)
		if cat, _ := c.category(in.Category); isPicture(in) && c.doc.Faces.Storage == "memory" && cat.Storage != "memory" {
			c.refuse("faces stay in memory, but "+in.Category+" may rest on disk", "write storage: memory for the category", "inputs", i, "category")
		}
	}
}

func isMedia(in source.Input) bool { return isPicture(in) || in.Kind == voice }

func isPicture(in source.Input) bool { return in.Kind == "photo" || in.Kind == "video" }

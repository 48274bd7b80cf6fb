package check

import (
	"fmt"
	"slices"
	"strings"

	"vow.example/vow/internal/policy/internal/source"
)

// categories checks what the app may hold and for which purposes.
func (c *checker) categories() {
	for i, cat := range c.doc.Categories {
		switch {
		case cat.ID == "face_template":
			c.refuse("face_template is forbidden in every app", "remove it; no recognition template may exist", "categories", i, "id")
		case slices.Contains(c.doc.Forbidden.Categories, cat.ID):
			c.refuse(cat.ID+" is declared and forbidden", "remove it here or from forbidden.categories", "categories", i, "id")
		}
		result := cat.ID == faceFacts && has(c.doc.Features, func(f source.Feature) bool { return f.Result == faceFacts })
		if isWord(derivedFaceWords, cat.ID) && cat.Storage != "memory" && !result {
			c.refuse(cat.ID+" may rest on disk", "write storage: memory; values of a face are never written down", "categories", i, "storage")
		}
		if !has(c.doc.Retention, rowOf(cat.ID)) {
			c.refuse(cat.ID+" has no clock", "add a retention row for it", "categories", i, "id")
		}
		for j, u := range cat.Purposes {
			c.categoryPurpose(cat.ID, u, "categories", i, "purposes", j)
		}
	}
}

func (c *checker) categoryPurpose(category, purpose string, steps ...any) {
	switch {
	case isWord(contentWords, category) && isWord(unrelatedWords, purpose):
		c.refuse(fmt.Sprintf("%s is content and may not serve %s", category, purpose), "remove the purpose; content serves the request of the person only", steps...)
	case slices.Contains(c.doc.Forbidden.Purposes, purpose):
		c.refuse(purpose+" is used and forbidden", "remove it here or from forbidden.purposes", steps...)
	case isWord(derivedFaceWords, category) && purpose != "requested_feature":
		c.refuse(category+" may serve the requested feature only", "leave requested_feature alone", steps...)
	case !c.purpose(purpose):
		c.refuse(purpose+" is not declared as a purpose", "add it to purposes, with a text for people", steps...)
	}
}

// clocks checks the retention schedule.
func (c *checker) clocks() {
	for i, row := range c.doc.Retention {
		if _, ok := c.category(row.Category); !ok {
			c.refuse(row.Category+" is not declared as a category", "add it to categories, or remove the row", "retention", i, "category")
		}
		if isWord("forever indefinitely unlimited infinite never none permanent", strings.ToLower(row.Limit)) {
			c.refuse(fmt.Sprintf("%s would be kept %q", row.Category, row.Limit), "give a finite number, such as P30D; nothing is kept without end", "retention", i, "limit")
		} else {
			c.period(row.Limit, "retention", i, "limit")
		}
		if row.Floor && (row.Limit == "immediate" || row.Starts != "result_stored") {
			c.refuse("a promise to keep something needs a result and a number", "remove floor, or let the clock start at result_stored", "retention", i, "floor")
		}
	}
	for i, id := range c.doc.Faces.SharedWith {
		r, ok := c.recipient(id)
		switch {
		case !ok:
			c.refuse("faces are shared with "+id+", which is not declared", "declare the recipient, or remove it here", "faces", "shared_with", i)
		case isWord("analytics infrastructure", r.Class): // MIX-1.7-05: faces go to who makes the result, and to nobody else
			c.refuse("faces are shared with "+id+", which makes nothing from them", "remove it; no consent opens this", "faces", "shared_with", i)
		}
	}
	if c.doc.Faces.Storage == "memory" {
		c.memoryFaces()
	}
}

// memoryFaces enforces "the uploaded photo is deleted once the analysis is finished" (FIT-1.3-02):
// where faces stay in memory, every ending is immediate.
func (c *checker) memoryFaces() {
	for i, row := range c.doc.Retention {
		ends := isWord("analysis_ended task_succeeded task_failed", row.Starts)
		if isWord("source_photo source_video", row.Category) && ends && row.Limit != "immediate" {
			c.refuse("faces stay in memory, but "+row.Category+" outlives its task", "write limit: immediate", "retention", i, "limit")
		}
	}
}

// serverClocks demands a clock for what the server itself writes.
func (c *checker) serverClocks() {
	for _, w := range strings.Fields(recordWords) {
		if _, ok := c.category(w); !ok {
			c.refuse("the server writes "+w+" for every app, but the policy does not declare it", "add the category and its clock", "categories")
		}
	}
	m, place := c.doc.Minors, "below"
	if m.GuardianBelow > 0 {
		place = "guardian_below"
	}
	if _, ok := c.category("guardian_consent"); !ok && (m.Below == "guardian" || m.GuardianBelow > 0) {
		c.refuse("younger people need a guardian's consent, but guardian_consent is not declared", "add the category and its clock", "minors", place)
	}
}

// guardianAge demands that the second age of the rule says something that the first one does not.
func (c *checker) guardianAge() {
	m := c.doc.Minors
	if m.GuardianBelow == 0 {
		return
	}
	if m.GuardianBelow <= m.MinAge {
		c.refuse(fmt.Sprintf("guardian_below is %d, but below %d nobody is let in anyway", m.GuardianBelow, m.MinAge), fmt.Sprintf("write an age above %d, or leave guardian_below out", m.MinAge), "minors", "guardian_below")
	}
	if m.Below != "refuse" {
		c.refuse("guardian_below is a second age, but below: "+m.Below+" asks a guardian at the first one already", "write below: refuse, or leave guardian_below out", "minors", "guardian_below")
	}
	if !m.Ask {
		c.refuse("guardian_below needs the answer about age, but nobody is asked", "write ask: true", "minors", "guardian_below")
	}
}

// inputClocks demands that every ending of a task starts a clock of its inputs.
func (c *checker) inputClocks(category string, steps ...any) {
	_, succeeded := c.row(category, "task_succeeded")
	_, analysed := c.row(category, "analysis_ended")
	_, failed := c.row(category, "task_failed")
	_, unused := c.row(category, "unused")
	if !succeeded && !analysed {
		c.refuse(category+" has no clock for a task that succeeds", "add a row that starts at task_succeeded", steps...)
	}
	if !failed {
		c.refuse(category+" has no clock for a task that fails, is refused or cancelled", "add a row that starts at task_failed", steps...)
	}
	if isWord("source_photo source_video voice_audio", category) && !unused {
		c.refuse(category+" has no clock for an upload that no task uses", "add a row that starts at unused", steps...)
	}
}

// periods checks the remaining numbers.
func (c *checker) periods() {
	c.period(c.doc.Limits.MaxTaskAge, "limits", "max_task_age")
	if c.doc.Limits.MaxTaskAge == "immediate" {
		c.refuse("a task needs some time", "write a duration such as PT24H", "limits", "max_task_age")
	}
	c.period(c.doc.Notices.Lead, "notices", "lead")
	if c.doc.Incidents.People != "" {
		c.period(c.doc.Incidents.People, "incidents", "people")
		c.period(c.doc.Incidents.Regulator, "incidents", "regulator")
	}
}

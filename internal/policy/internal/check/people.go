package check

import (
	"fmt"
	"math"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"vow.example/vow/internal/policy/internal/source"
)

func rowOf(category string) func(source.Row) bool {
	return func(r source.Row) bool { return r.Category == category }
}

// period refuses what is no finite duration.
func (c *checker) period(s string, steps ...any) {
	if _, err := source.ReadPeriod(s); err != nil {
		c.refuse(fmt.Sprintf("%q: %v", s, err), "write immediate or an ISO 8601 duration such as PT24H or P7D", steps...)
	}
}

// controller checks who answers for the app and how to reach them.
func (c *checker) controller() {
	for i, contact := range c.doc.Contacts {
		c.email(contact.Email, "contacts", i, "email")
	}
	for i, j := range c.doc.Controller.Joint {
		c.email(j.Email, "controller", "joint", i, "email")
	}
	if accent := c.doc.App.Accent; accent != "" {
		if ratio := contrastOnWhite(accent); ratio < 4.5 {
			c.refuse(fmt.Sprintf("the accent has a contrast of %.2f on white", ratio), "choose a darker colour; text needs 4.5", "app", "accent")
		}
	}
}

// email refuses a blank, obfuscated or placeholder address: people must be able to write to it.
func (c *checker) email(address string, steps ...any) {
	trimmed := strings.TrimSpace(address)
	parsed, err := mail.ParseAddress(trimmed)
	switch {
	case trimmed == "":
		c.refuse("the address is blank", "write an address that somebody reads", steps...)
		return
	case strings.ContainsAny(trimmed, "[]<>\u00a0") || strings.Contains(strings.ToLower(trimmed), "protected"):
		c.refuse("the address is obfuscated", "write it in full, such as privacy@your-domain", steps...)
		return
	case err != nil || parsed.Address != trimmed:
		c.refuse("this is no e-mail address", "write it in full, such as privacy@your-domain", steps...)
		return
	}
	domain := strings.ToLower(trimmed[strings.LastIndexByte(trimmed, '@')+1:])
	switch {
	case strings.HasSuffix(domain, ".example"):
		c.demo("the address is an example", "write an address that somebody reads", steps...)
	case !strings.Contains(domain, ".") || isWord("example.com example.org example.net", domain) || strings.HasSuffix(domain, ".invalid") || strings.HasSuffix(domain, ".test"):
		c.refuse("nobody can receive mail at "+domain, "write an address that somebody reads", steps...)
	}
}

// contrastOnWhite is the contrast of WCAG 2.2.
func contrastOnWhite(colour string) float64 {
	luminance := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, _ := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		v := float64(n) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		luminance += weight * v
	}
	return 1.05 / (luminance + 0.05)
}

// rights demands a deadline for each right, and the two that every app has.
func (c *checker) rights() {
	for i, r := range c.doc.Rights {
		if r.Deadline == "" {
			c.refuse("the right "+r.ID+" has no deadline", "write immediate, P30D or P7D working; people will see it", "rights", i)
			continue
		}
		if _, _, err := source.ReadDeadline(r.Deadline); err != nil {
			c.refuse(fmt.Sprintf("%q: %v", r.Deadline, err), "write immediate, P30D or P7D working", "rights", i, "deadline")
		}
		if r.ChosenBy == "" {
			c.refuse("it is not said who chose the deadline of "+r.ID, "write chosen_by: policy or operator", "rights", i)
		}
	}
	for _, id := range []string{"erase", "withdraw"} {
		if !has(c.doc.Rights, func(r source.Right) bool { return r.ID == id }) {
			c.refuse("there is no right to "+id, "add it with its deadline", "rights")
		}
	}
}

func (c *checker) cookies() {
	list := c.doc.Cookies.List
	switch {
	case c.doc.Cookies.Mode == "none" && len(list) > 0:
		c.refuse("the app uses no cookies but lists some", "empty the list, or write mode: register", "cookies", "list")
	case c.doc.Cookies.Mode == "register" && len(list) == 0:
		c.refuse("the cookie register is empty", "list every cookie, or write mode: none", "cookies")
	}
	switch _, declared := c.category("cookie"); {
	case len(list) > 0 && !declared:
		c.refuse("cookies are set, but the category cookie is not declared", "add the category and its clock", "cookies")
	case c.doc.Cookies.Mode == "none" && declared:
		c.refuse("the app uses no cookies, but the category cookie is declared", "remove the category and its clock", "cookies", "mode")
	}
	for i, k := range list {
		if !c.purpose(k.Purpose) || isWord(unrelatedWords, k.Purpose) {
			c.refuse("the cookie "+k.Name+" has no permitted purpose", "use a declared purpose that serves the person", "cookies", "list", i, "purpose")
		}
		if k.Lifetime != "session" {
			c.period(k.Lifetime, "cookies", "list", i, "lifetime")
		}
	}
}

// writtenNumber finds a period that was written by hand instead of being filled from the file.
func writtenNumber() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\d+\s*(-\s*)?(minute|hour|day|week|month|year|working day|分钟|小时|天|日|周|个月|年|个工作日)`)
}

// byHand refuses numbers in texts: a number that stands twice will differ one day.
func (c *checker) byHand(text source.Text, steps ...any) {
	for lang, s := range text {
		if found := c.number.FindString(s); found != "" {
			c.refuse(fmt.Sprintf("the number %q is written by hand", found), "write a slot such as {limit source_photo.task_failed}, so that text and behaviour cannot differ", append(slices.Clone(steps), lang)...)
		}
	}
}

// page demands the parts without which a policy page informs nobody.
func (c *checker) page() {
	all := ""
	for _, s := range c.doc.Page {
		for _, paragraph := range s.Body {
			for _, lang := range c.doc.Languages {
				all += lang + paragraph[lang] + "\n"
			}
		}
	}
	for _, lang := range c.doc.Languages {
		for _, part := range []string{"{list retention}", "{list recipients}", "{list purposes}", "{list categories}", "{list rights}"} {
			if !strings.Contains(all, lang+part) {
				c.refuse("the policy page in "+lang+" lacks "+part, "add it as a paragraph of its own", "page")
			}
		}
		if c.doc.Minors.GuardianBelow > 0 && !c.says(lang, "{guardian_below}") {
			c.refuse("the policy page in "+lang+" does not say below which age a guardian must agree", "add {guardian_below} to the paragraph about age", "page")
		}
	}
	if !strings.Contains(all, "{email}") && !strings.Contains(all, "{email ") {
		c.refuse("the policy page gives no contact", "add {email} to a paragraph", "page")
	}
}

// says reports whether a paragraph of the policy page holds a slot.
func (c *checker) says(lang, slot string) bool {
	return slices.ContainsFunc(c.doc.Page, func(s source.Section) bool {
		return slices.ContainsFunc(s.Body, func(t source.Text) bool { return strings.Contains(t[lang], slot) })
	})
}

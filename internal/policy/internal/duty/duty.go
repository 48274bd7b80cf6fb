// Package duty checks what a policy promises beside its features: names and links, clocks and their
// cap, grounds, holds, notices, rights, staff, transfers, storage recipients and the cipher.
//
// It promises that nothing which people are told is blank, endless or open. It reads the document alone,
// and it never repairs or guesses.
package duty

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"vow.example/vow/internal/policy/internal/report"
	"vow.example/vow/internal/policy/internal/source"
)

// Check reports every contradiction of the duties.
func Check(r *report.Report) {
	c := &checker{r}
	c.names()
	c.links()
	c.cap()
	c.calendar()
	c.stores()
	c.bases()
	c.staying()
	c.risk()
	c.grounds()
	c.withheld()
	c.passed()
	c.holds()
	c.notices()
	c.staff()
	c.cipher()
	c.acceptance()
	c.chosen()
	c.memberships()
	c.audits()
	if n := r.Doc.Statistics; n > 0 && n < leastGroup {
		c.Refuse(fmt.Sprintf("statistics about %d people show single ones", n), fmt.Sprintf("write %d or more", leastGroup), "statistics")
	}
}

type checker struct{ *report.Report }

// leastGroup is the smallest group that hides who is in it.
const leastGroup = 5

// names refuses a name that nobody has written yet.
func (c *checker) names() {
	d := c.Doc
	c.text(d.Controller.Name, "controller", "controller", "name")
	for i, j := range d.Controller.Joint {
		c.text(j.Name, "joint operator", "controller", "joint", i, "name")
	}
	for i, x := range d.Contacts {
		c.text(x.Team, "team", "contacts", i, "team")
	}
	for i, r := range d.Recipients {
		c.text(r.Name, "recipient "+r.ID, "recipients", i, "name")
		c.text(r.PolicyAs, "policy of "+r.ID, "recipients", i, "policy_name")
		c.certificate(r.Certificate, "recipients", i, "certificate")
	}
	for i, k := range d.SDKs {
		c.name(k.Name, "kit", "sdks", i, "name")
		c.name(k.Company, "company", "sdks", i, "company")
		c.certificate(k.Certificate, "sdks", i, "certificate")
	}
	for i, in := range d.Inbound {
		c.text(in.Name, "vendor "+in.ID, "inbound", i, "name")
	}
	if d.Label != nil && d.Label.Producer != "" {
		c.name(d.Label.Producer, "producer", "label", "producer")
	}
}

func (c *checker) text(t source.Text, of string, steps ...any) {
	for lang, s := range t {
		c.name(s, of, report.Under(steps, lang)...)
	}
}

func (c *checker) name(s, of string, steps ...any) {
	if report.Blank(s) {
		c.Refuse(fmt.Sprintf("%q is a placeholder for the name of the %s", s, of), "write the name that people know it by", steps...)
	}
}

func (c *checker) certificate(k *source.Certificate, steps ...any) {
	if k == nil {
		return
	}
	c.name(k.Name, "certificate", report.Under(steps, "name")...)
	if _, err := time.Parse(time.DateOnly, k.Expires); err != nil {
		c.Refuse("the certificate ends on no day of the calendar", "write the date on which it ends", report.Under(steps, "expires")...)
	}
}

// links refuses an address that nobody can open.
func (c *checker) links() {
	for i, r := range c.Doc.Recipients {
		c.link(r.PolicyURL, r.ID, "recipients", i, "policy_url")
	}
	for i, k := range c.Doc.SDKs {
		c.link(k.PolicyURL, k.Name, "sdks", i, "policy_url")
	}
}

func (c *checker) link(address, of string, steps ...any) {
	if address == "" {
		return // whether one is needed depends on the class
	}
	switch wrong := report.Link(address); wrong {
	case "":
	case "demo":
		c.DemoOnly("the link of "+of+" is an example", "write the address of its own policy", steps...)
	default:
		c.Refuse(fmt.Sprintf("the link of %s %s", of, wrong), "write the address of its own policy", steps...)
	}
}

// bases demands consent as the legal basis of whatever sends content to a company that runs AI, and a
// basis of each purpose where one has any.
func (c *checker) bases() {
	some := slices.ContainsFunc(c.Doc.Purposes, func(u source.Purpose) bool { return u.Basis != "" })
	for i, u := range c.Doc.Purposes {
		if some && u.Basis == "" {
			c.Refuse("the purpose "+u.ID+" has no legal basis, but others have one", "write basis", "purposes", i)
		}
		if u.Basis == "" || u.Basis == "consent" {
			continue
		}
		for _, f := range c.Doc.Features {
			if r, ok := c.Recipient(f.Recipient); ok && f.Purpose == u.ID && r.Class == "third_party_ai" {
				c.Refuse(fmt.Sprintf("%s sends data to %s on the basis %s (MIX-5-01)", f.ID, r.ID, u.Basis), "write basis: consent; nothing else carries a transfer to a company that runs AI", "purposes", i, "basis")
				break
			}
		}
	}
}

// staying keeps what leaves for nobody away from every feature, ground and reviewer that would send it.
func (c *checker) staying() {
	for i, f := range c.Doc.Features {
		r, ok := c.Recipient(f.Recipient)
		if !ok || report.Is("local own_host", r.Class) {
			continue
		}
		if id := c.kept(c.touched(f)); id != "" {
			c.Refuse(id+" leaves for nobody, but "+f.ID+" sends it to "+r.ID, "route it to own_servers or a machine of your own; no consent opens this", "features", i, "recipient")
		}
	}
	for i, in := range c.Doc.Inputs {
		if cat, _ := c.Category(in.Category); cat.Stays && in.Kind == "text" && c.Doc.Safety.PromptReview == "external_qwen" {
			c.Refuse(cat.ID+" leaves for nobody, but an outside model reads "+in.Key(), "write prompt_review: rules or own_qwen", "inputs", i, "category")
		}
	}
	for i, g := range c.Doc.Grounds {
		if id := c.kept(c.opened(g)); id != "" && !slices.Contains(g.Needs, "document") {
			c.Refuse(fmt.Sprintf("%s leaves for nobody, but the ground %s opens it", id, g.ID), "list the categories that the ground opens, or demand a document of an authority", "grounds", i)
		}
	}
}

func (c *checker) touched(f source.Feature) []string {
	out := []string{f.Result}
	for _, in := range c.Doc.Inputs {
		if slices.Contains(f.Required, in.Key()) || slices.Contains(f.Optional, in.Key()) {
			out = append(out, in.Category)
		}
	}
	return out
}

// opened lists what a ground opens; a ground that lists nothing opens everything.
func (c *checker) opened(g source.Ground) []string {
	if len(g.Categories) > 0 {
		return g.Categories
	}
	var all []string
	for _, cat := range c.Doc.Categories {
		all = append(all, cat.ID)
	}
	return all
}

func (c *checker) kept(categories []string) string {
	for _, id := range categories {
		if cat, _ := c.Category(id); cat.Stays {
			return id
		}
	}
	return ""
}

// risk demands that what follows a device serves security alone.
func (c *checker) risk() {
	for i, cat := range c.Doc.Categories {
		for j, u := range cat.Purposes {
			if report.Is("hardware_ids advertising_id", cat.ID) && !report.Is("security auth_security", u) {
				c.Refuse(cat.ID+" may serve security alone, not "+u, "leave security or auth_security", "categories", i, "purposes", j)
			}
		}
	}
}

// cipher refuses every cipher but the one that this server uses.
func (c *checker) cipher() {
	s := c.Doc.Cipher
	switch {
	case s == "" || s == "AES-256":
	case strings.Contains(strings.ToLower(s), "chacha"):
		c.Refuse("chacha20 protects nothing here (WIZ-5-02)", "write cipher: AES-256, or leave it out", "cipher")
	default:
		c.Refuse(fmt.Sprintf("%q is no cipher that may be pinned", s), "write cipher: AES-256, or leave it out", "cipher")
	}
}

// acceptance demands that the highlighted parts of the page exist.
func (c *checker) acceptance() {
	if c.Doc.Acceptance == nil {
		return
	}
	for i, id := range c.Doc.Acceptance.Highlights {
		if !slices.ContainsFunc(c.Doc.Page, func(s source.Section) bool { return s.ID == id }) {
			c.Refuse("the page has no section "+id, "name a section of the page", "acceptance", "highlights", i)
		}
	}
}

// nobodys is the word for whoever has no membership.
const nobodys = "free"

// memberships demands a clock for what is written of members, and names that say something.
func (c *checker) memberships() {
	if len(c.Doc.Memberships) == 0 {
		return
	}
	for i, m := range c.Doc.Memberships {
		if m.ID == nobodys {
			c.Refuse("free is the word for whoever has no membership", "name a level that somebody can buy", "memberships", i, "id")
		}
		c.text(m.Name, "membership", "memberships", i, "name")
	}
	written, used := "item_written", "last_active"
	if starts := c.Starts("membership_status"); !slices.Contains(starts, written) && !slices.Contains(starts, used) {
		c.Refuse("who is a member is written down, but membership_status has no clock that begins then", "declare the category, with a clock that starts at last_active or item_written", "memberships")
	}
	if _, kept := c.Category("subscription_record"); kept && !slices.Contains(c.Starts("subscription_record"), written) {
		c.Refuse("what was reported of a subscription is kept, but subscription_record has no clock that begins then", "add a clock that starts at item_written", "memberships")
	}
}

package duty

import (
	"fmt"
	"slices"
	"time"

	"vow.example/vow/internal/policy/internal/report"
	"vow.example/vow/internal/policy/internal/source"
)

// cap holds every clock and cookie under the policy's own limit.
func (c *checker) cap() {
	most := c.Doc.Limits.Most
	if most == "" {
		return
	}
	if p, err := source.ReadPeriod(most); err != nil || p.Immediate {
		c.Refuse(fmt.Sprintf("%q is no limit of clocks", most), "write an ISO 8601 duration such as P30D", "limits", "most")
		return
	}
	const fix = "shorten it; the policy promises that nothing is kept longer"
	for i, row := range c.Doc.Retention {
		if source.Exceeds(row.Limit, most) {
			c.Refuse(fmt.Sprintf("%s is kept for %s, longer than the %s of limits.most", row.Category, row.Limit, most), fix, "retention", i, "limit")
		}
	}
	for i, k := range c.Doc.Cookies.List {
		if source.Exceeds(k.Lifetime, most) {
			c.Refuse(fmt.Sprintf("the cookie %s lives for %s, longer than the %s of limits.most", k.Name, k.Lifetime, most), fix, "cookies", "list", i, "lifetime")
		}
	}
}

// calendar demands a zone that exists, and holidays that are days.
func (c *checker) calendar() {
	zone := c.Doc.Calendar.TimeZone
	if zone == "" {
		return // the block is left out: UTC
	}
	if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
		c.Refuse(fmt.Sprintf("%q is no time zone", zone), "name a zone of the IANA list, such as America/New_York", "calendar", "time_zone")
	}
	for i, day := range c.Doc.Calendar.Holidays {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			c.Refuse(fmt.Sprintf("%q is no day of the calendar", day), "write a date that exists", "calendar", "holidays", i)
		}
	}
}

// notices demands a lead that is as long as the published text says.
func (c *checker) notices() {
	n := c.Doc.Notices
	if n.Least == "" {
		return
	}
	least, err := source.ReadPeriod(n.Least)
	lead, wrong := source.ReadPeriod(n.Lead)
	switch {
	case err != nil || least.Immediate:
		c.Refuse(fmt.Sprintf("%q is no shortest lead", n.Least), "write an ISO 8601 duration such as P30D, or leave it out", "notices", "least")
	case wrong == nil && lead != least && source.Exceeds(n.Least, n.Lead):
		c.Refuse(fmt.Sprintf("changes are announced %s before, but the text promises %s", n.Lead, n.Least), "write a lead of at least "+n.Least, "notices", "lead")
	}
}

// stores checks whoever keeps ciphertext for the operator.
func (c *checker) stores() {
	for i, r := range c.Doc.Recipients {
		if r.Class != "storage" {
			continue
		}
		pin := c.Doc.Regions.Storage
		switch {
		case r.Region == "":
			c.Refuse("it is not said where "+r.ID+" stores", "write region", "recipients", i)
		case len(pin) > 0 && !slices.Contains(pin, r.Region):
			c.Refuse(r.ID+" stores in "+r.Region+", outside the pinned storage", "choose a store inside the pin", "recipients", i, "region")
		}
		if r.Certificate == nil {
			c.Refuse(r.ID+" has no certificate", "record its name and the day on which it ends", "recipients", i)
		}
		if len(r.Fields) > 0 {
			c.Refuse(r.ID+" stores ciphertext under random names and gets no field", "write fields: []", "recipients", i, "fields")
		}
	}
}

// staff demands that whoever works for the operator from outside the pin needs a transfer consent.
func (c *checker) staff() {
	pin := c.Doc.Staff.Regions
	if len(pin) == 0 {
		return
	}
	store := c.Doc.Regions.Storage
	for i, region := range pin {
		if len(store) > 0 && !slices.Contains(store, region) && !crosses(c.Doc.Transfers) {
			c.Refuse("people in "+region+" may read, but storage is pinned and no transfer is opened", "write transfers: consent, or remove the region", "staff", "regions", i)
		}
	}
	for i, j := range c.Doc.Controller.Joint {
		if !slices.Contains(pin, j.Region) && !crosses(c.Doc.Transfers) {
			c.Refuse("the joint operator is in "+j.Region+", outside the regions of staff, and no transfer consent exists", "write transfers: consent, so that each person decides; or name the region under staff", "controller", "joint", i, "region")
		}
	}
}

func crosses(transfers string) bool { return report.Is("consent law_and_written_consent", transfers) }

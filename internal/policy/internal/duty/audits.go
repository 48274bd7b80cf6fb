package duty

import (
	"fmt"

	"vow.example/vow/internal/policy/internal/source"
)

// rarest is the longest time between two audits that may be called regular.
const rarest = "P1Y"

// audits demands a finite interval within which the next audit comes. What is audited and who chose the
// number is the schema's to demand.
func (c *checker) audits() {
	every := c.Doc.Audits.Every
	if every == "" {
		return // no text promises audits
	}
	p, err := source.ReadPeriod(every)
	switch {
	case err != nil || p.Immediate:
		c.Refuse(fmt.Sprintf("%q is no time between two audits", every), "write an ISO 8601 duration such as P90D", "audits", "every")
	case source.Exceeds(every, rarest):
		c.Refuse(fmt.Sprintf("an audit every %s is not regular: the next one must come within %s", every, rarest), "write "+rarest+" or less, such as P90D", "audits", "every")
	}
}

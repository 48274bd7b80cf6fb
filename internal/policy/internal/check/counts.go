package check

import "vow.example/vow/internal/policy/internal/source"

// uncounted are kinds of intake of which no thing is kept whose row could be counted: digests have rows of
// their own, and share targets none.
const uncounted = "login_risk share_targets"

// counts holds "only counts remain" to what is counted: things that are kept one by one, in the transaction
// that erases the row of each when its clock runs out. Of anything else the text would be untrue.
func (c *checker) counts() {
	for i, row := range c.doc.Retention {
		cat, ok := c.category(row.Category)
		switch {
		case row.End != "aggregate" || !ok:
		case cat.Storage == "memory":
			c.refuse(row.Category+" is in memory only and cannot be counted later", "write end: destroy", "retention", i, "end")
		case row.Limit == source.Immediate:
			c.refuse(row.Category+" goes at once and leaves no count: only a clock that runs out does", "write end: destroy, or give the clock a time", "retention", i, "end")
		case !c.counted(row.Category):
			c.refuse("nothing counts what is written as "+row.Category, "write end: destroy; what people hand over, results, and what an intake or a vendor brings can be counted", "retention", i, "end")
		}
	}
}

// counted reports whether things of the category are kept one by one: a feature takes or makes them, or an
// intake or a vendor brings them.
func (c *checker) counted(category string) bool {
	brings := func(x source.Intake) bool {
		// With an address that is kept whole goes its beginning, under the clock of the device.
		beside := category == "device_info" && x.Category == "network_info"
		return (x.Category == category || beside) && !isWord(uncounted, x.Kind)
	}
	return has(c.doc.Collection, brings) ||
		has(c.doc.Inputs, func(in source.Input) bool { return in.Category == category }) ||
		has(c.doc.Features, func(f source.Feature) bool { return f.Result == category }) ||
		has(c.doc.Inbound, func(in source.Inbound) bool { return in.Category == category })
}

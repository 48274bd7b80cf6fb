package duty

import (
	"maps"
	"slices"
	"strings"

	"vow.example/vow/internal/policy/internal/source"
)

// chosen holds chosen_by to the numbers of the file: each is named, and nothing else. A file that leaves
// the block out says of none of them who chose it, which is what it then tells people.
func (c *checker) chosen() {
	by := c.Doc.ChosenBy
	if len(by) == 0 {
		return
	}
	var names []string
	for _, n := range c.Doc.Numbers() {
		if n.Beside {
			continue
		}
		names = append(names, n.ID)
		if by[n.ID] == "" {
			c.Refuse("it is not said who chose "+n.ID, "write "+n.ID+": policy or operator under chosen_by", n.Pointer...)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(by)) {
		if !slices.Contains(names, id) {
			c.Refuse("the file has no number "+id+" that chosen_by may name", nearest(id, names), "chosen_by", id)
		}
	}
}

// nearest names the number that was meant, or every one that could have been.
func nearest(id string, names []string) string {
	if near := source.Nearest(id, names); near != "" {
		return "did you mean " + near + "?"
	}
	return "remove it, or name one of: " + strings.Join(names, ", ")
}

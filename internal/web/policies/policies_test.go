package policies

import (
	"slices"
	"testing"

	"vow.example/vow/client"
)

func TestAVersionIsNamedByItsNumber(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{"2": 2, "v2": 2, "pixplus/v12": 12, "": 0, "v0": 0, "-1": 0, "vv1": 0, "newest": 0, "v1/": 0} {
		if got := number(name); got != want {
			t.Errorf("%q is %d, not %d", name, got, want)
		}
	}
}

func TestTheVersionBeforeTheFirstIsTheFirst(t *testing.T) {
	t.Parallel()
	list := []client.PolicyVersion{{Number: 5}, {Number: 3}, {Number: 1}}
	for n, want := range map[int]int{5: 3, 3: 1, 1: 1, 4: 3} {
		if got := before(list, n); got != want {
			t.Errorf("before %d is %d, not %d", n, got, want)
		}
	}
}

func TestANoticeOfAVersionComparesItWithTheOneBefore(t *testing.T) {
	t.Parallel()
	for version, want := range map[string][2]int{"pixplus/v3": {2, 3}, "pixplus/v1": {0, 1}, "": {0, 0}} {
		if n := noticeOf(client.Notice{Version: version}); n.From != want[0] || n.To != want[1] {
			t.Errorf("%q: %d to %d", version, n.From, n.To)
		}
	}
}

func TestAnEmptyListHasNoPlaceInTheContents(t *testing.T) {
	t.Parallel()
	d := policyData{InForce: true, Permissions: make([]client.PolicyPermission, 1), Contacts: make(contacts, 1)}
	if got := d.Annexes(); !slices.Equal(got, []string{"permissions", "sdks", "contacts"}) {
		t.Errorf("%v", got)
	}
	if got := (policyData{}).Annexes(); len(got) != 0 {
		t.Errorf("an earlier version lists %v", got)
	}
}

func TestEveryFieldOfASchemaHasAName(t *testing.T) {
	t.Parallel()
	s := client.PolicySchema{Fields: []client.PolicyField{{ID: "a", Name: "first"}, {ID: "b"}}, Events: []client.PolicyEvent{{Fields: []client.PolicyField{{ID: "c", Name: "third"}}}}}
	if got := fields(s); !slices.Equal(got, []string{"first", "b", "third"}) {
		t.Errorf("%v", got)
	}
}

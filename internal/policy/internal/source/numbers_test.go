package source

import (
	"slices"
	"testing"
)

func TestANumberThatTheFileDoesNotGiveIsNotListed(t *testing.T) {
	t.Parallel()
	var d Doc
	if got := d.Numbers(); len(got) > 0 {
		t.Errorf("%+v", got)
	}
	d.Statistics, d.Limits.Most = 10, "P30D"
	d.ChosenBy = map[string]string{"statistics": "operator"}
	got := d.Numbers()
	if len(got) != 2 || got[0].ID != "limits.most" || got[0].ChosenBy != "" || got[1].Value != "10" || got[1].ChosenBy != "operator" || !slices.Equal(got[1].Pointer, []any{"statistics"}) {
		t.Errorf("%+v", got)
	}
	if n, ok := d.Number("limits.most"); !ok || n.Value != "P30D" || !slices.Equal(n.Pointer, []any{"limits", "most"}) {
		t.Errorf("%+v", n)
	}
	if _, ok := d.Number("notices.lead"); ok {
		t.Error("a number that is not there is found")
	}
}

func TestTheLifeOfCookiesIsThatOfTheLongest(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		lives []string
		want  string
	}{{nil, ""}, {[]string{"session"}, ""}, {[]string{"P1D", "session", "P30D", "PT1H"}, "P30D"}, {[]string{"P30D", "P30D"}, "P30D"}} {
		if got := longest(x.lives); got != x.want {
			t.Errorf("%v: %q, want %q", x.lives, got, x.want)
		}
	}
}

func TestWhoChoseTheHoursOfAnIncidentStandsBesideThem(t *testing.T) {
	t.Parallel()
	d := Doc{Incidents: Incidents{People: "PT72H", Regulator: "PT72H", ChosenBy: "policy"}, ChosenBy: map[string]string{"incidents.people": "operator"}}
	for _, n := range d.Numbers() {
		if !n.Beside || n.ChosenBy != "policy" {
			t.Errorf("%+v", n)
		}
	}
}

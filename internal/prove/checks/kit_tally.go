package checks

import (
	"fmt"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/client/admin"
	"vow.example/vow/internal/prove/probe"
)

// given is what so many people of a day handed over, and who they were.
type given struct {
	day      string
	marks    [][]byte
	subjects []string
}

// of has so many people hand something over today, the first of them twice.
func (s sheet) of(p *probe.Probe, people int) (g given) {
	g.day = p.Now().UTC().Format(time.DateOnly)
	for i := range people {
		who := s.person(p)
		g.subjects = append(g.subjects, who.Subject)
		for range 1 + max(0, 1-i) {
			mark := probe.Word()
			p.Must(s.taken(p, who, mark) == 1, "what one of %d people of %s handed over is kept", people, g.day)
			g.marks = append(g.marks, []byte(mark))
		}
	}
	return g
}

// leavesCounts: once everything of a day of ten people is over, its numbers remain and nothing else; of a day
// of nine nothing is shown, and nothing of a day that is not over. Who erases an account is in no number.
func (s sheet) leavesCounts(category string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		now := p.Now().UTC()
		tomorrow := now.Truncate(24*time.Hour).AddDate(0, 0, 1)
		p.Advance(fmt.Sprintf("PT%dM", int(tomorrow.Sub(now).Minutes())+60)) // a day on which nobody else hands over
		few := s.of(p, 9)
		p.Advance("P1D")
		enough := s.of(p, 10)
		leaves, wished := s.person(p), probe.Word()
		p.Must(s.taken(p, leaves, wished) == 1, "an eleventh person's is kept")
		leaves.Send("POST", "/v1/privacy/requests", client.RightsRequestCreate{Kind: "erase"}).Fine()
		p.Somewhere("what was handed over", enough.marks[0])

		remains := func() (list []admin.Remains) {
			var x admin.Statistics
			a := auditor.send(p, "GET", "statistics?app="+p.App+"&from="+few.day+"&to="+enough.day, nil).Is(200)
			a.Lacks(append(append([]string{"sub_", "itk_"}, few.subjects...), enough.subjects...)...).Into(&x)
			return x.Remains
		}
		p.Advance("P29DT22H")
		p.Nowhere("what nine people handed over", few.marks...)
		p.Must(len(remains()) == 0, "nothing is shown of nine people, and nothing of a day that is kept yet")
		p.Advance("PT3H")
		p.Nowhere("what ten people handed over", enough.marks...)
		p.Until("the count", func() bool { return len(remains()) > 0 })
		list, want := remains(), admin.Remains{Day: enough.day, Category: category, Things: 11, People: 10}
		p.Must(len(list) == 1 && list[0] == want, "what remains is eleven things of ten people: %+v", list)
	}
}

package checks

import "vow.example/vow/internal/prove/probe"

// lapses: until the day by which contracts have to be reviewed anew, a task reaches its company and an event
// reaches the one that counts; from that day on the feature says why it is not available, and nobody receives
// anything.
func (j job) lapses(s sheet, counter string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		p.Alone(func(p *probe.Probe) {
			who, before := s.person(p), p.Traffic()
			o, _ := j.order(p, who)
			who.Make(o)
			p.Reached(before, j.to)
			p.Must(s.taken(p, who, probe.Word()) == 1, "an event is kept while the contract holds")
			p.Until(counter+" to get its report", func() bool { return p.Traffic()[counter] > before[counter] })
			p.Settled()
			p.Advance("P4Y") // nobody reviews anything meanwhile
			who, before = s.person(p), p.Traffic()
			o, _ = j.order(p, who)
			o.Consent = who.Decide(j.feature, "granted").ID
			who.Get("/v1/features/"+j.feature).Is(200).Holds(`"available":false`, `"reason":"lapsed"`)
			who.Try(o).Is(503, "recipient-lapsed")
			p.Must(s.taken(p, who, probe.Word()) == 1, "an event is kept still")
			p.Settled()
			p.Silent(before)
		})
	}
}

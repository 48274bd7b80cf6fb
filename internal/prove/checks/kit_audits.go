package checks

import (
	"slices"
	"time"

	"vow.example/vow/client/admin"
	"vow.example/vow/internal/prove/probe"
)

// auditsOf is what the owner sees of an app's security audits.
func auditsOf(p *probe.Probe) (list admin.SecurityAudits) {
	owner.send(p, "GET", "security-audits?app="+p.App, nil).Is(200).Into(&list)
	return list
}

// late are the parts of security whose audit is late, as staff see them and as the running server tells its
// operator: both must say the same.
func late(p *probe.Probe) (parts []string) {
	for _, x := range auditsOf(p).Parts {
		if x.Late {
			parts = append(parts, x.Part)
		}
	}
	var health struct {
		Audits []struct {
			App, Part string
			Late      bool
		} `json:"security_audits"`
	}
	p.Send("GET", "/demo/health", nil).Is(200).Into(&health)
	var told []string
	for _, x := range health.Audits {
		if x.App == p.App && x.Late {
			told = append(told, x.Part)
		}
	}
	p.Must(slices.Equal(parts, told), "the server tells its operator of the same %d late audits", len(told))
	return parts
}

// auditsFallDue: an audit that is recorded, with its report, is due again when the policy's interval is over and
// late from then on; who may not record it, what the policy does not name and what is still to come is refused.
func auditsFallDue(p *probe.Probe) {
	const report = "c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4"
	parts := []string{}
	for _, x := range auditsOf(p).Parts {
		p.Must(x.LastAt != nil || x.Late, "what was never audited is late: %s", x.Part)
		parts = append(parts, x.Part)
	}
	p.Must(len(parts) > 0, "the policy has %d parts of security audited", len(parts))
	record := func(who staff, more map[string]any) probe.Answer {
		body := map[string]any{"parts": parts, "report": report}
		for k, v := range more {
			body[k] = v
		}
		return who.send(p, "POST", "security-audits", body)
	}
	record(moderator, nil).Is(403, "forbidden")
	record(owner, map[string]any{"parts": []string{"everything"}}).Is(422)
	record(owner, map[string]any{"report": ""}).Is(422)
	record(owner, map[string]any{"at": p.Now().Add(time.Hour)}).Is(422)
	record(owner, nil).Is(201).Holds(report)
	p.Must(len(late(p)) == 0, "after an audit of all of them none is late")
	p.Advance("P89DT23H")
	p.Must(len(late(p)) == 0, "nor shortly before ninety days are over")
	p.Advance("PT2H")
	p.Must(slices.Equal(late(p), parts), "after ninety days all of them are late")
	record(auditor, map[string]any{"parts": parts[:1]}).Is(201)
	p.Must(slices.Equal(late(p), parts[1:]), "after an audit of one part the others are late still")
}

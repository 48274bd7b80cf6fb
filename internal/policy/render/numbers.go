package render

import "vow.example/vow/internal/policy/internal/say"

// numbers follows the schedule with every other number of the policy, and who chose it.
func (v *view) numbers() {
	v.section("Other numbers", "其他数字")
	v.table("What|Number|Number from", "内容|数字|数字来自")
	for _, n := range v.p.Terms().Numbers {
		what, value := v.p.NumberText(n, v.lang)
		v.row(what+" ("+n.ID+")", value, v.chosen(n.Chosen))
	}
}

// chosen says who chose a number.
func (v *view) chosen(by string) string {
	switch by {
	case "operator":
		return v.say("operator", "运营方")
	case "policy":
		return v.say("policy", "政策")
	default:
		return v.say("not stated", "未写明")
	}
}

// ours remarks on a number that the operator chose.
func (v *view) ours(id string) string {
	if n, ok := v.p.Terms().Number(id); ok && n.Chosen == "operator" {
		return say.Ours(v.lang)
	}
	return ""
}

package e2e

import "testing"

func TestMessagesAreSwitchedOffByAPlainForm(t *testing.T) {
	t.Parallel()
	for _, l := range []look{phone().in("zh-CN"), desktop()} {
		t.Run(l.String(), func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			p := newTab(t, s.url, l)
			s.member("mixoo").sit(p)
			p.scriptless()
			p.open("/mixoo/settings")
			p.there("#messages table")
			if p.count("#messages [name=known]") == 0 || p.count("#messages [value^='policy_change.'], #messages [value^='security_alert.'], #messages [value='support_answer.in_app']") != 0 {
				t.Error("the wrong kinds may be switched off")
			}
			for _, name := range []string{"task_status.push", "result_expiring.in_app"} {
				p.press("#messages [name=on][value='" + name + "']")
			}
			p.press("#messages form button")
			p.there("#messages [role=status]")
			if p.count("#messages [name=on][value='task_status.push']:checked, #messages [name=on][value='result_expiring.in_app']:checked") != 0 || p.count("#messages [name=on]:checked") == 0 {
				t.Error("what was unticked is on, or everything else is off")
			}
		})
	}
}

package render

import (
	"fmt"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/internal/say"
	"vow.example/vow/internal/privacy"
)

func (v *view) screens() error {
	for i, f := range v.p.Features() {
		if i > 0 {
			v.WriteString("\n---\n\n")
		}
		if err := v.screen(f.ID); err != nil {
			return err
		}
	}
	return nil
}

// screen writes what a person reads before agreeing to a feature.
func (v *view) screen(id privacy.FeatureID) error {
	s, err := v.p.Screen(id, v.lang)
	if err != nil {
		return err
	}
	fmt.Fprintf(v, "# %s\n\n%s\n", s.Title, s.Summary)
	v.section("What is sent", "发送什么")
	for _, l := range s.What {
		mark := ""
		if l.Sensitive {
			mark = v.say(" [sensitive]", " [敏感]")
		}
		fmt.Fprintf(v, "- %s: %s%s\n", l.Field, l.Text, mark)
	}
	for _, text := range s.Fixed {
		fmt.Fprintf(v, "\n%s%s\n", v.say("Fixed, the same for everyone: ", "固定设置，所有人相同："), text)
	}
	if s.NotSent != "" {
		fmt.Fprintf(v, "\n%s%s\n", v.say("Not sent: ", "不发送："), s.NotSent)
	}
	v.section("Who receives it", "谁会收到")
	for i, r := range s.Who {
		model := ""
		if i == len(s.Who)-1 {
			model = s.Model
		}
		fmt.Fprintf(v, "%d. %s%s%s\n", i+1, v.called(r, model), v.say(", ", "，"), v.about(r))
	}
	fmt.Fprintf(v, "\n## %s\n\n%s\n", v.say("Why", "为什么"), s.Why)
	v.keep(s)
	fmt.Fprintf(v, "\n[ %s ] [ %s ]\n\n%s · %s · %s\n", s.Decline, s.Accept, s.PolicyVersion, s.Feature, s.Consent)
	f, _ := v.p.Feature(id) // it has a screen
	on := platforms(f.Platforms)
	if len(on) == 0 {
		on = []string{"ios", "android", "web"}
	}
	fmt.Fprintf(v, "\n%s%s\n", v.say("The same text on: ", "以下平台文字相同："), say.Platforms(on, v.lang))
	return nil
}

func (v *view) keep(s policy.Screen) {
	v.section("How long it is kept", "保存多久")
	for _, k := range s.Keep {
		fmt.Fprintf(v, "- %s · %s%s%s\n", k.Where, k.What, v.say(": ", "："), k.Text)
	}
	v.WriteString("\n")
	for _, l := range s.Links {
		fmt.Fprintf(v, "[%s](%s)\n", l.Text, l.URL)
	}
}

// about says what a recipient is and, where known, in which country.
func (v *view) about(r policy.Recipient) string {
	kind := say.Class(string(r.Class), v.lang)
	if r.Region == "" {
		return kind
	}
	return kind + v.say(", ", "，") + say.Regions([]string{r.Region}, v.lang)
}

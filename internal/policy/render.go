package policy

import (
	"fmt"
	"io"
	"strings"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/policy/internal/say"
	"vow.example/vow/internal/privacy"
)

// RenderMarkdown writes one view of the policy as people will read it. What is "policy",
// "screens", "retention" or "recipients", or "screen:" and a feature for one screen.
func RenderMarkdown(w io.Writer, p *Policy, lang privacy.Lang, what string) error {
	lang = Match(string(lang), p.languages)
	var b strings.Builder
	var err error
	feature, one := strings.CutPrefix(what, "screen:")
	switch {
	case one:
		err = p.renderScreen(&b, privacy.FeatureID(feature), lang)
	case what == "policy":
		p.renderPolicy(&b, lang)
	case what == "retention":
		p.renderRetention(&b, lang)
	case what == "recipients":
		p.renderRecipients(&b, lang)
	case what == "screens":
		for i, f := range p.features {
			if i > 0 {
				b.WriteString("\n---\n\n")
			}
			if err = p.renderScreen(&b, f.ID, lang); err != nil {
				break
			}
		}
	default:
		err = fault.New(fault.Invalid, "validation", "There are four views: policy, screens, retention and recipients.")
	}
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("policy: write view: %w", err)
	}
	return nil
}

func (p *Policy) renderPolicy(b *strings.Builder, lang privacy.Lang) {
	fmt.Fprintf(b, "# %s\n\n%s: %s · %s\n", p.Title(lang), say.Pick(lang, "Last updated", "最后更新"), p.Updated(), p.Version())
	for _, s := range p.Sections(lang) {
		fmt.Fprintf(b, "\n## %s\n", s.Title)
		for _, line := range s.Body {
			fmt.Fprintf(b, "\n%s\n", line)
		}
	}
}

func (p *Policy) renderRetention(b *strings.Builder, lang privacy.Lang) {
	fmt.Fprintf(b, "# %s: %s\n\n", p.Name(lang), say.Pick(lang, "how long data is kept", "数据保存多久"))
	table(b, say.Pick(lang, "Data|Clock starts|Limit|Kept on|In words|Number from|Promise", "数据|起算|时限|存放|说明|数字来自|承诺"))
	for _, r := range p.rows {
		chosen := say.Pick(lang, "policy", "政策")
		if r.ChosenBy == "operator" {
			chosen = say.Pick(lang, "operator", "运营方")
		}
		place := say.Pick(lang, "disk, encrypted", "磁盘（加密）")
		if r.Storage == Memory {
			place = say.Pick(lang, "memory only", "仅内存")
		}
		cells(b, p.CategoryName(r.Category, lang), say.Since(string(r.Starts), lang), r.Limit.Words(lang), place, p.RetentionText(r, lang), chosen, r.Clause)
	}
}

func (p *Policy) renderRecipients(b *strings.Builder, lang privacy.Lang) {
	fmt.Fprintf(b, "# %s: %s\n\n", p.Name(lang), say.Pick(lang, "who receives what", "谁收到什么"))
	table(b, say.Pick(lang, "Feature|Recipient|Field|How|In words|Purpose|Their copy", "功能|接收方|字段|方式|说明|目的|对方副本"))
	for _, f := range p.features {
		r, _ := p.Recipient(f.Recipient)
		theirs := say.Pick(lang, "stays on our server", "留在我们的服务器")
		if r.Class != Local {
			theirs = copies(f.Retention, lang)
		}
		for _, s := range f.Fields {
			words := s.Text.In(lang)
			for _, n := range s.Notes {
				words += say.Pick(lang, "; ", "；") + n.In(lang)
			}
			cells(b, f.Title.In(lang)+" ("+string(f.ID)+", "+state(f)+")", called(r, f.Model, lang), string(s.Field), s.Transport, words, p.PurposeText(f.Purpose, lang), theirs)
		}
	}
}

func state(f Feature) string {
	if f.Live {
		return "live"
	}
	return "planned"
}

func (p *Policy) renderScreen(b *strings.Builder, id privacy.FeatureID, lang privacy.Lang) error {
	s, err := p.Screen(id, lang)
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "# %s\n\n%s\n", s.Title, s.Summary)
	fmt.Fprintf(b, "\n## %s\n\n", say.Pick(lang, "What is sent", "发送什么"))
	for _, l := range s.What {
		mark := ""
		if l.Sensitive {
			mark = say.Pick(lang, " [sensitive]", " [敏感]")
		}
		fmt.Fprintf(b, "- %s: %s%s\n", l.Field, l.Text, mark)
	}
	for _, text := range s.Fixed {
		fmt.Fprintf(b, "\n%s%s\n", say.Pick(lang, "Fixed, the same for everyone: ", "固定设置，所有人相同："), text)
	}
	if s.NotSent != "" {
		fmt.Fprintf(b, "\n%s%s\n", say.Pick(lang, "Not sent: ", "不发送："), s.NotSent)
	}
	fmt.Fprintf(b, "\n## %s\n\n", say.Pick(lang, "Who receives it", "谁会收到"))
	for i, r := range s.Who {
		model := ""
		if i == len(s.Who)-1 {
			model = s.Model
		}
		fmt.Fprintf(b, "%d. %s%s%s\n", i+1, called(r, model, lang), say.Pick(lang, ", ", "，"), p.about(r, lang))
	}
	fmt.Fprintf(b, "\n## %s\n\n%s\n", say.Pick(lang, "Why", "为什么"), s.Why)
	fmt.Fprintf(b, "\n## %s\n\n", say.Pick(lang, "How long it is kept", "保存多久"))
	for _, k := range s.Keep {
		fmt.Fprintf(b, "- %s · %s%s%s\n", k.Where, k.What, say.Pick(lang, ": ", "："), k.Text)
	}
	b.WriteString("\n")
	for _, l := range s.Links {
		fmt.Fprintf(b, "[%s](%s)\n", l.Text, l.URL)
	}
	fmt.Fprintf(b, "\n[ %s ] [ %s ]\n\n%s · %s · %s\n", s.Decline, s.Accept, s.PolicyVersion, s.Feature, s.Consent)
	return nil
}

// about says what a recipient is and, where known, in which country.
func (p *Policy) about(r Recipient, lang privacy.Lang) string {
	kind := say.Pick(lang, "a separate company that runs AI", "另一家提供 AI 的公司")
	switch r.Class {
	case Local:
		kind = say.Pick(lang, "our own server", "我们自己的服务器")
	case OwnHost:
		kind = say.Pick(lang, "a machine of our own that runs AI", "我们自己运行 AI 的机器")
	}
	if r.Region == "" {
		return kind
	}
	return kind + say.Pick(lang, ", ", "，") + say.Regions([]string{r.Region}, lang)
}

func table(b *strings.Builder, head string) {
	names := strings.Split(head, "|")
	cells(b, names...)
	b.WriteString("|" + strings.Repeat("-|", len(names)) + "\n")
}

func cells(b *strings.Builder, texts ...string) {
	for i, t := range texts {
		texts[i] = strings.ReplaceAll(t, "|", "\\|")
	}
	b.WriteString("| " + strings.Join(texts, " | ") + " |\n")
}

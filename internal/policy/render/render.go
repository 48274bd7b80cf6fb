// Package render writes the views of a policy that people, auditors and regulators read, as Markdown.
//
// It promises that each view comes from the same file that the server obeys, in each language of the
// app, and that a list with nothing in it says so. It never decides anything and adds no fact of its own.
package render

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/internal/say"
	"vow.example/vow/internal/privacy"
)

// view is one policy in one language, being written.
type view struct {
	strings.Builder
	p    *policy.Policy
	lang privacy.Lang
}

// Views lists the names of the views; "screen:" and a feature is one more.
func Views() []string {
	return []string{"policy", "screens", "retention", "recipients", "article30", "collected", "shared", "permissions", "collection"}
}

// Known reports whether there is a view of that name.
func Known(what string) bool {
	return slices.Contains(Views(), what) || strings.HasPrefix(what, "screen:")
}

// Markdown writes one view of the policy, in the offered language that fits best.
func Markdown(w io.Writer, p *policy.Policy, lang privacy.Lang, what string) error {
	v := &view{p: p, lang: policy.Match(string(lang), p.Languages())}
	if err := v.write(what); err != nil {
		return err
	}
	if _, err := io.WriteString(w, strings.ReplaceAll(v.String(), "\n\n\n", "\n\n")); err != nil {
		return fmt.Errorf("render: write view: %w", err)
	}
	return nil
}

func (v *view) write(what string) error {
	if feature, one := strings.CutPrefix(what, "screen:"); one {
		return v.screen(privacy.FeatureID(feature))
	}
	views := map[string]func(){
		"policy": v.policy, "retention": v.retention, "recipients": v.recipients, "article30": v.article30,
		"collected": v.collected, "shared": v.shared, "permissions": v.permissions, "collection": v.collection,
	}
	if what == "screens" {
		return v.screens()
	}
	write, ok := views[what]
	if !ok {
		return fault.New(fault.Invalid, "validation", "There is no view of that name. There are: "+strings.Join(Views(), ", ")+".")
	}
	write()
	return nil
}

// say picks the text of the reader's language.
func (v *view) say(en, zh string) string { return say.Pick(v.lang, en, zh) }

func (v *view) in(t policy.Localized) string { return t.In(v.lang) }

func (v *view) head(en, zh string) {
	fmt.Fprintf(v, "# %s: %s\n\n", v.p.Name(v.lang), v.say(en, zh))
}

func (v *view) section(en, zh string) { fmt.Fprintf(v, "\n## %s\n\n", v.say(en, zh)) }

// item writes one line of a list; an empty text writes none.
func (v *view) item(label, text string) {
	if text != "" {
		fmt.Fprintf(v, "- %s%s%s\n", label, v.say(": ", "："), text)
	}
}

// table starts a table; the names of its columns are parted by bars.
func (v *view) table(en, zh string) {
	names := strings.Split(v.say(en, zh), "|")
	v.row(names...)
	v.WriteString("|" + strings.Repeat("-|", len(names)) + "\n")
}

func (v *view) row(texts ...string) {
	for i, t := range texts {
		texts[i] = strings.NewReplacer("|", "\\|", "\n", " ").Replace(t)
	}
	v.WriteString("| " + strings.Join(texts, " | ") + " |\n")
}

func (v *view) join(texts []string) string { return strings.Join(texts, v.say("; ", "；")) }

func (v *view) policy() {
	fmt.Fprintf(v, "# %s\n\n%s: %s · %s\n", v.p.Title(v.lang), v.say("Last updated", "最后更新"), v.p.Updated(), v.p.Version())
	for _, s := range v.p.Sections(v.lang) {
		fmt.Fprintf(v, "\n## %s\n", s.Title)
		for _, line := range s.Body {
			fmt.Fprintf(v, "\n%s\n", line)
		}
	}
}

func (v *view) retention() {
	v.head("how long data is kept", "数据保存多久")
	v.table("Data|Clock starts|Limit|Kept on|In words|Number from|Promise", "数据|起算|时限|存放|说明|数字来自|承诺")
	for _, r := range v.p.Retention() {
		v.row(v.p.CategoryName(r.Category, v.lang), say.Since(string(r.Starts), v.lang), r.Limit.Words(v.lang), v.place(r.Storage), v.p.RetentionText(r, v.lang), v.chosen(r.ChosenBy), r.Clause)
	}
	v.numbers()
}

func (v *view) place(s policy.Storage) string {
	if s == policy.Memory {
		return v.say("memory only", "仅内存")
	}
	return v.say("disk, encrypted", "磁盘（加密）")
}

func (v *view) recipients() {
	v.head("who receives what", "谁收到什么")
	v.table("Feature|Recipient|Field|How|In words|Purpose|Their copy", "功能|接收方|字段|方式|说明|目的|对方副本")
	for _, f := range v.p.Features() {
		r, _ := v.p.Recipient(f.Recipient)
		theirs := v.say("stays on our server", "留在我们的服务器")
		if r.Class != policy.Local {
			theirs = v.copies(f.Retention)
		}
		for _, s := range f.Fields {
			words := []string{v.in(s.Text)}
			for _, n := range s.Notes {
				words = append(words, v.in(n))
			}
			v.row(v.in(f.Title)+" ("+string(f.ID)+", "+state(f)+")", v.called(r, f.Model), string(s.Field), s.Transport, v.join(words), v.p.PurposeText(f.Purpose, v.lang), theirs)
		}
	}
	v.forwardRows()
}

// forwardRows follows the features with what leaves for analytics recipients.
func (v *view) forwardRows() {
	for _, f := range v.p.Terms().Forwards {
		r, _ := v.p.Recipient(f.Recipient)
		for _, field := range f.Fields {
			v.row(v.say("Reports of the app", "应用报告")+" ("+strings.Join(f.Intakes, ", ")+")", v.in(r.Name), field, "text", v.conditions(f.Switch, "", platforms(f.Platforms)), v.p.PurposeText(f.Purpose, v.lang), v.theirs(r))
		}
	}
}

// theirs says what becomes of a recipient's own copy.
func (v *view) theirs(r policy.Recipient) string {
	switch r.Class {
	case policy.Local:
		return v.say("none: it is this server", "无：即本服务器")
	case policy.ObjectStore:
		return v.say("ciphertext that ends with its key, which we hold", "密文，随我们持有的密钥一同终结")
	case policy.Analytics, policy.Infrastructure:
		return say.UpTo(r.Retention.Inputs, v.lang)
	default:
		return v.copies(r.Retention)
	}
}

func (v *view) copies(k policy.ProviderRetention) string {
	return fmt.Sprintf(v.say("received: %s; result: %s", "收到的内容：%s；结果：%s"), say.UpTo(k.Inputs, v.lang), say.UpTo(k.Outputs, v.lang))
}

func (v *view) called(r policy.Recipient, model string) string {
	return say.Called(v.in(r.Name), model, v.lang)
}

func state(f policy.Feature) string {
	if f.Live {
		return "live"
	}
	return "planned"
}

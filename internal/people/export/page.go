package export

import (
	_ "embed" // for the page
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task"
)

//go:embed index.html
var index string

// shown is the page in one language.
type shown struct {
	Lang, Title, Intro              string
	Held, Received, Decided, Proved string // headings
	Other, Nothing, Until, Content  string
	Things                          []line
	Transfers, Consents, Receipts   [][]string
	Rows                            []counted
}

// line is one thing that the vault held.
type line struct{ Name, Detail, Until, File string }

// counted is how many rows of one table there were.
type counted struct {
	Name  string
	Count int
}

// page writes index.html: everything in both languages, and nothing that is loaded from elsewhere.
func page(who task.Who, d document) (string, error) {
	t, err := template.New("index").Parse(index)
	if err != nil {
		return "", fmt.Errorf("export: page: %w", err)
	}
	var b strings.Builder
	if err := t.Execute(&b, []shown{inWords(who, d, "en"), inWords(who, d, "zh-Hans")}); err != nil {
		return "", fmt.Errorf("export: page: %w", err)
	}
	return b.String(), nil
}

func inWords(who task.Who, d document, lang privacy.Lang) shown {
	s := shown{
		Lang: string(lang), Title: "Your data in " + who.Policy.Name(lang), Held: "What was held", Received: "Who received your data", Decided: "What you decided", Proved: "What was erased",
		Other: "Other records", Nothing: "Nothing.", Until: "erased by", Content: "open",
		Intro: "Made on " + cell(d.ExportedAt) + " from storage. User id: " + string(d.Subject) + ". The same is in data.json, for programs.",
	}
	if lang == "zh-Hans" {
		s.Title, s.Held, s.Received, s.Decided, s.Proved = "您在 "+who.Policy.Name(lang)+" 的数据", "当时保存的内容", "谁收到了您的数据", "您的决定", "已删除的内容"
		s.Other, s.Nothing, s.Until, s.Content = "其他记录", "无。", "删除时间", "打开"
		s.Intro = "于 " + cell(d.ExportedAt) + " 根据存储内容生成。用户 ID：" + string(d.Subject) + "。同样的内容见 data.json，供程序读取。"
	}
	for _, o := range d.Objects {
		s.Things = append(s.Things, line{
			Name: who.Policy.CategoryName(o.Category, lang), Detail: fmt.Sprintf("%s, %d B, %s", o.MediaType, o.Bytes, cell(o.WrittenAt)), Until: cell(o.DeletedBy), File: o.File,
		})
	}
	for _, t := range d.Transfers {
		name := called(who, privacy.RecipientID(cell(t["recipient"])), lang)
		s.Transfers = append(s.Transfers, []string{cell(t["at"]), name, titled(who, t, lang), fieldsOf(who, t, lang), cell(t["bytes"]) + " B", ended(t, lang)})
	}
	for _, c := range d.Consents {
		s.Consents = append(s.Consents, []string{cell(c["at"]), titled(who, c, lang), called(who, privacy.RecipientID(cell(c["recipient"])), lang), cell(c["version"]), decided(c, lang)})
	}
	for _, r := range d.Receipts {
		s.Receipts = append(s.Receipts, []string{cell(r["deleted_at"]), who.Policy.CategoryName(privacy.Category(cell(r["category"])), lang), cell(r["id"])})
	}
	for _, name := range slices.Sorted(maps.Keys(d.Rows)) {
		s.Rows = append(s.Rows, counted{name, len(d.Rows[name])})
	}
	return s
}

// titled returns the title of the feature that a row is about; what is none of the policy's keeps its word.
func titled(who task.Who, row store.Fact, lang privacy.Lang) string {
	if f, ok := who.Policy.Feature(privacy.FeatureID(cell(row["feature"]))); ok {
		return f.Title.In(lang)
	}
	return cell(row["feature"])
}

// fieldsOf says what was sent, in the words of the screen that was agreed to.
func fieldsOf(who task.Who, row store.Fact, lang privacy.Lang) string {
	f, _ := who.Policy.Feature(privacy.FeatureID(cell(row["feature"])))
	said := strings.Split(cell(row["fields"]), ",")
	for i, field := range said {
		if at := slices.IndexFunc(f.Fields, func(s policy.SentField) bool { return string(s.Field) == field }); at >= 0 {
			said[i] = f.Fields[at].Text.In(lang)
		}
	}
	if lang == "zh-Hans" {
		return strings.Join(said, "、")
	}
	return strings.Join(said, ", ")
}

// ended says what became of a transfer.
func ended(row store.Fact, lang privacy.Lang) string {
	words := map[string][2]string{
		"prepared": {"recorded, not sent yet", "已登记，尚未发送"}, "sent": {"sent", "已发送"},
		"refused": {"refused before anything was sent", "发送前已拒绝"}, "unknown": {"the answer was lost; treat it as sent", "未收到应答，视为已发送"},
	}
	w, ok := words[cell(row["outcome"])]
	switch {
	case !ok:
		return cell(row["outcome"])
	case lang == "zh-Hans":
		return w[1]
	}
	return w[0]
}

// decided puts the number of a decision into a word.
func decided(c store.Fact, lang privacy.Lang) string {
	words := map[string][2]string{"1": {"agreed", "同意"}, "2": {"declined", "拒绝"}, "3": {"withdrawn", "已撤回"}, "4": {"revoked", "已撤销"}}
	w := words[cell(c["decision"])]
	if lang == "zh-Hans" {
		return w[1]
	}
	return w[0]
}

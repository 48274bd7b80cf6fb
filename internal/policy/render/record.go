package render

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/internal/say"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

// article30 writes the record of processing activities that article 30 of the GDPR asks for.
func (v *view) article30() {
	v.head("record of processing activities (GDPR, article 30)", "处理活动记录（GDPR 第三十条）")
	fmt.Fprintf(v, "%s · %s\n", v.p.Version(), v.p.Updated())
	v.controllers()
	v.activities()
	v.people()
	v.whoReceives()
	v.borders()
	v.clocks()
	v.measures()
}

func (v *view) controllers() {
	t := v.p.Terms()
	v.section("1. Controller", "1. 控制者")
	v.item(v.say("Controller", "控制者"), v.in(t.Controller))
	for _, j := range t.Joint {
		v.item(v.say("Joint controller", "共同控制者"), v.in(j.Name)+v.say(", ", "，")+say.Regions([]string{j.Region}, v.lang)+v.say(", ", "，")+j.Email)
	}
	for _, c := range t.Contacts {
		v.item(v.say("Contact", "联系方式"), strings.Trim(v.in(c.Team)+", "+c.Email+", "+c.Phone, ", "))
	}
}

func (v *view) activities() {
	v.section("2. Purposes and legal bases", "2. 目的与法律依据")
	v.table("Purpose|Legal basis|Data", "目的|法律依据|数据")
	for _, u := range v.p.Terms().Purposes {
		var data []string
		for _, c := range v.p.Terms().Categories {
			if slices.Contains(c.Purposes, u.ID) {
				data = append(data, v.in(c.Name))
			}
		}
		v.row(v.in(u.Text), say.Basis(u.Basis, v.lang), v.join(data))
	}
}

// people writes whose data it is, and which.
func (v *view) people() {
	m := v.p.Terms().Minors
	v.section("3. Categories of people and of data", "3. 数据主体与数据类别")
	v.item(v.say("People", "数据主体"), v.say("people who use the app, and people who can be seen in what they hand over", "使用应用的人，以及其提供内容中可见的人"))
	age := v.say("younger than %d years: the app stays shut, and found data is erased", "未满 %d 岁：不得使用，发现的数据即予删除")
	if m.Guardian {
		age = v.say("younger than %d years: with a guardian's consent only", "未满 %d 岁：须经监护人同意")
	}
	v.item(v.say("Children", "未成年人"), fmt.Sprintf(age, m.MinAge)+v.ours("minors.min_age")+v.minors(m))
	v.WriteString("\n")
	v.table("Data|Special|Kept on|Origin", "数据|敏感|存放|来源")
	for _, c := range v.p.Terms().Categories {
		special := v.say("no", "否")
		if c.Special || v.faces(c.ID) {
			special = v.say("yes", "是")
		}
		v.row(v.in(c.Name)+" ("+string(c.ID)+")", special, v.where(c.ID), v.origin(v.from(c)))
	}
}

// minors says what a second age of the rule asks for; "" where there is none.
func (v *view) minors(m terms.Minors) string {
	if m.GuardianBelow == 0 {
		return ""
	}
	return fmt.Sprintf(v.say("; from %d and younger than %d years: with a guardian's consent only", "；已满 %d 岁、未满 %d 岁：须经监护人同意"), m.MinAge, m.GuardianBelow)
}

// faces reports whether the category can show or measure a face, which every picture of a person does.
func (v *view) faces(c privacy.Category) bool {
	return strings.HasPrefix(string(c), "face_") || c == "source_photo" || c == "source_video"
}

// from returns where a category comes from; what a feature asks for comes from the person.
func (v *view) from(c terms.Category) string {
	asked := slices.ContainsFunc(v.inputs(), func(in *input) bool { return in.category == c.ID })
	if c.Origin == "" && asked {
		return "subject"
	}
	return c.Origin
}

func (v *view) whoReceives() {
	v.section("4. Recipients", "4. 接收方")
	v.table("Recipient|What it is|Receives|Its own copy|Contract", "接收方|性质|收到|对方副本|合同")
	for _, r := range v.p.Recipients() {
		v.row(v.in(r.Name), v.about(r), v.gets(r), v.theirs(r), v.contract(r))
	}
	for _, g := range v.p.Terms().Disclosures {
		v.row(v.say("on a ground of law or consent: ", "依法或经同意：")+g.ID, v.say("named case by case, in the record of disclosures", "逐案记入披露记录"), v.in(g.Text), v.say("outside our control", "不在我们控制范围"), v.say("none", "无"))
	}
}

func (v *view) gets(r policy.Recipient) string {
	var out []string
	for _, f := range v.p.Features() {
		for _, s := range f.Fields {
			if f.Recipient == r.ID {
				out = with(out, string(s.Field))
			}
		}
	}
	for _, f := range v.p.Terms().Forwards {
		for _, field := range f.Fields {
			if f.Recipient == r.ID {
				out = with(out, field)
			}
		}
	}
	switch {
	case r.Class == policy.ObjectStore:
		return v.say("ciphertext alone", "仅密文")
	case len(out) == 0:
		return v.say("nothing by itself", "不单独接收")
	}
	return v.names(out)
}

func (v *view) contract(r policy.Recipient) string {
	if r.Contract.Reference == "" {
		return v.say("none needed: it is our own", "无需：属我们自己")
	}
	out := []string{r.Contract.Reference, v.say("reviewed ", "复核于 ") + r.Contract.Reviewed}
	if day := r.Contract.Ends; !day.IsZero() {
		out = append(out, v.say("lapses on "+day.Format(time.DateOnly)+" unless reviewed anew", "未在"+day.Format(time.DateOnly)+"前重新复核即失效"))
	}
	if r.Certificate.Name != "" {
		out = append(out, r.Certificate.Name+v.say(" until ", "，有效期至 ")+r.Certificate.Expires)
	}
	return v.join(out)
}

// borders writes where data may be, and what opens a border.
func (v *view) borders() {
	t := v.p.Terms()
	v.section("5. Transfers to other countries", "5. 跨境传输")
	if regions := v.p.StorageRegions(); len(regions) > 0 {
		v.item(v.say("Storage", "存储"), v.say("only in ", "仅在")+say.Regions(regions, v.lang))
	} else {
		v.item(v.say("Storage", "存储"), v.say("not pinned to a country", "未限定国家"))
	}
	if len(t.StaffRegions) > 0 {
		v.item(v.say("People who work for us", "工作人员"), v.say("read only from ", "仅可自以下地区访问：")+say.Regions(t.StaffRegions, v.lang))
	}
	opens := map[string][2]string{
		"":                        {"no border is drawn: recipients are listed with their country above", "未设边界：接收方所在国家见上表"},
		"never":                   {"nothing opens the border", "任何情况均不出境"},
		"consent":                 {"each person's explicit consent opens it", "须经本人明确同意"},
		"law_and_written_consent": {"a legal demand and the person's written consent together open it", "须同时有法律要求和本人书面同意"},
	}[t.Transfers]
	v.item(v.say("Beyond it", "出境"), v.say(opens[0], opens[1]))
}

func (v *view) clocks() {
	v.section("6. Time limits for erasure", "6. 删除期限")
	for _, r := range v.p.Retention() {
		fmt.Fprintf(v, "- %s\n", v.p.RetentionText(r, v.lang))
	}
}

// measures writes what the server does for every app, and what this policy adds.
func (v *view) measures() {
	t := v.p.Terms()
	v.section("7. Security measures", "7. 安全措施")
	for _, m := range [][2]string{
		{"What people hand over and what is made of it is encrypted with AES-256-GCM, each object under its own key", "用户提供的内容及生成的结果使用 AES-256-GCM 加密，每个对象使用独立密钥"},
		{"Destroying a key ends the object everywhere, in backups too: keys are never part of a backup", "销毁密钥即在所有位置（包括备份）终结该对象：密钥从不进入备份"},
		{"Nothing that people hand over to a feature leaves for another company without a recorded consent; every transfer is listed for the person", "未经记录在案的同意，用户提供给功能的内容不发往其他公司；每次传输均对本人可见"},
		{"Every read of personal data by staff needs a case, and is written to a log that shows any change", "工作人员读取个人数据须有事由，并写入可验证未被改动的日志"},
	} {
		fmt.Fprintf(v, "- %s\n", v.say(m[0], m[1]))
	}
	if t.Cipher != "" {
		v.item(v.say("Cipher pinned by the policy", "政策限定的加密算法"), t.Cipher)
	}
	if a := t.Audits; a.Promised() {
		every, _ := say.Deadline(a.Every.ISO, v.lang)
		v.item(v.say("Security audits", "安全审计"), fmt.Sprintf(v.say("at least once every %s%s, covering %s", "至少每 %s一次%s，范围：%s"), every, v.ours("audits.every"), say.Audited(a.Scope, v.lang)))
	}
	if t.Holds.Approvals > 0 {
		v.item(v.say("Keeping something beyond its clock", "超期保存"), fmt.Sprintf(v.say("needs %d people who agree%s, and ends", "须 %d 人同意%s，且有终止日期"), t.Holds.Approvals, v.ours("holds.approvals")))
	}
}

// holds says what a field may hold.
func (v *view) holds(f terms.Field) string {
	words := map[terms.FieldKind][2]string{
		terms.Word: {"a short code", "短代码"}, terms.Version: {"a version", "版本号"}, terms.Language: {"a language", "语言"}, terms.Region: {"a country or region", "国家或地区"},
		terms.Number: {"a number", "数字"}, terms.Flag: {"yes or no", "是或否"}, terms.Choice: {"one of: ", "以下之一："}, terms.Moment: {"a time", "时间"},
		terms.Digest: {"an identifier, kept as a keyed digest only", "标识，仅保留带密钥的摘要"}, terms.Address: {"the network address that the server sees", "服务器看到的网络地址"},
		terms.Mail: {"an e-mail address", "电子邮箱"}, terms.Text: {"your own words", "您自己的文字"},
	}[f.Kind]
	text := v.say(words[0], words[1])
	switch {
	case f.Kind == terms.Choice:
		return text + strings.Join(f.Choices, ", ")
	case f.Kind == terms.Number:
		return text + fmt.Sprintf(v.say(" from %s to %s", "，%s 至 %s"), plain(f.Least), plain(f.Most))
	case f.Max > 0:
		return text + fmt.Sprintf(v.say(", at most %d characters", "，最多 %d 个字符"), f.Max)
	}
	return text
}

// plain writes a number as people do, without an exponent.
func plain(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

package render

import (
	"cmp"
	"slices"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/internal/say"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

// collected writes the first of the two lists: which personal information is collected.
func (v *view) collected() {
	v.head("list of personal information that is collected", "个人信息收集清单")
	v.table("Personal information|What exactly|Purpose|When|Where it is kept", "个人信息|具体内容|目的|场景|存放位置")
	told := map[privacy.Category]bool{}
	for _, in := range v.inputs() {
		told[in.category] = true
		v.row(v.name(in.category), v.names(in.fields), v.purposeTexts(in.purposes), v.join(in.features), v.where(in.category))
	}
	for _, in := range v.p.Terms().Intakes {
		told[in.Category] = true
		v.row(v.name(in.Category), v.fields(in), v.p.PurposeText(in.Purpose, v.lang), v.scenario(in), v.kept(in))
	}
	for _, in := range v.p.Terms().Inbound {
		v.row(v.name(in.Category), v.names(fieldNames(in.Fields, v.lang)), v.p.PurposeText(in.Purpose, v.lang), v.say("sent by ", "来自")+v.in(in.Name), v.where(in.Category))
	}
	for _, c := range v.p.Terms().Categories {
		if !told[c.ID] {
			v.row(v.in(c.Name), v.say("as named", "如左"), v.purposeTexts(c.Purposes), v.origin(c.Origin), v.where(c.ID))
		}
	}
}

// input is one category that features ask for.
type input struct {
	category         privacy.Category
	fields, features []string
	purposes         []privacy.Purpose
}

// inputs gathers what features ask for, by category and in the order of the file.
func (v *view) inputs() []*input {
	var out []*input
	for _, f := range v.p.Features() {
		for _, in := range f.Inputs {
			i := slices.IndexFunc(out, func(x *input) bool { return x.category == in.Category })
			if i < 0 {
				out, i = append(out, &input{category: in.Category}), len(out)
			}
			out[i].fields = with(out[i].fields, v.in(in.Label))
			out[i].features = with(out[i].features, v.in(f.Title))
			out[i].purposes = with(out[i].purposes, f.Purpose)
		}
	}
	return out
}

func with[T comparable](list []T, x T) []T {
	if slices.Contains(list, x) {
		return list
	}
	return append(list, x)
}

// name names a category. What share targets tell is never stored, so that it needs no category.
func (v *view) name(c privacy.Category) string {
	if !v.p.HasCategory(c) {
		return v.say("Apps you can share to", "可分享到的应用")
	}
	return v.p.CategoryName(c, v.lang)
}

func (v *view) names(list []string) string { return say.Fields(list, v.lang) }

func (v *view) purposeTexts(list []privacy.Purpose) string {
	texts := make([]string, len(list))
	for i, u := range list {
		texts[i] = v.p.PurposeText(u, v.lang)
	}
	return v.join(texts)
}

// fields lists what an intake accepts, that of its events included.
func (v *view) fields(in terms.Intake) string {
	names := fieldNames(in.Fields, v.lang)
	for _, e := range in.Events {
		for _, n := range fieldNames(e.Fields, v.lang) {
			names = with(names, n)
		}
	}
	return v.names(names)
}

func fieldNames(list []terms.Field, lang privacy.Lang) []string {
	var out []string
	for _, f := range list {
		out = with(out, cmp.Or(f.Name.In(lang), f.ID))
	}
	return out
}

// scenario says when an intake is taken.
func (v *view) scenario(in terms.Intake) string {
	return v.join([]string{say.Kind(string(in.Kind), v.lang), v.conditions(in.Switch, in.Permission, platforms(in.Platforms))}) + v.passedOn(in)
}

// passedOn says on which ground what is written in a source is handed on, or nothing.
func (v *view) passedOn(in terms.Intake) string {
	g, ok := v.p.PassedOn(in.ID)
	if !ok {
		return ""
	}
	return say.PassedOn(v.in(g.Text), v.lang)
}

// conditions says where something is taken, and what must be on or granted first.
func (v *view) conditions(toggle, permission string, on []string) string {
	out := []string{v.say("on: ", "平台：") + say.Platforms(on, v.lang)}
	if s, ok := v.p.Terms().Switch(toggle); ok {
		out = append(out, v.say("only while “", "仅在“")+v.in(s.Name)+v.say("” is on", "”开启时"))
	}
	if x, ok := v.p.Terms().Permission(permission); ok {
		out = append(out, v.say("only with the permission “", "仅在授予“")+v.in(x.Name)+v.say("”", "”权限后"))
	}
	return v.join(out)
}

func platforms(list []terms.Platform) []string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = string(p)
	}
	return out
}

// where says where a category rests.
func (v *view) where(c privacy.Category) string {
	place := v.place(v.p.StorageOf(c))
	if regions := v.p.StorageRegions(); len(regions) > 0 {
		place += v.say(", ", "，") + say.Regions(regions, v.lang)
	}
	return place
}

func (v *view) kept(in terms.Intake) string {
	if in.Kind == terms.ShareTargets {
		return v.say("not kept", "不保存")
	}
	return v.where(in.Category)
}

func (v *view) origin(origin string) string {
	words := map[string][2]string{
		"subject": {"you hand it over", "由您提供"}, "automatic": {"the app reports it", "应用自动上报"}, "vendor": {"a vendor sends it", "由服务商提供"},
		"server": {"the server writes it while you use the app", "使用过程中由服务器生成"},
	}
	w, ok := words[origin]
	if !ok {
		w = [2]string{"while you use the app", "使用应用期间"}
	}
	return v.say(w[0], w[1])
}

// shared writes the second of the two lists: which personal information is shared with third parties.
func (v *view) shared() {
	v.head("list of personal information that is shared with third parties", "与第三方共享个人信息清单")
	before := v.Len()
	v.table("Recipient|Purpose|What exactly|How|Its policy", "第三方|目的|个人信息|方式|隐私政策")
	empty := v.Len()
	for _, f := range v.p.Features() {
		if r, ok := v.p.Recipient(f.Recipient); ok && r.Class == policy.ThirdPartyAI {
			v.row(v.called(r, f.Model), v.p.PurposeText(f.Purpose, v.lang)+v.say(" — ", "——")+v.in(f.Title), v.sent(f), v.say("from our server, after your consent", "经您同意后由我们的服务器发送"), r.PolicyURL)
		}
	}
	for _, f := range v.p.Terms().Forwards {
		r, _ := v.p.Recipient(f.Recipient)
		v.row(v.in(r.Name), v.p.PurposeText(f.Purpose, v.lang), v.names(f.Fields), v.say("from our server; ", "由我们的服务器发送；")+v.conditions(f.Switch, "", platforms(f.Platforms)), r.PolicyURL)
	}
	v.stores()
	v.kits()
	if v.Len() == empty {
		text := v.String()[:before]
		v.Reset()
		v.WriteString(text + v.say("No personal information is shared with a third party.\n", "不与任何第三方共享个人信息。\n"))
	}
}

func (v *view) sent(f policy.Feature) string {
	var out []string
	for _, s := range f.Fields {
		out = append(out, v.in(s.Text))
		for _, n := range s.Notes {
			out = append(out, v.in(n))
		}
	}
	return v.join(out)
}

func (v *view) stores() {
	for _, r := range v.p.Recipients() {
		if r.Class == policy.ObjectStore {
			v.row(v.in(r.Name), v.say("storage", "存储"), v.say("encrypted files under random names; it has no key", "随机名称的加密文件，对方没有密钥"), v.say("from our server", "由我们的服务器发送"), r.PolicyURL)
		}
	}
}

func (v *view) kits() {
	for _, k := range v.p.Terms().SDKs {
		fields := v.names(k.Fields)
		if fields == "" {
			fields = v.say("none", "无")
		}
		how := v.say("kit in the app (", "应用内 SDK（") + say.Platforms(platforms(k.Platforms), v.lang) + v.say(")", "）")
		if k.Pending() {
			how = v.say("built into no app: its check is pending", "未集成到任何应用：尚待安全检查")
		}
		v.row(k.Name+v.say(", ", "，")+k.Company, cmp.Or(v.purpose(k.Purpose), v.in(k.Text)), fields, how, k.PolicyURL)
	}
}

func (v *view) purpose(u privacy.Purpose) string {
	if u == "" {
		return ""
	}
	return v.p.PurposeText(u, v.lang)
}

// permissions writes which permissions of the device the app may ask for, and who uses them.
func (v *view) permissions() {
	v.head("permissions of your device", "设备权限")
	list := v.p.Terms().Permissions
	if len(list) == 0 {
		v.WriteString(v.say("The app asks for no permission of your device.\n", "应用不申请任何设备权限。\n"))
		return
	}
	v.table("Permission|When it is asked and why|Used by|Platforms|How to turn it off", "权限|申请场景与目的|使用方|平台|关闭方法")
	for _, x := range list {
		v.row(v.in(x.Name)+" ("+x.ID+")", v.in(x.Text), v.usersOf(x.ID), say.Platforms(platforms(x.Platforms), v.lang), v.in(x.Help))
	}
}

func (v *view) usersOf(id string) string {
	var out []string
	for _, f := range v.p.Features() {
		if slices.Contains(f.Permissions, id) {
			out = append(out, v.in(f.Title))
		}
	}
	for _, in := range v.p.Terms().Intakes {
		needs := in.Permission == id || slices.ContainsFunc(in.Fields, func(f terms.Field) bool { return f.Permission == id })
		if needs {
			out = append(out, say.Kind(string(in.Kind), v.lang))
		}
	}
	if len(out) == 0 {
		return v.say("the app itself", "应用本身")
	}
	return v.join(out)
}

// collection writes the closed schemas, field by field.
func (v *view) collection() {
	v.head("what the app may report", "应用可上报的内容")
	t := v.p.Terms()
	if len(t.Intakes)+len(t.Inbound) == 0 {
		v.WriteString(v.say("The app reports nothing beside what you hand over to a feature.\n", "除您提供给功能的内容外，应用不上报任何内容。\n"))
	}
	for _, in := range t.Intakes {
		v.schema(in)
	}
	for _, in := range t.Inbound {
		v.section("From "+v.in(in.Name)+" ("+in.ID+")", "来自"+v.in(in.Name)+"（"+in.ID+"）")
		v.fieldTable(in.Fields)
	}
	if len(t.Refused) > 0 {
		v.section("Never accepted", "从不接收")
	}
	for _, r := range t.Refused {
		v.refused(r)
	}
}

// refused writes what is never accepted, with the fields where only some are.
func (v *view) refused(r terms.Refused) {
	text := v.in(r.Text)
	if len(r.Fields) > 0 {
		text += v.say(" (", "（") + v.names(r.Fields) + v.say(")", "）")
	}
	v.WriteString("- " + text + "\n")
}

func (v *view) schema(in terms.Intake) {
	name := say.Kind(string(in.Kind), v.lang)
	v.section(name+" ("+in.ID+")", name+"（"+in.ID+"）")
	v.WriteString(v.name(in.Category) + v.say(" · to ", " · 用于") + v.p.PurposeText(in.Purpose, v.lang) + " · " + v.conditions(in.Switch, in.Permission, platforms(in.Platforms)) + v.passedOn(in) + "\n\n")
	if len(in.Fields) > 0 {
		v.fieldTable(in.Fields)
	}
	for _, e := range in.Events {
		v.WriteString("\n### " + e.ID + "\n\n")
		if len(e.Fields) == 0 {
			v.WriteString(v.say("no fields\n", "无字段\n"))
			continue
		}
		v.fieldTable(e.Fields)
	}
}

func (v *view) fieldTable(list []terms.Field) {
	v.table("Field|What it may hold|Needed|Platforms", "字段|可填内容|是否必填|平台")
	for _, f := range list {
		needed := v.say("no", "否")
		if f.Required {
			needed = v.say("yes", "是")
		}
		v.row(f.ID+named(v.in(f.Name)), v.holds(f), needed, say.Platforms(platforms(f.Platforms), v.lang))
	}
}

func named(name string) string {
	if name == "" {
		return ""
	}
	return " (" + name + ")"
}

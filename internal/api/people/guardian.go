package people

import (
	_ "embed" // for the guardian's page
	"html/template"
	"net/http"

	"vow.example/vow/client"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/people"
	"vow.example/vow/internal/privacy"
)

//go:embed guardian.html
var guardianPage string

const mostForm = 16 << 10

// guardianPages are the guardian's page for whoever has no program: it works without scripts.
func (g *group) guardianPages() {
	page := template.Must(template.New("guardian").Parse(guardianPage))
	g.rest.Mux.HandleFunc("GET /g/{link}", func(w http.ResponseWriter, r *http.Request) { g.showGuardian(w, r, page, guardianShown{}) })
	g.rest.Mux.HandleFunc("POST /g/{link}", func(w http.ResponseWriter, r *http.Request) { g.answerGuardian(w, r, page) })
}

// guardianShown is what the page shows beside the request itself.
type guardianShown struct {
	client.GuardianRequest
	Lang, Policy, Address, Agree, Decline, TypeIt string
	Code, Done, Wrong                             string
}

// answerGuardian takes what a guardian decided on the page.
func (g *group) answerGuardian(w http.ResponseWriter, r *http.Request, page *template.Template) {
	r.Body = http.MaxBytesReader(w, r.Body, mostForm)
	if err := r.ParseForm(); err != nil {
		g.rest.WriteProblem(w, r, rest.Invalid("", "form", "The form cannot be read."))
		return
	}
	link, contact := r.PathValue("link"), privacy.NewText(r.PostForm.Get("email"))
	var shown guardianShown
	var err error
	if r.PostForm.Get("decision") == "agreed" {
		shown.Code, err = g.People.GuardianAgrees(r.Context(), link, people.Agreement{Contact: contact, Hash: r.PostForm.Get("hash"), Items: r.PostForm["items"]})
	} else if err = g.People.GuardianRefuses(r.Context(), link, contact); err == nil {
		g.endGuardian(w, r, page)
		return
	}
	if kind := fault.KindOf(err); err != nil && kind != fault.Refused && kind != fault.Conflict && kind != fault.Unavailable {
		g.rest.WriteProblem(w, r, err)
		return
	}
	if err != nil {
		shown.Wrong = rest.ProblemOf(fault.CodeOf(err)).Detail(rest.LangOf(r.Context()))
	}
	g.showGuardian(w, r, page, shown)
}

// showGuardian shows the request behind a link, with whatever came of an answer.
func (g *group) showGuardian(w http.ResponseWriter, r *http.Request, page *template.Template, shown guardianShown) {
	lang := rest.LangOf(r.Context())
	request, err := g.People.GuardianRequest(r.Context(), r.PathValue("link"), lang)
	if err != nil {
		g.rest.WriteProblem(w, r, err)
		return
	}
	shown.GuardianRequest = guardianView(request, lang)
	g.writeGuardian(w, r, page, shown)
}

// endGuardian says that everything is gone: there is no request any more to show.
func (g *group) endGuardian(w http.ResponseWriter, r *http.Request, page *template.Template) {
	shown := guardianShown{Done: "You said no. Everything of the person was erased."}
	if rest.LangOf(r.Context()) == "zh-Hans" {
		shown.Done = "您已拒绝。此人的全部数据已删除。"
	}
	g.writeGuardian(w, r, page, shown)
}

func (g *group) writeGuardian(w http.ResponseWriter, r *http.Request, page *template.Template, shown guardianShown) {
	shown.Lang, shown.Policy, shown.Address = "en", "Privacy policy", "Your e-mail address, as the person gave it"
	shown.Agree, shown.Decline, shown.TypeIt = "I agree", "I do not agree", "Type this code on the person's own device. Keep this page's address: with it you can take your consent back."
	if rest.LangOf(r.Context()) == "zh-Hans" {
		shown.Lang, shown.Policy, shown.Address = "zh-Hans", "隐私政策", "您的电子邮箱（与此人提供的一致）"
		shown.Agree, shown.Decline, shown.TypeIt = "我同意", "我不同意", "请在此人自己的设备上输入此代码。请保存本页地址：您可以用它撤回同意。"
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; form-action 'self'; frame-ancestors 'none'")
	w.Header().Set("Referrer-Policy", "no-referrer")
	if err := page.Execute(w, shown); err != nil {
		g.rest.Log.Info("the client left before the answer", log.Request(rest.RequestOf(r.Context())))
	}
}

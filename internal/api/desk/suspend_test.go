package desk

import (
	"fmt"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/client/admin"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/abuse"
)

func TestASuspensionOverHTTPIsSeenByThePersonAndLifted(t *testing.T) {
	c := newCounter(t)
	me, other := c.person(), c.person()
	var opened admin.Case
	c.want(201, "", "POST", "/v1/admin/cases", officer, fmt.Sprintf(`{"app":"sample","subject":%q,"kind":"security","reason":"report-1"}`, me), &opened)
	suspend := "/v1/admin/cases/" + opened.ID + "/suspend"
	c.want(422, "validation", "POST", suspend, officer, `{"reason":"fraud"}`, nil)
	c.want(200, "", "POST", "/v1/admin/cases/"+opened.ID+"/records", officer, `{"category":"task_metadata","purpose":"service_operation","reason":"r-1"}`, nil)
	c.want(422, "validation", "POST", suspend, officer, `{"reason":"because"}`, nil)
	c.want(422, "validation", "POST", suspend, officer, `{"reason":"fraud","words":"a sentence"}`, nil)
	c.want(401, "unauthenticated", "POST", suspend, me, `{"reason":"fraud"}`, nil)
	c.want(403, "forbidden", "POST", suspend, "rk_demo_support", `{"reason":"fraud"}`, nil)
	var x admin.Suspension
	c.want(201, "", "POST", suspend, officer, `{"reason":"fraud"}`, &x)
	if x.Subject != me || x.Case != opened.ID || x.Reason != "fraud" || x.Staff == "" || x.LiftedAt != nil || !x.Until.After(c.clock.Now()) {
		t.Errorf("%+v", x)
	}
	measures := func(of string) (list client.Page[client.Measure]) {
		c.want(200, "", "GET", "/v1/privacy/measures", of, "", &list)
		return list
	}
	if m := measures(me).Data; len(m) != 1 || m[0].ID != x.ID || m[0].Kind != "suspension" || m[0].State != "in_force" || m[0].Ground != "fraud" || m[0].Text == "" || m[0].Text == "fraud" {
		t.Errorf("the person sees %+v", m)
	}
	if m := measures(other).Data; len(m) != 0 {
		t.Errorf("somebody else sees %+v", m)
	}
	var list client.Page[admin.Suspension]
	c.want(200, "", "GET", "/v1/admin/suspensions?app=sample", officer, "", &list)
	if len(list.Data) != 1 || list.Data[0].ID != x.ID {
		t.Errorf("%+v", list)
	}
	c.want(403, "forbidden", "GET", "/v1/admin/suspensions?app=sample", "rk_demo_auditor", "", nil)
	c.want(403, "forbidden", "POST", "/v1/admin/suspensions/"+x.ID+"/lift", "rk_demo_support", "", nil)
	c.want(200, "", "POST", "/v1/admin/suspensions/"+x.ID+"/lift", officer, "", &x)
	if x.LiftedAt == nil || x.LiftedBy == "" {
		t.Errorf("%+v", x)
	}
	c.want(409, "conflict", "POST", "/v1/admin/suspensions/"+x.ID+"/lift", officer, "", nil)
	if m := measures(me).Data; len(m) != 1 || m[0].State != "ended" || m[0].EndedAt == nil {
		t.Errorf("lifted, the person sees %+v", m)
	}
}

func TestEveryReasonIsSaidInWords(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, reason := range []string{"fraud", "abuse", "misconduct", "unauthorised_access"} {
		w := reasonText(reason)
		if w.EN == "" || w.ZH == "" || seen[w.EN] {
			t.Errorf("%s: %+v", reason, w)
		}
		seen[w.EN] = true
	}
}

func TestSignsAreListedPageByPageToThoseWhoMayActOnThem(t *testing.T) {
	c := newCounter(t)
	me := c.person()
	for i := range 3 {
		s := abuse.Signal{App: "sample", ID: fmt.Sprint("sig_", i), Subject: privacy.SubjectID(me), Kind: "many_tasks", Tries: 61 + i, At: c.clock.Now(), SeenAt: c.clock.Now()}
		if i == 2 {
			s.Subject = ""
		}
		must(t, c.desk.DB.Write(t.Context(), func(tx *store.Tx) error { return s.Put(t.Context(), tx, c.clock.Now().Add(time.Hour)) }))
	}
	var page client.Page[admin.Signal]
	c.want(200, "", "GET", "/v1/admin/signals?app=sample&limit=2", "rk_demo_moderator", "", &page)
	if len(page.Data) != 2 || !page.HasMore || page.Data[0].ID != "sig_2" || page.Data[0].Subject != "" || page.Data[1].Subject != me || page.Data[1].Tries != 62 {
		t.Errorf("%+v", page)
	}
	next := page.NextCursor
	page = client.Page[admin.Signal]{}
	c.want(200, "", "GET", "/v1/admin/signals?app=sample&limit=2&cursor="+next, "rk_demo_moderator", "", &page)
	if len(page.Data) != 1 || page.HasMore || page.Data[0].ID != "sig_0" {
		t.Errorf("%+v", page)
	}
	for _, by := range []string{"rk_demo_support", "rk_demo_auditor", "rk_demo_developer", "rk_demo_owner"} {
		c.want(403, "forbidden", "GET", "/v1/admin/signals?app=sample", by, "", nil)
	}
	c.want(401, "unauthenticated", "GET", "/v1/admin/signals?app=sample", me, "", nil)
}

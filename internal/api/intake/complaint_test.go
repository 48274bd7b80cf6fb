package intake

import (
	"slices"
	"testing"

	"vow.example/vow/client"
)

func TestAComplaintIsSentOverTheAPIByWhoWasToldWhereItGoes(t *testing.T) {
	w := newWorld(t)
	me := w.person()
	var listed client.Page[client.PolicySchema]
	w.ask("", "GET", "/v1/apps/collector/policy/collection", "", &listed)
	i := slices.IndexFunc(listed.Data, func(s client.PolicySchema) bool { return s.ID == "ip" })
	if i < 0 || listed.Data[i].PassedOn == nil || listed.Data[i].PassedOn.ID != "respondent" || listed.Data[i].PassedOn.Text != "to whom it is about" || !slices.Equal(listed.Data[i].PassedOn.Needs, []string{"request"}) {
		t.Fatalf("the collection does not say on which ground it is handed on: %+v", listed.Data)
	}
	for _, s := range listed.Data {
		if s.ID != "ip" && s.PassedOn != nil {
			t.Errorf("%s is handed on: %+v", s.ID, s.PassedOn)
		}
	}
	const words = `"platform":"web","text":"My song.","email":"anna@example.com"`
	if status, code := w.ask(string(me), "POST", "/v1/complaints/ip", `{`+words+`}`, nil); status != 422 || code != "validation" {
		t.Errorf("nobody was told: %d %s", status, code)
	}
	if status, code := w.ask(string(me), "POST", "/v1/complaints/support", `{"platform":"web","text":"x"}`, nil); status != 404 || code != "feature-unavailable" {
		t.Errorf("a letter is no complaint: %d %s", status, code)
	}
	if status, _ := w.ask("", "POST", "/v1/complaints/ip", `{`+words+`,"passed_on":"respondent"}`, nil); status != 401 {
		t.Errorf("nobody's: %d", status)
	}
	var got client.Complaint
	if status, _ := w.ask(string(me), "POST", "/v1/complaints/ip", `{`+words+`,"passed_on":"respondent"}`, &got); status != 201 || got.ID == "" || got.Source != "ip" || !got.At.Equal(w.clock.Now()) || !got.DeleteBy.After(got.At) {
		t.Errorf("%d %+v", status, got)
	}
}

package intake

import (
	"testing"

	"vow.example/vow/client"
)

func TestAnybodyCanReadWhoAnswersForAnApp(t *testing.T) {
	w := newWorld(t)
	var list client.Page[client.PolicyContact]
	w.ask("", "GET", "/v1/apps/collector/policy/contacts", "", &list)
	if len(list.Data) < 2 || list.Data[0].Kind != "controller" || list.Data[0].Name == "" {
		t.Fatalf("%+v", list.Data)
	}
	for _, c := range list.Data[1:] {
		if c.Kind == "contact" && (c.Email == "" || c.Platform == "") {
			t.Errorf("nobody can be reached: %+v", c)
		}
	}
}

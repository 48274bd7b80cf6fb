package intake

import (
	"slices"
	"strings"
	"testing"

	"vow.example/vow/client"
	"vow.example/vow/internal/policy/terms"
	people "vow.example/vow/internal/store/people"
)

func TestBootstrapShowsAnAppWhatItMayDo(t *testing.T) {
	w := newWorld(t)
	me := w.person()
	w.chooses(me, people.Profile{Permissions: map[string]bool{"photos": false, "camera": true}, Switches: map[string]bool{"analytics": false}})
	var ios, android, visitor client.Bootstrap
	w.ask(string(me), "GET", "/v1/bootstrap?platform=ios", "", &ios)
	w.ask(string(me), "GET", "/v1/bootstrap?platform=android", "", &android)
	w.ask("pk_collector", "GET", "/v1/bootstrap?platform=web", "", &visitor)
	kits := func(b client.Bootstrap) (ids []string) {
		for _, k := range b.SDKs {
			ids = append(ids, k.ID)
		}
		return ids
	}
	if !slices.Equal(kits(ios), []string{"crashkit"}) || !slices.Equal(kits(android), []string{"crashkit", "droidkit"}) || len(kits(visitor)) != 0 {
		t.Errorf("kits: ios %v, android %v, web %v", kits(ios), kits(android), kits(visitor))
	}
	if len(ios.Permissions) != 4 || len(android.Permissions) != 5 || ios.App != "collector" || ios.PolicyVersion != "collector/v1" {
		t.Errorf("%d and %d permissions", len(ios.Permissions), len(android.Permissions))
	}
	if f := ios.Features; len(f) != 1 || f[0].Available || f[0].Needs != "photos" {
		t.Errorf("%+v", f)
	}
	if f := visitor.Features; len(f) != 1 || !f[0].Available {
		t.Errorf("%+v", f)
	}
	if ios.Switches[0].On || !ios.Switches[1].On || !visitor.Switches[0].On || !slices.Equal(ios.Notices, []string{"ntc_1"}) || len(visitor.Notices) != 0 {
		t.Errorf("%+v, %v", ios.Switches, ios.Notices)
	}
	field := func(b client.Bootstrap, schema, field string) bool {
		i := slices.IndexFunc(b.Collection, func(s client.PolicySchema) bool { return s.ID == schema })
		return i >= 0 && slices.ContainsFunc(b.Collection[i].Fields, func(f client.PolicyField) bool { return f.ID == field })
	}
	if field(ios, "device", "carrier") || !field(android, "device", "carrier") || field(ios, "network", "network_status") || field(ios, "login", "oaid") || !field(ios, "login", "imei") {
		t.Error("a platform sees what is another's")
	}
	if status, code := w.ask(string(me), "GET", "/v1/bootstrap?platform=symbian", "", nil); status != 422 || code != "validation" {
		t.Errorf("%d %s", status, code)
	}
}

func TestThePolicyIsPublishedRowByRow(t *testing.T) {
	w := newWorld(t)
	for what, rows := range map[string]int{"purposes": 6, "categories": 19, "retention": 22, "permissions": 5, "sdks": 3, "recipients": 1, "collection": 11, "rights": 2, "messages": 3, "grounds": 1, "refused": 3} {
		var page client.Page[map[string]any]
		status, _ := w.ask("", "GET", "/v1/apps/collector/policy/"+what, "", &page)
		if status != 200 || len(page.Data) != rows || page.Data == nil {
			t.Errorf("%s: %d, %d rows", what, status, len(page.Data))
		}
		for _, row := range page.Data {
			if what == "categories" && (len(row["purposes"].([]any)) == 0 || len(row["clocks"].([]any)) == 0) {
				t.Errorf("no need or no clock is shown of %v", row["id"])
			}
		}
		if status, _ := w.ask("", "GET", "/v1/apps/nobody/policy/"+what, "", nil); status != 404 {
			t.Errorf("%s of nobody: %d", what, status)
		}
	}
	var kits client.Page[client.PolicySDK]
	w.ask("", "GET", "/v1/apps/collector/policy/sdks", "", &kits)
	if !kits.Data[1].Pending || kits.Data[0].Pending {
		t.Errorf("%+v", kits.Data)
	}
	if follows(terms.SDK{Fields: []string{"idfa"}}, terms.Android) || !follows(terms.SDK{Fields: []string{"idfa"}}, terms.IOS) {
		t.Error("what follows people on iOS is not kept out")
	}
}

func TestEveryRouteIsDocumentedWithItsBodyAndPlainNames(t *testing.T) {
	w := newWorld(t)
	var doc struct {
		Paths map[string]map[string]struct {
			ID          string             `json:"operationId"`
			Security    []map[string][]any `json:"security"`
			RequestBody struct {
				Content map[string]struct {
					Schema map[string]any `json:"schema"`
				} `json:"content"`
			} `json:"requestBody"`
		} `json:"paths"`
		Components struct {
			Schemas map[string]any `json:"schemas"`
		} `json:"components"`
	}
	w.ask("", "GET", "/openapi.json", "", &doc)
	for path, body := range map[string]string{
		"/v1/telemetry": "Telemetry", "/v1/events": "EventReport", "/v1/crash-reports": "Telemetry", "/v1/login-risk": "Telemetry", "/v1/support": "Letter",
		"/v1/support/{id}/messages": "Letter", "/v1/feedback": "Letter", "/v1/surveys/{id}": "Letter", "/v1/share-targets": "SharePresence", "/v1/devices": "DeviceCreate",
	} {
		o := doc.Paths[path]["post"]
		if o.ID == "" || len(o.Security) != 1 || o.RequestBody.Content["application/json"].Schema["$ref"] != "#/components/schemas/"+body {
			t.Errorf("%s: %+v", path, o)
		}
	}
	if o := doc.Paths["/v1/inbound/{source}"]["post"]; o.ID == "" || len(o.Security) != 0 {
		t.Errorf("%+v", o)
	}
	for name := range doc.Components.Schemas {
		if strings.ContainsAny(name, " {[./") {
			t.Errorf("%q is no name", name)
		}
	}
}

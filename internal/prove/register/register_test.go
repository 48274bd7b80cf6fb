package register_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"vow.example/vow/apps"
	"vow.example/vow/internal/prove/register"
)

func TestEveryPromiseOfTheAppsIsRead(t *testing.T) {
	t.Parallel()
	all, err := register.Load(apps.FS)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, p := range all {
		count[p.App]++
		if p.Evidence == "" || p.Enforce == "" {
			t.Errorf("%s does not say what keeps it", p.ID)
		}
	}
	for app, want := range map[string]int{"mixoo": 123, "pixplus": 59, "aifitting": 76, "picwiz": 45, "kmeng": 58} {
		if count[app] != want {
			t.Errorf("%s has %d promises, want %d", app, count[app], want)
		}
	}
}

func TestARegisterThatSaysTooLittleIsRefused(t *testing.T) {
	t.Parallel()
	const good = "app: a\nclauses:\n  - {id: A-1, promise: p, kind: consent, level: enforced}\n"
	for name, doc := range map[string]string{
		"is of the app":    strings.Replace(good, "app: a", "app: b", 1),
		"lacks an id":      strings.Replace(good, "id: A-1, ", "", 1),
		"is unknown":       strings.Replace(good, "enforced", "hoped", 1),
		"unknown field":    strings.Replace(good, "kind: consent", "kind: consent, hope: 1", 1),
		"A-1 stands twice": good + "  - {id: A-1, promise: p, kind: consent, level: enforced}\n",
		"int was used":     "app: a\nclauses: 7\n",
	} {
		_, err := register.Load(fstest.MapFS{"a/promises.yaml": {Data: []byte(doc)}})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

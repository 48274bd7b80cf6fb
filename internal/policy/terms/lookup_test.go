package terms_test

import (
	"testing"

	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

func TestAPlatformThatDoesNotExistIsOnNoList(t *testing.T) {
	t.Parallel()
	both := []terms.Platform{terms.IOS, terms.Android}
	for _, tt := range []struct {
		list []terms.Platform
		p    terms.Platform
		want bool
	}{
		{nil, terms.IOS, true}, {nil, terms.Web, true}, {both, terms.Android, true}, {both, terms.Web, false},
		{nil, "", false}, {nil, "watch", false}, {[]terms.Platform{"watch"}, "watch", false}, {nil, "iOS", false},
	} {
		if got := terms.On(tt.list, tt.p); got != tt.want {
			t.Errorf("%v holds %q: %t", tt.list, tt.p, got)
		}
	}
}

func TestWhatIsNotListedIsNotFound(t *testing.T) {
	t.Parallel()
	all := &terms.Terms{
		Intakes: []terms.Intake{{ID: "device"}}, Permissions: []terms.Permission{{ID: "camera"}}, Switches: []terms.Switch{{ID: "analytics", Default: true}},
		Rights: []terms.Right{{ID: "erase"}}, Categories: []terms.Category{{ID: "account"}}, Purposes: []terms.Purpose{{ID: "support"}}, Inbound: []terms.Inbound{{ID: "desk"}},
	}
	found := func(id string) map[string]bool {
		in, a := all.Intake(id)
		p, b := all.Permission(id)
		s, c := all.Switch(id)
		r, d := all.Right(id)
		k, e := all.Category(privacy.Category(id))
		u, f := all.Purpose(privacy.Purpose(id))
		v, g := all.Vendor(id)
		if a && in.ID != id || b && p.ID != id || c && (s.ID != id || !s.Default) || d && r.ID != id || e && string(k.ID) != id || f && string(u.ID) != id || g && v.ID != id {
			t.Errorf("%s is answered with something else", id)
		}
		return map[string]bool{"device": a, "camera": b, "analytics": c, "erase": d, "account": e, "support": f, "desk": g}
	}
	for _, id := range []string{"device", "camera", "analytics", "erase", "account", "support", "desk", "contacts", ""} {
		for name, ok := range found(id) {
			if ok != (name == id) {
				t.Errorf("%q under %s: %t", id, name, ok)
			}
		}
	}
}

func TestAGroundOpensOnlyWhatItLists(t *testing.T) {
	t.Parallel()
	grounds := []terms.Ground{{ID: "consent", Categories: []privacy.Category{"account"}}, {ID: "law"}}
	for _, tt := range []struct {
		id   string
		c    privacy.Category
		want bool
	}{
		{"consent", "account", true}, {"consent", "source_photo", false}, {"law", "source_photo", true}, {"other", "account", false}, {"", "account", false},
	} {
		if g, ok := terms.Open(grounds, tt.id, tt.c); ok != tt.want || ok && g.ID != tt.id {
			t.Errorf("%s opens %s: %t", tt.id, tt.c, ok)
		}
	}
}

func TestAKitWaitsUntilItsPresentVersionIsChecked(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kit  terms.SDK
		want bool
	}{
		{terms.SDK{Version: "1", Checked: "2026-01-01", CheckedVersion: "1"}, false},
		{terms.SDK{Version: "2", Checked: "2026-01-01", CheckedVersion: "1"}, true},
		{terms.SDK{Version: "1"}, true}, {terms.SDK{}, true},
	} {
		if tt.kit.Pending() != tt.want {
			t.Errorf("%+v", tt.kit)
		}
	}
}

func TestAMissingLanguageFallsBackToEnglish(t *testing.T) {
	t.Parallel()
	text := terms.Localized{"en": "Hello", "zh-Hans": "你好"}
	if text.In("zh-Hans") != "你好" || text.In("fr") != "Hello" || (terms.Localized)(nil).In("en") != "" {
		t.Error("the fallback differs")
	}
}

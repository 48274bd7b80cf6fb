package people

import (
	"testing"

	"vow.example/vow/client"
)

func TestAPermissionIsTakenBackWhileProcessingIsRestricted(t *testing.T) {
	d := newDesk(t)
	s := d.session("sample")
	restrict := func() {
		d.wants(200, "", "PUT", "/v1/me/restriction", s.AccessToken, `{"ground":"accuracy_contested"}`)
	}
	restrict()
	for _, body := range []string{`{"camera":"granted"}`, `{"camera":"denied"}`, `{}`} { // nothing of it was granted
		d.wants(423, "processing-restricted", "PUT", "/v1/me/permissions", s.AccessToken, body)
	}
	d.wants(200, "", "DELETE", "/v1/me/restriction", s.AccessToken, "")
	d.wants(200, "", "PUT", "/v1/me/permissions", s.AccessToken, `{"camera":"granted"}`)
	restrict()
	d.wants(423, "processing-restricted", "PUT", "/v1/me/permissions", s.AccessToken, `{"camera":"granted"}`)
	d.wants(200, "", "PUT", "/v1/me/permissions", s.AccessToken, `{"camera":"denied"}`)
	var me client.Me
	if d.ask("GET", "/v1/me", s.AccessToken, "", &me); me.Permissions["camera"] != "denied" || !me.Restricted {
		t.Errorf("%+v", me)
	}
}

package people

import (
	"testing"

	"vow.example/vow/client"
)

func TestALoginAndOneClickBringTheAccountBack(t *testing.T) {
	d := newDesk(t)
	s := d.session("aifitting")
	d.wants(422, "validation", "POST", "/v1/account", s.AccessToken, `{"login":"me@example.org","password":"123456"}`)
	d.wants(422, "validation", "POST", "/v1/account", s.AccessToken, `{"login":"me@example.org","password":"long and odd 47","phone":"1"}`)
	d.wants(204, "", "POST", "/v1/account", s.AccessToken, `{"login":"me@example.org","password":"long and odd 47"}`)
	var back client.Session
	d.ask("POST", "/v1/sessions", "", `{"app":"aifitting","login":"me@example.org","password":"long and odd 47"}`, &back)
	if back.Subject != s.Subject || back.Standing != "" || back.Remembered != nil {
		t.Errorf("%+v", back)
	}
	d.wants(401, "unauthenticated", "POST", "/v1/sessions", "", `{"app":"aifitting","login":"me@example.org","password":"long and odd 48"}`)
	d.wants(204, "", "PUT", "/v1/account", back.AccessToken, `{"password":"long and odd 47","new_password":"long and odd 49"}`)
	d.wants(401, "unauthenticated", "GET", "/v1/me", s.AccessToken, "")
	var k client.Keepsake
	d.ask("PUT", "/v1/me/remembered", back.AccessToken, `{"platform":"ios"}`, &k)
	var again client.Session
	d.ask("POST", "/v1/sessions/remembered", "", `{"app":"aifitting","platform":"ios","token":"`+k.Token+`"}`, &again)
	if k.Cookie != "__Host-remember-aifitting" || again.Subject != s.Subject || again.Remembered == nil || again.Remembered.Token == k.Token {
		t.Errorf("%+v %+v", k, again)
	}
	d.wants(401, "unauthenticated", "POST", "/v1/sessions/remembered", "", `{"app":"aifitting","platform":"ios","token":"`+k.Token+`"}`)
	var gone client.Forgotten
	if d.ask("DELETE", "/v1/me/remembered", back.AccessToken, "", &gone); gone.Devices != 1 {
		t.Errorf("%+v", gone)
	}
	d.wants(401, "unauthenticated", "DELETE", "/v1/account", back.AccessToken, `{"password":"long and odd 47"}`)
	d.wants(204, "", "DELETE", "/v1/account", back.AccessToken, `{"password":"long and odd 49"}`)
	d.wants(404, "not-found", "DELETE", "/v1/account", back.AccessToken, `{"password":"long and odd 49"}`)
	d.wants(404, "feature-unavailable", "PUT", "/v1/me/remembered", d.session("pixplus").AccessToken, `{}`)
}

package sign_test

import (
	"maps"
	"testing"
	"time"

	"vow.example/vow/internal/guard/egress/sign"
)

// The example that the makers of the scheme publish.
func TestAWebhookIsSignedAsInThePublishedExample(t *testing.T) {
	t.Parallel()
	body := []byte(`{"event_type":"ping","data":{"success":true}}`)
	want := map[string]string{
		"webhook-id": "msg_loFOjxBNrRLzqYUf", "webhook-timestamp": "1731705121", "webhook-signature": "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
	}
	for _, secret := range []string{"whsec_plJ3nmyCDGBKInavdOK15jsl", "plJ3nmyCDGBKInavdOK15jsl"} {
		got, err := sign.Webhook(body, "msg_loFOjxBNrRLzqYUf", secret, time.Unix(1731705121, 0))
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("%s: %v, %v", secret, got, err)
		}
	}
	for _, secret := range []string{"", "whsec_", "whsec_c2hvcnQ=", "no base64!"} {
		if _, err := sign.Webhook(body, "x", secret, time.Unix(0, 0)); err == nil {
			t.Errorf("%q signs", secret)
		}
	}
}

func TestAFormIsSignedWithItsPathAndEveryMember(t *testing.T) {
	t.Parallel()
	r := sign.Request{Path: "/openapi/param2/1/com.umeng.uapp/umeng.uapp.event.list", Body: []byte("appkey=52254b8a56240be8db048933&data=%5B%7B%22a%22%3A%22b%20c%2Bd%22%7D%5D")}
	key, at := sign.Key{ID: "97140550", Secret: "fakeSecurity"}, time.UnixMilli(1795338000000)
	// Computed apart from this code: hmac-sha1 over path, key, and the members sorted by name.
	want := "_aop_signature=617EB07406C8128A479376675413D89FED6A5067&_aop_timestamp=1795338000000"
	if got, err := sign.AOP(r, key, at); err != nil || got != want {
		t.Errorf("got %s, %v", got, err)
	}
	other := r
	other.Body = []byte(string(r.Body) + "1")
	if got, err := sign.AOP(other, key, at); err != nil || got == want {
		t.Errorf("another body has the same signature: %v", err)
	}
	for _, k := range []sign.Key{{ID: "", Secret: "x"}, {ID: "a/b", Secret: "x"}, {ID: "..", Secret: "x"}, {ID: "a", Secret: ""}} {
		if _, err := sign.AOP(r, k, at); err == nil {
			t.Errorf("the key %q signs", k.ID)
		}
	}
	other.Body = []byte("a=%zz")
	if _, err := sign.AOP(other, key, at); err == nil {
		t.Error("a body that is no form is signed")
	}
}

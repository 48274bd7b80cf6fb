package terms_test

import (
	"testing"

	"vow.example/vow/internal/policy/terms"
)

func TestWhatLeavesIsFoundByRecipientIntakeAndPlatform(t *testing.T) {
	t.Parallel()
	x := terms.Terms{
		Forwards: []terms.Forward{{Recipient: "adjust", Intakes: []string{"usage"}, Platforms: []terms.Platform{terms.Android, terms.Web}}},
		Notices:  terms.Notices{Gateways: []terms.Gateway{{Recipient: "gate", Platforms: []terms.Platform{terms.IOS}}}},
	}
	if _, ok := x.ForwardOf("adjust", "usage", terms.Android); !ok {
		t.Error("what is listed is not found")
	}
	if _, ok := x.ForwardOf("adjust", "usage", terms.IOS); ok {
		t.Error("found on another platform")
	}
	if _, ok := x.ForwardOf("adjust", "crash", terms.Android); ok {
		t.Error("found for another intake")
	}
	if _, ok := x.ForwardOf("umeng", "usage", terms.Android); ok {
		t.Error("found for another recipient")
	}
	if _, ok := x.GatewayOf("gate", terms.IOS); !ok {
		t.Error("the gateway is not found")
	}
	if _, ok := x.GatewayOf("gate", terms.Web); ok {
		t.Error("the gateway reaches another platform")
	}
	if _, ok := x.GatewayOf("adjust", terms.IOS); ok {
		t.Error("an analytics company carries messages")
	}
}

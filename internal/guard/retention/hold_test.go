package retention_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
)

// holding is the smallest policy that knows holds.
func holding(t testing.TB, approvals string) *policy.Policy {
	t.Helper()
	return policytest.Load(t, policytest.Mutate(t, policytest.Minimal(), "\nnotices:", `
restrictions:
  - {id: accuracy_contested, text: {en: you contest it}}
  - {id: claims, text: {en: you need it for a claim}, needs: [request]}
holds:
  grounds: [{id: authority_order, text: {en: an order of a court}, needs: [document]}]
  approvals: `+approvals+`
  most: P30D
notices:`))
}

func lawful() retention.Order {
	return retention.Order{App: "sample", Ground: "authority_order", Document: "Court-1", Approvals: 3, From: start(), Until: start().AddDate(0, 0, 30)}
}

func TestAHoldStandsOnItsGroundItsDocumentItsPeopleAndItsEnd(t *testing.T) {
	t.Parallel()
	p := holding(t, "3")
	for name, c := range map[string]struct {
		change func(*retention.Order)
		want   error
	}{
		"complete":               {func(*retention.Order) {}, nil},
		"shorter":                {func(o *retention.Order) { o.Until = start().Add(time.Second) }, nil},
		"another ground":         {func(o *retention.Order) { o.Ground = "claims" }, retention.ErrGround},
		"no ground":              {func(o *retention.Order) { o.Ground = "" }, retention.ErrGround},
		"no document":            {func(o *retention.Order) { o.Document = "" }, retention.ErrDocument},
		"one person too few":     {func(o *retention.Order) { o.Approvals = 2 }, retention.ErrSecond},
		"longer than the policy": {func(o *retention.Order) { o.Until = o.Until.Add(time.Second) }, retention.ErrTooLong},
		"over before it begins":  {func(o *retention.Order) { o.Until = start() }, retention.ErrTooLong},
		"without a beginning":    {func(o *retention.Order) { o.From = time.Time{} }, retention.ErrTooLong},
		"without an end":         {func(o *retention.Order) { o.Until = time.Time{} }, retention.ErrTooLong},
	} {
		o := lawful()
		c.change(&o)
		h, err := retention.Held(p, o)
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || h.IsZero() != (c.want != nil) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err == nil && (!h.Until().Equal(o.Until) || h.App() != "sample") {
			t.Errorf("%s: %v %s", name, h.Until(), h.App())
		}
	}
	other := lawful()
	other.App = "other"
	for _, try := range []func() (retention.Hold, error){
		func() (retention.Hold, error) { return retention.Held(p, other) },
		func() (retention.Hold, error) { return retention.Held(nil, lawful()) },
		func() (retention.Hold, error) { return retention.Held(minimal(t), lawful()) }, // a policy that knows no holds
	} {
		if h, err := try(); err == nil || !h.IsZero() {
			t.Errorf("held: %v", err)
		}
	}
}

func TestTwoOtherPeopleAgreeWhateverThePolicySays(t *testing.T) {
	t.Parallel()
	p := holding(t, "2")
	o := lawful()
	o.Approvals = 1
	if _, err := retention.Held(p, o); !errors.Is(err, retention.ErrSecond) {
		t.Errorf("%v", err)
	}
	g := p.Terms().Holds.Grounds[0]
	if n := retention.Approvals(p, g); n != 2 {
		t.Errorf("%d people", n)
	}
	g.Approvals = 4
	if n := retention.Approvals(p, g); n != 4 {
		t.Errorf("a ground may ask for more: %d", n)
	}
}

func TestAPersonsKeepStandsOnARestrictionThatAllowsIt(t *testing.T) {
	t.Parallel()
	p := holding(t, "2")
	mine := retention.Order{App: "sample", Ground: "claims", From: start(), Until: start().AddDate(0, 0, 30)}
	if h, err := retention.Kept(p, mine); err != nil || !h.Until().Equal(mine.Until) {
		t.Errorf("%v", err)
	}
	for _, ground := range []string{"accuracy_contested", "authority_order", ""} {
		o := mine
		o.Ground = ground
		if h, err := retention.Kept(p, o); !errors.Is(err, retention.ErrGround) || !h.IsZero() {
			t.Errorf("%q: %v", ground, err)
		}
	}
	long := mine
	long.Until = long.Until.Add(time.Second)
	if _, err := retention.Kept(p, long); !errors.Is(err, retention.ErrTooLong) {
		t.Errorf("%v", err)
	}
	stranger := mine
	stranger.App = "other"
	if _, err := retention.Kept(p, stranger); err == nil {
		t.Error("kept under another app's policy")
	}
}

func TestAHoldIsAProofAndNeverEncoded(t *testing.T) {
	t.Parallel()
	h, err := retention.Held(holding(t, "2"), lawful())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(h); !errors.Is(err, retention.ErrEncoded) {
		t.Errorf("%v", err)
	}
	if err := gob.NewEncoder(&bytes.Buffer{}).Encode(h); err == nil {
		t.Error("encoded")
	}
	var none retention.Hold
	if !none.IsZero() || !none.Until().IsZero() || none.App() != "" {
		t.Error("the zero hold says something")
	}
}

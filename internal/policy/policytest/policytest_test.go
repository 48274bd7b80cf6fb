package policytest

import "testing"

func TestEverySourceLoads(t *testing.T) {
	t.Parallel()
	for name, src := range map[string][]byte{"minimal": Minimal(), "bench": Bench(), "talk": Talk(), "collection": Collection(), "pixplus": Source(t, "pixplus"), "aifitting": Source(t, "aifitting"), "mixoo": Source(t, "mixoo"), "picwiz": Source(t, "picwiz"), "kmeng": Source(t, "kmeng")} {
		p := Load(t, src)
		if len(p.Features()) == 0 || p.Hash() == "" {
			t.Errorf("%s: an empty policy was loaded", name)
		}
	}
}

func TestTheCopyThatAsksAGuardianLoads(t *testing.T) {
	t.Parallel()
	m := Load(t, Guarding(t)).Terms().Minors
	if m.MinAge != 13 || m.GuardianBelow != 18 || m.Guardian || !m.Ask {
		t.Errorf("%+v", m)
	}
}

func TestTheBenchPolicyTakesALargeVideoToDisk(t *testing.T) {
	t.Parallel()
	p := Load(t, Bench())
	f, ok := p.Feature("video_making")
	in, has := f.Input("video")
	if !ok || !has || in.MaxBytes != 400_000_000 || p.StorageOf(in.Category) != "disk" {
		t.Errorf("feature %v, input %+v, storage %s", ok, in, p.StorageOf(in.Category))
	}
}

func TestEachAppIsReturnedUnderItsOwnName(t *testing.T) {
	t.Parallel()
	if p := PixPlus(t); p.App() != "pixplus" {
		t.Error(p.App())
	}
	if p := AIFitting(t); p.App() != "aifitting" {
		t.Error(p.App())
	}
	if p := Mixoo(t); p.App() != "mixoo" {
		t.Error(p.App())
	}
	if p := Picwiz(t); p.App() != "picwiz" {
		t.Error(p.App())
	}
	if p := Kmeng(t); p.App() != "kmeng" {
		t.Error(p.App())
	}
}

func TestMutateChangesOnePlace(t *testing.T) {
	t.Parallel()
	if got := string(Mutate(t, []byte("a a"), "a", "b")); got != "b a" {
		t.Errorf("got %q", got)
	}
}

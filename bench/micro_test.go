package bench

import (
	"context"
	"fmt"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/evidence"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/audit/audittest"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
)

// one answers with the same record, whoever asks: what Check itself costs.
type one struct{ consent.Record }

func (o one) Consent(context.Context, privacy.SubjectID, privacy.ConsentID) (consent.Record, error) {
	return o.Record, nil
}

func (o one) StandingConsent(context.Context, privacy.SubjectID, privacy.FeatureID, privacy.RecipientID) (consent.Record, error) {
	return o.Record, nil
}

// BenchmarkConsentCheck derives a permit from a record, the text in force compared to the letter.
func BenchmarkConsentCheck(b *testing.B) {
	p := policytest.PixPlus(b)
	f, _ := p.Feature(feature)
	screen, err := p.Screen(feature, "en")
	if err != nil {
		b.Fatal(err)
	}
	rec := one{consent.Record{
		ID: "con_1", App: p.App(), Subject: "sub_1", Feature: feature, Recipient: f.Recipient, Decision: consent.Given,
		Screen: screen.Hash, Language: "en", PolicyHash: p.Hash(), Version: p.Version(), Mode: f.Consent,
	}}
	ask := consent.Ask{Subject: "sub_1", Feature: feature, Task: "tsk_1", Consent: "con_1"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := consent.Check(b.Context(), rec, p, ask); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPolicyLoad reads and checks the policy of PixPlus.
func BenchmarkPolicyLoad(b *testing.B) {
	src := policytest.Source(b, "pixplus")
	b.ReportAllocs()
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		if _, err := policy.Load("policy.yaml", src); err != nil {
			b.Fatal(err)
		}
	}
}

const leaves = 10_000

// log returns an audit log with that many erasures, its signer, and what a receipt is made of.
func logOf(tb testing.TB) (*audittest.Tree, *audit.Signer, evidence.Facts) {
	tb.Helper()
	const origin = "vow.example/log"
	tree := audittest.New()
	at := time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC)
	for i := range leaves {
		e := audit.Erasure{
			Receipt: "rcp_01hzyf3k8w9n2m4p6r8t0v2x4z", App: "pixplus", Object: fmt.Sprintf("upl_%026d", i), Category: "source_photo",
			Rule: "pixplus/v1#retention.source_photo.task_failed", Reason: "deadline", Method: "key_destroyed", DueAt: at, At: at,
			PolicyHash: privacy.PolicyHash(fmt.Sprintf("%064x", 7)),
		}
		if _, err := audit.Append(context.Background(), tree, e.Event()); err != nil {
			tb.Fatal(err)
		}
	}
	s, err := audit.NewSigner(origin, [32]byte{7})
	if err != nil {
		tb.Fatal(err)
	}
	return tree, s, evidence.Facts{Origin: origin, Leaf: tree.Leaf(leaves / 2)}
}

// BenchmarkReceiptBuild makes and signs a receipt from a log of 10,000 leaves.
func BenchmarkReceiptBuild(b *testing.B) {
	tree, s, f := logOf(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := evidence.BuildReceipt(b.Context(), tree, s, f); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReceiptVerify checks it offline.
func BenchmarkReceiptVerify(b *testing.B) {
	tree, s, f := logOf(b)
	r, err := evidence.BuildReceipt(b.Context(), tree, s, f)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		verify(b, r, s.VerifierKey())
	}
}

func verify(b *testing.B, r client.Receipt, key string) {
	if report, err := evidence.VerifyReceipt(r, key); err != nil || !report.OK {
		b.Fatal(err)
	}
}

// BenchmarkAuditAppend adds an event to a log of 10,000 leaves in memory.
func BenchmarkAuditAppend(b *testing.B) {
	tree, _, _ := logOf(b)
	e := audit.Event{Kind: "uploaded", App: "pixplus", Subject: "sub_1", Object: "upl_1", At: time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC),
		PolicyHash: privacy.PolicyHash(fmt.Sprintf("%064x", 7)), Data: map[string]string{"category": "source_photo"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := audit.Append(b.Context(), tree, e); err != nil {
			b.Fatal(err)
		}
	}
}

// micro runs the small benchmarks.
func micro(rounds int) *table {
	out := &table{
		title: "Decisions and evidence",
		about: fmt.Sprintf("One call, without database and disk: median (middle half) of %d runs of a Go benchmark each.", rounds),
		head:  []string{"Call", "µs", "bytes allocated", "allocations"},
	}
	for _, m := range []struct {
		name string
		run  func(*testing.B)
	}{
		{"consent.Check", BenchmarkConsentCheck},
		{"policy.Load (PixPlus)", BenchmarkPolicyLoad},
		{"audit.Append (log of 10,000)", BenchmarkAuditAppend},
		{"evidence.BuildReceipt (log of 10,000)", BenchmarkReceiptBuild},
		{"evidence.VerifyReceipt", BenchmarkReceiptVerify},
	} {
		var took []float64
		var last testing.BenchmarkResult
		for range rounds {
			last = testing.Benchmark(m.run)
			took = append(took, float64(last.T.Nanoseconds())/float64(last.N)/1e3)
		}
		out.row(m.name, fmt.Sprintf("%s (%s–%s)", digits(median(took)), digits(quantile(took, 0.25)), digits(quantile(took, 0.75))),
			fmt.Sprint(last.AllocedBytesPerOp()), fmt.Sprint(last.AllocsPerOp()))
	}
	return out
}

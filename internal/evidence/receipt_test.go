package evidence_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/evidence"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/audit/audittest"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

const origin = "vow.example/log"

func noon() time.Time { return time.Date(2026, 11, 21, 14, 2, 11, 0, time.UTC) }

func erasure() audit.Erasure {
	return audit.Erasure{
		Receipt: "rcp_01hzyf3k8w9n2m4p6r8t0v2x4z", App: "pixplus", Subject: "sub_01hzyf3k8w9n2m4p6r8t0v2x4z",
		Object: "upl_01hzyf3k8w9n2m4p6r8t0v2x4z", Category: "source_photo",
		Rule: "pixplus/v1#retention.source_photo.task_failed", Reason: "deadline", Method: "key_destroyed",
		DueAt: noon().Add(time.Minute), At: noon(),
		PolicyHash: privacy.PolicyHash(strings.Repeat("ab", 32)),
	}
}

func signerOf(t testing.TB, name string, first byte) *audit.Signer {
	t.Helper()
	s, err := audit.NewSigner(name, [32]byte{first})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func signer(t testing.TB) *audit.Signer { return signerOf(t, origin, 7) }

// logOf returns a log of n erasures; number 4 is the one of erasure().
func logOf(t testing.TB, n int) *audittest.Tree {
	t.Helper()
	tree := audittest.New()
	extend(t, tree, n)
	return tree
}

func extend(t testing.TB, tree *audittest.Tree, n int) {
	t.Helper()
	for range n {
		size, err := tree.Size(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		e := erasure()
		if size != 4 {
			e.Object, e.At = fmt.Sprintf("upl_%026d", size), noon().Add(time.Duration(size)*time.Second)
		}
		if _, err := audit.Append(context.Background(), tree, e.Event()); err != nil {
			t.Fatal(err)
		}
	}
}

func facts(tree *audittest.Tree, index int64) evidence.Facts {
	return evidence.Facts{Origin: origin, Leaf: tree.Leaf(index), Copies: []evidence.Copy{{
		Recipient: "RunningHub", SentAt: noon().Add(-time.Hour),
		Keeps: evidence.Promises(policy.ProviderRetention{Inputs: "unknown", Outputs: "P15D"}, noon()),
	}}}
}

func receipt(t testing.TB) client.Receipt {
	t.Helper()
	tree := logOf(t, 11)
	r, err := evidence.BuildReceipt(context.Background(), tree, signer(t), facts(tree, 4))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func failed(rep evidence.Report) []string {
	var names []string
	for _, c := range rep.Checks {
		if !c.OK {
			names = append(names, c.Name)
		}
	}
	return names
}

func TestAReceiptVerifiesWithThePublishedKeyAndNothingElse(t *testing.T) {
	t.Parallel()
	r := receipt(t)
	rep, err := evidence.VerifyReceipt(r, signer(t).VerifierKey())
	if err != nil || !rep.OK || !rep.KeyPinned {
		t.Fatalf("%v\n%s", err, rep.Text())
	}
	names := make([]string, len(rep.Checks))
	for i, c := range rep.Checks {
		names[i] = c.Name
	}
	if got := strings.Join(names, " "); got != "key signature checkpoint payload event inclusion" {
		t.Errorf("checks made: %s", got)
	}
	if !strings.HasPrefix(rep.Text(), "receipt "+r.ID+": verified\n") {
		t.Errorf("text:\n%s", rep.Text())
	}
}

func TestAReceiptWithoutAGivenKeySaysThatTheKeyIsNotPinned(t *testing.T) {
	t.Parallel()
	rep, err := evidence.VerifyReceipt(receipt(t), "")
	if err != nil || !rep.OK || rep.KeyPinned || !strings.Contains(rep.Text(), "key not pinned") {
		t.Errorf("%v\n%s", err, rep.Text())
	}
	out, err := json.Marshal(rep)
	if err != nil || !bytes.Contains(out, []byte(`"ok":true,"key_pinned":false`)) {
		t.Errorf("%s, %v", out, err)
	}
}

func TestAReceiptOfAnotherLogIsRefused(t *testing.T) {
	t.Parallel()
	other := signerOf(t, origin, 9)
	rep, err := evidence.VerifyReceipt(receipt(t), other.VerifierKey())
	if !errors.Is(err, evidence.ErrNotVerified) || rep.OK || strings.Join(failed(rep), " ") != "key" {
		t.Errorf("%v\n%s", err, rep.Text())
	}
	if !strings.Contains(rep.Text(), "NOT VERIFIED") {
		t.Errorf("text:\n%s", rep.Text())
	}
}

// Every member is covered because the test walks the struct: a member that is added to the receipt
// and to no check fails here.
func TestEveryChangedByteOfEveryMemberIsNoticed(t *testing.T) {
	t.Parallel()
	good := receipt(t)
	members := reflect.TypeFor[client.Receipt]()
	for i := range members.NumField() {
		name := members.Field(i).Name
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for what, bad := range variants(t, good, i) {
				if rep, err := evidence.VerifyReceipt(bad, ""); err == nil || rep.OK {
					t.Fatalf("%s: %s is accepted", name, what)
				}
			}
		})
	}
}

// variants returns the receipt with its i-th member changed in every way worth trying.
func variants(t *testing.T, good client.Receipt, i int) map[string]client.Receipt {
	t.Helper()
	out := map[string]client.Receipt{}
	add := func(what string, value any) {
		bad := good
		reflect.ValueOf(&bad).Elem().Field(i).Set(reflect.ValueOf(value))
		out[what] = bad
	}
	switch v := reflect.ValueOf(good).Field(i).Interface().(type) {
	case string:
		for what, s := range flips(v) {
			add(what, s)
		}
	case int64:
		for _, d := range []int64{1, -1, 1 << 40, -v} {
			if d != 0 {
				add(fmt.Sprint("plus ", d), v+d)
			}
		}
		add("negative", -v)
	case time.Time:
		for _, d := range []time.Duration{1, -1, time.Millisecond, time.Hour} {
			add(fmt.Sprint("plus ", d), v.Add(d))
		}
		add("zero", time.Time{})
	case []string:
		for k := range v {
			for what, s := range flips(v[k]) {
				list := append([]string(nil), v...)
				list[k] = s
				add(fmt.Sprint("hash ", k, " ", what), list)
			}
		}
		add("one hash less", v[1:])
		add("one hash more", append(append([]string(nil), v...), v[0]))
		add("no hashes", []string(nil))
		add("very many hashes", make([]string, 1000))
	default:
		t.Fatalf("no variants for a %T", v)
	}
	return out
}

func flips(s string) map[string]string {
	out := map[string]string{"empty": "", "a line break at the end": s + "\n", "a blank in front": " " + s}
	for i := range len(s) {
		bit := []byte{1, 2, 0x20}[i%3]
		b := []byte(s)
		b[i] ^= bit
		out[fmt.Sprintf("byte %d flipped by %#x", i, bit)] = string(b)
	}
	return out
}

func TestMembersOfTwoGoodReceiptsCannotBeMixed(t *testing.T) {
	t.Parallel()
	ctx, tree := context.Background(), logOf(t, 11)
	one, err := evidence.BuildReceipt(ctx, tree, signer(t), facts(tree, 4))
	if err != nil {
		t.Fatal(err)
	}
	two, err := evidence.BuildReceipt(ctx, tree, signer(t), facts(tree, 5))
	if err != nil {
		t.Fatal(err)
	}
	for i := range reflect.TypeFor[client.Receipt]().NumField() {
		mixed := one
		reflect.ValueOf(&mixed).Elem().Field(i).Set(reflect.ValueOf(two).Field(i))
		if reflect.DeepEqual(mixed, one) {
			continue // both receipts have the same rule, app, key …
		}
		if rep, err := evidence.VerifyReceipt(mixed, ""); err == nil {
			t.Errorf("member %d of another receipt is accepted:\n%s", i, rep.Text())
		}
	}
}

func TestAStatementThatTheLogDoesNotBearOutIsRefused(t *testing.T) {
	t.Parallel()
	good := receipt(t)
	s := signer(t)
	for name, change := range map[string]func(*client.Receipt){
		"id":          func(r *client.Receipt) { r.ID = "rcp_x" },
		"app":         func(r *client.Receipt) { r.App = "aifitting" },
		"object":      func(r *client.Receipt) { r.Object = "upl_x" },
		"object_kind": func(r *client.Receipt) { r.ObjectKind = "generated_image" },
		"rule":        func(r *client.Receipt) { r.Rule = "other" },
		"reason":      func(r *client.Receipt) { r.Reason = "unused" },
		"method":      func(r *client.Receipt) { r.Method = "memory_wiped" },
		"due_at":      func(r *client.Receipt) { r.DueAt = r.DueAt.Add(time.Hour) },
		"deleted_at":  func(r *client.Receipt) { r.DeletedAt = r.DeletedAt.Add(-time.Hour) },
	} {
		bad := good
		change(&bad)
		bad.Signature = resign(t, s, good, bad)
		rep, err := evidence.VerifyReceipt(bad, s.VerifierKey())
		if err == nil || strings.Join(failed(rep), " ") != "event" || !strings.Contains(rep.Text(), "something else about "+name) {
			t.Errorf("%s: %v\n%s", name, err, rep.Text())
		}
	}
}

// resign signs the statement of bad with the log's own key, as a dishonest operator could.
func resign(t *testing.T, s *audit.Signer, good, bad client.Receipt) string {
	t.Helper()
	statement, err := audit.OpenReceipt(good.Signature, s.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal([]byte(statement), &m); err != nil {
		t.Fatal(err)
	}
	m["id"], m["app"], m["object"], m["object_kind"] = bad.ID, bad.App, bad.Object, bad.ObjectKind
	m["rule"], m["reason"], m["method"] = bad.Rule, bad.Reason, bad.Method
	m["due_at"], m["deleted_at"] = bad.DueAt.UTC().Format(time.RFC3339Nano), bad.DeletedAt.UTC().Format(time.RFC3339Nano)
	out, err := json.Marshal(m) // a map marshals sorted, as the statement is
	if err != nil {
		t.Fatal(err)
	}
	signed, err := s.Receipt(string(out))
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestALateErasureIsSaidToBeLate(t *testing.T) {
	t.Parallel()
	tree := audittest.New()
	e := erasure()
	e.DueAt = e.At.Add(-90 * time.Second)
	if _, err := audit.Append(context.Background(), tree, e.Event()); err != nil {
		t.Fatal(err)
	}
	r, err := evidence.BuildReceipt(context.Background(), tree, signer(t), evidence.Facts{Origin: origin, Leaf: tree.Leaf(0)})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(r.Text, "1m30s later than the rule allows") {
		t.Errorf("text: %s", r.Text)
	}
	rep, err := evidence.VerifyReceipt(r, "")
	if err != nil || !strings.Contains(rep.Text(), "deleted 1m30s after it was due") {
		t.Errorf("%v\n%s", err, rep.Text())
	}
}

func TestNoReceiptIsHandedOutThatTheLogDoesNotBearOut(t *testing.T) {
	t.Parallel()
	ctx, s, tree := context.Background(), signer(t), logOf(t, 6)
	wiped := logOf(t, 6)
	wiped.Wipe(4)
	moved := tree.Leaf(4)
	moved.Index = 3
	beyond := tree.Leaf(4)
	beyond.Index = 99
	invented := tree.Leaf(4)
	invented.Payload = bytes.Replace(invented.Payload, []byte("deadline"), []byte("declined"), 1)
	garbled := tree.Leaf(4)
	garbled.Payload = []byte("{}")
	other := audit.Event{Kind: "task_received", App: "pixplus", At: noon()}
	if _, err := audit.Append(ctx, tree, other); err != nil {
		t.Fatal(err)
	}
	broken := logOf(t, 6)
	broken.Break(errors.New("disk on fire"))
	for name, tt := range map[string]struct {
		log  *audittest.Tree
		leaf audit.Leaf
		from string
	}{
		"erased payload":     {wiped, wiped.Leaf(4), origin},
		"wrong index":        {tree, moved, origin},
		"index beyond":       {tree, beyond, origin},
		"changed payload":    {tree, invented, origin},
		"no event":           {tree, garbled, origin},
		"not an erasure":     {tree, tree.Leaf(6), origin},
		"unreadable log":     {broken, tree.Leaf(4), origin},
		"impossible origin":  {tree, tree.Leaf(4), "two words"},
		"somebody else's":    {tree, tree.Leaf(4), "elsewhere.example"},
		"leaf of other tree": {logOf(t, 6), tree.Leaf(4), origin},
	} {
		if r, err := evidence.BuildReceipt(ctx, tt.log, s, evidence.Facts{Origin: tt.from, Leaf: tt.leaf}); err == nil || r.ID != "" {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	if _, err := evidence.BuildReceipt(ctx, wiped, s, evidence.Facts{Origin: origin, Leaf: wiped.Leaf(4)}); !errors.Is(err, evidence.ErrErased) {
		t.Errorf("erased payload: got %v", err)
	}
}

func TestAReceiptHoldsAfterItsPayloadWasErasedFromTheLog(t *testing.T) {
	t.Parallel()
	tree := logOf(t, 9)
	r, err := evidence.BuildReceipt(context.Background(), tree, signer(t), facts(tree, 4))
	if err != nil {
		t.Fatal(err)
	}
	tree.Wipe(4)
	extend(t, tree, 20)
	if rep, err := evidence.VerifyReceipt(r, signer(t).VerifierKey()); err != nil {
		t.Errorf("%v\n%s", err, rep.Text())
	}
}

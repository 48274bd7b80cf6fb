package audit_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/audit/audittest"
)

const origin = "vow.example/log"

// grow appends n events.
func grow(t testing.TB, tree audit.Tree, n int) {
	t.Helper()
	for i := range n {
		e := event()
		e.Data = map[string]string{"n": strconv.Itoa(i)}
		if _, err := audit.Append(context.Background(), tree, e); err != nil {
			t.Fatal(err)
		}
	}
}

// at returns the checkpoint of the first size leaves.
func at(t testing.TB, tree *audittest.Tree, size int64) audit.Checkpoint {
	t.Helper()
	root, err := audit.Root(context.Background(), tree, size)
	if err != nil {
		t.Fatal(err)
	}
	return audit.Checkpoint{Origin: origin, Size: size, Root: root}
}

func TestAnAppendedLeafHoldsItsOwnerItsSaltAndItsPayload(t *testing.T) {
	t.Parallel()
	tree := audittest.New()
	grow(t, tree, 3)
	index, err := audit.Append(context.Background(), tree, erasure().Event())
	if err != nil || index != 3 {
		t.Fatalf("index %d, %v", index, err)
	}
	leaf := tree.Leaf(3)
	again, err := audit.RecordOf(leaf.Salt, leaf.Payload)
	if err != nil || string(again) != string(leaf.Data) {
		t.Errorf("salt and payload do not open the leaf: %v", err)
	}
	if leaf.App != "pixplus" || leaf.Subject != subjectID || leaf.Object != objectID {
		t.Errorf("the leaf has no owner: %+v", leaf)
	}
	if string(tree.Leaf(0).Salt) == string(leaf.Salt) {
		t.Error("two leaves share a salt")
	}
}

func TestTheSameEventTwiceGivesTwoUnlinkableLeaves(t *testing.T) {
	t.Parallel()
	tree := audittest.New()
	for range 2 {
		if _, err := audit.Append(context.Background(), tree, event()); err != nil {
			t.Fatal(err)
		}
	}
	a, _ := audit.ParseRecord(tree.Leaf(0).Data)
	b, _ := audit.ParseRecord(tree.Leaf(1).Data)
	if a.Commitment == b.Commitment {
		t.Error("equal events have equal commitments")
	}
}

func TestEveryLeafIsProvenInEveryTreeThatHoldsIt(t *testing.T) {
	t.Parallel()
	ctx, tree := context.Background(), audittest.New()
	const n = 37
	grow(t, tree, n)
	for size := int64(1); size <= n; size++ {
		cp := at(t, tree, size)
		for i := range size {
			proof, err := audit.ProveLeaf(ctx, tree, i, size)
			if err != nil {
				t.Fatal(err)
			}
			if err := audit.VerifyInclusion(cp, i, tree.Leaf(i).Data, proof); err != nil {
				t.Fatalf("leaf %d of %d: %v", i, size, err)
			}
			other := tree.Leaf((i + 1) % n).Data
			if err := audit.VerifyInclusion(cp, i, other, proof); !errors.Is(err, audit.ErrProof) {
				t.Fatalf("leaf %d of %d: another record is accepted", i, size)
			}
		}
	}
}

func TestEveryTreeContinuesEveryEarlierOne(t *testing.T) {
	t.Parallel()
	ctx, tree, forged := context.Background(), audittest.New(), audittest.New()
	const n = 33
	grow(t, tree, n)
	grow(t, forged, n) // other salts: another log of the same events
	for newer := int64(0); newer <= n; newer++ {
		for older := int64(0); older <= newer; older++ {
			proof, err := audit.ProveConsistency(ctx, tree, older, newer)
			if err != nil {
				t.Fatal(err)
			}
			if err := audit.VerifyConsistency(at(t, tree, older), at(t, tree, newer), proof); err != nil {
				t.Fatalf("%d to %d: %v", older, newer, err)
			}
			if older == 0 {
				continue
			}
			if err := audit.VerifyConsistency(at(t, forged, older), at(t, tree, newer), proof); !errors.Is(err, audit.ErrProof) {
				t.Fatalf("%d to %d: a rewritten log passes", older, newer)
			}
		}
	}
}

func TestConsistencyIsRefusedBetweenLogsAndBackwards(t *testing.T) {
	t.Parallel()
	tree := audittest.New()
	grow(t, tree, 4)
	two, four, none := at(t, tree, 2), at(t, tree, 4), at(t, tree, 0)
	proof, err := audit.ProveConsistency(context.Background(), tree, 2, 4)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := two
	elsewhere.Origin = "vow.example/other"
	falseStart := none
	falseStart.Root[0] ^= 1
	huge := four
	huge.Size = 1<<62 + 5
	for name, tt := range map[string]struct {
		older, newer audit.Checkpoint
		proof        []tlog.Hash
	}{
		"another log":                {elsewhere, four, proof},
		"backwards":                  {four, two, proof},
		"a proof too many":           {none, four, proof},
		"an empty tree with content": {falseStart, four, nil},
		"two empty trees that part":  {none, falseStart, nil},
		"an impossible size":         {two, huge, proof},
		"no proof":                   {two, four, nil},
	} {
		if err := audit.VerifyConsistency(tt.older, tt.newer, tt.proof); !errors.Is(err, audit.ErrProof) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if err := audit.VerifyInclusion(huge, 1, nil, nil); !errors.Is(err, audit.ErrProof) {
		t.Errorf("inclusion in an impossible tree: got %v", err)
	}
}

func TestImpossibleSizesAreRefusedBeforeTheyAreComputed(t *testing.T) {
	t.Parallel()
	ctx, tree := context.Background(), audittest.New()
	grow(t, tree, 2)
	for _, size := range []int64{-1, 1<<62 + 5} {
		if _, err := audit.Root(ctx, tree, size); err == nil {
			t.Errorf("a root of size %d", size)
		}
		if _, err := audit.ProveLeaf(ctx, tree, 0, size); err == nil {
			t.Errorf("a leaf proof of size %d", size)
		}
		if _, err := audit.ProveConsistency(ctx, tree, 1, size); err == nil {
			t.Errorf("a consistency proof of size %d", size)
		}
	}
	if _, err := audit.Root(ctx, tree, 3); err == nil {
		t.Error("a root of a tree that is not there")
	}
	if _, err := audit.ProveConsistency(ctx, tree, 2, 5); err == nil {
		t.Error("a consistency proof with a tree that is not there")
	}
}

// crooked is a tree whose store answers wrongly.
type crooked struct {
	*audittest.Tree
	size   int64
	append error
	short  bool
}

func (c crooked) Size(context.Context) (int64, error) { return c.size, nil }

func (c crooked) Append(context.Context, audit.Leaf, []tlog.Hash) error { return c.append }

func (c crooked) Hashes(ctx context.Context, x []int64) ([]tlog.Hash, error) {
	if c.short {
		return nil, nil
	}
	return c.Tree.Hashes(ctx, x)
}

func TestAnAppendReportsEveryFailureOfItsStore(t *testing.T) {
	t.Parallel()
	full := errors.New("disk full")
	broken := audittest.New()
	broken.Break(full)
	three := audittest.New()
	grow(t, three, 3)
	for name, tree := range map[string]audit.Tree{
		"the size is not readable":   broken,
		"the size is negative":       crooked{Tree: three, size: -1},
		"the size is impossible":     crooked{Tree: three, size: 1 << 60},
		"the hashes are missing":     crooked{Tree: three, size: 3, short: true},
		"the hashes are unknown":     crooked{Tree: three, size: 1001},
		"the leaf cannot be written": crooked{Tree: three, size: 3, append: full},
	} {
		if _, err := audit.Append(context.Background(), tree, event()); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	bad := event()
	bad.Data["prompt"] = "a cat in the rain"
	if _, err := audit.Append(context.Background(), three, bad); !errors.Is(err, audit.ErrNotCodes) {
		t.Errorf("content in an event: got %v", err)
	}
	if n, _ := three.Size(context.Background()); n != 3 {
		t.Errorf("a failed append left a leaf: %d", n)
	}
}

// Whatever is erased, the log stays the log: root, proofs and checkpoints from before the erasure
// verify after it, the tree goes on growing, and what was erased cannot be opened any more.
func TestErasingAnyPayloadsLeavesEveryProofStanding(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		ctx, tree := context.Background(), audittest.New()
		n := rapid.Int64Range(1, 60).Draw(r, "leaves")
		grow(t, tree, int(n))
		size := rapid.Int64Range(1, n).Draw(r, "checkpoint size")
		signed := sign(t, at(t, tree, size))
		index := rapid.Int64Range(0, size-1).Draw(r, "proven leaf")
		proof, err := audit.ProveLeaf(ctx, tree, index, size)
		if err != nil {
			r.Fatal(err)
		}
		record := tree.Leaf(index).Data
		before := at(t, tree, n)
		for _, i := range rapid.SliceOf(rapid.Int64Range(0, n-1)).Draw(r, "erased") {
			tree.Wipe(i)
			if leaf := tree.Leaf(i); leaf.Salt != nil || leaf.Payload != nil || leaf.Subject != "" {
				r.Fatal("the payload is still there")
			}
		}
		if at(t, tree, n) != before {
			r.Fatal("the root changed")
		}
		cp, err := audit.OpenCheckpoint(signed, signer(t).VerifierKey())
		if err != nil {
			r.Fatal(err)
		}
		if err := audit.VerifyInclusion(cp, index, record, proof); err != nil {
			r.Fatal("the old proof fails")
		}
		grow(t, tree, 3)
		onward, err := audit.ProveConsistency(ctx, tree, size, n+3)
		if err != nil {
			r.Fatal(err)
		}
		if err := audit.VerifyConsistency(cp, at(t, tree, n+3), onward); err != nil {
			r.Fatal("the log no longer continues its old checkpoint")
		}
	})
}

func TestFiftyThousandErasuresLeaveTheRootUnchanged(t *testing.T) {
	t.Parallel()
	const n = 50_000
	ctx, tree := context.Background(), audittest.New()
	e := erasure()
	for i := range n {
		e.Object, e.At = fmt.Sprintf("upl_%026d", i), noon().Add(time.Duration(i)*time.Second)
		if _, err := audit.Append(ctx, tree, e.Event()); err != nil {
			t.Fatal(err)
		}
	}
	before := at(t, tree, n)
	proof, err := audit.ProveLeaf(ctx, tree, 31_415, n)
	if err != nil {
		t.Fatal(err)
	}
	for i := range int64(n) {
		tree.Wipe(i)
	}
	if at(t, tree, n) != before {
		t.Error("the root changed")
	}
	if err := audit.VerifyInclusion(before, 31_415, tree.Leaf(31_415).Data, proof); err != nil {
		t.Error(err)
	}
}

func BenchmarkAppend(b *testing.B) {
	tree, e := audittest.New(), erasure().Event()
	for b.Loop() {
		if _, err := audit.Append(context.Background(), tree, e); err != nil {
			b.Fatal(err)
		}
	}
}

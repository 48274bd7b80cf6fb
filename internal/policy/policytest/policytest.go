// Package policytest gives tests and benchmarks policies to work with.
//
// It promises that every source it returns loads, and that a mutation that does not apply fails
// the test instead of passing unnoticed. It never serves production code.
package policytest

import (
	"bytes"
	_ "embed" // for the sources
	"testing"

	"vow.example/vow/apps"
	"vow.example/vow/internal/policy"
)

//go:embed minimal.yaml
var minimal []byte

//go:embed full.yaml
var full []byte

//go:embed bench.yaml
var bench []byte

//go:embed collection.yaml
var collection []byte

// Minimal returns the source of the smallest valid policy: one local feature on a photo.
func Minimal() []byte { return bytes.Clone(minimal) }

// Full returns the source of a policy that uses every block beside the features: collection, forwards,
// kits, grounds, holds and the rest.
func Full() []byte { return bytes.Clone(full) }

// Bench returns the source of a policy whose feature video_making takes an MP4 of up to 400 MB,
// kept on disk, beside the feature of Minimal.
func Bench() []byte { return bytes.Clone(bench) }

//go:embed talk.yaml
var talk []byte

// Talk returns the source of a policy with conversations (ai_chat) and speech (speech_to_text) on the
// operator's own machine own_ai. Recordings and transcripts stay in memory.
func Talk() []byte { return bytes.Clone(talk) }

// Collection returns the source of a policy that collects: every kind of intake, permissions, switches and
// what is never taken.
func Collection() []byte { return bytes.Clone(collection) }

// Source returns the policy source of a shipped app: "pixplus", "aifitting", "mixoo", "picwiz" or
// "kmeng".
func Source(t testing.TB, app string) []byte {
	t.Helper()
	src, err := apps.FS.ReadFile(app + "/policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// PixPlus returns the policy of PixPlus.
func PixPlus(t testing.TB) *policy.Policy {
	t.Helper()
	return Load(t, Source(t, "pixplus"))
}

// AIFitting returns the policy of AI Fitting.
func AIFitting(t testing.TB) *policy.Policy {
	t.Helper()
	return Load(t, Source(t, "aifitting"))
}

// Mixoo returns the policy of Mixoo.
func Mixoo(t testing.TB) *policy.Policy {
	t.Helper()
	return Load(t, Source(t, "mixoo"))
}

// Picwiz returns the policy of Picwiz.
func Picwiz(t testing.TB) *policy.Policy {
	t.Helper()
	return Load(t, Source(t, "picwiz"))
}

// Kmeng returns the policy of kmeng.
func Kmeng(t testing.TB) *policy.Policy {
	t.Helper()
	return Load(t, Source(t, "kmeng"))
}

// Load returns the policy of that source, or ends the test.
func Load(t testing.TB, src []byte) *policy.Policy {
	t.Helper()
	p, err := policy.Load("policy.yaml", src)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Mutate returns src with the first occurrence of old replaced; it ends the test when old does
// not occur.
func Mutate(t testing.TB, src []byte, old, replacement string) []byte {
	t.Helper()
	if !bytes.Contains(src, []byte(old)) {
		t.Fatalf("the source does not hold %q", old)
	}
	return bytes.Replace(src, []byte(old), []byte(replacement), 1)
}

package envelope

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"

	"vow.example/vow/internal/privacy"
)

func key(b byte) []byte { return bytes.Repeat([]byte{b}, KeySize) }

func sample() Header {
	return Header{
		App: "pixplus", Class: "source_photo", Object: privacy.ObjectID(privacy.NewID("upl")),
		Policy: "ab12", Epoch: time.Unix(7200, 0).UTC(), Bytes: 12345, Salt: NewSalt(),
	}
}

func TestAHeaderReadsBackAndOpensUnderItsKeyOnly(t *testing.T) {
	t.Parallel()
	want := sample()
	form, err := Seal(want, key(1), key(2))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse(form[:])
	if err != nil {
		t.Fatal(err)
	}
	if got.App != want.App || got.Class != want.Class || got.Object != want.Object || got.Policy != want.Policy ||
		!got.Epoch.Equal(want.Epoch) || got.Bytes != want.Bytes || got.Salt != want.Salt {
		t.Errorf("the header reads back as %+v", got)
	}
	if dek, err := got.Unwrap(key(1)); err != nil || !bytes.Equal(dek, key(2)) {
		t.Errorf("the content key: %v", err)
	}
	if _, err := got.Unwrap(key(3)); !errors.Is(err, ErrWrongKey) {
		t.Errorf("another key: %v", err)
	}
	if _, err := got.Unwrap(nil); err == nil {
		t.Error("no key opens it")
	}
	if _, err := want.Unwrap(key(1)); !errors.Is(err, ErrNoHeader) {
		t.Error("a header that was not parsed opens")
	}
	if bytes.Contains(form[:], key(2)) {
		t.Error("the content key is in clear")
	}
}

func TestEveryBitOfTheHeaderIsAuthenticated(t *testing.T) {
	t.Parallel()
	form, err := Seal(sample(), key(1), key(2))
	if err != nil {
		t.Fatal(err)
	}
	h, err := Parse(form[:])
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(h.aad) + wrapped {
		for bit := range 8 {
			changed := form
			changed[i] ^= 1 << bit
			h, err := Parse(changed[:])
			if err != nil {
				continue
			}
			if _, err := h.Unwrap(key(1)); err == nil {
				t.Fatalf("bit %d of byte %d may be changed", bit, i)
			}
		}
	}
	if len(h.aad)+wrapped > live {
		t.Error("the header does not lie within one sector")
	}
}

func TestWhatIsNoHeaderIsNotParsed(t *testing.T) {
	t.Parallel()
	for range 100 {
		noise := make([]byte, HeaderSize)
		_, _ = rand.Read(noise)
		if _, err := Parse(noise); !errors.Is(err, ErrNoHeader) {
			t.Fatal("noise is a header")
		}
		copy(noise, magic)
		if h, err := Parse(noise); err == nil {
			if _, err := h.Unwrap(key(1)); err == nil {
				t.Fatal("noise opens")
			}
		}
	}
	for _, form := range [][]byte{nil, []byte(magic), make([]byte, live-1)} {
		if _, err := Parse(form); !errors.Is(err, ErrNoHeader) {
			t.Error("a cut header is a header")
		}
	}
}

func TestNamesThatDoNotFitAreRefused(t *testing.T) {
	t.Parallel()
	long := sample()
	long.Class = string(bytes.Repeat([]byte("x"), 256))
	together := sample()
	together.Class, together.Policy = string(bytes.Repeat([]byte("x"), 200)), privacy.PolicyHash(bytes.Repeat([]byte("x"), 200))
	for _, h := range []Header{long, together} {
		if _, err := Seal(h, key(1), key(2)); err == nil {
			t.Error("a header that is too long was sealed")
		}
	}
	if _, err := Seal(sample(), nil, key(2)); err == nil {
		t.Error("a header was sealed under no key")
	}
}

func encrypt(t interface{ Fatal(...any) }, plain []byte) []byte {
	enc, err := Encrypt(bytes.NewReader(plain), key(5))
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := io.ReadAll(enc)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestContentReadsBackFromAnyByteOn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 3*PackageSize+2).Draw(t, "length")
		if rapid.Bool().Draw(t, "whole packages") {
			n = n / PackageSize * PackageSize
		}
		plain := make([]byte, n)
		_, _ = rand.Read(plain)
		sealed := encrypt(t, plain)
		if int64(len(sealed)) != SealedSize(int64(n)) {
			t.Fatalf("%d bytes take %d, not %d", n, len(sealed), SealedSize(int64(n)))
		}
		if n == 0 {
			return
		}
		from := rapid.IntRange(0, n-1).Draw(t, "from")
		dec, err := Decrypt(bytes.NewReader(sealed[PackageOffset(int64(from)):]), key(5), int64(from))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(iotest.HalfReader(dec))
		if err != nil || !bytes.Equal(got, plain[from:]) {
			t.Fatalf("reads back differently from %d of %d: %v", from, n, err)
		}
	})
}

func TestChangedOrCutContentIsRefused(t *testing.T) {
	t.Parallel()
	sealed := encrypt(t, make([]byte, 2*PackageSize+100))
	for name, change := range map[string]func([]byte) []byte{
		"a changed bit":    func(b []byte) []byte { b[PackageSize] ^= 1; return b },
		"cut in a package": func(b []byte) []byte { return b[:len(b)-1] },
		"cut at a border":  func(b []byte) []byte { return b[:2*SealedPackage] },
		"packages exchanged": func(b []byte) []byte {
			return append(append(b[SealedPackage:2*SealedPackage:2*SealedPackage], b[:SealedPackage]...), b[2*SealedPackage:]...)
		},
		"something added": func(b []byte) []byte { return append(b, b[:SealedPackage]...) },
	} {
		dec, err := Decrypt(bytes.NewReader(change(bytes.Clone(sealed))), key(5), 0)
		if err == nil {
			_, err = io.Copy(io.Discard, dec)
		}
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := Encrypt(nil, nil); err == nil {
		t.Error("encrypts under no key")
	}
	if _, err := Decrypt(nil, nil, 0); err == nil {
		t.Error("decrypts under no key")
	}
}

func TestACutInputIsNotTakenForAWholeOne(t *testing.T) {
	t.Parallel()
	for _, cut := range []error{io.ErrUnexpectedEOF, io.ErrClosedPipe} {
		for _, n := range []int{0, 1, PackageSize - 1, PackageSize, PackageSize + 1, 3 * PackageSize} {
			src := io.MultiReader(bytes.NewReader(make([]byte, n)), iotest.ErrReader(cut))
			for name, r := range map[string]io.Reader{"after the bytes": src, "beside the last bytes": &beside{left: n, err: cut}} {
				enc, err := Encrypt(r, key(5))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, enc); !errors.Is(err, cut) {
					t.Errorf("%d bytes, then %v %s: %v", n, cut, name, err)
				}
			}
		}
	}
}

// beside gives its error together with its last bytes.
type beside struct {
	left int
	err  error
}

func (b *beside) Read(p []byte) (int, error) {
	n := min(len(p), b.left)
	clear(p[:n])
	b.left -= n
	if b.left == 0 {
		return n, b.err
	}
	return n, nil
}

func FuzzAnyHeaderIsParsedOrRefused(f *testing.F) {
	form, err := Seal(sample(), key(1), key(2))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(form[:live])
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, form []byte) {
		h, err := Parse(form)
		if err != nil {
			return
		}
		if _, err := h.Unwrap(key(9)); err == nil {
			t.Error("opens under a key it was not sealed with")
		}
	})
}

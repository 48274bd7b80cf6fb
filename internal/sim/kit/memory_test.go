package kit

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
)

func TestAPieceIsFoundInEveryFormInWhichItTravels(t *testing.T) {
	t.Parallel()
	for length := 9; length < 40; length++ {
		around, mark, other := make([]byte, 200), make([]byte, length), make([]byte, length)
		for _, b := range [][]byte{around, mark, other} {
			_, _ = rand.Read(b)
		}
		for at := range 4 {
			whole := slices.Concat(around[:at], mark, around[at:])
			for name, form := range map[string][]byte{
				"raw": whole, "base64": []byte(base64.StdEncoding.EncodeToString(whole)), "base64 for addresses": []byte(base64.RawURLEncoding.EncodeToString(whole)),
			} {
				var m Memory
				m.Keep([]byte("head"), form)
				if found, _ := m.Saw([][]byte{other, mark, nil}); !slices.Equal(found, []int{1}) {
					t.Fatalf("%d bytes at %d, %s: found %v", length, at, name, found)
				}
			}
		}
	}
}

func TestWordsAreFoundInJSONAndInAddresses(t *testing.T) {
	t.Parallel()
	const word = `Anna's "garden" & 花园`
	raw, err := json.Marshal(map[string]string{"prompt": "a " + word + " b"})
	if err != nil {
		t.Fatal(err)
	}
	var m Memory
	m.Keep(raw)
	r := httptest.NewRequest("GET", "/x?q="+url.QueryEscape("in "+word+" out"), nil)
	r.Header.Set("X-Device", "phone-of-somebody")
	var n Memory
	n.KeepCall(r, nil)
	for _, each := range []*Memory{&m, &n} {
		if found, _ := each.Saw([][]byte{[]byte(word), []byte("something else")}); !slices.Equal(found, []int{0}) {
			t.Errorf("found %v", found)
		}
	}
	if found, _ := n.Saw([][]byte{[]byte("phone-of-somebody")}); len(found) != 1 {
		t.Error("a header is not remembered")
	}
}

func TestAMemorySaysWhatItForgot(t *testing.T) {
	t.Parallel()
	var m Memory
	big := make([]byte, remembers/2+1)
	m.Keep([]byte("first mark"))
	m.Keep(big)
	if found, forgotten := m.Saw([][]byte{[]byte("first mark")}); len(found) != 1 || forgotten != 0 {
		t.Errorf("found %v, %d forgotten", found, forgotten)
	}
	m.Keep(big)
	if found, forgotten := m.Saw([][]byte{[]byte("first mark")}); len(found) != 0 || forgotten == 0 {
		t.Errorf("found %v, %d forgotten", found, forgotten)
	}
}

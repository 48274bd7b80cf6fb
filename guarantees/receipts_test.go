package guarantees

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vow.example/vow/client"
)

// receipt looks for the receipt of the person's latest source, result, or of all that was erased:
//
//	receipt source [reason=WORD] [method=WORD] [rule=WORD]   one receipt, saved as receipt.json
//	! receipt source                                          there is none yet
//	receipt all                                               every receipt, saved as receipts/*.json
//	receipt answered                                          those of the latest answer, saved likewise
func receipt(w *world, neg bool, args []string) {
	w.usage(len(args) >= 1, "receipt source|result|all|answered [reason=WORD] [method=WORD] [rule=WORD]")
	switch args[0] {
	case "answered":
		var r client.RightsRequest
		w.check(json.Unmarshal(w.last.body, &r))
		w.save(r.Receipts)
		return
	case "all":
		w.save(list[client.Receipt](w, "/v1/privacy/receipts"))
		return
	}
	id := filepath.Base(w.path(w.me(), args[0]))
	all := list[client.Receipt](w, "/v1/privacy/receipts")
	at := slices.IndexFunc(all, func(r client.Receipt) bool { return r.Object == id })
	if at < 0 {
		if !neg {
			w.ts.Fatalf("no receipt of the %s", args[0])
		}
		return
	}
	r := all[at]
	if neg {
		w.ts.Fatalf("there is a receipt: %+v", r)
	}
	facts := map[string]string{"reason": r.Reason, "method": r.Method, "rule": r.Rule[strings.LastIndex(r.Rule, ".")+1:]}
	for name, want := range w.options(args[1:]) {
		if facts[name] != want {
			w.ts.Fatalf("the receipt's %s is %q", name, facts[name])
		}
	}
	w.write("receipt.json", r)
}

func (w *world) save(all []client.Receipt) {
	if len(all) == 0 {
		w.ts.Fatalf("no receipt")
	}
	w.check(os.MkdirAll(filepath.Join(w.dir, "receipts"), 0o700))
	for _, r := range all {
		w.write(filepath.Join("receipts", r.ID+".json"), r)
	}
}

func (w *world) write(name string, r client.Receipt) {
	raw, err := json.MarshalIndent(r, "", "  ")
	w.check(err)
	w.check(os.WriteFile(filepath.Join(w.dir, name), raw, 0o600))
}

// everyLieIsNoticed changes each fact of receipt.json in turn; the program must refuse each forgery
// without asking anybody.
func everyLieIsNoticed(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 0, "every-lie-is-noticed")
	raw, err := os.ReadFile(filepath.Join(w.dir, "receipt.json"))
	w.check(err)
	var facts map[string]any
	w.check(json.Unmarshal(raw, &facts))
	const fewest = 15
	if len(facts) < fewest {
		w.ts.Fatalf("the receipt has %d facts", len(facts))
	}
	for name, truth := range facts {
		facts[name] = lie(truth)
		forged, err := json.Marshal(facts)
		w.check(err)
		w.check(os.WriteFile(filepath.Join(w.dir, "forged.json"), forged, 0o600))
		if err := w.ts.Exec("vow", "receipt", "verify", "forged.json"); err == nil {
			w.ts.Fatalf("a receipt with another %s was taken for true", name)
		}
		facts[name] = truth
	}
}

// lie returns something else of the same kind, close to the truth: a receipt that is one second,
// one letter or one leaf off.
func lie(truth any) any {
	switch v := truth.(type) {
	case float64:
		return v + 1
	case []any:
		if len(v) == 0 {
			return []any{strings.Repeat("A", 43) + "="}
		}
		return v[1:]
	case string:
		b := []byte(v)
		for i := len(b) / 2; i < len(b); i++ {
			switch c := b[i]; {
			case c >= '0' && c <= '8', c >= 'a' && c <= 'y', c >= 'A' && c <= 'Y':
				b[i]++
				return string(b)
			}
		}
		return v + "x"
	default:
		return fmt.Sprint(v, "x")
	}
}

package archtest

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// call is one row of the reserved calls: where a name may be used, and why nowhere else.
type call struct {
	from   string // import path that the name belongs to; empty: a method, found by its name
	name   string
	needs  string // methods with a common name: only in files that import this
	places string // rooms or files of the product; tests may use what tests need
	why    string
}

func calls() []call {
	return []call{
		{from: "time", name: "Now", places: "internal/clock", why: "hidden clocks cannot be steered: pass a clock.Clock"},
		{from: "time", name: "Since", places: "internal/clock", why: "reads the time of day"},
		{from: "time", name: "Until", places: "internal/clock", why: "reads the time of day"},
		{name: "Reveal", places: "internal/privacy " + // Len counts without showing
			"internal/guard/egress/internal/body/words.go " + // fills the body of a request that a Disclosure permits
			"internal/guard/disclosure/... " + // hands the text over to egress
			"internal/guard/review/clear.go " + // MAC of the exact text
			"internal/moderate/prompt.go " + // judges the text
			"internal/task/receive.go internal/task/review.go internal/task/result/result.go " + // into the vault; length and digest of a request
			"internal/api/views.go " + // shows a rewrite to the person who wrote the text
			"internal/guard/egress/internal/body/turns.go internal/guard/egress/internal/body/record.go " + // as words.go
			"internal/moderate/advice/advice.go " + // judges an answer
			"internal/task/ask/ask.go " + // length of a text
			"internal/talk/talk.go internal/api/talk/talk.go " + // the turns before; shows a conversation to whoever had it
			"internal/people/login.go internal/people/enter.go internal/people/guardian.go internal/people/remember.go internal/people/password/password.go " + // digests
			"internal/abuse/abuse.go " + // digest of a network
			"internal/desk/words.go internal/desk/transfer.go internal/api/desk/own.go " + // into the vault; to the subject whose read it was
			"internal/provider/local", // our own engine
			why: "raw text has few readers"},
		{from: module + "/internal/log", name: "Message", places: "internal/log", why: "a message is a constant: a conversion makes a computed one"},
		{from: "fmt", name: "Print", places: "cmd/...", why: "standard output is the commands' matter"},
		{from: "fmt", name: "Printf", places: "cmd/...", why: "standard output is the commands' matter"},
		{from: "fmt", name: "Println", places: "cmd/...", why: "standard output is the commands' matter"},
		{name: "print", places: "", why: "a builtin for debugging"},
		{name: "println", places: "", why: "a builtin for debugging"},
		{from: "os", name: "Stdout", places: "cmd/...", why: "standard output is the commands' matter"},
		{from: "os", name: "Stderr", places: "cmd/... internal/server/...", why: "log through internal/log"},
		{from: "os", name: "Exit", places: "cmd/...", why: "skips what defers clean up"},
		{name: "TryOpenAll", places: "internal/guard/vault internal/prove/scratch", why: "opens everything with every key: only the forget-proof may, in the tests and in vow prove"},
		{name: "Keys", needs: module + "/internal/guard/keyring", places: "internal/guard/keyring", why: "hands out every key: only the forget-proof may"},
		{name: "Mint", places: "internal/guard/guardtest", why: "makes a proof without the check behind it"},
		{from: "net/http", name: "DefaultClient", places: "client", why: "follows redirects to anywhere"},
		{from: "net/http", name: "Get", places: "", why: "as DefaultClient"},
		{from: "net/http", name: "Post", places: "", why: "as DefaultClient"},
	}
}

// uses reports every mention of the name in a file, called or passed as a value.
func (c call) uses(s *source) []ast.Node {
	var found []ast.Node
	ast.Inspect(s.ast, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.SelectorExpr:
			if x.Sel.Name == c.name && c.meant(s, x) {
				found = append(found, x)
			}
		case *ast.CallExpr:
			if id, ok := x.Fun.(*ast.Ident); ok && c.builtin() && id.Name == c.name {
				found = append(found, x)
			}
		}
		return true
	})
	return found
}

func (c call) builtin() bool { return c.name == "print" || c.name == "println" }

// meant reports whether the selector is the reserved name and not one that only looks like it.
func (c call) meant(s *source, x *ast.SelectorExpr) bool {
	id, _ := x.X.(*ast.Ident)
	if c.from != "" {
		return id != nil && s.imports[c.from] == id.Name
	}
	if c.builtin() {
		return false
	}
	if c.needs == "" {
		return true
	}
	if _, imported := s.imports[c.needs]; !imported {
		return false
	}
	for imported, name := range s.imports { // maps.Keys and the like
		if id != nil && name == id.Name && imported != c.needs {
			return false
		}
	}
	return true
}

func TestReservedCallsStandWhereTheTableSaysOnly(t *testing.T) {
	t.Parallel()
	h := load(t)
	for _, r := range h.rooms {
		if isTestHelp(r.path) {
			continue
		}
		for _, s := range r.files {
			for _, c := range calls() {
				places := strings.Fields(c.places)
				if withinAny(r.path, places) || slices.Contains(places, s.path) {
					continue
				}
				for _, use := range c.uses(s) {
					t.Errorf("%s: %s is reserved: %s", h.at(use), c.name, c.why)
				}
			}
		}
	}
}

// TestOnlyGuardtestHoldsTheKeyOfTheSeal covers what the language leaves open below internal/guard.
func TestOnlyGuardtestHoldsTheKeyOfTheSeal(t *testing.T) {
	t.Parallel()
	const seal = module + "/internal/guard/internal/seal"
	h := load(t)
	for _, r := range h.rooms {
		for _, s := range r.files {
			name, imported := s.imports[seal]
			if !imported || r.path == "internal/guard/guardtest" {
				continue
			}
			ast.Inspect(s.ast, func(n ast.Node) bool {
				if f, ok := n.(*ast.FuncDecl); ok && f.Name.Name == "Mint" {
					return false // its parameter names the type
				}
				if x, ok := n.(*ast.SelectorExpr); ok {
					if id, ok := x.X.(*ast.Ident); ok && id.Name == name {
						t.Errorf("%s: only guardtest makes a seal.Key", h.at(x))
					}
				}
				return true
			})
		}
	}
}

func TestNothingReachesAroundTheCompiler(t *testing.T) {
	t.Parallel()
	h := load(t)
	for _, r := range h.rooms {
		for _, s := range r.files {
			for _, group := range s.ast.Comments {
				for _, c := range group.List {
					if strings.HasPrefix(c.Text, "//go:linkname") || strings.HasPrefix(c.Text, "//go:nosplit") {
						t.Errorf("%s: %s", h.at(c), c.Text)
					}
				}
			}
		}
	}
}

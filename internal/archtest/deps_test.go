package archtest

import (
	"go/ast"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// wayOut is one row about packages of the built program that import something with which a
// connection can be opened, and why they may.
type wayOut struct {
	packages string // "/..." includes what lies below
	may      string // space-separated
	why      string
}

// waysOut is the whole list: a library or room that is not on it cannot reach a network, as far as
// imports show. A new row is a decision, not a repair.
func waysOut() []wayOut {
	const ours = module + "/internal/"
	return []wayOut{
		{ours + "guard/egress/internal/dialer", "net syscall", "the one place that connects to recipients"},
		{ours + "guard/egress", "net net/http/... crypto/tls", "the one client for recipients"},
		{ours + "guard/egress/medialink", "net/http", "answers recipients that fetch a picture; opens nothing"},
		{ours + "guard/keyring", "golang.org/x/sys/unix syscall", "locks memory, asks the file system"},
		{ours + "blob/...", "golang.org/x/sys/unix syscall", "syncs folders"},
		{ours + "blob/s3", "net net/http/... crypto/tls", "the one client of buckets: ciphertext under random names; stands apart from the vault"},
		{"github.com/aws/...", "net net/http/... net/textproto crypto/tls", "the protocol of buckets; uses the transport of blob/s3"},
		{ours + "prove/probe", "net/http os/exec", "looks at a server from outside, and runs our own program"},
		{ours + "prove/scratch", "os/exec syscall", "runs our own program as the server that is looked at"},
		{ours + "film", "os/exec syscall golang.org/x/sys/unix", "runs ffmpeg, fenced in: no network, no files"},
		{ours + "api/...", "net/http", "answers requests; opens nothing"},
		{ours + "web/...", "net/http", "answers requests; its client calls the API in the same process"},
		{ours + "server/...", "net net/http/... crypto/tls os/exec syscall golang.org/x/sys/unix", "listens; opens the browser of the demo"},
		{ours + "sim/...", "net net/http/... crypto/tls", "stand-ins for recipients: they know nothing of us and hold nothing of ours"},
		{ours + "sim/comfyui", "github.com/coder/websocket", "the simulated progress socket: it accepts and never dials"},
		{"github.com/coder/websocket", "net net/http net/textproto github.com/coder/websocket/...", "upgrades requests that arrived; its client is used in tests only"},
		{module + "/cmd/...", "net net/http/... os/exec syscall golang.org/x/sys/unix", "commands speak the public API, as any program may"},
		{module + "/client", "net/http", "published: the client of the public API"},
		{"github.com/danielgtaylor/huma/...", "net net/http crypto/tls net/textproto", "the router of the API: reads requests and their addresses"},
		{"github.com/google/uuid", "net", "reads the machine's interfaces for version 1 identifiers, which we do not use"},
		{"github.com/alecthomas/kong", "syscall", "asks for the width of the terminal"},
		{"golang.org/x/term", "golang.org/x/sys/unix syscall", "asks for the width of the terminal"},
		{"golang.org/x/sys/...", "syscall", "names of system calls"},
		{"github.com/ncruces/...", "golang.org/x/sys/unix syscall", "locks of the database file"},
		{"github.com/prometheus/...", "net net/http/... crypto/tls expvar syscall golang.org/x/sys/unix", "metrics: answers requests and reads /proc; its client for pushing is never made"},
	}
}

// opens are the packages with which a connection can be opened.
func opens(imported string) bool {
	for _, p := range []string{
		"net", "net/http/...", "net/rpc/...", "net/smtp", "net/textproto", "crypto/tls", "log/syslog", "expvar", "os/exec", "syscall", "plugin",
		"golang.org/x/net/...", "golang.org/x/sys/unix", "golang.org/x/sys/windows", "golang.org/x/crypto/ssh/...", "golang.org/x/crypto/acme/...", "github.com/coder/websocket/...", "google.golang.org/grpc/...", "google.golang.org/api/...",
	} {
		if within(imported, p) {
			return true
		}
	}
	return false
}

// linked asks the go command for everything outside the standard library that the program is built
// of, with what each package imports.
func linked(t *testing.T) map[string][]string {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}\t{{join .Imports \" \"}}{{end}}", "./cmd/vow")
	cmd.Dir = root
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, complaints.String())
	}
	found := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		p, imports, _ := strings.Cut(strings.TrimSpace(line), "\t")
		found[p] = strings.Fields(imports)
	}
	return found
}

func TestNoOtherPackageOfTheProgramCanOpenAConnection(t *testing.T) {
	t.Parallel()
	program := linked(t)
	for _, p := range []string{"cmd/vow", "internal/guard/egress", "internal/guard/vault"} {
		if _, ok := program[module+"/"+p]; !ok {
			t.Fatalf("the program is built without %s: the list is not read as it is meant to be", p)
		}
	}
	for p, imports := range program {
		for _, imported := range imports {
			if !opens(imported) {
				continue
			}
			permitted := slices.ContainsFunc(waysOut(), func(w wayOut) bool {
				return within(p, w.packages) && withinAny(imported, strings.Fields(w.may))
			})
			if !permitted {
				t.Errorf("%s imports %s and is no known way out: add a row with a reason, or do without", p, imported)
			}
		}
	}
}

// dials are the names with which a connection is opened, by the package that they belong to.
func dials() map[string][]string {
	return map[string][]string{
		"net":                        strings.Fields("Dial DialTimeout DialTCP DialUDP DialIP DialUnix Dialer ListenPacket ListenUDP ListenIP ListenUnixgram FileConn FilePacketConn DefaultResolver Resolver LookupHost LookupAddr LookupTXT LookupIP"),
		"net/http":                   strings.Fields("Client Transport DefaultClient DefaultTransport Get Head Post PostForm NewFileTransport"),
		"github.com/coder/websocket": strings.Fields("Dial"),
		"net/http/httputil":          strings.Fields("ReverseProxy NewSingleHostReverseProxy NewClientConn"),
		"crypto/tls":                 strings.Fields("Dial DialWithDialer Dialer Client"),
		"syscall":                    strings.Fields("Socket Connect Sendto Sendmsg"),
		"golang.org/x/sys/unix":      strings.Fields("Socket Connect Sendto Sendmsg"),
		module + "/client":           strings.Fields("New"),
		module + "/internal/sim/kit": strings.Fields("New"),
	}
}

// dialer returns a name in the file with which a connection can be opened, or "".
func (s *source) dialer() string {
	found := ""
	for from, names := range dials() {
		local, imported := s.imports[from]
		if !imported {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if x, ok := n.(*ast.SelectorExpr); ok {
				if id, ok := x.X.(*ast.Ident); ok && id.Name == local && slices.Contains(names, x.Sel.Name) {
					found = from + "." + x.Sel.Name
				}
			}
			return true
		})
	}
	return found
}

// plain are the rooms from which content comes in the clear.
func plain() []string {
	return []string{"internal/guard/vault", "internal/guard/disclosure", "internal/guard/egress/internal/body"}
}

// bothHands are the rooms that may hold content and a way out, and why.
func bothHands() map[string]string {
	return map[string]string{
		"internal/guard/egress":                 "this is what it is for: content leaves here, under a Disclosure",
		"internal/guard/egress/internal/dialer": "part of it; it never sees what goes over a connection",
	}
}

// afar are the rooms with a way out that stand on rooms with content, and why. What they stand on
// keeps its content to itself: they neither lend, nor take, nor reveal.
func afar() map[string]string {
	return map[string]string{
		"cmd/vow":         "starts the server, and is itself a client of its public API",
		"internal/server": "wires everything by hand, and tries features as a client of its own public API",
	}
}

func TestNobodyElseHoldsContentAndAWayOut(t *testing.T) {
	t.Parallel()
	h := load(t)
	edges := map[string][]string{}
	for _, r := range h.rooms {
		for _, s := range r.files {
			for imported := range s.imports {
				if p, ours := strings.CutPrefix(imported, module+"/"); ours {
					edges[r.path] = append(edges[r.path], p)
				}
			}
		}
	}
	hands := 0
	for _, r := range h.rooms {
		if _, both := bothHands()[r.path]; both || isTestHelp(r.path) {
			hands++
			continue
		}
		for _, s := range r.files {
			if name := s.dialer(); name != "" {
				r.keepsApart(t, s.path, name, edges)
			}
		}
	}
	if hands < len(bothHands()) {
		t.Error("a room that may hold both is gone: take its row away")
	}
}

// keepsApart reports where a room with a way out can get at content.
func (r *room) keepsApart(t *testing.T, file, name string, edges map[string][]string) {
	t.Helper()
	for _, s := range r.files {
		for _, opener := range []string{"Reveal", "Lend", "Take"} {
			if len(call{name: opener}.uses(s)) > 0 {
				t.Errorf("%s uses %s, and %s uses %s", file, name, s.path, opener)
			}
		}
	}
	if _, known := afar()[r.path]; known {
		return
	}
	seen := map[string]bool{}
	var walk func(p string)
	walk = func(p string) {
		for _, below := range edges[p] {
			if slices.Contains(plain(), below) {
				t.Errorf("%s uses %s, and the room gets at %s through %s", file, name, below, p)
			}
			if !seen[below] {
				seen[below] = true
				walk(below)
			}
		}
	}
	walk(r.path)
}

// TestTheWayOutIsFoundWhereThereIsOne shows that the tests above would notice.
func TestTheWayOutIsFoundWhereThereIsOne(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for _, r := range load(t).rooms {
		for _, s := range r.files {
			if s.dialer() != "" {
				found[r.path] = true
			}
		}
	}
	for _, p := range []string{"internal/guard/egress", "internal/guard/egress/internal/dialer", "internal/sim/kit", "client", "internal/web"} {
		if !found[p] {
			t.Errorf("the way out of %s is not seen", p)
		}
	}
	for _, p := range []string{"internal/task", "internal/api", "internal/guard/vault", "internal/guard/egress/medialink", "internal/provider"} {
		if found[p] {
			t.Errorf("%s has a way out", p)
		}
	}
	for imported, want := range map[string]bool{"net": true, "net/http/httputil": true, "golang.org/x/net/websocket": true, "net/url": false, "net/netip": false, "netx": false} {
		if opens(imported) != want {
			t.Errorf("%s: %v", imported, opens(imported))
		}
	}
}

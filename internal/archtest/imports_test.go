package archtest

import (
	"strings"
	"testing"
)

// door is one row of the import table: what a room may import of the house, and why.
type door struct {
	room string
	may  string // space-separated; "/..." includes what lies below
	why  string
}

// doors is the import table. It is policy: do not edit it to fix a build, discuss it.
func doors() []door {
	return []door{
		{"internal/privacy", "", "the words; everybody speaks them"},
		{"internal/fault", "", "codes; everybody fails with them"},
		{"internal/clock", "", "the only reader of the time of day"},
		{"client", "", "published: a stranger's program must build with it alone"},
		{"apps", "", "data only"},
		{"internal/log", "internal/privacy internal/fault", "writes identifiers and codes"},
		{"internal/policy/...", "internal/privacy internal/fault", "decides from the file alone: no clock, no store, no network"},

		{"internal/guard/internal/...", "internal/privacy internal/fault", "shared by the guard, seen by nobody else"},
		{"internal/guard/retention", "internal/privacy internal/fault internal/clock internal/log internal/policy internal/policy/terms internal/guard/internal/...", "a deadline needs a policy and a moment"},
		{"internal/guard/consent", "internal/privacy internal/fault internal/policy internal/policy/terms internal/guard/internal/...", "a permit needs a policy and a record"},
		{"internal/guard/review", "internal/privacy internal/fault internal/policy internal/guard/internal/...", "a clearance needs a policy and a verdict; gates come from outside"},
		{"internal/guard/keyring", "internal/privacy internal/fault internal/clock internal/guard/internal/...", "keys know no policy"},
		{"internal/guard/vault", "internal/privacy internal/fault internal/clock internal/policy internal/policy/terms internal/guard/retention internal/guard/keyring internal/guard/internal/...", "content lives under a key until a deadline"},
		{"internal/guard/audit/...", "internal/privacy internal/fault internal/guard/internal/...", "commits to codes"},
		{"internal/guard/disclosure", "internal/privacy internal/fault internal/clock internal/policy internal/policy/terms internal/guard/retention internal/guard/consent internal/guard/review internal/guard/vault internal/guard/internal/...", "joins the proofs"},
		{"internal/guard/egress/...", "internal/privacy internal/fault internal/clock internal/log internal/policy internal/guard/vault internal/guard/disclosure internal/guard/internal/...", "sends what a disclosure permits"},
		{"internal/guard/egress/sign", "", "a signature is a pure function"},
		{"internal/guard/egress/wire", "internal/privacy", "requests as values: nothing to send them with"},
		{"internal/guard/egress/internal/dialer", "internal/guard/egress/internal/rule", "connects, and never sees what goes over the connection"},
		{"internal/guard/egress/internal/sse", "", "reads a stream and knows nobody"},
		{"internal/guard/egress/internal/gate", "internal/privacy internal/guard/egress/wire internal/guard/egress/internal/rule", "judges requests before anything is opened"},
		{"internal/guard/guardtest", "internal/privacy internal/fault internal/clock internal/policy internal/guard/...", "makes proofs for tests"},

		{"internal/effects/...", "internal/fault", "pure functions over pixels"},
		{"internal/film", "internal/fault", "the door to ffmpeg: frames in, frames out"},
		{"internal/media/...", "internal/fault", "bytes to pixels and back"},
		{"internal/moderate/advice", "internal/privacy internal/moderate", "tells what an answer touches"},
		{"internal/moderate", "internal/privacy internal/fault internal/policy internal/guard/review internal/media/...", "gates behind the review"},

		{"internal/provider/driver", "internal/privacy internal/fault internal/policy internal/guard/disclosure internal/guard/egress internal/guard/egress/wire", "what an adapter speaks: requests, never signatures or links"},
		{"internal/provider/local", "internal/privacy internal/fault internal/policy internal/effects/...", "the route to our own engine sends nothing"},
		{"internal/provider/traffic", "internal/privacy internal/fault internal/clock internal/guard/egress", "counts and waits; knows a task by its identifier only"},
		{"internal/provider", "internal/privacy internal/fault internal/clock internal/log internal/policy internal/guard/disclosure internal/guard/egress/... internal/provider/...", "knows every adapter"},
		{"internal/provider/drivertest", "internal/... apps", "conformance of adapters; tests only"},

		{"internal/blob/...", "internal/privacy internal/fault internal/guard/vault", "keeps ciphertext"},
		{"internal/queue", "internal/privacy internal/fault internal/clock internal/log", "carries identifiers only"},
		{"internal/store/...", "internal/privacy internal/fault internal/clock internal/policy internal/guard/retention internal/guard/consent internal/guard/review internal/guard/vault internal/guard/audit internal/guard/disclosure", "implements the guard's interfaces; never sees a key or a network"},
		{"internal/erasure", "internal/privacy internal/fault internal/clock internal/log internal/policy internal/guard/retention internal/guard/keyring internal/guard/vault internal/guard/audit internal/store internal/store/tally", "ends things: never sends, never reviews"},
		{"internal/erasure/erasuretest", "internal/clock internal/log internal/guard/keyring internal/guard/vault internal/store internal/blob internal/erasure", "the parts that everything kept rests on; tests only"},
		{"internal/task", "internal/privacy internal/fault internal/clock internal/log internal/policy internal/guard/... internal/effects/... internal/media/... internal/provider internal/provider/driver internal/provider/local internal/queue internal/store internal/erasure internal/moderate/advice internal/task/...", "the main job"},
		{"internal/task/outcome", "internal/privacy internal/fault internal/guard/egress/...", "the table of how a task fails"},
		{"internal/task/sealed", "", "a cipher and nothing else"},
		{"internal/task/own", "internal/privacy internal/fault internal/policy internal/effects/... internal/media/... internal/provider/local internal/task/result", "the own engine as a recipient of nobody"},
		{"internal/task/answer", "internal/privacy internal/moderate/advice", "words while they come"},
		{"internal/task/ask", "internal/privacy internal/fault internal/policy internal/guard/review internal/media/... internal/store", "which rules a request breaks"},
		{"internal/task/grant", "internal/privacy internal/fault internal/policy internal/policy/terms", "which permissions of a device a feature needs"},
		{"internal/task/live", "internal/privacy", "the state of the moment"},
		{"internal/task/pace", "internal/privacy", "durations, of nobody"},
		{"internal/task/result", "internal/privacy internal/fault internal/policy internal/media/... internal/provider/driver", "what an answer becomes; stores nothing"},
		{"internal/task/ledger", "internal/privacy internal/fault internal/clock internal/log internal/policy internal/guard/... internal/provider/driver internal/store internal/erasure internal/task/sealed", "what recipients still hold; sends nothing"},
		{"internal/rights", "internal/privacy internal/fault internal/clock internal/log internal/policy internal/guard/... internal/store internal/erasure internal/task", "what a person may ask for"},
		{"internal/talk", "internal/privacy internal/fault internal/clock internal/policy internal/guard/retention internal/guard/review internal/guard/vault internal/store internal/store/talk internal/erasure internal/task", "conversations: an order of tasks"},
		{"internal/abuse", "internal/privacy internal/fault internal/clock internal/policy internal/store internal/store/abuse", "counts tries; keeps no login and no address"},
		{"internal/people/...", "internal/abuse internal/privacy internal/fault internal/clock internal/log internal/policy/... internal/guard/retention internal/guard/consent internal/guard/vault internal/guard/keyring internal/guard/audit internal/guard/disclosure internal/store/... internal/erasure internal/task internal/task/result internal/task/sealed internal/people/... internal/evidence client", "who a subject is to an app"},
		{"internal/editions/...", "internal/privacy internal/fault internal/clock internal/log internal/policy/... internal/guard/retention internal/guard/vault internal/guard/audit internal/store/... internal/erasure internal/editions/...", "versions of policies, and who was told"},
		{"internal/intake/...", "internal/privacy internal/fault internal/clock internal/log internal/policy/... internal/guard/retention internal/guard/vault internal/guard/keyring internal/guard/audit internal/store/... internal/erasure internal/task internal/intake/...", "what apps hand over beside the inputs of features"},
		{"internal/forward/...", "internal/privacy internal/fault internal/clock internal/log internal/policy/... internal/guard/... internal/store/... internal/erasure internal/provider/... internal/task internal/task/ledger internal/task/outcome internal/people internal/editions internal/intake/... internal/forward/...", "what leaves for analytics and messages"},
		{"internal/desk/...", "internal/privacy internal/fault internal/clock internal/log internal/policy/... internal/guard/retention internal/guard/consent internal/guard/vault internal/guard/audit internal/guard/disclosure internal/store/... internal/erasure internal/task internal/editions internal/people internal/effects/material internal/desk/...", "what staff may do"},
		{"internal/prove/...", "apps client client/admin internal/clock internal/effects/samples internal/prove/...", "looks at a running server from outside"},
		{"internal/prove/scratch", "internal/clock internal/blob internal/guard/keyring internal/guard/vault", "runs a server to be examined, and tries every key that is left"},
		{"client/clienttest", "client", "sessions for tests"},
		{"client/admin", "client", "the documents of the routes for staff"},
		{"internal/evidence", "internal/privacy internal/fault internal/clock internal/policy internal/guard/audit client", "receipts and exports; checks without our database"},

		{"internal/sim/...", "internal/clock internal/fault", "a stand-in for somebody else's service knows nothing of us"},
		{"internal/api/rest", "client internal/privacy internal/fault internal/log internal/policy internal/task internal/task/outcome", "the kit of every group of routes; opens nothing, and asks hooks who somebody is"},
		{"internal/api/...", "client internal/privacy internal/fault internal/clock internal/log internal/policy internal/guard/retention internal/guard/consent internal/guard/review internal/guard/vault internal/guard/audit internal/store internal/erasure internal/task internal/task/outcome internal/task/result internal/task/ledger internal/rights internal/evidence internal/media/... internal/effects/material internal/effects/showcase client/admin internal/policy/... internal/store/... internal/people/... internal/editions/... internal/intake/... internal/talk internal/desk/... internal/task/...", "the public routes; never an adapter, a key or the egress"},
		{"internal/web/...", "client internal/clock internal/fault internal/log internal/privacy", "a guest of the public API like any other"},
		{"internal/web/stage", "client internal/clock internal/web/i18n internal/web/page", "every page stands on it, so it knows none"},
		{"internal/server/...", "apps client internal/...", "wires everything, in reading order"},
		{"internal/server/backup", "internal/privacy internal/guard/keyring", "copies files, and opens none of them"},
		{"cmd/vow/...", "apps client internal/privacy internal/fault internal/clock internal/log internal/policy internal/guard/keyring internal/guard/audit internal/evidence internal/store internal/server/... internal/media/... internal/effects/... internal/provider/local internal/policy/... internal/prove/... internal/desk client/admin", "commands; the work is elsewhere"},
		{"internal/policy/policytest", "apps internal/privacy internal/fault internal/policy", "policy tests as data"},
		{"internal/archtest", "", "reads files, imports nothing"},
		{"guarantees", "", "looks at the running program from outside; only its tests build on us"},
		{"e2e", "", "drives a real browser from outside; only its tests build on us"},
		{"bench", "", "measures from outside; only its tests build on us"},
	}
}

// adapters lists the rooms that speak to a recipient each.
func adapters() []string {
	return strings.Fields("adjust alibaba comfyui gateway gemini googleanalytics openai runninghub tencent umeng volcengine zhipu")
}

// doorOf returns the most specific row for a package.
func doorOf(p string) (door, bool) {
	var best door
	for _, d := range doors() {
		if within(p, d.room) && len(d.room) > len(best.room) {
			best = d
		}
	}
	for _, name := range adapters() {
		if room := "internal/provider/" + name; within(p, room) {
			best = door{room, "internal/privacy internal/fault internal/guard/disclosure internal/guard/egress internal/guard/egress/wire internal/provider/driver", "an adapter translates; it has no state, no client, no clock, no log"}
		}
	}
	return best, best.room != ""
}

func TestEveryImportHasARowInTheTable(t *testing.T) {
	t.Parallel()
	for _, r := range load(t).rooms {
		d, ok := doorOf(r.path)
		if !ok {
			t.Errorf("%s has no row in the import table: add one with a reason", r.path)
			continue
		}
		own := strings.TrimSuffix(d.room, "/...")
		for _, s := range r.files {
			for imported := range s.imports {
				p, ours := strings.CutPrefix(imported, module+"/")
				if ours && p != r.path && !within(p, own+"/...") && !withinAny(p, strings.Fields(d.may)) {
					t.Errorf("%s imports %s: %s is %q", s.path, p, d.room, d.why)
				}
			}
		}
	}
}

// reserve is one row about packages from outside that only some rooms may use.
type reserve struct {
	imported string // "/..." includes what lies below
	rooms    string
	why      string
}

func reserves() []reserve {
	return []reserve{
		{"unsafe", "", "a proof is forged with it"},
		{"C", "", "cgo leaves the memory that we can wipe"},
		{"plugin", "", "code that nobody reviewed"},
		{"reflect", "internal/api/... internal/policy/... internal/guard/keyring internal/film", "walks into what is sealed; keyring and film need addresses for the kernel without unsafe"},
		{"net/http", "internal/guard/egress/... internal/blob/s3 internal/api/... internal/web/... internal/server/... internal/sim/... internal/prove/probe client cmd/...", "outward network code exists in one place"},
		{"net/http/...", "internal/guard/egress/... internal/blob/s3 internal/api/... internal/web/... internal/server/... internal/sim/... internal/prove/probe client cmd/...", "as net/http"},
		{"net", "internal/guard/egress/... internal/blob/s3 internal/server/... internal/sim/... cmd/...", "as net/http"},
		{"net/smtp", "", "no room sends mail yet"},
		{"crypto/tls", "internal/guard/egress/... internal/blob/s3 internal/server/... internal/sim/...", "as net/http"},
		{"os", "internal/policy/... internal/guard/keyring internal/guard/egress/... internal/blob/... internal/evidence internal/moderate internal/store/... internal/server/... internal/film internal/prove/... client cmd/...", "files and environment: never in adapters, effects, media, task, api"},
		{"os/exec", "cmd/... internal/server/... internal/film internal/prove/scratch internal/prove/probe", "opens the browser of the demo; runs ffmpeg, fenced in"},
		{"os/signal", "cmd/... internal/server/...", "processes are the command's matter"},
		{"os/user", "", "says who the operator is"},
		{"syscall", "internal/guard/keyring internal/guard/egress/... internal/blob/... internal/server/... internal/film internal/prove/scratch cmd/...", "memory locks, dial checks, signals, and the fence around ffmpeg"},
		{"golang.org/x/sys/...", "internal/guard/keyring internal/blob/... internal/server/... internal/film cmd/...", "as syscall"},
		{"log", "internal/log", "writes anything anywhere: use internal/log, which turns it into constants"},
		{"log/slog", "internal/log internal/privacy internal/queue internal/server/...", "River wants a slog.Logger; everybody else uses internal/log"},
		{"database/sql", "internal/store/... internal/queue internal/server/...", "one query layer"},
		{"github.com/ncruces/...", "internal/store/... internal/queue", "one query layer"},
		{"github.com/riverqueue/...", "internal/queue internal/store/...", "River executes; it does not decide"},
		{"github.com/minio/sio", "internal/guard/internal/envelope internal/guard/vault", "content is sealed in one place"},
		{"encoding/gob", "", "encodes what should not be encoded"},
		{"math/rand", "", "secrets come from crypto/rand; simulators use math/rand/v2 with a printed seed"},
		{"math/rand/v2", "internal/sim/... internal/server/simulate internal/queue internal/task internal/effects/...", "as math/rand; back-off jitter"},
		{"testing", "internal/effects/effecttest internal/provider/drivertest internal/policy/policytest internal/blob/blobtest internal/store/storetest internal/erasure/erasuretest internal/guard/audit/audittest internal/guard/guardtest", "the product carries no tests"},
		{module + "/client/clienttest", "", "answers for a person: tests only"},
		{module + "/internal/effects/effecttest", "", "sample photos: tests only"},
		{module + "/internal/guard/guardtest", "", "proofs without checks: tests only"},
		{module + "/internal/guard/audit/audittest", "", "tests only"},
		{module + "/internal/blob/blobtest", "", "tests only"},
		{module + "/internal/store/storetest", "", "tests only"},
		{module + "/internal/erasure/erasuretest", "", "tests only"},
		{module + "/internal/provider/drivertest", "", "tests only"},
		{module + "/internal/archtest", "", "tests only"},
	}
}

func TestReservedPackagesAreImportedWhereTheTableSaysOnly(t *testing.T) {
	t.Parallel()
	for _, r := range load(t).rooms {
		if isTestHelp(r.path) && r.path != "internal/guard/guardtest" {
			continue
		}
		for _, s := range r.files {
			for imported := range s.imports {
				for _, row := range reserves() {
					if within(imported, row.imported) && !withinAny(r.path, strings.Fields(row.rooms)) {
						t.Errorf("%s imports %s: %s", s.path, imported, row.why)
					}
				}
			}
		}
	}
}

func TestAdaptersAndPurePackagesImportNothingFromOutside(t *testing.T) {
	t.Parallel()
	bare := map[string]string{
		"internal/provider/driver":  "as the adapters",
		"internal/fault":            "everybody carries it",
		"internal/clock":            "everybody carries it",
		"internal/log":              "a line is written by the standard library",
		"internal/guard/consent":    "a decision needs no library",
		"internal/guard/review":     "a decision needs no library",
		"internal/guard/disclosure": "a decision needs no library",
		"internal/guard/retention":  "a decision needs no library",
		"internal/guard/egress":     "between content and the wire stands only what we have read",
		"internal/task":             "the main job reads without a library's manual, except for durations",
		"client":                    "a stranger's program carries what we carry",
	}
	for _, name := range adapters() {
		bare["internal/provider/"+name] = "an adapter has no vendor SDK: SDKs own clients, retries and logs"
	}
	allowed := map[string]string{"internal/task": "github.com/sosodev/duration"}
	for _, r := range load(t).rooms {
		for _, s := range r.files {
			for imported := range s.imports {
				outside := strings.Contains(strings.Split(imported, "/")[0], ".") && !strings.HasPrefix(imported, module)
				why, ok := bare[r.path]
				if within(r.path, "internal/guard/egress/...") {
					why, ok = bare["internal/guard/egress"], true
				}
				if ok && outside && imported != allowed[r.path] {
					t.Errorf("%s imports %s: %s", s.path, imported, why)
				}
			}
		}
	}
}

func TestTheWayDownIsShort(t *testing.T) {
	t.Parallel()
	const most = 18
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
	depths := map[string]int{}
	var depth func(p string) int
	depth = func(p string) int {
		if d, ok := depths[p]; ok {
			return d
		}
		deepest := 0
		for _, below := range edges[p] {
			deepest = max(deepest, depth(below))
		}
		depths[p] = deepest + 1
		return depths[p]
	}
	for _, r := range h.rooms {
		if d := depth(r.path); d > most {
			t.Errorf("%s stands on %d storeys of packages, at most %d", r.path, d, most)
		}
	}
}

package guarantees

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience bounds every wait; a healthy run needs a fraction of it.
const patience = 90 * time.Second

// TestMain lets more scripts run at once than there are processors: they wait more than they work.
func TestMain(m *testing.M) {
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		if err := flag.Set("test.parallel", "6"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// TestEveryGuaranteeHolds runs the scripts of this folder against the real program.
func TestEveryGuaranteeHolds(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts one server per script")
	}
	bin := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(bin, "vow"), "../cmd/vow")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	testscript.Run(t, testscript.Params{
		Dir: ".", RequireExplicitExec: true, RequireUniqueNames: true, Cmds: words(),
		Setup: func(e *testscript.Env) error { return setUp(e, bin) },
	})
}

// words are the commands of the scripts.
func words() map[string]func(*testscript.TestScript, bool, []string) {
	commands := map[string]func(*world, bool, []string){
		"demo": demo, "serve": serve, "shut-down": shutDown, "power-cut": powerCut, "start-again": startAgain, "change-policy": changePolicy,
		"person": newPerson, "as": as, "header": header, "agree": agree, "decline": decline, "withdraw": withdraw,
		"upload": upload, "upload-breaks-off": uploadBreaksOff, "run": run, "run-at-once": runAtOnce, "until": await, "state": state,
		"cancel": cancel, "confirm": confirm, "shown": shown, "delete": remove, "erase": erase, "read": read, "get": get, "post": post,
		"problem": problem, "answer-has-no": answerHasNo, "one-task": oneTask, "screen": screen, "advance": advance,
		"foreign-to": foreignTo, "received": received, "received-text": receivedText, "received-bytes": receivedBytes,
		"times": times, "transfers": transfers, "was-sent": wasSent, "outcome": outcome, "nothing-odd": nothingOdd,
		"recipient": recipient, "held": held, "objects": objects, "holdings": holdings, "disk-has-no": diskHasNo,
		"log-has-no": logHasNo, "watch": watch, "unwatch": unwatch, "jam": jam, "unjam": unjam, "receipt": receipt,
		"every-lie-is-noticed": everyLieIsNoticed, "photo": photo, "spoil": spoil,
		"agrees": agrees, "every-feature-agreed": everyFeatureAgreed, "chain": chain, "told": told, "available": available,
		"take-link": takeLink, "follow": follow, "read-there": readThere, "keeps": keeps, "answered": answered, "attributes": attributes,
		"holds-no": holdsNo,
		"preview":  preview, "preview-leaves-nothing": previewLeavesNothing, "keep-answer": keepAnswer, "answer-header": answerHeader,
		"fetch-at-once": fetchAtOnce, "points": points, "labelled": labelled, "says": says, "differ": differ, "told-nowhere": toldNowhere, "turn-to": turnTo, "describe": describe,
		"throw": throw, "no-cookie": noCookie, "no-cookie-came": noCookieCame, "answer-has": answerHas, "archived": archived, "archived-has": archivedHas, "walk": walk, "walk-api": walkAPI,
		"put": put, "opens-app": opens, "heard": heard, "on-list": onList, "identifiers": identifiers,
		"bucket": inBucket, "bucket-knows-no": bucketKnowsNo, "staff": staff, "enters": enters,
	}
	cmds := map[string]func(*testscript.TestScript, bool, []string){}
	for name, do := range commands {
		cmds[name] = func(ts *testscript.TestScript, neg bool, args []string) {
			w := ts.Value(worldKey{}).(*world)
			w.ts = ts
			do(w, neg, args)
		}
	}
	return cmds
}

// TestGuaranteesListsEveryScript keeps GUARANTEES.md and the scripts together.
func TestGuaranteesListsEveryScript(t *testing.T) {
	t.Parallel()
	table, err := os.ReadFile("../GUARANTEES.md")
	if err != nil {
		t.Fatal(err)
	}
	scripts, err := filepath.Glob("G*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	clause := regexp.MustCompile(`\b(?:PIX|FIT|MIX|WIZ|C-PIX|C-FIT|C-MIX|C-WIZ|C-KME|C-ALL)-[0-9][0-9.\-]*|\bKME-[A-Z0-9]+(?:\.[A-Za-z])?-[0-9]+`)
	for _, name := range scripts {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		promise := ""
		for _, line := range strings.Split(string(text), "\n") {
			if !strings.HasPrefix(line, "#") {
				break
			}
			promise += line + "\n"
		}
		row := rowOf(string(table), name)
		if row == "" {
			t.Errorf("GUARANTEES.md has no row with a link to guarantees/%s", name)
		}
		ids := clause.FindAllString(promise, -1)
		if len(ids) == 0 {
			t.Errorf("%s names no clause in its first lines", name)
		}
		for _, id := range ids {
			if !strings.Contains(row, strings.TrimRight(id, ".-")) {
				t.Errorf("GUARANTEES.md: the row of %s does not name clause %s", name, id)
			}
		}
	}
	for _, link := range regexp.MustCompile(`\(guarantees/(G[^)]+)\)`).FindAllStringSubmatch(string(table), -1) {
		if _, err := os.Stat(link[1]); err != nil {
			t.Errorf("GUARANTEES.md links to %s, which is not there", link[1])
		}
	}
}

func rowOf(table, script string) string {
	for _, line := range strings.Split(table, "\n") {
		if strings.HasPrefix(line, "|") && strings.Contains(line, "(guarantees/"+script+")") {
			return line
		}
	}
	return ""
}

package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"vow": main})
}

// TestTheCommandsDoWhatTheirScriptsSay runs testdata/script/*.txtar against the real program.
func TestTheCommandsDoWhatTheirScriptsSay(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("APPS", filepath.Join(root, "apps"))
			e.Setenv("EXAMPLES", filepath.Join(root, "docs", "examples"))
			e.Setenv("PHOTO", filepath.Join(root, "internal", "effects", "samples", "astronaut.jpg"))
			e.Values[running{}] = new([]*exec.Cmd)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code": code, "lastline": lastline, "demo": demo, "start": start, "stop": stop, "get": get, "post": post, "freeport": freeport,
		},
	})
}

// code runs a command and compares its exit code: code 2 vow run.
func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N command [argument...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

// lastline matches the last line of standard output with a regular expression, from end to end.
func lastline(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: lastline regexp")
	}
	lines := strings.Split(strings.TrimRight(ts.ReadFile("stdout"), "\n"), "\n")
	last := lines[len(lines)-1]
	if !regexp.MustCompile(`\A(?:` + args[0] + `)\z`).MatchString(last) {
		ts.Fatalf("the last line is %s", last)
	}
}

// demo starts a demo server for the rest of the script and puts its address into $URL. A script of
// several tasks wants --real-time: on a busy machine the fast clock ends them before they are made.
func demo(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: demo [argument...]")
	}
	start(ts, false, append([]string{
		"URL", `(http://127\.0\.0\.1:[1-9][0-9]*)`, "Press Ctrl-C", "vow", "demo", "--addr", "127.0.0.1:0", "--no-open", "--dir", ts.MkAbs("demo-data"),
	}, args...))
}

// running is where a script keeps what it has started.
type running struct{}

// start runs a program for the rest of the script: start VAR REGEXP LAST command [argument...]. It
// waits for a line that LAST matches, puts what it has read into the file "started", and the first
// group of REGEXP into $VAR.
func start(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 {
		ts.Fatalf("usage: start VAR REGEXP LAST command [argument...]")
	}
	cmd := exec.Command(args[3], args[4:]...)
	cmd.Dir, cmd.Stderr = ts.MkAbs("."), os.Stderr
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	list := ts.Value(running{}).(*[]*exec.Cmd)
	*list = append(*list, cmd)
	ts.Defer(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Signal(os.Interrupt)
			_ = cmd.Wait()
		}
	})
	value, last := regexp.MustCompile(args[1]), regexp.MustCompile(args[2])
	var read strings.Builder
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		read.WriteString(lines.Text() + "\n")
		if !last.MatchString(lines.Text()) {
			continue
		}
		found := value.FindStringSubmatch(read.String())
		if found == nil {
			break
		}
		ts.Setenv(args[0], found[1])
		ts.Check(os.WriteFile(ts.MkAbs("started"), []byte(read.String()), 0o600))
		go func() {
			for lines.Scan() {
			}
		}()
		return
	}
	ts.Fatalf("%v printed\n%s", args[3:], read.String())
}

// stop presses Ctrl-C on what was started last, and wants it to end well.
func stop(ts *testscript.TestScript, neg bool, args []string) {
	list := ts.Value(running{}).(*[]*exec.Cmd)
	if neg || len(args) != 0 || len(*list) == 0 {
		ts.Fatalf("usage: stop, after a start")
	}
	cmd := (*list)[len(*list)-1]
	*list = (*list)[:len(*list)-1]
	ts.Check(cmd.Process.Signal(os.Interrupt))
	ts.Check(cmd.Wait())
}

// get reads an address into the file "got".
func get(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: get URL")
	}
	answer, err := http.Get(args[0])
	ts.Check(err)
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	ts.Check(err)
	if answer.StatusCode != http.StatusOK {
		ts.Fatalf("%s answers %s", args[0], answer.Status)
	}
	ts.Check(os.WriteFile(ts.MkAbs("got"), raw, 0o600))
}

// post sends JSON with a credential, which may be ”, and puts a member of the answer into a variable:
// post URL BEARER BODY [VAR MEMBER].
func post(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 && len(args) != 5 {
		ts.Fatalf("usage: post URL BEARER BODY [VAR MEMBER]")
	}
	r, err := http.NewRequest(http.MethodPost, args[0], strings.NewReader(args[2]))
	ts.Check(err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+args[1])
	answer, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	ts.Check(err)
	if answer.StatusCode >= 300 {
		ts.Fatalf("%s answers %s: %s", args[0], answer.Status, raw)
	}
	if len(args) == 5 {
		var doc map[string]any
		ts.Check(json.Unmarshal(raw, &doc))
		word, ok := doc[args[4]].(string)
		if !ok {
			ts.Fatalf("%s answers without %s", args[0], args[4])
		}
		ts.Setenv(args[3], word)
	}
}

// freeport puts a free port of this machine into a variable: freeport VAR.
func freeport(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: freeport VAR")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	_, port, err := net.SplitHostPort(l.Addr().String())
	ts.Check(err)
	ts.Setenv(args[0], port)
	ts.Check(l.Close())
}

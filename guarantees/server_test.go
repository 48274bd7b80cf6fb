package guarantees

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// process is one running program and everything it printed.
type process struct {
	cmd  *exec.Cmd
	args []string

	mu  sync.Mutex
	out bytes.Buffer
	eof sync.WaitGroup
}

// launch starts the program and returns once it has printed the address it listens on.
func (w *world) launch(env []string, args ...string) (p *process, url string) {
	p = &process{args: args}
	p.cmd = exec.Command(filepath.Join(w.bin, "vow"), args...)
	p.cmd.Dir, p.cmd.Env = w.dir, env
	stdout, err := p.cmd.StdoutPipe()
	w.check(err)
	stderr, err := p.cmd.StderrPipe()
	w.check(err)
	w.check(p.cmd.Start())
	found := make(chan string, 1)
	p.eof.Add(2)
	go p.collect(stdout, found)
	go p.collect(stderr, nil)
	url, ok := <-found
	if !ok {
		_ = p.cmd.Wait()
		w.ts.Fatalf("vow %s did not start:\n%s", strings.Join(args, " "), p.printed())
	}
	return p, url
}

// collect keeps what the program prints, and reports the first address in it.
func (p *process) collect(r io.Reader, found chan<- string) {
	defer p.eof.Done()
	address := regexp.MustCompile(`http://127\.0\.0\.1:[1-9][0-9]*`)
	told := false
	for lines := bufio.NewScanner(r); lines.Scan(); {
		p.mu.Lock()
		p.out.Write(append(lines.Bytes(), '\n'))
		p.mu.Unlock()
		if url := address.FindString(lines.Text()); found != nil && !told && url != "" {
			told = true
			found <- url
		}
	}
	if found != nil {
		close(found)
	}
}

func (p *process) printed() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return bytes.Clone(p.out.Bytes())
}

// end sends a signal and waits for the process.
func (p *process) end(s os.Signal) error {
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	p.eof.Wait()
	var exit *exec.ExitError
	if err := p.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		return err
	}
	return nil
}

// end cleans up behind a script.
func (w *world) end() {
	for _, p := range append([]*process{w.server}, w.sims...) {
		if p != nil {
			_ = p.end(syscall.SIGKILL)
		}
	}
	for _, t := range w.taps {
		t.close()
	}
	if w.device != nil {
		w.device.CloseIdleConnections()
	}
}

func (w *world) data() string { return filepath.Join(w.dir, "data") }

// begin starts the server.
func (w *world) begin(args ...string) {
	w.server, w.url = w.launch(w.env, args...)
	if w.device != nil {
		w.device.CloseIdleConnections()
	}
	w.device = newDevice()
	w.ts.Setenv("URL", w.url)
}

// demo starts both apps with a simulated recipient inside and a clock that can be moved.
func demo(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 0, "demo")
	w.begin("demo", "--addr", "127.0.0.1:0", "--no-open", "--real-time", "--dir", w.data())
}

// companies are the recipients of an app with several, and the words of their drivers.
func companies() map[string]string {
	return map[string]string{"alibaba_cloud": "alibaba", "tencent_cloud": "tencent", "zhipu": "zhipu", "volcengine": "volcengine", "gemini": "gemini"}
}

// serve starts what an operator runs: real configuration, real clock. Each recipient is a process of
// its own, and a wiretap stands between it and the server: serve (PixPlus and AI Fitting) | serve
// mixoo (the five companies of Mixoo) | serve aifitting, serve picwiz (nobody). A file named blocklist
// is the operator's list of pictures.
func serve(w *world, neg bool, args []string) {
	needs := map[string]map[string]string{"mixoo": companies(), "aifitting": {}, "picwiz": {}}
	w.usage(!neg && (len(args) == 0 || len(args) == 1 && needs[args[0]] != nil), "serve [mixoo|aifitting|picwiz]")
	config, drivers := "poll_every: 200ms\naddr: 127.0.0.1:0\n", map[string]string{hub: hub}
	apps := []string{"pixplus", "aifitting"}
	if len(args) == 1 {
		apps, drivers = args, needs[args[0]]
	}
	if list := filepath.Join(w.dir, "blocklist"); exists(list) {
		config += "picture_blocklist: " + list + "\n"
	}
	if len(drivers) > 0 {
		config += "recipients:\n"
	}
	w.copyApps(apps)
	w.env = slices.Clone(w.env)
	for _, id := range slices.Sorted(maps.Keys(drivers)) {
		config += w.stand(id, drivers[id])
	}
	if w.tap = w.taps[hub]; w.tap != nil {
		w.check(w.tap.learn(filepath.Join(w.dir, "apps", "pixplus", "wiring.yaml")))
	} else if len(drivers) > 0 {
		w.tap = w.taps["alibaba_cloud"]
	}
	root := filepath.Join(w.dir, "root.key")
	w.check(w.ts.Exec("vow", "keys", "create-root", root))
	file := filepath.Join(w.dir, "vow.yaml")
	w.check(os.WriteFile(file, []byte(config), 0o600))
	w.begin("serve", "--config", file, "--data-dir", w.data(), "--root-key", "file:"+root, "--addr", "127.0.0.1:0", "--apps", filepath.Join(w.dir, "apps"))
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// stand puts up one recipient with a wiretap in front and returns its part of the configuration. The
// credentials are in the environment, of the script too, in the form in which simulators make them.
// Only this machine's own address may read links: the recipients have it, the people have not.
func (w *world) stand(id, driver string) string {
	names := map[string][]string{"alibaba": {"access_key_id", "access_key_secret"}, "tencent": {"secret_id", "secret_key"}}[driver]
	if names == nil {
		names = []string{"api_key"}
	}
	var from []string
	for _, name := range names {
		variable, secret := strings.ToUpper(driver+"_"+name), newSecret(driver)
		w.env = append(w.env, variable+"="+secret)
		w.ts.Setenv(variable, secret)
		from = append(from, name+": \"env:"+variable+"\"")
	}
	sim, url := w.launch(w.env, "sim", driver, "--addr", "127.0.0.1:0")
	w.sims = append(w.sims, sim)
	t, err := newTap(id, url)
	w.check(err)
	w.taps[id] = t
	services := map[string]string{"alibaba": "facebody: BASE, imageenhan: BASE, viapi: BASE", "tencent": "hunyuan: BASE, aiart: BASE, ft: BASE"}[driver]
	root := map[string]string{"zhipu": "/api/paas/v4"}[driver]
	return strings.NewReplacer("BASE", t.url, "HOST", t.addr).Replace(
		"  " + id + ": {base_url: BASE" + root + ", services: {" + services + "}, credentials: {" + strings.Join(from, ", ") +
			"}, result_hosts: [\"HOST\"], allow_loopback: true, link_from: [\"127.0.0.1/32\"]}\n")
}

// newSecret makes a credential.
func newSecret(driver string) string {
	key := make([]byte, 16)
	_, _ = rand.Read(key) // never fails: crypto/rand ends the program instead
	s := hex.EncodeToString(key)
	if driver == "zhipu" {
		return s[:16] + "." + s[16:]
	}
	return s
}

// copyApps copies apps and fills in what a demonstration may leave open: contacts and the signed
// terms.
func (w *world) copyApps(apps []string) {
	signed := strings.NewReplacer(".example", ".guarantees.org", "demo: replace by the signed terms with", "terms of 2026-06-01 with")
	for _, app := range apps {
		to := filepath.Join(w.dir, "apps", app)
		w.check(os.MkdirAll(to, 0o700))
		for _, name := range []string{"policy.yaml", "wiring.yaml"} {
			text, err := os.ReadFile(filepath.Join("..", "apps", app, name))
			w.check(err)
			w.check(os.WriteFile(filepath.Join(to, name), []byte(signed.Replace(string(text))), 0o600))
		}
	}
}

// changePolicy replaces a text in an app's policy file: change-policy APP OLD NEW. It takes effect
// with the next start.
func changePolicy(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 3, "change-policy APP OLD NEW")
	file := filepath.Join(w.dir, "apps", args[0], "policy.yaml")
	text, err := os.ReadFile(file)
	w.check(err)
	if strings.Count(string(text), args[1]) != 1 {
		w.ts.Fatalf("%q stands %d times in the policy", args[1], strings.Count(string(text), args[1]))
	}
	w.check(os.WriteFile(file, []byte(strings.Replace(string(text), args[1], args[2], 1)), 0o600))
}

// shutDown ends the server as an operator does.
func shutDown(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 0 && w.server != nil, "shut-down")
	w.check(w.server.end(os.Interrupt))
}

// powerCut ends the server as a power cut does.
func powerCut(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 0 && w.server != nil, "power-cut")
	w.check(w.server.end(syscall.SIGKILL))
}

// startAgain starts the ended server again on the same data.
func startAgain(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 0 && w.server != nil, "start-again")
	before := w.server.printed()
	w.begin(w.server.args...)
	w.server.mu.Lock()
	defer w.server.mu.Unlock()
	after := bytes.Clone(w.server.out.Bytes())
	w.server.out.Reset()
	w.server.out.Write(before)
	w.server.out.Write(after)
}

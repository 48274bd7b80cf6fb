package guarantees

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// forms returns the ways in which bytes could be written down: as they are, hex, base64 (wherever
// the three-byte groups begin), URL-escaped.
func forms(b []byte) [][]byte {
	list := [][]byte{b, []byte(hex.EncodeToString(b)), []byte(url.QueryEscape(string(b)))}
	for skip := range 3 {
		if whole := (len(b) - skip) / 3 * 3; whole >= 6 {
			list = append(list, []byte(base64.StdEncoding.EncodeToString(b[skip:skip+whole])))
		}
	}
	return list
}

// search looks for marks in everything that the server keeps or may spool: the data directory and
// the directory for temporary files.
func (w *world) search(marks [][]byte) (where string, read int64, err error) {
	for _, dir := range []string{w.data(), filepath.Join(w.dir, "tmp")} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return gone(err)
			}
			content, err := os.ReadFile(path)
			if err != nil {
				return gone(err)
			}
			read += int64(len(content))
			for _, m := range marks {
				if bytes.Contains(content, m) {
					where = fmt.Sprintf("%s holds %.40q", filepath.Base(path), m)
				}
			}
			return nil
		})
		if err != nil || where != "" {
			return where, read, err
		}
	}
	return "", read, nil
}

// gone forgives a file that went away during the walk: that is what files do here.
func gone(err error) error {
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

// marks reads what to look for: a text, or a file of the script, from which slices of the encoded
// bytes and, where the script made it, of the decoded pixels are taken.
func (w *world) marks(args []string) (all [][]byte) {
	for _, a := range args {
		content, err := os.ReadFile(filepath.Join(w.dir, a))
		if err != nil {
			all = append(all, forms([]byte(a))...)
			continue
		}
		const slice, slices = 48, 12
		for i := range slices {
			at := len(content) * (i + 3) / (slices + 4) // neither the head nor the tail
			all = append(all, forms(content[at:at+slice])...)
		}
		if pixels, err := os.ReadFile(filepath.Join(w.dir, a+".pixels")); err == nil {
			all = append(all, pixels)
		}
	}
	return all
}

// diskHasNo searches everything on disk, now: disk-has-no TEXT|FILE … A planted probe proves each
// time that the search finds what is there.
func diskHasNo(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) > 0, "disk-has-no TEXT|FILE …")
	marks := w.marks(args)
	where, _, err := w.search(marks)
	w.check(err)
	if where != "" {
		w.ts.Fatalf("%s", where)
	}
	probe := filepath.Join(w.data(), "probe")
	for _, m := range marks {
		w.check(os.WriteFile(probe, append(append([]byte("before"), m...), "after"...), 0o600))
		where, _, err := w.search([][]byte{m})
		w.check(err)
		if where == "" {
			w.ts.Fatalf("the search does not find %.40q where it is", m)
		}
	}
	w.check(os.Remove(probe))
}

// logHasNo searches all that the server printed.
func logHasNo(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) > 0, "log-has-no TEXT …")
	printed := w.server.printed()
	for _, m := range w.marks(args) {
		if bytes.Contains(printed, m) {
			w.ts.Fatalf("the log holds %.40q", m)
		}
	}
}

// objects counts the object files on disk: objects source|result|text N, objects all N.
func objects(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 2, "objects source|result|text|all N")
	prefix, ok := map[string]string{"source": "upl_", "result": "out_", "text": "prm_", "all": ""}[args[0]]
	w.usage(ok, "objects source|result|text|all N")
	if got := w.files(prefix); strconv.Itoa(len(got)) != args[1] {
		w.ts.Fatalf("on disk: %v", got)
	}
}

// files lists the object files whose name begins with prefix, half-written ones included. Of an
// object in a bucket it is the half that stays here.
func (w *world) files(prefix string) (names []string) {
	for _, dir := range []string{"objects", "buckets"} {
		err := filepath.WalkDir(filepath.Join(w.data(), dir), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && strings.HasPrefix(d.Name(), prefix) {
				names = append(names, path)
			}
			return gone(err)
		})
		w.check(err)
	}
	return names
}

// jam makes an object file impossible to erase: a folder takes its place. unjam puts it back, whole.
func jam(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 1, "jam source|result")
	id := filepath.Base(w.path(w.me(), args[0]))
	found := w.files(id)
	if len(found) != 1 {
		w.ts.Fatalf("no file of %s", args[0])
	}
	aside := filepath.Join(w.dir, id)
	w.check(os.Rename(found[0], aside))
	w.check(os.Mkdir(found[0], 0o700))
	w.jammed[found[0]] = aside
}

func unjam(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 0, "unjam")
	for at, aside := range w.jammed {
		w.check(os.Remove(at))
		w.check(os.Rename(aside, at))
	}
	clear(w.jammed)
}

// watcher looks at the disk and at the open files and connections of the server all the time.
type watcher struct {
	stop   chan struct{}
	done   sync.WaitGroup
	once   sync.Once
	rounds int
	found  string
}

// watch begins to look for marks, without a pause, until unwatch: watch TEXT|FILE …
func watch(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) > 0 && w.eyes == nil, "watch TEXT|FILE …")
	marks, eyes := w.marks(args), &watcher{stop: make(chan struct{})}
	w.eyes = eyes
	pid, ports := w.server.cmd.Process.Pid, append(w.stores(), w.url)
	eyes.done.Go(func() {
		for eyes.found == "" {
			where, _, err := w.search(marks)
			if err != nil {
				where = err.Error()
			}
			eyes.found = where + w.strayFiles(pid) + outward(pid, ports)
			eyes.rounds++
			select {
			case <-eyes.stop:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	})
}

func (e *watcher) close() {
	e.once.Do(func() { close(e.stop) })
	e.done.Wait()
}

// unwatch ends the watch; anything that was seen fails the script.
func unwatch(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 0 && w.eyes != nil, "unwatch")
	w.eyes.close()
	if w.eyes.found != "" || w.eyes.rounds < 3 {
		w.ts.Fatalf("in %d rounds: %s", w.eyes.rounds, w.eyes.found)
	}
	w.eyes = nil
}

// strayFiles reports a regular file that the server has open outside its data directory, such as
// an unnamed temporary file. Linux tells; elsewhere the search of the disk is all there is.
func (w *world) strayFiles(pid int) string {
	fds := "/proc/" + strconv.Itoa(pid) + "/fd"
	list, _ := os.ReadDir(fds)
	for _, fd := range list {
		info, err := os.Stat(filepath.Join(fds, fd.Name()))
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		to, err := os.Readlink(filepath.Join(fds, fd.Name()))
		kernel := strings.HasPrefix(to, "/sys/") || strings.HasPrefix(to, "/proc/") || strings.HasPrefix(to, "/memfd:") // how many processors? memory, on no disk
		if err == nil && strings.HasPrefix(to, "/") && !kernel && !strings.HasPrefix(to, w.data()+"/") {
			return "open outside the data directory: " + to
		}
	}
	return ""
}

// outward reports a TCP connection of the server that it did not accept at its own port. The stores of
// a demo are in the same process: what they are sent lies in the data directory, which is searched.
func outward(pid int, urls []string) string {
	var own []string
	for _, url := range urls {
		port, err := strconv.ParseUint(url[strings.LastIndex(url, ":")+1:], 10, 16)
		if err != nil {
			return err.Error()
		}
		own = append(own, fmt.Sprintf(":%04X", port))
	}
	mine := sockets(pid)
	for _, table := range []string{"tcp", "tcp6"} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, table))
		if err != nil {
			continue
		}
		for _, line := range strings.Split(string(text), "\n")[1:] {
			f := strings.Fields(line)
			const state, inode, listening = 3, 9, "0A"
			if len(f) <= inode || !slices.Contains(mine, f[inode]) || f[state] == listening {
				continue
			}
			stays := func(port string) bool {
				return strings.HasSuffix(f[1], port) || port != own[len(own)-1] && strings.HasSuffix(f[2], port)
			}
			if !slices.ContainsFunc(own, stays) {
				return "a connection to " + f[2]
			}
		}
	}
	return ""
}

// sockets lists the inodes of a process's sockets.
func sockets(pid int) (inodes []string) {
	fds := "/proc/" + strconv.Itoa(pid) + "/fd"
	list, _ := os.ReadDir(fds)
	for _, fd := range list {
		to, _ := os.Readlink(filepath.Join(fds, fd.Name()))
		if inode, ok := strings.CutPrefix(to, "socket:["); ok {
			inodes = append(inodes, strings.TrimSuffix(inode, "]"))
		}
	}
	return inodes
}

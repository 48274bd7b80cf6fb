package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/keyring"
)

// Private starts a demonstration in real time on a free loopback port, for one run of the terminal
// client. stop ends it and erases its data.
func Private(ctx context.Context, appsDir string) (url string, keys map[string]string, stop func(), err error) {
	dir, err := os.MkdirTemp("", "vow-private-")
	if err != nil {
		return "", nil, nil, fmt.Errorf("server: temporary directory: %w", cause(err))
	}
	l, err := listen("127.0.0.1:0")
	if err != nil {
		return "", nil, nil, err
	}
	d, err := startDemo(ctx, DemoOptions{Dir: filepath.Join(dir, "data"), RealTime: true, Out: io.Discard, AppsDir: appsDir}, l)
	if err != nil {
		return "", nil, nil, errors.Join(err, l.Close(), os.RemoveAll(dir))
	}
	running, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- run(running, l, d.core) }()
	keys = map[string]string{}
	for key, app := range d.core.apps.keys {
		keys[string(app)] = key
	}
	return d.core.publicURL, keys, func() {
		cancel()
		<-done
		d.sim.Close()
		_ = os.RemoveAll(dir) // a temporary directory of ciphertext; its key goes with it
	}, nil
}

// SimOptions configure a simulated recipient.
type SimOptions struct {
	Recipient string
	Addr      string
	Out       io.Writer
}

// Sim runs one simulated recipient on loopback until ctx is done.
func Sim(ctx context.Context, o SimOptions) error {
	if o.Recipient != string(runningHub) {
		return fmt.Errorf("server: there is no simulator of %q; there is runninghub", o.Recipient)
	}
	if host, _, err := net.SplitHostPort(o.Addr); err != nil || !net.ParseIP(host).IsLoopback() {
		return errors.New("server: addr must be a loopback address such as 127.0.0.1:8430")
	}
	key := os.Getenv("RUNNINGHUB_API_KEY")
	if key == "" {
		var err error
		if key, err = randomKey(); err != nil {
			return err
		}
		fmt.Fprintf(o.Out, "api key  %s   (set RUNNINGHUB_API_KEY to choose it)\n", key)
	}
	s := newSim(clock.Real{}, key)
	defer s.Close()
	base, err := s.Start(o.Addr)
	if err != nil {
		return err
	}
	fmt.Fprintf(o.Out, "simulated RunningHub at %s\n", base)
	<-ctx.Done()
	return nil
}

// Check is one line of the doctor's report.
type Check struct{ Name, Level, Detail string }

// Doctor looks at everything that the promises stand on: the disk that keys are overwritten on, the
// root key, the configuration, the policies.
func Doctor(_ context.Context, o ServeOptions) ([]Check, error) {
	var list []Check
	add := func(name, level, detail string) { list = append(list, Check{name, level, detail}) }
	conf, err := o.config()
	if err != nil {
		add("configuration", "fail", err.Error())
	} else if _, err := conf.setting(); err != nil {
		add("configuration", "fail", err.Error())
	} else {
		add("configuration", "ok", "apps, recipients and credentials are complete")
	}
	dir := conf.DataDir
	if dir == "" {
		dir = "."
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		add("data directory", "fail", cause(err).Error())
		return list, nil
	}
	for _, c := range keyring.SelfTest(dir).Checks {
		add(c.Name, string(c.Level), c.Detail)
	}
	if conf.RootKey != "" {
		if root, err := conf.root(); err != nil {
			add("root key", "fail", err.Error())
		} else if _, err := root.Key(); err != nil {
			add("root key", "fail", err.Error())
		} else {
			add("root key", "ok", "found, outside the data directory")
		}
	}
	return list, nil
}

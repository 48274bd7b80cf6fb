package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/moderate"
	"vow.example/vow/internal/server/recipients"
	"vow.example/vow/internal/server/storage"
)

// Version is the version of this program.
const Version = "0.1.0"

// ServeOptions configure a real server. What is given here wins over the configuration file.
type ServeOptions struct {
	ConfigFile string
	DataDir    string
	RootKey    string // file:PATH, env:NAME or credential:NAME
	Addr       string
	PublicURL  string
	AppsDir    string
	Out        io.Writer
}

// config is the form of the configuration file.
type config struct {
	DataDir    string            `yaml:"data_dir"`
	RootKey    string            `yaml:"root_key"`
	Addr       string            `yaml:"addr"`
	OpsAddr    string            `yaml:"ops_addr"` // metrics and health, on loopback; empty: none
	PublicURL  string            `yaml:"public_url"`
	Apps       string            `yaml:"apps"`
	Blocklist  string            `yaml:"picture_blocklist"`
	PollEvery  string            `yaml:"poll_every"`
	Recipients recipients.Set    `yaml:"recipients"`
	Storage    storage.Set       `yaml:"storage"`
	Inbound    map[string]string `yaml:"inbound"` // app/source: env:NAME
}

const defaultPoll = 5 * time.Second

// Serve runs a real server until ctx is done. It refuses to start on a placeholder contact, on a
// live feature whose recipient has no address, and on plain HTTP for other machines.
func Serve(ctx context.Context, o ServeOptions) error {
	conf, err := o.config()
	if err != nil {
		return err
	}
	s, err := conf.setting()
	if err != nil {
		return err
	}
	if err := selfTest(conf.DataDir); err != nil {
		return err
	}
	l, err := listen(conf.Addr)
	if err != nil {
		return err
	}
	if conf.PublicURL == "" {
		s.publicURL = "http://" + l.Addr().String()
	}
	if s.opsListener, err = conf.listenOps(); err != nil {
		return errors.Join(err, l.Close())
	}
	c, err := build(ctx, s)
	if err != nil {
		return errors.Join(err, l.Close(), closeIf(s.opsListener))
	}
	fmt.Fprintf(o.Out, "vow %s serves %d app(s) at %s\n%s", Version, len(s.apps.order), s.publicURL, c.restored)
	return run(ctx, l, c)
}

// listenOps opens the operator's address, which is on loopback: it needs no credential.
func (c config) listenOps() (net.Listener, error) {
	if c.OpsAddr == "" {
		return nil, nil
	}
	if host, _, err := net.SplitHostPort(c.OpsAddr); err != nil || net.ParseIP(host) == nil || !net.ParseIP(host).IsLoopback() {
		return nil, errors.New("server: ops_addr must be a loopback address such as 127.0.0.1:8421")
	}
	return listen(c.OpsAddr)
}

func closeIf(l net.Listener) error {
	if l == nil {
		return nil
	}
	return l.Close()
}

// selfTest refuses to start where a destroyed key would stay on the disk. vow doctor shows more.
func selfTest(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("server: data directory: %w", cause(err))
	}
	for _, check := range keyring.SelfTest(dir).Checks {
		if check.Level == keyring.Fail {
			return fmt.Errorf("server: self-test: %s: %s (vow doctor tells more)", check.Name, check.Detail)
		}
	}
	return nil
}

// file reads the configuration file and lays the options over it. What is left out has a default.
func (o ServeOptions) file() (config, error) {
	var c config
	if o.ConfigFile != "" {
		raw, err := os.ReadFile(o.ConfigFile)
		if err != nil {
			return c, fmt.Errorf("server: configuration: %w", cause(err))
		}
		if err := yaml.NewDecoder(bytes.NewReader(raw), yaml.Strict()).Decode(&c); err != nil && !errors.Is(err, io.EOF) {
			return c, errors.New("server: configuration: " + strings.TrimSpace(yaml.FormatError(err, false, false))) // without the line itself: it may hold a key
		}
	}
	over := func(to *string, from, standard string) {
		if from != "" {
			*to = from
		}
		if *to == "" {
			*to = standard
		}
	}
	over(&c.DataDir, o.DataDir, "")
	over(&c.RootKey, o.RootKey, "")
	over(&c.Addr, o.Addr, "127.0.0.1:8420")
	over(&c.PublicURL, o.PublicURL, "")
	over(&c.Apps, o.AppsDir, "")
	over(&c.PollEvery, "", defaultPoll.String())
	return c, nil
}

// config is file with what a server cannot do without.
func (o ServeOptions) config() (config, error) {
	c, err := o.file()
	if err != nil {
		return c, err
	}
	if c.DataDir == "" {
		return c, errors.New("server: data_dir is missing: give --data-dir or set it in the configuration file")
	}
	if c.RootKey == "" {
		return c, errors.New("server: root_key is missing: give --root-key file:PATH, env:NAME or credential:NAME (vow keys create-root makes a file)")
	}
	return c, nil
}

// defaults is a setting in real time, without apps and recipients.
func defaults(dataDir, publicURL string) setting {
	return setting{
		dataDir: dataDir, publicURL: strings.TrimSuffix(publicURL, "/"), clock: clock.Real{}, log: log.New(os.Stderr),
		blocklist: moderate.NoList, pollEvery: defaultPoll,
	}
}

// setting checks the configuration and turns it into what build needs.
func (c config) setting() (setting, error) {
	s := defaults(c.DataDir, c.PublicURL)
	var err error
	if s.root, err = c.root(); err != nil {
		return s, err
	}
	if err := safeAddress(c.Addr, c.PublicURL); err != nil {
		return s, err
	}
	if s.pollEvery, err = time.ParseDuration(c.PollEvery); err != nil || s.pollEvery <= 0 {
		return s, errors.New("server: poll_every is not a positive duration such as 5s")
	}
	if c.Blocklist != "" {
		s.blocklist = moderate.FileList(c.Blocklist)
		if list, err := s.blocklist(); err != nil || list.Close() != nil {
			return s, fmt.Errorf("server: picture_blocklist: %w", cause(err))
		}
	}
	if s.apps, err = loadApps(c.Apps, "pk_live_"); err != nil {
		return s, err
	}
	if s.places, err = c.Storage.Places(s.apps.policies); err != nil {
		return s, fmt.Errorf("server: %w", err)
	}
	if s.vendors, err = vendorSecrets(c.Inbound, s.apps.policies); err != nil {
		return s, fmt.Errorf("server: %w", err)
	}
	if err := s.apps.refuseDemoOnly(); err != nil {
		return s, err
	}
	c.Recipients.Rename(s.apps.wiring)
	var errLinks, errLimits error
	s.egress, errLinks = c.Recipients.Links(s.apps.wiring, slices.Concat(s.apps.recipients(), s.apps.receiversOf(c.Recipients)))
	s.limits, errLimits = c.Recipients.Traffic()
	if err := errors.Join(errLinks, errLimits); err != nil {
		return s, fmt.Errorf("server: %w", err)
	}
	return s, nil
}

func (c config) root() (keyring.Root, error) {
	kind, name, _ := strings.Cut(c.RootKey, ":")
	switch kind {
	case "file":
		return keyring.RootFromFile(name), keyring.RefuseInside(name, c.DataDir)
	case "env":
		return keyring.RootFromEnv(name), nil
	case "credential":
		return keyring.RootFromCredential(name), nil
	default:
		return nil, errors.New("server: root_key must begin with file:, env: or credential:")
	}
}

// safeAddress refuses to take photos over plain HTTP from other machines (FIT-1.2-02: "reaches the
// server encrypted").
func safeAddress(addr, public string) error {
	if public == "" {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return fmt.Errorf("server: addr is not HOST:PORT: %w", err)
		}
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return errors.New("server: public_url is missing: behind which https address do people reach this server?")
		}
		return nil
	}
	u, err := url.Parse(public)
	if err != nil || u.Host == "" {
		return errors.New("server: public_url is not an address")
	}
	if ip := net.ParseIP(u.Hostname()); u.Scheme != "https" && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return errors.New("server: public_url must be https: photos are never taken over plain HTTP")
	}
	return nil
}

// refuseDemoOnly lists what is allowed in a demonstration only, such as .example contacts.
func (a appSet) refuseDemoOnly() error {
	var problems []error
	for _, id := range a.order {
		for _, f := range a.policies[id].DemoOnly() {
			problems = append(problems, fmt.Errorf("%s:%d:%d: %s (fix: %s)", f.File, f.Line, f.Column, f.What, f.Fix))
		}
	}
	if len(problems) > 0 {
		return fmt.Errorf("server: these policies are for a demonstration only:\n%w", errors.Join(problems...))
	}
	return nil
}

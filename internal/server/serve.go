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
	"path/filepath"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/moderate"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/runninghub"
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
	DataDir    string                                `yaml:"data_dir"`
	RootKey    string                                `yaml:"root_key"`
	Addr       string                                `yaml:"addr"`
	PublicURL  string                                `yaml:"public_url"`
	Apps       string                                `yaml:"apps"`
	Blocklist  string                                `yaml:"picture_blocklist"`
	PollEvery  string                                `yaml:"poll_every"`
	Recipients map[privacy.RecipientID]recipientConf `yaml:"recipients"`
}

// recipientConf is one recipient's address and credential. The credential itself never stands here.
type recipientConf struct {
	BaseURL       string   `yaml:"base_url"`
	APIKey        string   `yaml:"api_key"` // env:NAME or file:PATH
	ResultHosts   []string `yaml:"result_hosts"`
	AllowLoopback bool     `yaml:"allow_loopback"`
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
	for i := range s.egress {
		s.egress[i].CallbackBase = s.publicURL + "/hooks"
	}
	c, err := build(ctx, s)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	fmt.Fprintf(o.Out, "vow %s serves %d app(s) at %s\n", Version, len(s.apps.order), s.publicURL)
	return run(ctx, l, c)
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

// config reads the file and lays the options over it.
func (o ServeOptions) config() (config, error) {
	var c config
	if o.ConfigFile != "" {
		raw, err := os.ReadFile(o.ConfigFile)
		if err != nil {
			return c, fmt.Errorf("server: configuration: %w", cause(err))
		}
		if err := yaml.NewDecoder(bytes.NewReader(raw), yaml.Strict()).Decode(&c); err != nil && !errors.Is(err, io.EOF) {
			return c, fmt.Errorf("server: configuration: %w", err)
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
	if c.DataDir == "" {
		return c, errors.New("server: data_dir is missing: give --data-dir or set it in the configuration file")
	}
	if c.RootKey == "" {
		return c, errors.New("server: root_key is missing: give --root-key file:PATH, env:NAME or credential:NAME (vow keys create-root makes a file)")
	}
	return c, nil
}

// setting checks the configuration and turns it into what build needs.
func (c config) setting() (setting, error) {
	s := setting{dataDir: c.DataDir, publicURL: strings.TrimSuffix(c.PublicURL, "/"), clock: clock.Real{}, log: log.New(os.Stderr), blocklist: moderate.NoList}
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
	}
	if s.apps, err = loadApps(c.Apps, "pk_live_"); err != nil {
		return s, err
	}
	if err := s.apps.refuseDemoOnly(); err != nil {
		return s, err
	}
	s.egress, err = c.links(s.apps.recipients())
	return s, err
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

// links binds every recipient of a live feature to its address.
func (c config) links(wanted []privacy.RecipientID) ([]egress.Config, error) {
	var list []egress.Config
	for _, id := range wanted {
		r, ok := c.Recipients[id]
		if !ok {
			return nil, fmt.Errorf("server: recipients.%s is missing: a live feature sends to it", id)
		}
		key, err := credential(r.APIKey)
		if err != nil {
			return nil, fmt.Errorf("server: recipients.%s.api_key: %w", id, err)
		}
		list = append(list, egress.Config{
			Recipient: id, BaseURL: r.BaseURL, ResultHosts: r.ResultHosts, AllowLoopback: r.AllowLoopback,
			Credentials: map[string]egress.Credential{runninghub.Credential: key},
		})
	}
	return list, nil
}

func credential(source string) (egress.Credential, error) {
	kind, name, _ := strings.Cut(source, ":")
	switch kind {
	case "env":
		return egress.CredentialFromEnv(name)
	case "file":
		return egress.CredentialFromFile(filepath.Clean(name))
	default:
		return egress.Credential{}, errors.New("must begin with env: or file:, so that no key stands in a configuration file")
	}
}

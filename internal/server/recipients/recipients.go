// Package recipients knows every recipient that this program can speak to, and reads the operator's
// configuration of them.
//
// It promises that a recipient without an address, a credential or a driver is an error that names
// the line to change, that credentials come from the environment or from files and are never
// printed, and that no address, model or key is a constant. It never sends anything.
package recipients

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/adjust"
	"vow.example/vow/internal/provider/alibaba"
	"vow.example/vow/internal/provider/comfyui"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/provider/gateway"
	"vow.example/vow/internal/provider/gemini"
	"vow.example/vow/internal/provider/googleanalytics"
	"vow.example/vow/internal/provider/openai"
	"vow.example/vow/internal/provider/runninghub"
	"vow.example/vow/internal/provider/tencent"
	"vow.example/vow/internal/provider/traffic"
	"vow.example/vow/internal/provider/umeng"
	"vow.example/vow/internal/provider/volcengine"
	"vow.example/vow/internal/provider/zhipu"
)

// Kind is one kind of recipient: a driver, and the credentials it needs.
type Kind struct {
	Driver   driver.Driver
	Required []string
	Optional []string
	Services []string // further addresses that its calls go to, by name
	Events   int      // most usage events that one order may hold; 0: it takes none
}

// Kinds returns every driver by the word that wiring uses.
func Kinds() map[string]Kind {
	out := map[string]Kind{}
	add := func(name string, d driver.Driver, credentials func() (required, optional []string), services ...string) {
		required, optional := credentials()
		out[name] = Kind{Driver: d, Required: required, Optional: optional, Services: services}
	}
	forwards := func(name string, d driver.Driver, credentials func() (required, optional []string), events int) {
		required, optional := credentials()
		out[name] = Kind{Driver: d, Required: required, Optional: optional, Events: events}
	}
	add(alibaba.Name, alibaba.Driver{}, alibaba.Credentials, alibaba.Services()...)
	add(comfyui.Name, comfyui.Driver{}, comfyui.Credentials)
	add(gemini.Name, gemini.Driver{}, gemini.Credentials)
	add(openai.Name, openai.Driver{}, openai.Credentials)
	add(runninghub.Name, runninghub.Driver{}, runninghub.Credentials)
	add(tencent.Name, tencent.Driver{}, tencent.Credentials, tencent.Services()...)
	add(volcengine.Name, volcengine.Driver{}, volcengine.Credentials)
	add(zhipu.Name, zhipu.Driver{}, zhipu.Credentials)
	forwards(adjust.Name, adjust.Driver{}, adjust.Credentials, adjust.Events)
	forwards(gateway.Name, gateway.Driver{}, gateway.Credentials, 0)
	forwards(googleanalytics.Name, googleanalytics.Driver{}, googleanalytics.Credentials, googleanalytics.Events)
	forwards(umeng.Name, umeng.Driver{}, umeng.Credentials, umeng.Events)
	return out
}

// Drivers returns every driver by name.
func Drivers() map[string]driver.Driver {
	out := map[string]driver.Driver{}
	for name, k := range Kinds() {
		out[name] = k.Driver
	}
	return out
}

// Conf is one recipient in the configuration file. The credentials themselves never stand here.
type Conf struct {
	BaseURL       string            `yaml:"base_url"`
	Services      map[string]string `yaml:"services"`    // further addresses by the driver's name for them
	APIKey        string            `yaml:"api_key"`     // short for credentials.api_key
	Credentials   map[string]string `yaml:"credentials"` // by name: env:NAME or file:PATH
	Models        map[string]string `yaml:"models"`      // what stands behind a name that the wiring uses
	ResultHosts   []string          `yaml:"result_hosts"`
	LinkFrom      []string          `yaml:"link_from"` // networks that may read our links; empty: any
	AllowLoopback bool              `yaml:"allow_loopback"`
	AllowPrivate  bool              `yaml:"allow_private"`
	SendTimeout   string            `yaml:"send_timeout"`
	Limits        Limits            `yaml:"limits"`
}

// Limits bound the traffic to one recipient. What is left out has a default.
type Limits struct {
	Parallel  int    `yaml:"parallel"`   // jobs at one time
	PerMinute int    `yaml:"per_minute"` // orders
	Failures  int    `yaml:"failures"`   // in a row, after which it is left alone
	Rest      string `yaml:"rest"`       // for how long
}

// Set is the configuration of every recipient.
type Set map[privacy.RecipientID]Conf

// Links binds the wanted recipients to their addresses. Every fault is reported at once.
func (s Set) Links(wiring map[privacy.AppID]provider.Wiring, wanted []privacy.RecipientID) ([]egress.Config, error) {
	var list []egress.Config
	var problems []error
	for _, id := range wanted {
		c, ok := s[id]
		if !ok {
			problems = append(problems, fmt.Errorf("recipients.%s is missing: a live feature sends to it", id))
			continue
		}
		link, err := c.link(id, kindOf(wiring, id))
		if err != nil {
			problems = append(problems, err)
		}
		list = append(list, link)
	}
	return list, errors.Join(problems...)
}

// kindOf finds the driver that an app's wiring names for a recipient.
func kindOf(wiring map[privacy.AppID]provider.Wiring, id privacy.RecipientID) Kind {
	for _, w := range wiring {
		if route, ok := w[id]; ok {
			return Kinds()[route.Driver]
		}
	}
	return Kind{}
}

func (c Conf) link(id privacy.RecipientID, k Kind) (egress.Config, error) {
	out := egress.Config{
		Recipient: id, BaseURL: c.BaseURL, Services: c.Services, ResultHosts: c.ResultHosts,
		AllowLoopback: c.AllowLoopback, AllowPrivate: c.AllowPrivate, Credentials: map[string]egress.Credential{},
	}
	var problems []error
	wrong := func(what string, err error) {
		problems = append(problems, fmt.Errorf("recipients.%s.%s: %w", id, what, err))
	}
	if c.SendTimeout != "" {
		d, err := time.ParseDuration(c.SendTimeout)
		if err != nil || d <= 0 {
			wrong("send_timeout", errors.New("is not a duration such as 180s"))
		}
		out.SendTimeout = d
	}
	for _, n := range c.LinkFrom {
		p, err := netip.ParsePrefix(n)
		if err != nil {
			wrong("link_from", fmt.Errorf("%q is not a network such as 203.0.113.0/24", n))
		}
		out.LinkFrom = append(out.LinkFrom, p)
	}
	for _, name := range k.Services {
		if c.Services[name] == "" {
			wrong("services."+name, errors.New("is missing: the address of that service"))
		}
	}
	sources := c.sources()
	for _, name := range k.Required {
		if sources[name] == "" {
			wrong("credentials."+name, errors.New("is missing: env:NAME or file:PATH"))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		if !slices.Contains(k.Required, name) && !slices.Contains(k.Optional, name) {
			wrong("credentials."+name, errors.New("is no credential of this recipient; it has: "+strings.Join(append(slices.Clone(k.Required), k.Optional...), ", ")))
			continue
		}
		secret, err := credential(sources[name])
		if err != nil {
			wrong("credentials."+name, err)
		}
		out.Credentials[name] = secret
	}
	if err := errors.Join(problems...); err != nil {
		return out, err
	}
	return out, plain(id, out)
}

// plain has egress look at the addresses now, so that vow doctor sees what a server would refuse.
func plain(id privacy.RecipientID, c egress.Config) error {
	e, err := egress.New([]egress.Config{c}, log.Logger{})
	if err != nil {
		return fmt.Errorf("recipients.%s: %w", id, err)
	}
	e.Close()
	return nil
}

// Address is where calls go first: the base address, or the first of the services. It is scheme and
// host only: an operator may have written a key into the rest, which egress refuses.
func (c Conf) Address() string {
	address := c.BaseURL
	for _, name := range slices.Sorted(maps.Keys(c.Services)) {
		address = cmp.Or(address, c.Services[name])
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// IsLocal reports whether the recipient is on this machine.
func (c Conf) IsLocal() bool { return c.AllowLoopback }

// sources are where the credentials come from, with the short form spelled out.
func (c Conf) sources() map[string]string {
	out := maps.Clone(c.Credentials)
	if out == nil {
		out = map[string]string{}
	}
	if c.APIKey != "" {
		out["api_key"] = c.APIKey
	}
	return out
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

// Rename puts the operator's models in the place of the names that the wiring uses for them.
func (s Set) Rename(wiring map[privacy.AppID]provider.Wiring) {
	for _, w := range wiring {
		for id, route := range w {
			for feature, flow := range route.Workflows {
				if model := s[id].Models[flow.ID]; model != "" {
					flow.ID = model
					route.Workflows[feature] = flow
				}
			}
		}
	}
}

// Traffic returns the limits of every configured recipient.
func (s Set) Traffic() (map[privacy.RecipientID]traffic.Limits, error) {
	out, problems := map[privacy.RecipientID]traffic.Limits{}, []error{}
	for _, id := range slices.Sorted(maps.Keys(s)) {
		l := s[id].Limits
		t := traffic.Limits{Parallel: l.Parallel, PerMinute: l.PerMinute, Failures: l.Failures}
		if l.Parallel < 0 || l.PerMinute < 0 || l.Failures < 0 {
			problems = append(problems, fmt.Errorf("recipients.%s.limits: numbers must not be negative", id))
		}
		if l.Rest != "" {
			var err error
			if t.Rest, err = time.ParseDuration(l.Rest); err != nil || t.Rest <= 0 {
				problems = append(problems, fmt.Errorf("recipients.%s.limits.rest is not a duration such as 30s", id))
			}
		}
		out[id] = t
	}
	return out, errors.Join(problems...)
}

package recipients_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"vow.example/vow/apps"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/server/recipients"
)

const secret = "a-credential-that-nobody-may-see"

// wiring is that of the built-in apps and of the example.
func wiring(t *testing.T) map[privacy.AppID]provider.Wiring {
	t.Helper()
	all, err := provider.LoadWiring(apps.FS)
	if err != nil {
		t.Fatal(err)
	}
	more, err := provider.LoadWiring(os.DirFS("../../../docs/examples"))
	if err != nil {
		t.Fatal(err)
	}
	for id, w := range more {
		all[id] = w
	}
	return all
}

// example reads the configuration that the documentation shows, with every credential set.
func example(t *testing.T) (recipients.Set, []privacy.RecipientID) {
	t.Helper()
	raw, err := os.ReadFile("../../../docs/recipients.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range regexp.MustCompile(`env:([A-Z_]+)`).FindAllStringSubmatch(string(raw), -1) {
		t.Setenv(name[1], secret)
	}
	var doc struct {
		Recipients recipients.Set
		Storage    map[string]any // package storage reads it
	}
	if err := yaml.UnmarshalWithOptions(raw, &doc, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	var all []privacy.RecipientID
	for id := range doc.Recipients {
		all = append(all, id)
	}
	slices.Sort(all)
	return doc.Recipients, all
}

func TestTheDocumentedConfigurationIsComplete(t *testing.T) {
	set, all := example(t)
	links, err := set.Links(wiring(t), all)
	if err != nil {
		t.Fatal(err)
	}
	e, err := egress.New(links, log.Logger{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, w := range wiring(t) {
		for id := range w {
			if !e.Reaches(id) {
				t.Errorf("an app is wired to %s, which the example does not configure", id)
			}
		}
	}
	if printed := fmt.Sprintf("%v %+v %#v", links, links, set); strings.Contains(printed, secret) {
		t.Error("a configuration prints a credential")
	}
	limits, err := set.Traffic()
	if err != nil || limits["tencent_cloud"].Parallel != 1 {
		t.Errorf("limits %+v, %v", limits, err)
	}
}

func TestEveryFaultOfAConfigurationNamesItsLine(t *testing.T) {
	t.Setenv("VOW_TEST_KEY", secret)
	for name, c := range map[string]struct {
		id   privacy.RecipientID
		conf recipients.Conf
		want string
	}{
		"a missing credential":         {"tencent_cloud", recipients.Conf{Credentials: map[string]string{"secret_id": "env:VOW_TEST_KEY"}}, "recipients.tencent_cloud.credentials.secret_key: is missing"},
		"a credential of another kind": {"zhipu", recipients.Conf{APIKey: "env:VOW_TEST_KEY", Credentials: map[string]string{"token": "env:VOW_TEST_KEY"}}, "recipients.zhipu.credentials.token: is no credential"},
		"a key in the file":            {"zhipu", recipients.Conf{APIKey: secret}, "must begin with env: or file:"},
		"an unset variable":            {"zhipu", recipients.Conf{APIKey: "env:VOW_TEST_NOT_SET"}, "VOW_TEST_NOT_SET is not set"},
		"an odd network":               {"zhipu", recipients.Conf{APIKey: "env:VOW_TEST_KEY", LinkFrom: []string{"everywhere"}}, `recipients.zhipu.link_from: "everywhere" is not a network`},
		"an odd time":                  {"zhipu", recipients.Conf{APIKey: "env:VOW_TEST_KEY", SendTimeout: "soon"}, "recipients.zhipu.send_timeout"},
	} {
		_, err := recipients.Set{c.id: c.conf}.Links(wiring(t), []privacy.RecipientID{c.id})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	_, err := recipients.Set{}.Links(wiring(t), []privacy.RecipientID{"gemini", "zhipu"})
	if err == nil || !strings.Contains(err.Error(), "recipients.gemini is missing") || !strings.Contains(err.Error(), "recipients.zhipu is missing") {
		t.Errorf("two missing recipients: %v", err)
	}
}

func TestLimitsAreReadAndJudged(t *testing.T) {
	t.Parallel()
	got, err := recipients.Set{"zhipu": {Limits: recipients.Limits{Parallel: 2, PerMinute: 60, Failures: 3, Rest: "45s"}}}.Traffic()
	if l := got["zhipu"]; err != nil || l.Parallel != 2 || l.PerMinute != 60 || l.Failures != 3 || l.Rest != 45*time.Second {
		t.Errorf("%+v, %v", l, err)
	}
	for _, l := range []recipients.Limits{{Parallel: -1}, {Rest: "long"}, {Rest: "-3s"}} {
		if _, err := (recipients.Set{"zhipu": {Limits: l}}).Traffic(); err == nil || !strings.Contains(err.Error(), "recipients.zhipu.limits") {
			t.Errorf("%+v: %v", l, err)
		}
	}
}

func TestAModelThatRetiredIsReplacedByTheOperatorsWord(t *testing.T) {
	t.Parallel()
	w := wiring(t)
	recipients.Set{"gemini": {Models: map[string]string{"gemini-2.5-flash-image": "its-successor"}}}.Rename(w)
	if got := w["mixoo"]["gemini"].Workflows["nano_banana"].ID; got != "its-successor" {
		t.Errorf("nano_banana runs %s", got)
	}
	if got := w["mixoo"]["gemini"].Workflows["nano_banana_pro"].ID; got != "gemini-3-pro-image" {
		t.Errorf("nano_banana_pro runs %s", got)
	}
}

func TestEveryDriverThatWiringNamesExistsWithItsCredentials(t *testing.T) {
	t.Parallel()
	kinds := recipients.Kinds()
	for app, w := range wiring(t) {
		for id, route := range w {
			if kinds[route.Driver].Driver == nil {
				t.Errorf("%s/%s: no driver %q", app, id, route.Driver)
			}
		}
	}
	if len(recipients.Drivers()) != len(kinds) || len(kinds) != 12 {
		t.Errorf("%d kinds", len(kinds))
	}
}

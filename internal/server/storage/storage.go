// Package storage says where each app's objects rest: on this machine's disk, or, encrypted, in a
// bucket.
//
// It promises that a bucket in a country that the app's policy does not allow, a region that nobody
// can place, a plain HTTP address and a bucket shared by two apps stop the server before it begins;
// that a bucket which still holds something cannot be forgotten by changing the configuration; and
// that access keys come from the environment and are never printed. It decides nothing about what is
// stored: content of memory-only categories never reaches any of its stores.
package storage

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"vow.example/vow/internal/blob/s3"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

// Conf is where an app's objects rest, in the configuration file.
type Conf struct {
	Kind         string `yaml:"kind"` // file or s3
	Endpoint     string `yaml:"endpoint"`
	Region       string `yaml:"region"`
	Bucket       string `yaml:"bucket"`
	AccessKeyEnv string `yaml:"access_key_env"` // names of variables, never keys
	SecretKeyEnv string `yaml:"secret_key_env"`
	PathStyle    bool   `yaml:"path_style"`
	Former       []Conf `yaml:"former"` // buckets of before, until what is there has ended
}

// Set is the storage of every app that has a block of its own. The others use files.
type Set map[privacy.AppID]Conf

// Place is one bucket of one app.
type Place struct {
	App    privacy.AppID
	Bucket s3.Place
	Keys   s3.Keys
	Former bool // read and erased from, never written to
}

// Places checks the configuration against the policies and binds it to access keys. Every fault is
// reported at once.
func (s Set) Places(policies map[privacy.AppID]*policy.Policy) ([]Place, error) {
	var places []Place
	var problems []error
	owners := map[string]privacy.AppID{}
	for _, app := range slices.Sorted(maps.Keys(s)) {
		p, known := policies[app]
		if !known {
			problems = append(problems, fmt.Errorf("storage.%s: there is no such app", app))
			continue
		}
		for i, c := range append([]Conf{s[app]}, s[app].Former...) {
			at := fmt.Sprintf("storage.%s", app)
			if i > 0 {
				at = fmt.Sprintf("storage.%s.former[%d]", app, i-1)
			}
			place, used, err := c.place(app)
			if used {
				err = errors.Join(err, permitted(place, p))
			}
			if err != nil {
				problems = append(problems, each(at, err))
				continue
			}
			if !used {
				continue
			}
			place.Former = i > 0
			if other, taken := owners[place.identity()]; taken {
				problems = append(problems, fmt.Errorf("%s.bucket: %s is named for %s already: one bucket, one app, one line", at, c.Bucket, other))
				continue
			}
			owners[place.identity()] = app
			places = append(places, place)
		}
	}
	return places, errors.Join(problems...)
}

// each puts the place in the file before every line of err.
func each(at string, err error) error {
	var list []error
	for _, line := range strings.Split(err.Error(), "\n") {
		list = append(list, errors.New(at+"."+line))
	}
	return errors.Join(list...)
}

// identity is what stays the same when a bucket is reached at another address.
func (p Place) identity() string { return p.Bucket.Region + "/" + p.Bucket.Bucket }

// place binds one block. used is false where the app's objects stay in files.
func (c Conf) place(app privacy.AppID) (p Place, used bool, err error) {
	switch c.Kind {
	case "file":
		bare := c
		bare.Kind, bare.Former = "", nil
		if !bare.empty() {
			return p, false, errors.New("kind: file needs nothing else")
		}
		return p, false, nil
	case "s3":
	default:
		return p, false, errors.New("kind: must be file or s3")
	}
	p = Place{App: app, Bucket: s3.Place{Endpoint: c.Endpoint, Region: c.Region, Bucket: c.Bucket, PathStyle: c.PathStyle}}
	id, errID := fromEnv("access_key_env", c.AccessKeyEnv)
	secret, errSecret := fromEnv("secret_key_env", c.SecretKeyEnv)
	p.Keys = s3.NewKeys(id, secret)
	return p, true, errors.Join(p.Bucket.Check(), errID, errSecret)
}

// permitted says why a bucket is not one that the policy speaks of.
func permitted(p Place, text *policy.Policy) error {
	if p.Bucket.Check() != nil {
		return nil // the fault is told already, and the address is none
	}
	return errors.Join(pinned(p.App, p.Bucket.Region, text.StorageRegions()), sameRegion(p.Bucket.Endpoint, p.Bucket.Region), p.named(text))
}

// named refuses a bucket where the policy names no store, or another company than the one whose
// address this is. Which company an address of somebody else's belongs to is the operator's word.
func (p Place) named(text *policy.Policy) error {
	stores, company := storesOf(text), companyOf(p.labels())
	if len(stores) == 0 {
		return fmt.Errorf("kind: the policy of %s names no recipient of the class %s: its objects stay on this server", p.App, policy.ObjectStore)
	}
	for _, id := range stores {
		theirs := map[privacy.RecipientID]string{"alibaba_cloud_oss": alibaba, "aws_s3": amazon}[id]
		if company == "" || theirs == "" || theirs == company {
			return nil
		}
	}
	return fmt.Errorf("endpoint: it is not one of %v, which the policy of %s names", stores, p.App)
}

// storesOf lists the stores that a policy names.
func storesOf(text *policy.Policy) (ids []privacy.RecipientID) {
	for _, r := range text.Recipients() {
		if r.Class == policy.ObjectStore {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// labels are the parts of the host.
func (p Place) labels() []string {
	u, err := url.Parse(p.Bucket.Endpoint)
	if err != nil {
		return nil
	}
	return strings.Split(strings.ToLower(u.Hostname()), ".")
}

func (c Conf) empty() bool {
	return cmp.Or(c.Kind, c.Endpoint, c.Region, c.Bucket, c.AccessKeyEnv, c.SecretKeyEnv) == "" && !c.PathStyle && len(c.Former) == 0
}

// fromEnv reads a variable. What does not look like the name of one may be a key, and is not repeated.
func fromEnv(field, name string) (string, error) {
	switch {
	case name == "":
		return "", fmt.Errorf("%s: is missing: the name of a variable of the environment", field)
	case !regexp.MustCompile(`^[A-Z_][A-Z0-9_]*$`).MatchString(name):
		return "", fmt.Errorf("%s: is not the name of a variable such as OSS_ACCESS_KEY_ID; keys never stand in this file", field)
	}
	value := os.Getenv(name)
	if value == "" {
		return "", fmt.Errorf("%s: %s is not set", field, name)
	}
	return value, nil
}

// pinned refuses a region outside the countries that the policy pins storage to (WIZ-3-01: "kept
// inside the United States"; FIT-4.1-01: "stored in the United States").
func pinned(app privacy.AppID, region string, pins []string) error {
	if len(pins) == 0 {
		return nil
	}
	country, known := CountryOf(region)
	switch {
	case !known:
		return fmt.Errorf("region: nobody here can say in which country %q is, and the policy of %s pins storage to %s", region, app, strings.Join(pins, ", "))
	case !slices.Contains(pins, country):
		return fmt.Errorf("region: %s is in %s, and the policy of %s pins storage to %s", region, country, app, strings.Join(pins, ", "))
	default:
		return nil
	}
}

// RefuseBackup says which apps' promises keep a backup of the server out of a place: a country, such as
// US, or a region of a company that is known here. Every app that pins its storage must allow it. That a
// backup really lies there is the operator's word.
func RefuseBackup(region string, policies map[privacy.AppID]*policy.Policy) error {
	if !regexp.MustCompile(`^[A-Za-z0-9-]{2,40}$`).MatchString(region) {
		return errors.New("region: name the country where the backup will lie, such as US, or a region such as us-east-1")
	}
	if country := strings.ToUpper(region); isCountry(country) {
		region = country
	}
	var problems []error
	for _, app := range slices.Sorted(maps.Keys(policies)) {
		pins := policies[app].StorageRegions()
		if slices.Contains(pins, region) {
			continue
		}
		err := pinned(app, region, pins)
		if isCountry(region) && err != nil {
			err = fmt.Errorf("region: %s is elsewhere: the policy of %s pins storage to %s", region, app, strings.Join(pins, ", "))
		}
		if clause := policies[app].StorageClause(); clause != "" && err != nil {
			err = fmt.Errorf("%w (%s)", err, clause)
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// isCountry reports whether a word is a country in which a region is known.
func isCountry(word string) bool {
	for line := range strings.Lines(regions) {
		if strings.HasPrefix(line, word+" ") {
			return true
		}
	}
	return false
}

// sameRegion refuses an address of a known company that does not name the region, or names another:
// what is written under region would then be nobody's promise.
func sameRegion(endpoint, region string) error {
	u, err := url.Parse(endpoint)
	if err != nil {
		return errors.New("endpoint: is not an address")
	}
	labels := strings.Split(strings.ToLower(u.Hostname()), ".")
	var named bool
	switch companyOf(labels) {
	case alibaba: // an internal address is the same region's
		named = strings.TrimSuffix(labels[0], "-internal") == region
	case amazon:
		named = slices.Contains(labels, region)
	default:
		return nil
	}
	if !named {
		return fmt.Errorf("endpoint: %s does not name the region %s", u.Hostname(), region)
	}
	return nil
}

const (
	alibaba = "alibaba"
	amazon  = "amazon"
)

// companyOf recognises the hosts of those whose regions the table knows.
func companyOf(labels []string) string {
	host := "." + strings.Join(labels, ".")
	switch {
	case strings.HasSuffix(host, ".aliyuncs.com"):
		return alibaba
	case strings.HasSuffix(host, ".amazonaws.com"), strings.HasSuffix(host, ".amazonaws.com.cn"):
		return amazon
	default:
		return ""
	}
}

// CountryOf returns the country of a region of Alibaba OSS ("oss-us-west-1") or AWS ("us-east-1").
// The table is closed: a region that is not in it is in no country.
func CountryOf(region string) (country string, known bool) {
	for line := range strings.Lines(regions) {
		words := strings.Fields(line)
		if slices.Contains(words[1:], region) {
			return words[0], true
		}
	}
	return "", false
}

// regions lists the regions of Alibaba OSS (oss-…) and AWS by country.
const regions = `AE oss-me-east-1 me-central-1
AU ap-southeast-2 ap-southeast-4
BH me-south-1
BR sa-east-1
CA ca-central-1 ca-west-1
CH eu-central-2
CN oss-cn-hangzhou oss-cn-shanghai oss-cn-nanjing oss-cn-fuzhou oss-cn-wuhan-lr oss-cn-qingdao oss-cn-beijing oss-cn-zhangjiakou oss-cn-huhehaote oss-cn-wulanchabu oss-cn-shenzhen oss-cn-heyuan oss-cn-guangzhou oss-cn-chengdu cn-north-1 cn-northwest-1
DE oss-eu-central-1 eu-central-1
ES eu-south-2
FR eu-west-3
GB oss-eu-west-1 eu-west-2
HK oss-cn-hongkong ap-east-1
ID oss-ap-southeast-5 ap-southeast-3
IE eu-west-1
IL il-central-1
IN ap-south-1 ap-south-2
IT eu-south-1
JP oss-ap-northeast-1 ap-northeast-1 ap-northeast-3
KR oss-ap-northeast-2 ap-northeast-2
MX oss-na-south-1 mx-central-1
MY oss-ap-southeast-3 ap-southeast-5
NZ ap-southeast-6
PH oss-ap-southeast-6
SA oss-me-central-1
SE eu-north-1
SG oss-ap-southeast-1 ap-southeast-1
TH oss-ap-southeast-7 ap-southeast-7
TW ap-east-2
US oss-us-west-1 oss-us-east-1 oss-us-southeast-1 us-east-1 us-east-2 us-west-1 us-west-2 us-gov-east-1 us-gov-west-1
ZA af-south-1
`

package storage_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"vow.example/vow/apps"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/server/storage"
)

func policies(t *testing.T) map[privacy.AppID]*policy.Policy {
	t.Helper()
	all, err := policy.LoadFS(apps.FS)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func conf(endpoint, region string) storage.Conf {
	return storage.Conf{Kind: "s3", Endpoint: endpoint, Region: region, Bucket: "vow-pictures", AccessKeyEnv: "VOW_TEST_KEY", SecretKeyEnv: "VOW_TEST_SECRET"}
}

const canary = "canary-secret-4711"

func TestABucketInTheWrongPlaceStopsTheServer(t *testing.T) {
	t.Setenv("VOW_TEST_KEY", canary)
	t.Setenv("VOW_TEST_SECRET", canary)
	all := policies(t)
	for name, c := range map[string]struct {
		app  privacy.AppID
		conf storage.Conf
		want string // "": it is taken
	}{
		"picwiz in the United States":      {"picwiz", conf("https://oss-us-west-1.aliyuncs.com", "oss-us-west-1"), ""},
		"picwiz over the internal address": {"picwiz", conf("https://oss-us-west-1-internal.aliyuncs.com", "oss-us-west-1"), ""},
		"picwiz in China": {"picwiz", conf("https://oss-cn-hangzhou.aliyuncs.com", "oss-cn-hangzhou"),
			"storage.picwiz.region: oss-cn-hangzhou is in CN, and the policy of picwiz pins storage to US"},
		"aifitting in the United States": {"aifitting", conf("https://s3.us-east-1.amazonaws.com", "us-east-1"), ""},
		"aifitting in Ireland": {"aifitting", conf("https://s3.eu-west-1.amazonaws.com", "eu-west-1"),
			"storage.aifitting.region: eu-west-1 is in IE, and the policy of aifitting pins storage to US"},
		"a region that nobody knows": {"picwiz", conf("https://oss-us-west-9.aliyuncs.com", "oss-us-west-9"),
			`in which country "oss-us-west-9" is, and the policy of picwiz pins storage to US`},
		"an address in another region": {"picwiz", conf("https://oss-cn-hangzhou.aliyuncs.com", "oss-us-west-1"),
			"storage.picwiz.endpoint: oss-cn-hangzhou.aliyuncs.com does not name the region oss-us-west-1"},
		"an address that names no region":          {"aifitting", conf("https://s3-accelerate.amazonaws.com", "us-east-1"), "does not name the region us-east-1"},
		"an address of another company":            {"picwiz", conf("https://s3.us-west-1.amazonaws.com", "oss-us-west-1"), "does not name the region"},
		"mixoo, whose store is a setting":          {"mixoo", conf("https://oss-cn-hangzhou.aliyuncs.com", "oss-cn-hangzhou"), ""},
		"mixoo on a server of one's own":           {"mixoo", conf("https://minio.example.org", "anywhere"), ""},
		"picwiz with the store of another company": {"picwiz", conf("https://s3.us-west-1.amazonaws.com", "us-west-1"), "storage.picwiz.endpoint: it is not one of [alibaba_cloud_oss], which the policy of picwiz names"},
		"pixplus, whose policy names no store":     {"pixplus", conf("https://minio.example.org", "anywhere"), "storage.pixplus.kind: the policy of pixplus names no recipient of the class storage"},
		"plain HTTP":                               {"mixoo", conf("http://oss-cn-hangzhou.aliyuncs.com", "oss-cn-hangzhou"), "storage.mixoo.endpoint must be https"},
		"plain HTTP on a private network":          {"mixoo", conf("http://10.0.0.5:9000", "anywhere"), "storage.mixoo.endpoint must be https"},
		"an app that does not exist":               {"nobody", conf("https://minio.example.org", "anywhere"), "storage.nobody: there is no such app"},
		"a kind that does not exist":               {"mixoo", storage.Conf{Kind: "ftp"}, "storage.mixoo.kind: must be file or s3"},
		"files":                                    {"picwiz", storage.Conf{Kind: "file"}, ""},
		"files with an address":                    {"picwiz", storage.Conf{Kind: "file", Endpoint: "https://x.example"}, "kind: file needs nothing else"},
		"a former bucket in another place":         {"picwiz", storage.Conf{Kind: "file", Former: []storage.Conf{conf("https://oss-cn-beijing.aliyuncs.com", "oss-cn-beijing")}}, "storage.picwiz.former[0].region: oss-cn-beijing is in CN"},
	} {
		places, err := storage.Set{c.app: c.conf}.Places(all)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if printed := fmt.Sprintf("%v %+v %#v %v", places, places, places, err); strings.Contains(printed, canary) {
			t.Errorf("%s: an access key is printed", name)
		}
	}
}

func TestEveryFaultOfTheStorageIsReportedAtOnceWithoutTheKey(t *testing.T) {
	t.Setenv("VOW_TEST_KEY", canary)
	set := storage.Set{
		"picwiz":    {Kind: "s3", Endpoint: "https://oss-cn-beijing.aliyuncs.com", Region: "oss-us-west-1", Bucket: "one", AccessKeyEnv: canary, SecretKeyEnv: ""},
		"aifitting": {Kind: "s3", Endpoint: "https://s3.us-east-1.amazonaws.com", Region: "us-east-1", Bucket: "one", AccessKeyEnv: "VOW_TEST_KEY", SecretKeyEnv: "VOW_TEST_NOT_SET"},
	}
	_, err := set.Places(policies(t))
	for _, want := range []string{
		"storage.picwiz.endpoint: oss-cn-beijing.aliyuncs.com does not name", "storage.picwiz.access_key_env: is not the name of a variable",
		"storage.picwiz.secret_key_env: is missing", "storage.aifitting.secret_key_env: VOW_TEST_NOT_SET is not set",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not reported: %v", want, err)
		}
	}
	if strings.Contains(fmt.Sprint(err), canary) {
		t.Error("what may be a key is repeated")
	}
}

func TestNoTwoAppsShareABucket(t *testing.T) {
	t.Setenv("VOW_TEST_KEY", canary)
	t.Setenv("VOW_TEST_SECRET", canary)
	c := conf("https://oss-us-west-1.aliyuncs.com", "oss-us-west-1")
	_, err := storage.Set{"picwiz": c, "mixoo": c}.Places(policies(t))
	if err == nil || !strings.Contains(err.Error(), "storage.picwiz.bucket: vow-pictures is named for mixoo already") {
		t.Errorf("got %v", err)
	}
}

func TestTheFileReadsAsDocumented(t *testing.T) {
	t.Setenv("VOW_TEST_KEY", canary)
	t.Setenv("VOW_TEST_SECRET", canary)
	var set storage.Set
	err := yaml.UnmarshalWithOptions([]byte(`
picwiz: {kind: s3, endpoint: "https://oss-us-west-1.aliyuncs.com", region: oss-us-west-1, bucket: pictures, access_key_env: VOW_TEST_KEY, secret_key_env: VOW_TEST_SECRET, path_style: false}
mixoo: {kind: file}
`), &set, yaml.Strict())
	if err != nil {
		t.Fatal(err)
	}
	places, err := set.Places(policies(t))
	if err != nil || len(places) != 1 || places[0].App != "picwiz" || places[0].Former || places[0].Bucket.PathStyle || places[0].Bucket.Bucket != "pictures" {
		t.Errorf("%+v, %v", places, err)
	}
	lines := storage.Report(places, policies(t), []privacy.AppID{"picwiz", "mixoo"})
	if len(lines) != 2 || !strings.Contains(lines[0].Detail, "bucket pictures at oss-us-west-1.aliyuncs.com, region oss-us-west-1 (US)") || lines[1].Detail != "files in the data directory: its policy names [object_storage], and no bucket is configured, which is stricter" {
		t.Errorf("the doctor says %+v", lines)
	}
}

func TestTheDocumentedConfigurationIsTaken(t *testing.T) {
	raw, err := os.ReadFile("../../../docs/recipients.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range regexp.MustCompile(`_key_env: ([A-Z_]+)`).FindAllStringSubmatch(string(raw), -1) {
		t.Setenv(name[1], canary)
	}
	var doc struct {
		Recipients map[string]any // package recipients reads it
		Storage    storage.Set
	}
	if err := yaml.UnmarshalWithOptions(raw, &doc, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	places, err := doc.Storage.Places(policies(t))
	if err != nil || len(places) != 2 || len(doc.Storage) != 3 {
		t.Errorf("%d places of %d blocks, %v", len(places), len(doc.Storage), err)
	}
}

func TestEveryRegionIsInOneCountry(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]string{
		"oss-us-west-1": "US", "us-east-1": "US", "oss-cn-hangzhou": "CN", "cn-north-1": "CN", "oss-cn-hongkong": "HK", "eu-west-1": "IE", "oss-eu-west-1": "GB",
		"me-central-1": "AE", "oss-me-central-1": "SA", "US": "", "": "", "us-east": "", "oss-us-west-1 ": "", "OSS-US-WEST-1": "",
	} {
		if got, known := storage.CountryOf(region); got != want || known != (want != "") {
			t.Errorf("%q is in %q", region, got)
		}
	}
}

func TestABackupLiesWhereEveryAppPinsItsStorage(t *testing.T) {
	t.Parallel()
	all := policies(t)
	free := map[privacy.AppID]*policy.Policy{"mixoo": all["mixoo"], "pixplus": all["pixplus"]}
	for region, want := range map[string]string{ // "": it may
		"US": "", "us": "", "us-east-1": "", "oss-us-west-1": "",
		"DE":              "region: DE is elsewhere: the policy of picwiz pins storage to US (WIZ-3-01)",
		"cn":              "region: CN is elsewhere: the policy of aifitting pins storage to US (FIT-4.1-01)",
		"eu-central-1":    "region: eu-central-1 is in DE, and the policy of picwiz pins storage to US (WIZ-3-01)",
		"oss-cn-hangzhou": "is in CN, and the policy of aifitting pins storage to US (FIT-4.1-01)",
		"eu":              `in which country "eu" is, and the policy of picwiz pins storage to US (WIZ-3-01)`,
		"":                "name the country",
		"U S":             "name the country",
	} {
		err := storage.RefuseBackup(region, all)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v", region, err)
		}
		if err != nil && (strings.Contains(err.Error(), "mixoo") || strings.Contains(err.Error(), "pixplus")) {
			t.Errorf("%q: an app that pins nothing refuses: %v", region, err)
		}
		if err := storage.RefuseBackup(region, free); (err != nil) != (want == "name the country") {
			t.Errorf("%q without a pin: %v", region, err)
		}
	}
}

package checks

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"vow.example/vow/internal/prove/probe"
)

// began are the first bytes of what lies in a bucket, by name.
func began(p *probe.Probe, bucket string) map[string]string {
	var doc struct {
		Objects []struct{ Name, Begins string } `json:"objects"`
	}
	p.Ask("GET", "/demo/recipients/"+bucket+"/received", nil).Fine().Into(&doc)
	out := map[string]string{}
	for _, o := range doc.Objects {
		out[o.Name] = o.Begins
	}
	return out
}

// added are the names that are new since before.
func added(before, after map[string]string) (names []string) {
	for name := range after {
		if _, old := before[name]; !old {
			names = append(names, name)
		}
	}
	return names
}

// onlyCiphertext: photo and result lie in the bucket, under random names, as nobody can read them; the
// calls store, read and erase.
func (j job) onlyCiphertext(p *probe.Probe) {
	before := began(p, wizBucket)
	who := p.Person()
	o, f := j.order(p, who)
	k := who.Make(o)
	names := added(before, began(p, wizBucket))
	p.Must(len(names) == 2, "the bucket holds two things more: the photo and the result")
	for _, name := range names {
		p.Must(regexp.MustCompile(`^[0-9a-f]{40}$`).MatchString(name), "one lies under the random name %.8s…", name)
	}
	p.Sealed("photo or result", f.Coded, piece(content(who, k)))
	b := bucketOf(p, wizBucket)
	p.Must(len(b.Violations) == 0, "the bucket complains of nothing")
	for _, c := range b.Calls {
		query := strings.ReplaceAll(c.Query, "x-id=", "")
		if strings.Contains(c.Query, "process") || !strings.Contains(" PutObject GetObject HeadObject DeleteObject ", " "+query+" ") && query != "" {
			p.Failf("a call to the bucket asks for %q", c.Query)
		}
	}
	p.Saw("%d calls store, read, look or erase, and none processes", len(b.Calls))
}

// unrelated: two photos of one person have names without anything in common, and no call to the bucket
// tells of person, device or thing.
func (j job) unrelated(p *probe.Probe) {
	mark := probe.Mark("device")
	who := p.Person().With("User-Agent", mark).With("X-Device-Model", mark)
	before := began(p, wizBucket)
	f := p.NewPhoto()
	var uploads []string
	for range 2 {
		uploads = append(uploads, who.Upload(f).ID)
	}
	after := began(p, wizBucket)
	names := added(before, after)
	if len(names) != 2 {
		p.Failf("two photos are %d things in the bucket", len(names))
		return
	}
	p.Must(names[0][:8] != names[1][:8] && after[names[0]] != after[names[1]], "the same photo twice lies there as %.8s… and %.8s…, each sealed by itself", names[0], names[1])
	k := who.Make(probe.Order{Feature: j.feature, Photos: map[string]string{j.photo: uploads[0]}, Params: j.params})
	p.NotReceived("the person, the device or the names of things", []byte(mark), []byte(who.Subject), []byte(who.Token), []byte(uploads[0]), []byte(uploads[1]), []byte(k.ID), []byte(last(k.Outputs).ID), []byte(f.Hidden))
}

// cipher: what lies in the bucket is framed as DARE 2.0 (0x20) with AES-256-GCM (0x00).
func (j job) cipher(p *probe.Probe) {
	before := began(p, wizBucket)
	who := p.Person()
	o, _ := j.order(p, who)
	who.Make(o)
	all := began(p, wizBucket)
	for _, name := range added(before, all) {
		p.Must(strings.HasPrefix(all[name], "2000"), "%.8s… begins with the mark of AES-256-GCM", name)
	}
	p.Must(len(added(before, all)) == 2, "photo and result were looked at")
}

// startsWith runs the server with a configuration of its own and returns what it says. Each ends by itself:
// the policies of a demonstration are refused by a real server.
func startsWith(p *probe.Probe, storage string, more ...string) (said string) {
	p.Folder(func(dir string) {
		key := filepath.Join(dir, "root.key")
		if printed, ok := p.Vow("keys", "create-root", key); !ok {
			p.Failf("no root key could be made: %s", printed)
			return
		}
		file := filepath.Join(dir, "vow.yaml")
		text := fmt.Sprintf("data_dir: %s\nroot_key: file:%s\naddr: 127.0.0.1:0\n%s", filepath.Join(dir, "data"), key, storage)
		p.Check(os.WriteFile(file, []byte(text), 0o600))
		printed, ok := p.Vow(append([]string{"serve", "--config", file}, more...)...)
		if ok {
			p.Failf("the server started")
		}
		said = strings.ReplaceAll(printed, dir, "")
	})
	return said
}

// inRegion is the configuration of a bucket for the check's app.
func inRegion(p *probe.Probe, scheme, region string) string {
	return fmt.Sprintf("storage:\n  %s:\n    kind: s3\n    endpoint: %s://%s.aliyuncs.com\n    region: %s\n    bucket: pictures\n    access_key_env: HOME\n    secret_key_env: HOME\n", p.App, scheme, region, region)
}

// bucketMustBe: a bucket in one of the other regions stops the server; one in the right region does not.
func bucketMustBe(right string, others ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		const complaint = "pins storage to"
		for _, region := range others {
			said := startsWith(p, inRegion(p, "https", region))
			p.Must(strings.Contains(said, complaint), "with a bucket in %s the server does not start: “%s”", region, lineWith(said, complaint))
		}
		said := startsWith(p, inRegion(p, "https", right))
		p.Must(said != "" && !strings.Contains(said, complaint) && !strings.Contains(said, "storage."), "with one in %s it complains of something else alone", right)
	}
}

// noPlainBucket: a bucket over plain HTTP stops the server.
func noPlainBucket(p *probe.Probe) {
	const complaint = "storage is never reached over plain HTTP"
	said := startsWith(p, inRegion(p, "http", "oss-us-west-1"))
	p.Must(strings.Contains(said, complaint), "the server does not start: “%s”", lineWith(said, complaint))
	p.Must(!strings.Contains(startsWith(p, inRegion(p, "https", "oss-us-west-1")), complaint), "with https it complains of something else")
}

// noPlainHTTP: a server that people would reach over plain HTTP does not start.
func noPlainHTTP(p *probe.Probe) {
	const complaint = "photos are never taken over plain HTTP"
	said := startsWith(p, "", "--public-url", "http://photos.example.com")
	p.Must(strings.Contains(said, complaint), "the server does not start: “%s”", lineWith(said, complaint))
	p.Must(!strings.Contains(startsWith(p, "", "--public-url", "https://photos.example.com"), complaint), "with https it complains of something else")
	said = startsWith(p, "", "--addr", "0.0.0.0:0")
	p.Must(strings.Contains(said, "public_url is missing"), "nor does one for other machines without an https address: “%s”", lineWith(said, "public_url"))
}

func lineWith(text, words string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, words) {
			return strings.TrimSpace(line)
		}
	}
	return "…" + words
}

// dayOver: photo, result and what is in the bucket are there until shortly before their time and gone at
// it, also after a crash.
func (j job) dayOver(still, rest string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who, before := p.Person(), began(p, wizBucket)
		o, f := j.order(p, who)
		k := who.Make(o)
		file := piece(content(who, k))
		names := added(before, began(p, wizBucket))
		p.Advance(still)
		who.Get("/v1/uploads/" + o.Photos[j.photo]).Is(200)
		who.Get("/v1/outputs/" + last(k.Outputs).ID + "/content").Is(200)
		p.Somewhere("the photo", f.Coded)
		p.Somewhere("the result", file)
		p.Advance(rest)
		who.Get("/v1/uploads/"+o.Photos[j.photo]).Is(410, "erased")
		who.Get("/v1/outputs/"+last(k.Outputs).ID+"/content").Is(410, "erased")
		p.Nowhere("photo and result", append(f.Marks(), file)...)
		p.Must(left(names, began(p, wizBucket)) == 0 && len(names) == 2, "both are gone from the bucket")
		p.Restart()
		p.Nowhere("photo and result after the crash", append(f.Marks(), file)...)
	}
}

// left counts the names that are still there.
func left(names []string, there map[string]string) (n int) {
	for _, name := range names {
		if _, ok := there[name]; ok {
			n++
		}
	}
	return n
}

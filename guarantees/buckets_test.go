package guarantees

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"vow.example/vow/client"
)

// stored is what a simulated store shows.
type stored struct {
	Violations []string `json:"violations"`
	Objects    []struct {
		Name    string            `json:"name"`
		Bytes   int64             `json:"bytes"`
		Headers map[string]string `json:"headers"`
	} `json:"objects"`
	Calls []struct {
		Method string `json:"method"`
	} `json:"calls"`
}

// stores lists the addresses of the demo's simulated stores.
func (w *world) stores() (urls []string) {
	if w.server.args[0] == "serve" {
		return nil
	}
	var page client.Page[client.DemoRecipient]
	w.check(json.Unmarshal(w.outside("/demo/recipients"), &page))
	for _, r := range page.Data {
		if slices.Contains([]string{"oss", "s3", "mixoo-oss"}, r.ID) {
			urls = append(urls, r.URL)
		}
	}
	return urls
}

// bucketOf reads what a store shows: as it is, and with the content of everything it holds.
func (w *world) bucketOf(id string) (s stored, everything []byte) {
	everything = w.outside("/demo/recipients/" + id + "/received")
	w.check(json.Unmarshal(everything, &s))
	for _, o := range s.Objects {
		body, err := os.ReadFile(filepath.Join(w.data(), "simulated", id, o.Name))
		w.check(err)
		if int64(len(body)) != o.Bytes {
			w.ts.Fatalf("%s shows %d bytes of %d", id, len(body), o.Bytes)
		}
		everything = append(everything, body...)
	}
	return s, everything
}

// inBucket counts the objects in a store, and looks at their names: bucket ID N.
func inBucket(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 2, "bucket ID N")
	s, _ := w.bucketOf(args[0])
	if strconv.Itoa(len(s.Objects)) != args[1] || len(s.Violations) > 0 {
		w.ts.Fatalf("%s holds %d objects and saw %v", args[0], len(s.Objects), s.Violations)
	}
	random, begin := regexp.MustCompile(`^[0-9a-f]{40}$`), map[string]bool{}
	for _, o := range s.Objects {
		if !random.MatchString(o.Name) || begin[o.Name[:8]] || o.Headers["Content-Type"] != "application/octet-stream" {
			w.ts.Fatalf("%s holds %s with %v", args[0], o.Name, o.Headers)
		}
		begin[o.Name[:8]] = true
	}
}

// bucketKnowsNo searches names, headers, calls and content of a store: bucket-knows-no ID TEXT|FILE ….
// What it holds must not be empty, and the search must find what is there.
func bucketKnowsNo(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) > 1, "bucket-knows-no ID TEXT|FILE …")
	s, everything := w.bucketOf(args[0])
	if len(s.Objects) == 0 || !bytes.Contains(everything, []byte(s.Objects[0].Name)) {
		w.ts.Fatalf("%s holds nothing that could be searched", args[0])
	}
	for _, m := range w.marks(args[1:]) {
		if bytes.Contains(everything, m) {
			w.ts.Fatalf("%s knows %.40q", args[0], m)
		}
	}
}

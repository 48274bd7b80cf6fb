package storage

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"vow.example/vow/internal/blob/s3"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	simbucket "vow.example/vow/internal/sim/bucket"
)

// Simulated are the buckets of a demonstration, on this machine.
type Simulated struct {
	Places  []Place
	Shelf   []Shown // what each holds, for everybody to look at
	Sims    map[privacy.AppID]*simbucket.Sim
	servers []*http.Server
}

// Shown is one simulated bucket as the demonstration shows it.
type Shown struct {
	ID       privacy.RecipientID
	Name     string
	URL      string
	Received func() any
	Saw      func(marks [][]byte) (found []int, forgotten int)
	Counts   func() (calls, objects int)
}

// stand is one simulated bucket: what the app's policy or its published text says of its store.
type stand struct {
	app              privacy.AppID
	id, name, region string
}

func stands() []stand {
	return []stand{
		{"picwiz", "oss", "Alibaba Cloud OSS (Picwiz)", "oss-us-west-1"},       // WIZ-4.1-02, WIZ-3-01
		{"aifitting", "s3", "Amazon S3 (AI Fitting)", "us-east-1"},             // FIT-4.1-01
		{"mixoo", "mixoo-oss", "Alibaba Cloud OSS (Mixoo)", "oss-cn-hangzhou"}, // MIX-1.6-09
	}
}

// Simulate puts up a bucket for each app of the demonstration whose policy names a store. What they hold
// lies below the data directory, so that a demonstration can be stopped and taken up again.
func Simulate(dataDir string, policies map[privacy.AppID]*policy.Policy) (*Simulated, error) {
	s := &Simulated{Sims: map[privacy.AppID]*simbucket.Sim{}}
	for _, st := range stands() {
		p, ok := policies[st.app]
		if !ok || len(storesOf(p)) == 0 {
			continue
		}
		err := pinned(st.app, st.region, p.StorageRegions())
		if err == nil {
			err = s.start(filepath.Join(dataDir, "simulated", st.id), st)
		}
		if err != nil {
			s.Close()
			return nil, fmt.Errorf("storage: simulated %s: %w", st.id, err)
		}
	}
	return s, nil
}

func (s *Simulated) start(dir string, st stand) error {
	raw := make([]byte, 20)
	_, _ = rand.Read(raw) // never fails
	secret, name := hex.EncodeToString(raw), "demo-"+string(st.app)
	sim, err := simbucket.New(simbucket.Options{
		Name: st.id, Region: st.region, Bucket: name, KeyID: "DEMOKEY", Secret: secret, Shelf: shelf{dir},
	})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: sim, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(l) }()
	url := "http://" + l.Addr().String()
	s.servers, s.Sims[st.app] = append(s.servers, server), sim
	s.Places = append(s.Places, Place{
		App: st.app, Keys: s3.NewKeys("DEMOKEY", secret),
		Bucket: s3.Place{Endpoint: url, Region: st.region, Bucket: name, PathStyle: true},
	})
	s.Shelf = append(s.Shelf, Shown{
		ID: privacy.RecipientID(st.id), Name: st.name, URL: url,
		Received: func() any { return sim.Received() }, Saw: sim.Saw,
		Counts: func() (int, int) { e := sim.Received(); return len(e.Calls), len(e.Objects) },
	})
	return nil
}

// Close stops every simulated bucket.
func (s *Simulated) Close() {
	if s == nil {
		return
	}
	for _, server := range s.servers {
		_ = server.Close() // nothing is waited for
	}
}

// shelf keeps what a simulated bucket holds, in files.
type shelf struct{ dir string }

// All implements simbucket.Shelf.
func (s shelf) All() (map[string][]byte, error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, errors.New("the folder cannot be made")
	}
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return nil, errors.New("the folder cannot be opened")
	}
	defer func() { _ = root.Close() }() // only read
	all := map[string][]byte{}
	names, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, errors.New("the folder cannot be read")
	}
	for _, d := range names {
		if all[d.Name()], err = root.ReadFile(d.Name()); err != nil {
			return nil, errors.New("an object cannot be read")
		}
	}
	return all, nil
}

// Keep implements simbucket.Shelf.
func (s shelf) Keep(name string, body []byte) error {
	return s.in(func(root *os.Root) error { return root.WriteFile(name, body, 0o600) })
}

// Drop implements simbucket.Shelf.
func (s shelf) Drop(name string) error {
	return s.in(func(root *os.Root) error {
		if err := root.Remove(name); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
}

func (s shelf) in(do func(*os.Root) error) error {
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return err
	}
	return errors.Join(do(root), root.Close())
}

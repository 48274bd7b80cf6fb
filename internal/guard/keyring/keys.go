package keyring

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"vow.example/vow/internal/privacy"
)

// ObjectKey names the key of one object. The key exists while both its hour and its person do.
type ObjectKey struct {
	App        privacy.AppID
	Class      string // the category
	Subject    privacy.SubjectID
	Object     privacy.ObjectID
	PolicyHash privacy.PolicyHash
	Epoch      time.Time // a full hour, see Epoch
	Salt       [KeySize]byte
}

// Epoch returns the end of the hour in which t lies: the moment at which the sweep destroys the key
// of everything that is due in that hour.
func Epoch(t time.Time) time.Time {
	hour := t.UTC().Truncate(time.Hour)
	if hour.Before(t) {
		hour = hour.Add(time.Hour)
	}
	return hour
}

func (k ObjectKey) check() error {
	if k.App == "" || k.Class == "" || k.Subject == "" || k.Object == "" || k.Epoch.IsZero() || !Epoch(k.Epoch).Equal(k.Epoch) {
		return errors.New("keyring: an object key needs an app, a class, a subject, an object and a full hour")
	}
	return nil
}

func (k ObjectKey) epoch() label {
	return label{kind: epochKind, app: string(k.App), name: k.Class, hour: k.Epoch.Unix() / 3600}
}

func (k ObjectKey) subject() label {
	return label{kind: subjectKind, app: string(k.App), name: string(k.Subject)}
}

// info binds a derived key to the object and the policy it was stored under.
func (k ObjectKey) info() string {
	info := "vow object 1"
	for _, s := range []string{string(k.App), k.Class, string(k.Object), string(k.PolicyHash)} {
		info += fmt.Sprintf("|%d:%s", len(s), s)
	}
	return info
}

func (k ObjectKey) derive(epoch, subject []byte) ([]byte, error) {
	both := make([]byte, 0, 2*KeySize)
	both = append(append(both, epoch...), subject...)
	defer clear(both[:cap(both)])
	key, err := hkdf.Key(sha256.New, both, k.Salt[:], k.info(), KeySize)
	if err != nil {
		return nil, fmt.Errorf("keyring: derive: %w", err)
	}
	return key, nil
}

// Derive returns an object's key, which the caller wipes. It fails with ErrErased where the hour's
// or the person's key does not exist, and where the object was erased before.
func (r *Ring) Derive(k ObjectKey) ([]byte, error) {
	if err := k.check(); err != nil {
		return nil, err
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.derive(k)
}

func (r *Ring) derive(k ObjectKey) ([]byte, error) {
	if !r.live {
		return nil, errClosed
	}
	e, u := r.keys[k.epoch()], r.keys[k.subject()]
	if e == nil || u == nil || e.dying || u.dying || r.graves.holdsObject(k.App, k.Object) {
		return nil, ErrErased
	}
	return k.derive(e.key, u.key)
}

// DeriveNew is Derive for an object about to be written: it makes the keys that are missing, on disk
// before they are used. It fails with ErrErased for an hour that is over, and for an object or a person
// that was erased.
func (r *Ring) DeriveNew(k ObjectKey) ([]byte, error) {
	if err := k.check(); err != nil {
		return nil, err
	}
	if key, err := r.Derive(k); err == nil || !errors.Is(err, ErrErased) {
		return key, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.live {
		return nil, errClosed
	}
	if r.gone(k) || r.graves.holdsObject(k.App, k.Object) || k.epoch().hour <= r.past {
		return nil, ErrErased
	}
	for _, l := range []label{k.epoch(), k.subject()} {
		if r.keys[l] != nil {
			continue
		}
		if _, err := r.create(l); err != nil {
			return nil, err
		}
	}
	return r.derive(k)
}

// gone reports whether a person was erased and no key of theirs is left, which is then never made again.
// A key that an order still needs serves on.
func (r *Ring) gone(k ObjectKey) bool {
	u := r.keys[k.subject()]
	return (u == nil || u.dying) && r.graves.holdsSubject(k.App, k.Subject)
}

// DestroyEpochs destroys the key of every hour that has come, and returns how many. One overwrite
// ends everything that was due in that hour, however much it was. It goes on after a failure and
// returns all failures.
func (r *Ring) DestroyEpochs(now time.Time) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.live {
		return 0, errClosed
	}
	hour := now.Unix() / 3600
	r.past = max(r.past, hour)
	var failed error
	n := 0
	for l, e := range r.keys {
		if l.kind != epochKind || l.hour > hour {
			continue
		}
		if err := r.destroy(l, e, nil); err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		if r.keys[l] == nil {
			n++
		}
	}
	r.free = append(r.free, r.graves.clearUpTo(hour)...)
	return n, failed
}

// NewTaskKey makes a key that lives in memory only, and returns a copy that the caller wipes.
func (r *Ring) NewTaskKey(id privacy.ObjectID) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.live {
		return nil, errClosed
	}
	if id == "" || r.tasks[id] != nil {
		return nil, errors.New("keyring: a task key needs an id of its own")
	}
	cell, err := r.mem.take()
	if err != nil {
		return nil, err
	}
	_, _ = rand.Read(cell)
	r.tasks[id] = cell
	return append([]byte(nil), cell...), nil
}

// TaskKey returns a copy of a task key, which the caller wipes, or ErrErased.
func (r *Ring) TaskKey(id privacy.ObjectID) ([]byte, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if !r.live {
		return nil, errClosed
	}
	cell := r.tasks[id]
	if cell == nil {
		return nil, ErrErased
	}
	return append([]byte(nil), cell...), nil
}

// DestroyTaskKey wipes a task key.
func (r *Ring) DestroyTaskKey(id privacy.ObjectID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if cell := r.tasks[id]; cell != nil {
		r.dropTask(id, cell)
	}
}

// Subkey returns a key for another purpose of the server ("database", "audit-signer", "mac"). It
// depends on the root key alone, and the caller wipes it.
func (r *Ring) Subkey(purpose string) (sub [KeySize]byte) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if !r.live {
		panic("keyring: Subkey after Close")
	}
	key, err := hkdf.Key(sha256.New, r.root, nil, "vow subkey 1|"+purpose, KeySize)
	if err != nil {
		panic("keyring: HKDF refuses 32 bytes") // only a changed standard library gets here
	}
	copy(sub[:], key)
	clear(key)
	return sub
}

// Keys calls each with every key that exists: kinds "root", "epoch", "subject" and "task". It is for
// the forget-proof test, which searches the disk for them; archtest reserves the call. The bytes are
// valid only during the call.
func (r *Ring) Keys(each func(kind, label string, key []byte)) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if !r.live {
		return
	}
	each("root", "", r.root)
	for l, e := range r.keys {
		if l.kind == epochKind {
			at := time.Unix(l.hour*3600, 0).UTC()
			each("epoch", fmt.Sprintf("%s/%s/%s", l.app, l.name, at.Format(time.RFC3339)), e.key)
			continue
		}
		each("subject", l.app+"/"+l.name, e.key)
	}
	for id, key := range r.tasks {
		each("task", string(id), key)
	}
}

// TryKeys calls try with the key that each pair of living epoch and subject keys would give for the
// object, whatever hour and person they belong to, until try answers true. It is for the forget-proof
// test; archtest reserves the call.
func (r *Ring) TryKeys(k ObjectKey, try func(key []byte) bool) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for el, e := range r.keys {
		if el.kind != epochKind {
			continue
		}
		for ul, u := range r.keys {
			if ul.kind != subjectKind {
				continue
			}
			key, err := k.derive(e.key, u.key)
			if err != nil {
				return err
			}
			found := try(key)
			clear(key)
			if found {
				return nil
			}
		}
	}
	return nil
}

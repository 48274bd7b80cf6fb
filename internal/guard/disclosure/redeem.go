package disclosure

import (
	"io"

	"vow.example/vow/internal/guard/internal/handover"
	"vow.example/vow/internal/guard/internal/seal"
	"vow.example/vow/internal/privacy"
)

// Payload is the opened content of one field, on its way out. Either Open or Text or Code is set.
type Payload struct {
	Text      privacy.Text
	Code      string
	Open      func() (io.ReadCloser, error)
	Bytes     int64
	MediaType string
	Transport string // as the policy lets it travel: "text", "bytes", "base64" or "url"
}

// IsMedia reports whether the payload is a stream.
func (p Payload) IsMedia() bool { return p.Open != nil }

// Take marks the fields as spent, all or none, and hands their content to egress. It fails with
// ErrRefused when a field is not part of the disclosure or has been spent: sent once means once.
func (d Disclosure) Take(k handover.Key, fields []privacy.Field) (map[privacy.Field]Payload, error) {
	if d.d == nil || !k.Opens() {
		return nil, refuse("no-disclosure", "")
	}
	d.d.mu.Lock()
	defer d.d.mu.Unlock()
	out := make(map[privacy.Field]Payload, len(fields))
	for _, f := range fields {
		item := d.d.items[f]
		_, twice := out[f]
		switch {
		case item.kind == unknownKind:
			return nil, refuse("field-not-disclosed", f)
		case d.d.spent[f] || twice:
			return nil, refuse("already-sent", f)
		}
		out[f] = Payload{Text: item.text, Code: item.code, Open: item.open, Bytes: item.bytes, MediaType: item.mediaType, Transport: item.transport}
	}
	for f := range out {
		d.d.spent[f] = true
	}
	return out, nil
}

// Return makes the fields unspent again. Egress calls it when it is certain that no byte of them
// has left, or when the recipient answered that it did not take them.
func (d Disclosure) Return(k handover.Key, fields []privacy.Field) {
	if d.d == nil || !k.Opens() {
		return
	}
	d.d.mu.Lock()
	defer d.d.mu.Unlock()
	for _, f := range fields {
		delete(d.d.spent, f)
	}
}

// Count adds n bytes of content that went onto the wire.
func (d Disclosure) Count(k handover.Key, n int64) {
	if d.d == nil || !k.Opens() {
		return
	}
	d.d.mu.Lock()
	defer d.d.mu.Unlock()
	d.d.bytes += n
}

// Mint makes a Disclosure without proofs and without a ledger. An item without a transport travels
// as text or as bytes. Only guardtest can call it.
func Mint(k seal.Key, e Entry, c Content, spent []privacy.Field) Disclosure {
	k.Check()
	travelling := Content{}
	for f, item := range c {
		switch {
		case item.transport != "":
		case item.kind == mediaKind:
			item.transport = "bytes"
		default:
			item.transport = "text"
		}
		travelling[f] = item
	}
	return newDisclosure(e, travelling, spent)
}

// Mint returns the item as one that travels in another way. Only guardtest can call it.
func (i Item) Mint(k seal.Key, transport string) Item {
	k.Check()
	i.transport = transport
	return i
}

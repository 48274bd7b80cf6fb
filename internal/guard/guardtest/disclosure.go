package guardtest

import (
	"bytes"
	"io"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/internal/seal"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/privacy"
)

// Picture returns a lease for disclosure on content that is in no vault.
func Picture(ref vault.Ref, content []byte) vault.Lease {
	ref.Bytes = int64(len(content))
	return vault.Mint(seal.New(), ref, vault.ForDisclosure, func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(content)), nil
	})
}

// Stream returns a lease for disclosure whose content is what open gives, of the announced size.
func Stream(ref vault.Ref, open func() (io.ReadCloser, error)) vault.Lease {
	return vault.Mint(seal.New(), ref, vault.ForDisclosure, open)
}

// Travelling returns the item as one that the policy lets travel in that way: "text", "bytes",
// "base64" or "url". Without it, media travel as bytes and everything else as text.
func Travelling(i disclosure.Item, transport string) disclosure.Item {
	return i.Mint(seal.New(), transport)
}

// Disclosure returns a disclosure of content as disclosure.Prepare would after writing e, with the
// fields in spent already sent.
func Disclosure(e disclosure.Entry, c disclosure.Content, spent ...privacy.Field) disclosure.Disclosure {
	return disclosure.Mint(seal.New(), e, c, spent)
}

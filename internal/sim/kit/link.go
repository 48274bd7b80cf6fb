package kit

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

const maxLinked = 64 << 20

// outward is the client that reads links and calls back. It follows no redirect and keeps no
// connection.
func outward(roots *x509.CertPool) *http.Client {
	return &http.Client{
		Timeout: 30 * time.Second,
		Transport: &http.Transport{
			Proxy: nil, DisableKeepAlives: true, DisableCompression: true,
			TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// IsAddress reports whether a service may be asked to read or call an address: https anywhere, and
// http on this machine.
func IsAddress(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || err == nil && ip.IsLoopback())
}

// FetchLink reads what a call only named by its address, as the service would. What it reads is
// looked over like the content of a call.
func (k *Kit) FetchLink(ctx context.Context, rawURL, field string) (data []byte, mediaType string, err error) {
	if !IsAddress(rawURL) {
		return nil, "", errors.New("sim: not an address to read")
	}
	k.notice(k.inspectText("link "+field, rawURL)...)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, rawURL, nil)
	if err != nil {
		return nil, "", fmt.Errorf("sim: link: %w", err)
	}
	answer, err := k.client.Do(r)
	if err != nil {
		return nil, "", fmt.Errorf("sim: link: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, "", fmt.Errorf("sim: link: status %d", answer.StatusCode)
	}
	data, err = io.ReadAll(io.LimitReader(answer.Body, maxLinked+1))
	if err != nil || len(data) > maxLinked {
		return nil, "", errors.Join(errors.New("sim: link: cannot be read to its end"), err)
	}
	k.memory.Keep([]byte(rawURL), data)
	k.notice(inspectPicture(data)...)
	mediaType, _, err = mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if err != nil {
		mediaType = ""
	}
	return data, mediaType, nil
}

// CallBack posts a body to an address and returns the status, or 0 where nobody answered.
func (k *Kit) CallBack(ctx context.Context, address, mediaType string, body []byte) int {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0
	}
	r.Header.Set("Content-Type", mediaType)
	answer, err := k.client.Do(r)
	if err != nil {
		return 0
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

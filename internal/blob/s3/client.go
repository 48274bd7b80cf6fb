// Package s3 is the client of one S3-compatible bucket (Alibaba OSS, AWS S3 and others).
//
// It promises TLS to other machines, no redirect, no proxy, no setting from the environment, no log,
// and errors in our own few words. It puts, reads, looks for, lists and erases what it is handed under
// the name that it is handed; it believes an erasure when the bucket no longer has the object. It
// never asks a bucket to process anything, and it stands apart from the vault: nothing that is not
// ciphertext can reach it.
package s3

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"
	"github.com/sony/gobreaker/v2"
)

const (
	patience  = 8 * time.Second // for a call without content
	perSecond = 64 << 10        // bytes that an upload makes at least
	attempts  = 3
	failures  = 2 // in a row, after which a bucket is left alone
	largest   = 5 << 30
)

// Client is one bucket. It knows objects by the names that it is given, and is safe for concurrent
// use.
type Client struct {
	sdk     *s3.Client
	out     *http.Transport
	place   Place
	breaker *gobreaker.CircuitBreaker[any]
}

// New returns the client of a bucket. It does not speak to it.
func New(p Place, k Keys) (*Client, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	if k.id == "" || k.secret == nil || *k.secret == "" {
		return nil, errors.New("s3: the access key is missing")
	}
	out := newTransport(p)
	// The bucket is asked for nothing but these: no checksums beyond the protocol's first ones, which
	// Alibaba OSS refuses, no settings from the environment, no log.
	client := s3.New(s3.Options{
		Region: p.Region, BaseEndpoint: aws.String(p.Endpoint), UsePathStyle: p.PathStyle,
		Credentials: k, HTTPClient: &http.Client{Transport: plain{out}, CheckRedirect: stay},
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts, o.MaxBackoff = attempts, time.Second
		}),
		Logger: logging.Nop{}, DisableLogOutputChecksumValidationSkipped: true, DisableMultiRegionAccessPoints: true,
	})
	return &Client{sdk: client, out: out, place: p, breaker: newBreaker(p.rest())}, nil
}

// newBreaker leaves a bucket alone that has failed: a sweep must not wait for a dead one at every
// object while other apps' objects are due.
func newBreaker(rest time.Duration) *gobreaker.CircuitBreaker[any] {
	return gobreaker.NewCircuitBreaker[any](gobreaker.Settings{
		MaxRequests: 1, Timeout: rest,
		ReadyToTrip:  func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= failures },
		IsSuccessful: func(err error) bool { return !errors.Is(err, errDown) },
	})
}

// Close lets go of the connections.
func (c *Client) Close() { c.out.CloseIdleConnections() }

// call makes one call within a time, unless the bucket is being left alone.
func (c *Client) call(ctx context.Context, what string, limit time.Duration, do func(context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("s3: %s: %w", what, err)
	}
	within, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	_, err := c.breaker.Execute(func() (any, error) { return nil, judge(ctx, what, do(within)) })
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return fmt.Errorf("s3: %s: %w", what, leftAlone())
	}
	return err
}

// Ready refuses at once what would be refused after the content has come in.
func (c *Client) Ready() error {
	if c.breaker.State() == gobreaker.StateOpen {
		return leftAlone()
	}
	return nil
}

func leftAlone() error {
	return ErrUnavailable.Because(marked{errors.New("it has failed and is left alone for a while"), ErrNothingThere})
}

// Object is what is uploaded.
type Object struct {
	Body io.ReadSeeker
	Size int64
	MD5  []byte // of the body: the bucket refuses what arrives differently
}

// Put uploads an object. Its type is the one that says nothing. It fails with ErrNothingThere where
// nothing of it can be in the bucket.
func (c *Client) Put(ctx context.Context, name string, o Object) error {
	if o.Size > largest {
		return fmt.Errorf("s3: put: %d bytes are too many for one object: %w", o.Size, ErrNothingThere)
	}
	connected := false // once in all attempts: then something may be there, whatever the last of them says
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected = true }})
	limit := patience*attempts + time.Duration(o.Size/perSecond)*time.Second
	err := c.call(ctx, "put", limit, func(ctx context.Context) error {
		if _, err := o.Body.Seek(0, io.SeekStart); err != nil {
			return err
		}
		done, err := c.sdk.PutObject(ctx, &s3.PutObjectInput{
			Bucket: &c.place.Bucket, Key: &name, Body: o.Body, ContentLength: &o.Size, ContentMD5: aws.String(base64.StdEncoding.EncodeToString(o.MD5)), ContentType: aws.String("application/octet-stream"),
		})
		if err != nil {
			return err
		}
		if v := aws.ToString(done.VersionId); v != "" && v != "null" {
			_, err := c.sdk.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &c.place.Bucket, Key: &name, VersionId: &v})
			if err == nil {
				err = ErrNothingThere
			}
			return errors.Join(ErrVersioned, err)
		}
		return nil
	})
	if err != nil && !connected {
		return marked{err, ErrNothingThere}
	}
	return err
}

// Get opens the content of an object from a place on, where the object has the
// size that is told. It fails with fs.ErrNotExist where there is none.
func (c *Client) Get(ctx context.Context, name string, from, size int64) (io.ReadCloser, error) {
	stream, cancel := context.WithCancel(ctx) // it outlives the time for the answer's head
	late := time.AfterFunc(patience*attempts, cancel)
	defer late.Stop()
	var body io.ReadCloser
	err := c.call(ctx, "get", patience*attempts, func(context.Context) error {
		got, err := c.sdk.GetObject(stream, &s3.GetObjectInput{Bucket: &c.place.Bucket, Key: &name, Range: aws.String(fmt.Sprintf("bytes=%d-", from))})
		if err != nil {
			return err
		}
		if n := aws.ToInt64(got.ContentLength); n != size-from {
			return errors.Join(fmt.Errorf("s3: get: %d bytes instead of %d", n, size-from), got.Body.Close())
		}
		body = got.Body
		return nil
	})
	if err != nil {
		cancel()
		return nil, err
	}
	return closing{body, cancel}, nil
}

// closing ends the call together with its body.
type closing struct {
	io.ReadCloser
	cancel context.CancelFunc
}

// Close implements io.Closer.
func (c closing) Close() error {
	defer c.cancel()
	return c.ReadCloser.Close()
}

// Has reports whether there is such an object.
func (c *Client) Has(ctx context.Context, name string) (bool, error) {
	err := c.call(ctx, "look", patience, func(ctx context.Context) error {
		_, err := c.sdk.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &c.place.Bucket, Key: &name})
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Erase removes an object and looks whether it is gone. It succeeds where there is none.
func (c *Client) Erase(ctx context.Context, name string) error {
	err := c.call(ctx, "erase", patience, func(ctx context.Context) error {
		done, err := c.sdk.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &c.place.Bucket, Key: &name})
		if err == nil && (aws.ToBool(done.DeleteMarker) || !strings.EqualFold(aws.ToString(done.VersionId), "null") && aws.ToString(done.VersionId) != "") {
			return ErrVersioned
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	there, err := c.Has(ctx, name)
	if there {
		return ErrStillThere
	}
	return err
}

// Names lists every object of the bucket.
func (c *Client) Names(ctx context.Context) (map[string]bool, error) {
	all := map[string]bool{}
	pages := s3.NewListObjectsV2Paginator(c.sdk, &s3.ListObjectsV2Input{Bucket: &c.place.Bucket})
	for pages.HasMorePages() {
		err := c.call(ctx, "list", patience*attempts, func(ctx context.Context) error {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			for _, o := range page.Contents {
				all[aws.ToString(o.Key)] = true
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// stay refuses to be sent elsewhere: another address may be in another country.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// newTransport reads no proxy settings, and connections that nobody uses end soon.
func newTransport(p Place) *http.Transport {
	return &http.Transport{
		DialContext: (&net.Dialer{Timeout: patience / 2}).DialContext, TLSHandshakeTimeout: patience, TLSClientConfig: p.tls(),
		ResponseHeaderTimeout: 2 * patience, ExpectContinueTimeout: time.Second, IdleConnTimeout: 30 * time.Second,
		MaxIdleConnsPerHost: 8, DisableCompression: true, ForceAttemptHTTP2: true,
	}
}

package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"vow.example/vow/internal/fault"
)

// The failures of a bucket.
var (
	ErrUnavailable  = fault.New(fault.Unavailable, "storage-unavailable", "The storage for pictures does not answer. Nothing was kept; try again soon.")
	ErrVersioned    = errors.New("s3: the bucket keeps old versions of what is erased: use one without versioning")
	ErrStillThere   = errors.New("s3: the object is still there after its removal")
	ErrNothingThere = errors.New("s3: nothing of it is in the bucket")
)

// errDown marks failures after which a bucket is better left alone.
var errDown = errors.New("s3: down")

// judge turns a failure of the client into one of ours, without its texts: they quote addresses.
func judge(ctx context.Context, what string, err error) error {
	var api smithy.APIError
	var answer *awshttp.ResponseError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil: // who asked went away
		return fmt.Errorf("s3: %s: %w", what, ctx.Err())
	case errors.Is(err, ErrVersioned):
		return err
	case errors.As(err, &api) && api.ErrorCode() != "NoSuchBucket" && errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusNotFound:
		return fmt.Errorf("s3: %s: %w", what, fs.ErrNotExist)
	case errors.As(err, &answer) && answer.HTTPStatusCode() > 0 && answer.HTTPStatusCode() < http.StatusInternalServerError:
		return fmt.Errorf("s3: %s: %w", what, ErrUnavailable.Because(reason(err)))
	default:
		return fmt.Errorf("s3: %s: %w", what, ErrUnavailable.Because(marked{reason(err), errDown}))
	}
}

// marked is an error that is also another one, without its text.
type marked struct {
	error
	also error
}

// Unwrap returns both.
func (m marked) Unwrap() []error { return []error{m.error, m.also} }

// reason says in a few words why a call failed: the store's own code, or what became of the wire.
func reason(err error) error {
	var api smithy.APIError
	var answer *awshttp.ResponseError
	var wire *net.OpError
	var timeout net.Error
	switch {
	case errors.As(err, &answer) && errors.As(err, &api) && answer.HTTPStatusCode() > 0:
		return fmt.Errorf("it answers %d %s", answer.HTTPStatusCode(), word(api.ErrorCode()))
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.As(err, &timeout) && timeout.Timeout():
		return errors.New("it does not answer in time")
	case errors.As(err, &wire) && wire.Op == "dial":
		return errors.New("it cannot be reached")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.As(err, &wire):
		return errors.New("the connection broke off")
	default:
		return errors.New("the answer is not one of a bucket")
	}
}

// word keeps of a store's code what can be one.
func word(code string) string {
	const most = 40
	if len(code) > most || strings.Trim(strings.ToLower(code), "abcdefghijklmnopqrstuvwxyz0123456789_.-") != "" {
		return "(no code)"
	}
	return code
}

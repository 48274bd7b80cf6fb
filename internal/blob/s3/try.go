package s3

import (
	"bytes"
	"cmp"
	"context"
	"crypto/md5" //nolint:gosec // the checksum of the protocol
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Try tries a bucket out: whether it is where the configuration says, and whether what is put there
// comes back and can be erased.
func Try(ctx context.Context, p Place, k Keys) error {
	c, err := New(p, k)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.located(ctx); err != nil {
		return err
	}
	return c.tryOut(ctx)
}

// located asks the bucket where it is: a configuration can be wrong about that.
func (c *Client) located(ctx context.Context) error {
	var says string
	err := c.call(ctx, "locate", patience, func(ctx context.Context) error {
		got, err := c.sdk.GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: aws.String(c.place.Bucket)})
		if err == nil {
			says = cmp.Or(string(got.LocationConstraint), "us-east-1") // AWS says nothing of its oldest region
		}
		return err
	})
	if err != nil {
		return err
	}
	if says != c.place.Region {
		return fmt.Errorf("s3: the bucket is in the region %s, not in %s", word(says), c.place.Region)
	}
	return nil
}

// tryOut puts a little noise into the bucket, reads it back and erases it.
func (c *Client) tryOut(ctx context.Context) error {
	noise := make([]byte, 64)
	_, _ = rand.Read(noise) // never fails
	name := hex.EncodeToString(noise[:20])
	sum := md5.Sum(noise) //nolint:gosec // the checksum of the protocol against broken wires, no protection
	err := c.Put(ctx, name, Object{Body: bytes.NewReader(noise), Size: int64(len(noise)), MD5: sum[:]})
	if err != nil {
		return err
	}
	back, err := c.readAll(ctx, name, int64(len(noise)))
	if err == nil && !bytes.Equal(back, noise) {
		err = errors.New("s3: what was put there comes back differently")
	}
	return errors.Join(err, c.Erase(ctx, name))
}

func (c *Client) readAll(ctx context.Context, name string, size int64) ([]byte, error) {
	body, err := c.Get(ctx, name, 0, size)
	if err != nil {
		return nil, err
	}
	got, err := io.ReadAll(io.LimitReader(body, size))
	return got, errors.Join(err, body.Close())
}

package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Private starts a demonstration in real time on a free loopback port, for one run of the terminal
// client. stop ends it and erases its data.
func Private(ctx context.Context, appsDir string) (url string, keys map[string]string, stop func(), err error) {
	dir, err := os.MkdirTemp("", "vow-private-")
	if err != nil {
		return "", nil, nil, fmt.Errorf("server: temporary directory: %w", cause(err))
	}
	l, err := listen("127.0.0.1:0")
	if err != nil {
		return "", nil, nil, err
	}
	d, err := startDemo(ctx, DemoOptions{Dir: filepath.Join(dir, "data"), RealTime: true, Out: io.Discard, AppsDir: appsDir}, l)
	if err != nil {
		return "", nil, nil, errors.Join(err, l.Close(), os.RemoveAll(dir))
	}
	running, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- run(running, l, d.core) }()
	keys = map[string]string{}
	for key, app := range d.core.apps.keys {
		keys[string(app)] = key
	}
	return d.core.publicURL, keys, func() {
		cancel()
		<-done
		d.closeSims()
		_ = os.RemoveAll(dir) // a temporary directory of ciphertext; its key goes with it
	}, nil
}

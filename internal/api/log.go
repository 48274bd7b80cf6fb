package api

import (
	"net/http"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/evidence"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/log"
)

// logTile serves the audit log in the C2SP tlog-tiles layout: checkpoint, tile/…, verifier_key.
// It holds commitments only; anyone may copy and check it.
func (a *API) logTile(w http.ResponseWriter, r *http.Request) {
	path := r.PathValue("path")
	size, err := a.DB.Log().Size(r.Context())
	if err != nil {
		a.rest.WriteProblem(w, r, err)
		return
	}
	var body []byte
	switch {
	case path == "checkpoint":
		var root tlog.Hash
		var text string
		if root, err = audit.Root(r.Context(), a.DB.Log(), size); err == nil {
			text, err = a.Signer.Checkpoint(a.Origin, size, root)
		}
		body = []byte(text)
	case path == "verifier_key":
		body = []byte(a.Signer.VerifierKey() + "\n")
	case strings.HasPrefix(path, "tile/"):
		body, err = evidence.Tile(r.Context(), a.DB.Log(), path, size)
	default:
		err = rest.NotFound()
	}
	if err != nil {
		a.rest.WriteProblem(w, r, err)
		return
	}
	if !strings.HasPrefix(path, "tile/") {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	} else {
		w.Header().Set("Content-Type", "application/octet-stream")
	}
	if _, err := w.Write(body); err != nil {
		a.Log.Info("the client left before the answer", log.Request(rest.RequestOf(r.Context())))
	}
}

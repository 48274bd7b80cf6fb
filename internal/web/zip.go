package web

import (
	"archive/zip"
	"io"
	"net/http"
	"slices"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/stage"
)

// zipWorks hands over the results that were picked, as one file that is stored nowhere. One that can be read
// once only is left out: a copy among others must not use it up.
func (s *site) zipWorks(v *stage.Visit) error {
	if err := v.Parse(); err != nil {
		return err
	}
	ids := slices.Compact(slices.Sorted(slices.Values(v.R.PostForm["id"])))
	if len(ids) == 0 || len(ids) > mostAtOnce {
		return v.Redirect(v.Next())
	}
	var picked []client.Output
	for _, id := range ids {
		o, err := v.API().Output(v.Context(), id)
		switch status := stage.AsProblem(err).Status; {
		case err == nil && !o.Once:
			picked = append(picked, o)
		case err != nil && status != http.StatusGone && status != http.StatusNotFound:
			return err
		}
	}
	if len(picked) == 0 {
		return v.Redirect(v.Next())
	}
	v.W.Header().Set("Content-Type", "application/zip")
	v.W.Header().Set("Content-Disposition", `attachment; filename="`+v.App.ID+`-works.zip"`)
	v.W.Header().Set("Cache-Control", "no-store")
	if err := pack(v, picked); err != nil {
		panic(http.ErrAbortHandler) // half a file must not pass for a whole one
	}
	return nil
}

// pack writes the results into one archive, as they are.
func pack(v *stage.Visit, picked []client.Output) error {
	z := zip.NewWriter(v.W)
	for _, o := range picked {
		body, kind, err := v.API().Content(v.Context(), o.ID)
		if err != nil {
			return err
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: o.Feature + "-" + o.ID + client.Ending(kind), Method: zip.Store, Modified: o.CreatedAt.UTC()})
		if err == nil {
			_, err = io.Copy(w, body)
		}
		if closed := body.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return err
		}
	}
	return z.Close()
}

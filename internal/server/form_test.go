package server

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"testing"

	"vow.example/vow/client"
)

func TestAFormHoldsOneFileAndNothingElse(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	p := h.person(t, pixplus)
	photo := newCanary(t, "form", 1).picture
	form := func(fields ...string) (string, []byte) {
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		for _, name := range fields {
			if name != "file" {
				_ = m.WriteField(name, "words that nobody asked for")
				continue
			}
			part, err := m.CreateFormFile("file", "photo.jpg")
			if err != nil {
				t.Fatal(err)
			}
			_, _ = part.Write(photo)
		}
		_ = m.Close()
		return m.FormDataContentType(), b.Bytes()
	}
	for name, fields := range map[string][]string{"no file": {}, "a field before": {"note", "file"}, "a field behind": {"file", "note"}, "two files": {"file", "file"}} {
		kind, body := form(fields...)
		problem := p.send("POST", "/v1/uploads", kind, body, nil).refused(http.StatusUnprocessableEntity, "validation")
		if len(problem.Errors) != 1 || problem.Errors[0].Pointer != "/file" {
			t.Errorf("%s: %+v", name, problem.Errors)
		}
	}
	kind, body := form("file")
	p.send("POST", "/v1/uploads", kind, body[:len(body)-20], nil).refused(http.StatusUnprocessableEntity, "media-unreadable")
	var held client.Holdings
	p.get("/v1/privacy/holdings").want(http.StatusOK, &held)
	for _, one := range held.Data {
		if one.Where != "database" && one.Count > 0 {
			t.Errorf("a refused form left %d %s", one.Count, one.Category)
		}
	}
}

package api

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"testing"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/task/result"
)

func TestAskingForTheHeadersOfPointsDoesNotTakeThem(t *testing.T) {
	s := newShelf(t) // nobody is there who could hand them over: trying to would be a panic
	path := "/v1/outputs/" + s.put(result.PointsJSON, []byte(`{"points":[]}`)) + "/content"
	r := httptest.NewRequest(http.MethodHead, path, nil)
	r.Header.Set("Authorization", "Bearer me")
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if w.Code != http.StatusOK || w.Body.Len() != 0 || w.Header().Get("Content-Type") != result.PointsJSON {
		t.Errorf("%d, %q, %v", w.Code, w.Body, w.Header())
	}
	r.Header.Set("Authorization", "Bearer somebody else")
	w = httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if w.Code != http.StatusUnauthorized {
		t.Errorf("a stranger: %d", w.Code)
	}
}

func TestAPreviewNamesEverythingOnce(t *testing.T) {
	t.Parallel()
	const request = `{"feature":"avatar"}`
	for name, c := range map[string]struct {
		parts [][2]string
		ok    bool
	}{
		"as it should be":       {[][2]string{{"request", request}, {"photo", "a"}, {"photo_2", "b"}}, true},
		"a role twice":          {[][2]string{{"request", request}, {"photo", "a"}, {"photo", "b"}}, false},
		"two requests":          {[][2]string{{"request", request}, {"request", `{"consent":"con_1","feature":"avatar"}`}}, false},
		"something behind it":   {[][2]string{{"request", request + "{}"}}, false},
		"an unknown member":     {[][2]string{{"request", `{"feature":"avatar","effect":"oil"}`}}, false},
		"a picture as request":  {[][2]string{{"request", "GIF89a"}}, false},
		"more than 1 MiB":       {[][2]string{{"request", request}, {"photo", string(make([]byte, previewBytes+1))}}, false},
		"more parts than there": {[][2]string{{"request", request}, {"1", "a"}, {"2", "a"}, {"3", "a"}, {"4", "a"}, {"5", "a"}, {"6", "a"}, {"7", "a"}, {"8", "a"}}, false},
	} {
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		for _, p := range c.parts {
			part, err := form.CreateFormField(p[0])
			if err == nil {
				_, err = io.WriteString(part, p[1])
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := form.Close(); err != nil {
			t.Fatal(err)
		}
		asked, pictures, err := previewForm(&previewInput{ContentType: form.FormDataContentType(), body: &b})
		if (err == nil) != c.ok || err != nil && fault.KindOf(err) != fault.Invalid || c.ok && (asked.Feature != "avatar" || len(pictures) != 2) {
			t.Errorf("%s: %+v, %d pictures, %v", name, asked, len(pictures), err)
		}
	}
}

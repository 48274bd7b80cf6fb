package transcript_test

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"vow.example/vow/internal/server/transcript"
)

func options() transcript.Options {
	return transcript.Options{
		Secrets: map[string]string{"api_key": "a-very-secret-key"}, Own: "http://127.0.0.1:8420",
		Hosts: map[string]string{"127.0.0.1:9000": "api.example"},
	}
}

func raw(t *testing.T, method, target, mediaType, body string, header map[string]string) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://127.0.0.1:9000"+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if mediaType != "" {
		r.Header.Set("Content-Type", mediaType)
	}
	for k, v := range header {
		r.Header.Set(k, v)
	}
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func one(t *testing.T, data []byte) string {
	t.Helper()
	list, err := transcript.Requests(data, options())
	if err != nil || len(list) != 1 {
		t.Fatalf("%d requests, %v", len(list), err)
	}
	return list[0]
}

func TestNoSecretTokenOrPictureIsReadable(t *testing.T) {
	t.Parallel()
	picture := append([]byte("\xff\xd8\xff\xe0"), bytes.Repeat([]byte("x"), 400)...)
	body := `{"apiKey":"a-very-secret-key","url":"http://127.0.0.1:8420/m/Zm9vYmFy.jpg","hook":"http://127.0.0.1:8420/hooks/ABC","id":"0f8fad5b-d9cb-469f-a165-70867728950e","image":"data:image/jpeg;base64,` +
		base64.StdEncoding.EncodeToString(picture) + `","n":5}`
	got := one(t, raw(t, "POST", "/v1", "application/json", body, map[string]string{"Authorization": "Bearer a-very-secret-key"}))
	for _, gone := range []string{"a-very-secret-key", "Zm9vYmFy", "ABC", "0f8fad5b", "eHh4"} {
		if strings.Contains(got, gone) {
			t.Errorf("the transcript shows %q:\n%s", gone, got)
		}
	}
	for _, shown := range []string{"POST /v1\n", "Host: api.example\n", "Bearer [secret api_key]", `"url": "https://[this server]/m/[token].jpg"`, `"id": "[id]"`, `"image": "data:image/jpeg;base64,[base64 of image/jpeg, 404 bytes]"`, `"n": 5`} {
		if !strings.Contains(got, shown) {
			t.Errorf("the transcript lacks %q:\n%s", shown, got)
		}
	}
}

func TestSignaturesAndTimesDoNotDifferFromRunToRun(t *testing.T) {
	t.Parallel()
	head := map[string]string{
		"X-Acs-Date": "2026-11-22T01:02:03Z", "X-Acs-Signature-Nonce": "7f3a", "X-Acs-Content-Sha256": "00ff",
		"Authorization": "TC3-HMAC-SHA256 Credential=a-very-secret-key/2026-11-22/ft/tc3_request, SignedHeaders=host, Signature=" + strings.Repeat("ab", 32),
	}
	got := one(t, raw(t, "POST", "/?Action=X&X-Tos-Signature=00ff&X-Tos-Date=20261122&Expires=17&ImageURL=http%3A%2F%2F127.0.0.1%3A8420%2Fm%2Fq.png", "application/x-www-form-urlencoded", "Age=70&Url=x", head))
	for _, shown := range []string{"?X-Tos-Signature = [signature]", "?X-Tos-Date = [time]", "?Expires = [time]", "?Action = X", "?ImageURL = https://[this server]/m/[token].png", "X-Acs-Date: [time]", "Nonce: [random]", "Credential=[secret api_key]/[date]/ft/tc3_request", "Signature=[signature]", "Age = 70"} {
		if !strings.Contains(got, shown) {
			t.Errorf("the transcript lacks %q:\n%s", shown, got)
		}
	}
}

func TestAFormNamesItsFilesByTypeAndSize(t *testing.T) {
	t.Parallel()
	body := "--q\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\nimage\r\n--q\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + strings.Repeat("0", 32) + ".png\"\r\nContent-Type: image/png\r\n\r\nPIXELS\r\n--q--\r\n"
	got := one(t, raw(t, "POST", "/up", "multipart/form-data; boundary=q", body, nil))
	if !strings.Contains(got, "part kind = image\npart file = file [random].png [image/png, 6 bytes]\n") || strings.Contains(got, "PIXELS") {
		t.Errorf("got\n%s", got)
	}
}

func TestSeveralRequestsOfAConnectionAreToldApartAndABrokenOneIsAnError(t *testing.T) {
	t.Parallel()
	a := raw(t, "GET", "/a", "", "", nil)
	b := raw(t, "POST", "/b", "text/plain", "12345", nil)
	list, err := transcript.Requests(append(a, b...), options())
	if err != nil || len(list) != 2 || !strings.HasPrefix(list[0], "GET /a\n") || !strings.Contains(list[1], "[5 bytes]") {
		t.Errorf("%q, %v", list, err)
	}
	if _, err := transcript.Requests(b[:len(b)-2], options()); err == nil {
		t.Error("a cut request is no error")
	}
}

func FuzzRequests(f *testing.F) {
	f.Add([]byte("POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"))
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = transcript.Requests(data, options()) })
}

func TestSignaturesOfFormsAndWebhooksAreHidden(t *testing.T) {
	t.Parallel()
	form := one(t, raw(t, "POST", "/openapi/x/a-very-secret-key", "application/x-www-form-urlencoded", "_aop_signature=6D895ED2&_aop_timestamp=1795338000000&appkey=52254b8a", nil))
	hook := one(t, raw(t, "POST", "/messages", "application/json", `{}`, map[string]string{"Webhook-Signature": "v1,6D895ED2", "Webhook-Timestamp": "1795338000000"}))
	for _, gone := range []string{"6D895ED2", "1795338000000", "a-very-secret-key"} {
		if strings.Contains(form+hook, gone) {
			t.Errorf("%s is readable:\n%s\n%s", gone, form, hook)
		}
	}
	if !strings.Contains(form, "appkey = 52254b8a") {
		t.Errorf("the app is hidden:\n%s", form)
	}
}

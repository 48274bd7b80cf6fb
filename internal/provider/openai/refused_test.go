package openai_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
)

func TestRefusalsOfServersWithWaysOfTheirOwn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		class  egress.Class
		code   string
	}{
		"a number as code":              {400, `{"error":{"message":"m","type":"BadRequestError","param":null,"code":400}}`, egress.Bug, "400"},
		"no code":                       {400, `{"error":{"message":"m","type":"invalid_request_error","code":null}}`, egress.Bug, "invalid_request_error"},
		"an older vLLM":                 {404, `{"object":"error","message":"m","type":"NotFoundError","code":404}`, egress.Gone, "404"},
		"a sentence as code":            {400, `{"error":{"code":"the words 'a fox' are too long"}}`, egress.Bug, "unlisted"},
		"neither code nor type":         {400, `{"error":{"message":"m"}}`, egress.Bug, "http-400"},
		"a sentence as error":           {400, `{"error":"the words are too long"}`, egress.Bug, "http-400"},
		"another document":              {400, `{"detail":[{"loc":["body"],"msg":"a fox"}]}`, egress.Bug, "http-400"},
		"a list":                        {422, `[]`, egress.Bug, "http-422"},
		"a type that says it":           {429, `{"error":{"type":"insufficient_quota","code":null}}`, egress.Quota, "insufficient_quota"},
		"a breakdown in its own words":  {500, `{"error":{"type":"InternalServerError","code":500}}`, egress.UnknownOutcome, "500"},
		"a breakdown in a gateway's":    {500, `{"detail":"x"}`, egress.UnknownOutcome, "http-500"},
		"a breakdown that is a refusal": {500, `{"error":{"code":"content_filter"}}`, egress.ContentRefused, "content_filter"},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // so that what was sent has left
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		}))
		_, _, err := begin(t, pool(t, config(srv.URL), drawing()), disclosure.Content{"prompt": words("a fox")})
		if e := asError(t, err); e.Class != c.class || e.Code != c.code || !e.WasSent {
			t.Errorf("%s: %+v", name, e)
		}
		srv.Close()
	}
}

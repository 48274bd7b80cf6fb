package contract_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	tcerr "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"
	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"

	"vow.example/vow/internal/sim/tencent"
)

type tencentCaller struct {
	t      *testing.T
	client *common.Client
}

func newTencent(t *testing.T, secret string) tencentCaller {
	t.Helper()
	o := tencent.Options{Options: base(), SecretID: "FAKE-SECRET-ID", SecretKey: "fake-secret-key-not-real"}
	address := up(t, tencent.New(o))
	p := profile.NewClientProfile()
	p.HttpProfile.Endpoint, p.HttpProfile.Scheme = strings.TrimPrefix(address, "http://"), "HTTP"
	return tencentCaller{t, common.NewCommonClient(common.NewCredential("FAKE-SECRET-ID", secret), "ap-guangzhou", p)}
}

func (c tencentCaller) call(service, version, action string, in map[string]any) (map[string]any, error) {
	c.t.Helper()
	request := tchttp.NewCommonRequest(service, version, action)
	if err := request.SetActionParameters(in); err != nil {
		c.t.Fatal(err)
	}
	response := tchttp.NewCommonResponse()
	if err := c.client.Send(request, response); err != nil {
		return nil, err
	}
	var out struct{ Response map[string]any }
	if err := json.Unmarshal(response.GetBody(), &out); err != nil {
		c.t.Fatal(err)
	}
	return out.Response, nil
}

func (c tencentCaller) picture(v any) {
	c.t.Helper()
	data, err := base64.StdEncoding.DecodeString(v.(string))
	if err != nil || !strings.HasPrefix(http.DetectContentType(data), "image/") {
		c.t.Errorf("no picture: %v", err)
	}
}

func TestTencentsClientMakesPicturesAtOnceAndAsJobs(t *testing.T) {
	t.Parallel()
	c := newTencent(t, "fake-secret-key-not-real")
	out, err := c.call("hunyuan", "2023-09-01", "TextToImageLite", map[string]any{"Prompt": "a lake", "Resolution": "768:768", "Style": "201", "RspImgType": "base64"})
	if err != nil {
		t.Fatal(err)
	}
	c.picture(out["ResultImage"])
	out, err = c.call("hunyuan", "2023-09-01", "SubmitHunyuanImageJob", map[string]any{"Prompt": "a lake", "Revise": 0})
	if err != nil {
		t.Fatal(err)
	}
	job := out["JobId"]
	until(t, func() (bool, error) {
		out, err = c.call("hunyuan", "2023-09-01", "QueryHunyuanImageJob", map[string]any{"JobId": job})
		return err == nil && out["JobStatusCode"] == "5", err
	})
	isMedia(t, out["ResultImage"].([]any)[0].(string), "image/jpeg")
}

func TestTencentsClientChangesAnAge(t *testing.T) {
	t.Parallel()
	c := newTencent(t, "fake-secret-key-not-real")
	out, err := c.call("ft", "2020-03-04", "ChangeAgePic", map[string]any{"Url": picture(t), "AgeInfos": []any{map[string]any{"Age": 70}}, "RspImgType": "base64"})
	if err != nil {
		t.Fatal(err)
	}
	c.picture(out["ResultImage"])
}

func TestTencentsClientUnderstandsRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		secret string
		in     map[string]any
		code   string
	}{
		"a wrong key":            {"another-secret-key", map[string]any{"Prompt": "x"}, "AuthFailure.SignatureFailure"},
		"an unknown parameter":   {"fake-secret-key-not-real", map[string]any{"Prompt": "x", "Nobody": 1}, "UnknownParameter"},
		"a missing parameter":    {"fake-secret-key-not-real", map[string]any{"Style": "201"}, "MissingParameter"},
		"a text that is refused": {"fake-secret-key-not-real", map[string]any{"Prompt": "test:refused"}, "OperationDenied.TextIllegalDetected"},
	} {
		_, err := newTencent(t, c.secret).call("hunyuan", "2023-09-01", "TextToImageLite", c.in)
		e, ok := err.(*tcerr.TencentCloudSDKError)
		if !ok || e.Code != c.code {
			t.Errorf("%s: got %v, want %s", name, err, c.code)
		}
	}
}

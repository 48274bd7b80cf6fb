package alibaba

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strings"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/provider/driver"
)

// maxFaces and oldest bound what is believed of an analysis.
const (
	maxFaces = 30
	oldest   = 149
)

// lost says that a call was taken and its answer cannot be understood: it is not made again.
func lost(code string) error { return driver.Fail(egress.UnknownOutcome, code) }

// read opens the envelope of an answer. The message in it is never read.
func read(answer egress.Response, data any) error {
	var env struct {
		RequestID string `json:"RequestId"`
		Code      string
		Data      json.RawMessage
	}
	if err := json.Unmarshal(answer.Body, &env); err != nil || env.RequestID == "" {
		return lost("reply")
	}
	if env.Code != "" {
		return driver.Fail(classOf(env.Code, egress.Bug), driver.Code(env.Code))
	}
	if err := json.Unmarshal(env.Data, data); err != nil {
		return lost("reply-data")
	}
	return nil
}

// refine reads Alibaba's own code in the body of a refusal, and keeps what egress found out. A
// refusal in words is definite, even where the status alone would leave the outcome open.
func refine(answer egress.Response, err error) error {
	var e *egress.Error
	var body struct{ Code string }
	if !errors.As(err, &e) || answer.Status < 400 || json.Unmarshal(answer.Body, &body) != nil || body.Code == "" {
		return err
	}
	fallback := e.Class
	if answer.Status >= 500 {
		fallback = egress.Transient
	}
	refined := *e
	refined.Class, refined.Code = classOf(body.Code, fallback), driver.Code(body.Code)
	return &refined
}

// classOf is Alibaba's table of codes. A code that nobody has described keeps the class that its
// HTTP status has.
func classOf(code string, fallback egress.Class) egress.Class {
	switch code {
	case "AuthFailed", "SignatureDoesNotMatch", "InvalidAccessKeyId.NotFound", "InvalidAccessKeyId.Inactive", "InvalidAccessKeySecret",
		"IncompleteSignature", "SignatureNonceUsed", "InvalidTimeStamp.Expired", "EntityNotExist.Role":
		return egress.Auth
	case "InvalidApi.NotPurchase", "InvalidApi.ForbiddenInvoke", "InvalidApi.OutOfService", "InvalidAction.NotFound", "InvalidDB.Status":
		return egress.Quota
	case "ParameterError", "ClientError.IllegalArgument", "InvalidParameter":
		return egress.Bug
	case "IllegalUrlParameter":
		return egress.BadMedia
	case "InternalError", "Timeout":
		return egress.Transient
	}
	switch {
	case strings.Contains(code, "Throttling"):
		return egress.Throttled
	case strings.HasPrefix(code, "InvalidFile."), strings.HasPrefix(code, "InvalidImage."):
		return egress.BadMedia
	case strings.HasPrefix(code, "InternalError."):
		return egress.Transient
	default:
		return fallback
	}
}

// isLink reports whether s is an address that a result can be read from. Egress judges its host.
func isLink(s string) bool {
	u, err := url.Parse(s)
	return err == nil && len(s) <= 4096 && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

// linkIn reads the address of a result; its name differs from call to call.
func linkIn(answer egress.Response) (string, error) {
	var data struct{ ImageURL, URL string }
	if err := read(answer, &data); err != nil {
		return "", err
	}
	for _, at := range []string{data.ImageURL, data.URL} {
		if isLink(at) {
			return at, nil
		}
	}
	return "", lost("result-reply")
}

func begunLink(answer egress.Response) (driver.Begun, error) {
	at, err := linkIn(answer)
	if err != nil {
		return driver.Begun{}, err
	}
	return ticket{File: at}.begun()
}

// begunJob reads the name of a job: it is the identifier of the request that submitted it.
func begunJob(service string, answer egress.Response) (driver.Begun, error) {
	var env struct {
		RequestID string `json:"RequestId"`
		Code      string
	}
	if err := json.Unmarshal(answer.Body, &env); err != nil || env.Code == "" && !isName(env.RequestID) {
		return driver.Begun{}, lost("job-reply")
	}
	if env.Code != "" {
		return driver.Begun{}, driver.Fail(classOf(env.Code, egress.Bug), driver.Code(env.Code))
	}
	return ticket{Service: service, Job: env.RequestID}.begun()
}

// analysis is all that is read of an analysis. Rectangles, landmarks, poses and vectors have no
// place here, so that they are dropped unread.
type analysis struct {
	FaceCount  *int
	AgeList    []int
	GenderList []int
	Qualities  struct{ ScoreList []float64 }
}

// begunFaces reduces an analysis to the attributes that the feature asked for.
func begunFaces(a action, p params, answer egress.Response) (driver.Begun, error) {
	var found analysis
	if err := read(answer, &found); err != nil {
		return driver.Begun{}, err
	}
	if found.FaceCount == nil || *found.FaceCount < 0 || *found.FaceCount > maxFaces {
		return driver.Begun{}, lost("reply-data")
	}
	if a.flags == nil {
		return begunAttributes(driver.Attributes{FaceCount: found.FaceCount}), nil
	}
	n := *found.FaceCount
	if n == 0 {
		return driver.Begun{}, driver.Fail(egress.NoFace, "no-face")
	}
	var out driver.Attributes
	ok := true
	if p["Age"] == wire.Literal("true") {
		out.Ages, ok = eachOf(found.AgeList, n, decade)
	}
	if ok && p["Gender"] == wire.Literal("true") {
		out.Genders, ok = eachOf(found.GenderList, n, gender)
	}
	if ok && p["Quality"] == wire.Literal("true") {
		out.Quality, ok = eachOf(found.Qualities.ScoreList, n, score)
	}
	if !ok {
		return driver.Begun{}, lost("reply-data")
	}
	return begunAttributes(out), nil
}

func begunAttributes(found driver.Attributes) driver.Begun {
	return driver.Begun{Status: &driver.Status{State: driver.Done, Results: []driver.Result{{Attributes: &found}}}}
}

// eachOf turns one value for each face into its coarser form.
func eachOf[In, Out any](list []In, faces int, coarse func(In) (Out, bool)) ([]Out, bool) {
	if len(list) != faces {
		return nil, false
	}
	out := make([]Out, faces)
	for i, v := range list {
		var ok bool
		if out[i], ok = coarse(v); !ok {
			return nil, false
		}
	}
	return out, true
}

func decade(age int) (string, bool) {
	from := age / 10 * 10
	return fmt.Sprintf("%d-%d", from, from+9), age >= 0 && age <= oldest
}

func gender(code int) (string, bool) {
	switch code {
	case 0:
		return "female", true
	case 1:
		return "male", true
	default:
		return "", false
	}
}

func score(v float64) (int, bool) { return int(math.Round(v)), v >= 0 && v <= 100 }

package volcengine

import (
	"encoding/json"
	"errors"
	"strings"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/provider/driver"
)

// refine gives a refusal Ark's code and the class of that code. The message is dropped unread: it
// can quote the prompt. What the gate refused, and what has no code of Ark's, stays as it is.
func refine(answer egress.Response, err error) error {
	var e *egress.Error
	var said struct {
		Error struct {
			Code  string `json:"code"`
			Param string `json:"param"`
		} `json:"error"`
	}
	if !errors.As(err, &e) || answer.Status < 400 || json.Unmarshal(answer.Body, &said) != nil || said.Error.Code == "" {
		return err
	}
	c := *e
	c.Code = driver.Code(said.Error.Code)
	if known := class(said.Error.Code, said.Error.Param); known != egress.Unclassified {
		c.Class = known
	}
	return &c
}

// class is Ark's table of codes. A code is a family, and often a dot and a member of it. A code
// nobody has described is Unclassified.
func class(code, param string) egress.Class {
	family, member, _ := strings.Cut(code, ".")
	switch {
	case strings.HasSuffix(family, "SensitiveContentDetected") && member == "PrivacyInformation":
		return egress.RealPersonRefused
	case strings.HasSuffix(family, "SensitiveContentDetected"), strings.HasSuffix(family, "RiskDetection"):
		return egress.ContentRefused
	case strings.HasSuffix(family, "RateLimitExceeded"):
		return egress.Throttled
	case strings.HasPrefix(family, "InvalidArgumentError"):
		family = "InvalidParameter"
	}
	switch family {
	case "RequestBurstTooFast", "InflightBatchsizeExceeded", "ServerOverloaded":
		return egress.Throttled
	case "ContentSecurityDetectionError", "InternalServiceError":
		return egress.Transient
	case "InvalidImageURL":
		return egress.BadMedia
	case "InvalidParameter":
		if strings.Contains(param, "image_url") {
			return egress.BadMedia
		}
		return egress.Bug
	case "MissingParameter", "OutofContextError":
		return egress.Bug
	case "AuthenticationError", "InvalidAccountStatus":
		return egress.Auth
	case "InvalidEndpointOrModel", "ModelNotOpen", "NotFound":
		return egress.Gone
	case "InvalidEndpoint", "InvalidSubscription", "AccessDenied", "OperationDenied", "AccountOverdueError", "QuotaExceeded", "SetLimitExceeded":
		return egress.Quota
	default:
		return egress.Unclassified
	}
}

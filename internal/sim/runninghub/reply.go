package runninghub

import (
	"encoding/json"
	"net/http"
)

// reply is an answer before faults get at it.
type reply struct {
	status    int
	mediaType string
	body      []byte
}

// answer is RunningHub's envelope around data. HTTP says 200 whatever the code.
func answer(code int, msg string, data any) reply {
	body, err := json.Marshal(map[string]any{"code": code, "msg": msg, "data": data})
	if err != nil {
		return unavailable()
	}
	return reply{status: http.StatusOK, mediaType: "application/json", body: body}
}

func success(data any) reply { return answer(0, "success", data) }

func refuse(code int, msg string) reply { return answer(code, msg, nil) }

// unavailable is what the gateway in front of the service says when the service is down.
func unavailable() reply {
	return reply{status: http.StatusServiceUnavailable, mediaType: "application/json", body: []byte(`{"code":503,"msg":"SERVICE_UNAVAILABLE","data":null}`)}
}

func notFound() reply {
	return reply{status: http.StatusNotFound, mediaType: "application/json", body: []byte(`{"code":404,"msg":"NOT_FOUND","data":null}`)}
}

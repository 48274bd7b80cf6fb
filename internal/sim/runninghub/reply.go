package runninghub

import (
	"encoding/json"
	"net/http"

	"vow.example/vow/internal/sim/kit"
)

// answer is RunningHub's envelope around data. HTTP says 200 whatever the code.
func answer(code int, msg string, data any) kit.Reply {
	body, err := json.Marshal(map[string]any{"code": code, "msg": msg, "data": data})
	if err != nil {
		return unavailable()
	}
	return kit.Reply{Status: http.StatusOK, MediaType: "application/json", Body: body}
}

func success(data any) kit.Reply { return answer(0, "success", data) }

func refuse(code int, msg string) kit.Reply { return answer(code, msg, nil) }

// unavailable is what the gateway in front of the service says when the service is down.
func unavailable() kit.Reply {
	return kit.Reply{Status: http.StatusServiceUnavailable, MediaType: "application/json", Body: []byte(`{"code":503,"msg":"SERVICE_UNAVAILABLE","data":null}`)}
}

func notFound() kit.Reply {
	return kit.Reply{Status: http.StatusNotFound, MediaType: "application/json", Body: []byte(`{"code":404,"msg":"NOT_FOUND","data":null}`)}
}

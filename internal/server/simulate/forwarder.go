package simulate

import (
	"vow.example/vow/internal/sim/adjust"
	"vow.example/vow/internal/sim/gateway"
	"vow.example/vow/internal/sim/googleanalytics"
	"vow.example/vow/internal/sim/kit"
	"vow.example/vow/internal/sim/umeng"
)

// forwarder returns the simulator of a driver whose recipient takes usage events or messages and makes
// nothing of them. The streams or apps of the account are those that the wiring names.
func forwarder(driver string, k kit.Options, keys map[string]string, streams []string) Service {
	const client, events = "analytics_id", "events"
	k.Show = true // they are sent no content
	switch driver {
	case "adjust":
		return adjust.New(adjust.Options{Options: k, Token: keys["token"], Apps: streams, Fields: map[string]string{
			"adid": client, "web_uuid": client, "event_token": events, "created_at_unix": events, "callback_params": events,
		}})
	case "gateway":
		return gateway.New(gateway.Options{Options: k, Secret: keys["webhook_secret"]})
	case "umeng":
		return umeng.New(umeng.Options{Options: k, Key: keys["api_key"], Security: keys["api_security"], Apps: streams, Fields: map[string]string{
			"clientId": client, "data": events,
		}})
	default:
		return googleanalytics.New(googleanalytics.Options{Options: k, Secret: keys["api_secret"], Streams: streams, Fields: map[string]string{
			"client_id": client, "app_instance_id": client,
		}})
	}
}

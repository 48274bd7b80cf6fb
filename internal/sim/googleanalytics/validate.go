package googleanalytics

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"vow.example/vow/internal/sim/kit"
)

// The limits of the protocol.
const (
	mostBytes  = 130_000
	mostEvents = 25
	mostParams = 25
	longName   = 40
	longValue  = 100
	backdated  = 72 * time.Hour
)

func problem(path, code, description string) Problem {
	return Problem{Path: path, Code: code, Description: description}
}

// validate returns what is wrong with a call; an empty list, never nil, where nothing is.
func (s *Sim) validate(c *kit.Call) []Problem {
	list := []Problem{}
	if c.Problem != "" || c.MediaType != "application/json" || len(c.Body) >= mostBytes {
		return append(list, problem("", "VALUE_INVALID", "the body is no JSON object, or too large"))
	}
	list = append(list, s.stream(c.Query, c.JSON)...)
	for _, member := range slices.Sorted(maps.Keys(c.JSON)) {
		if !slices.Contains(members(), member) {
			list = append(list, problem(member, "VALUE_INVALID", "the payload has no such member"))
		}
	}
	if consent, given := c.JSON["consent"]; given {
		list = append(list, checkConsent(consent)...)
	}
	if v, given := c.JSON["non_personalized_ads"]; given && v != true && v != false {
		list = append(list, problem("non_personalized_ads", "VALUE_INVALID", "a truth value is needed"))
	}
	list = append(list, s.moment("timestamp_micros", c.JSON["timestamp_micros"])...)
	return append(list, s.events(c.JSON["events"])...)
}

func members() []string {
	return []string{
		"client_id", "app_instance_id", "user_id", "timestamp_micros", "user_properties", "user_data", "consent", "non_personalized_ads",
		"user_location", "ip_override", "user_agent", "device", "validation_behavior", "events",
	}
}

// stream checks the ids: a web stream has a measurement id and clients, an app a Firebase id and
// instances.
func (s *Sim) stream(q url.Values, body map[string]any) (list []Problem) {
	for _, name := range slices.Sorted(maps.Keys(q)) {
		if !slices.Contains([]string{"api_secret", "measurement_id", "firebase_app_id"}, name) || len(q[name]) != 1 {
			list = append(list, problem(name, "VALUE_INVALID", "the query has no such parameter"))
		}
	}
	web, app := q.Get("measurement_id"), q.Get("firebase_app_id")
	client, _ := body["client_id"].(string)
	instance, _ := body["app_instance_id"].(string)
	switch {
	case (web == "") == (app == ""):
		list = append(list, problem("measurement_id", "VALUE_REQUIRED", "one of measurement_id and firebase_app_id is needed"))
	case s.opts.Streams != nil && !slices.Contains(s.opts.Streams, web+app):
		list = append(list, problem("measurement_id", "VALUE_INVALID", "there is no such stream"))
	case web != "" && (client == "" || instance != ""):
		list = append(list, problem("client_id", "VALUE_REQUIRED", "a client id is needed"))
	case app != "" && (client != "" || !regexp.MustCompile(`^[0-9a-fA-F]{32}$`).MatchString(instance)):
		list = append(list, problem("app_instance_id", "VALUE_INVALID", "32 hexadecimal digits are needed"))
	}
	return list
}

func checkConsent(v any) (list []Problem) {
	consent, ok := v.(map[string]any)
	if !ok || !kit.Only(consent, nil, "ad_user_data", "ad_personalization") {
		return []Problem{problem("consent", "VALUE_INVALID", "the settings are ad_user_data and ad_personalization")}
	}
	for _, name := range slices.Sorted(maps.Keys(consent)) {
		if consent[name] != "GRANTED" && consent[name] != "DENIED" {
			list = append(list, problem("consent."+name, "VALUE_INVALID", "GRANTED or DENIED is needed"))
		}
	}
	return list
}

func (s *Sim) events(v any) (list []Problem) {
	events, ok := v.([]any)
	if !ok || len(events) == 0 {
		return []Problem{problem("events", "VALUE_REQUIRED", "events are needed")}
	}
	if len(events) > mostEvents {
		list = append(list, problem("events", "EXCEEDED_MAX_ENTITIES", "at most 25 events"))
	}
	for i, item := range events {
		at := fmt.Sprintf("events[%d]", i)
		e, ok := item.(map[string]any)
		if !ok || !kit.Only(e, []string{"name"}, "params", "timestamp_micros") {
			list = append(list, problem(at, "VALUE_INVALID", "an event has name, params and timestamp_micros"))
			continue
		}
		name, _ := e["name"].(string)
		list = append(list, judge(at+".name", name, reservedEvents())...)
		list = append(list, s.moment(at+".timestamp_micros", e["timestamp_micros"])...)
		params, ok := e["params"].(map[string]any)
		if _, given := e["params"]; given && !ok {
			list = append(list, problem(at+".params", "VALUE_INVALID", "an object is needed"))
		}
		list = append(list, checkParams(at+".params", params)...)
	}
	return list
}

// judge checks the name of an event or parameter.
func judge(at, name string, reserved []string) []Problem {
	owned := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
	switch {
	case !regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`).MatchString(name) || len(name) > longName:
		return []Problem{problem(at, "NAME_INVALID", "a letter, then letters, digits and underscores, at most 40")}
	case slices.Contains(reserved, name), slices.ContainsFunc([]string{"ga_", "google_", "firebase_", "gtag."}, owned):
		return []Problem{problem(at, "NAME_RESERVED", "the name is reserved")}
	}
	return nil
}

func reservedEvents() []string {
	return strings.Fields(`ad_activeview ad_click ad_exposure ad_query ad_reward adunit_exposure app_clear_data app_exception app_install
		app_remove app_store_refund app_store_subscription_cancel app_store_subscription_convert app_store_subscription_renew app_update
		app_upgrade dynamic_link_app_open dynamic_link_app_update dynamic_link_first_open error first_open first_visit in_app_purchase
		notification_dismiss notification_foreground notification_open notification_receive os_update screen_view session_start user_engagement`)
}

func checkParams(at string, params map[string]any) (list []Problem) {
	if len(params) > mostParams {
		list = append(list, problem(at, "EXCEEDED_MAX_ENTITIES", "at most 25 parameters"))
	}
	for _, name := range slices.Sorted(maps.Keys(params)) {
		list = append(list, judge(at+"."+name, name, []string{"firebase_conversion"})...)
		switch v := params[name].(type) {
		case string:
			if utf8.RuneCountInString(v) > longValue {
				list = append(list, problem(at+"."+name, "VALUE_OUT_OF_BOUNDS", "at most 100 characters"))
			}
		case json.Number, bool:
		default:
			list = append(list, problem(at+"."+name, "VALUE_INVALID", "a word or a number is needed"))
		}
	}
	return list
}

// moment checks a time in microseconds: not in the future, and at most three days ago, by the clock
// that dates evidence: in a demo whose days pass fast, events carry its dates.
func (s *Sim) moment(at string, v any) []Problem {
	if v == nil {
		return nil
	}
	n, _ := v.(json.Number)
	micros, err := strconv.ParseInt(n.String(), 10, 64)
	if err != nil {
		return []Problem{problem(at, "VALUE_INVALID", "microseconds since 1970 are needed")}
	}
	if age := s.opts.Clock.Now().Add(s.opts.Skew).Sub(time.UnixMicro(micros)); age > backdated || age < -time.Hour {
		return []Problem{problem(at, "VALUE_OUT_OF_BOUNDS", "at most 72 hours ago")}
	}
	return nil
}

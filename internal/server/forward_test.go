package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/editions"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

// told is a demonstration that is asked as an app asks it.
type told struct {
	t     *testing.T
	demo  *demo
	token string
}

func newTold(t *testing.T) *told { return newToldAt(t, nil) }

// newToldAt has every point that a crash may hit told to at.
func newToldAt(t *testing.T, at func(point string)) *told {
	t.Helper()
	l, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	d, err := startDemo(t.Context(), DemoOptions{Dir: filepath.Join(t.TempDir(), "data"), RealTime: true, Out: io.Discard, At: at}, l)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.closeSims()
		if err := d.core.close(); err != nil {
			t.Error(err)
		}
	})
	return &told{t: t, demo: d}
}

// send makes a call that must succeed.
func (w *told) send(method, path, body string, out any) {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+w.token)
	r.Header.Set("Content-Type", "application/json")
	a := httptest.NewRecorder()
	w.demo.core.handler.ServeHTTP(a, r)
	if a.Code/100 != 2 {
		w.t.Fatalf("%s %s: %d %s", method, path, a.Code, a.Body)
	}
	if out != nil {
		if err := json.NewDecoder(bytes.NewReader(a.Body.Bytes())).Decode(out); err != nil {
			w.t.Fatal(err)
		}
	}
}

// enter opens an account of Mixoo.
func (w *told) enter(platform string) {
	w.t.Helper()
	var me client.Session
	w.send(http.MethodPost, "/v1/sessions", `{"app":"mixoo","age_band":"over","platform":"`+platform+`"}`, &me)
	w.token = me.AccessToken
}

// got returns what a simulated recipient received.
func (w *told) got(recipient string) (r client.Received) {
	w.t.Helper()
	w.send(http.MethodGet, "/demo/recipients/"+recipient+"/received", "", &r)
	if len(r.Violations) > 0 {
		w.t.Errorf("%s should not have seen %v", recipient, r.Violations)
	}
	return r
}

// until waits for so many requests at a recipient.
func (w *told) until(recipient string, n int) []client.ReceivedRequest {
	w.t.Helper()
	for range 200 {
		if list := w.got(recipient).Requests; len(list) >= n {
			return list
		}
		time.Sleep(50 * time.Millisecond)
	}
	w.t.Fatalf("%s never got %d requests", recipient, n)
	return nil
}

// opens reports that the app was opened.
func (w *told) opens(platform string) {
	w.t.Helper()
	at := w.demo.core.clock.Now().UTC().Format(time.RFC3339)
	w.send(http.MethodPost, "/v1/events", `{"platform":"`+platform+`","app_state":"foreground","events":[{"name":"app_open","at":"`+at+
		`","data":{"app_open_count":3,"app_model":"Pixel-8","app_version":"2.4.0","country_or_region":"GB"}}]}`, nil)
}

// TestAReportLeavesForTheCompaniesOfThePolicyAndIsOnThePersonsList asks the whole server, as an app would.
func TestAReportLeavesForTheCompaniesOfThePolicyAndIsOnThePersonsList(t *testing.T) {
	t.Parallel()
	w := newTold(t)
	w.enter("android")
	w.opens("android") // statistics are off at first
	w.send(http.MethodPut, "/v1/me/privacy-settings", `{"analytics":true}`, nil)
	w.opens("android")
	body := fmt.Sprint(w.until("firebase", 1)[0].Body)
	if !strings.Contains(body, "app_open_count:3") || strings.Contains(body, "Pixel") || strings.Contains(body, "sub_") || !strings.Contains(body, "non_personalized_ads:true") {
		t.Errorf("firebase got %s", body)
	}
	for _, r := range []string{"google_analytics", "adjust", "umeng"} {
		w.until(r, 1)
	}
	rows := func() (list []string) {
		var page client.Page[client.Transfer]
		w.send(http.MethodGet, "/v1/privacy/transfers", "", &page)
		for _, x := range page.Data {
			if x.Outcome == "sent" {
				list = append(list, fmt.Sprintf("%s %v %s", x.Recipient.ID, x.Fields, x.Purpose))
			}
		}
		slices.Sort(list)
		return list
	}
	want := []string{
		"adjust [analytics_id app_open_count app_version country_or_region] usage_analysis",
		"firebase [analytics_id app_open_count app_version country_or_region] usage_analysis",
		"google_analytics [analytics_id app_version country_or_region] usage_analysis",
		"umeng [analytics_id app_open_count app_version] usage_analysis",
	}
	for range 100 {
		if slices.Equal(rows(), want) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if got := rows(); !slices.Equal(got, want) {
		t.Errorf("the list says %q", got)
	}
	w.enter("ios")
	w.send(http.MethodPut, "/v1/me/privacy-settings", `{"analytics":true}`, nil)
	w.opens("ios")
	w.until("firebase", 2)
	w.until("google_analytics", 2)
	if len(w.got("adjust").Requests) != 1 || len(w.got("umeng").Requests) != 1 {
		t.Error("two companies heard of an iOS device")
	}
}

func TestAPersonIsToldThatATaskIsDoneAndNotOfWhat(t *testing.T) {
	t.Parallel()
	w := newTold(t)
	w.enter("ios")
	var device struct {
		ID string `json:"id"`
	}
	w.send(http.MethodPost, "/v1/devices", `{"platform":"ios"}`, &device)
	w.send(http.MethodPut, "/v1/me/permissions", `{"notifications":"granted"}`, nil)
	w.runWords("canary-of-a-prompt, a lighthouse")
	list := w.until("notification_gateway", 1)
	if body := fmt.Sprint(list[0].Body); len(list) != 1 || body != "map[address:"+device.ID+" channel:push message:map[body:Your result is ready. title:Mixoo]]" {
		t.Errorf("the gateway got %s", body)
	}
	alert := editions.Announcement{App: "mixoo", Kind: "security_alert", Text: policy.Localized{"en": "canary-of-an-incident"}, Major: true}
	if _, err := w.demo.core.editions.Announce(t.Context(), alert); err != nil {
		t.Fatal(err)
	}
	said := fmt.Sprint(w.until("notification_gateway", 2)[1].Body)
	if !strings.Contains(said, "There is a message about the security of your account.") || strings.Contains(said, "canary") {
		t.Errorf("the gateway got %s", said)
	}
	var notices client.Page[client.Notice]
	w.send(http.MethodGet, "/v1/notices", "", &notices)
	if len(notices.Data) != 1 {
		t.Errorf("%d notices in the app", len(notices.Data))
	}
}

// runWords makes a picture from words, and waits for it.
func (w *told) runWords(prompt string) {
	w.t.Helper()
	id := w.begin(prompt)
	var k client.Task
	for range 200 {
		w.send(http.MethodGet, "/v1/tasks/"+string(id), "", &k)
		if k.EndedAt != nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if k.State != "succeeded" {
		w.t.Fatalf("the task is %s", k.State)
	}
}

// begin has a picture made from words.
func (w *told) begin(prompt string) privacy.TaskID {
	w.t.Helper()
	var screen client.Disclosure
	w.send(http.MethodGet, "/v1/features/text_to_image/disclosure", "", &screen)
	var consent client.Consent
	w.send(http.MethodPost, "/v1/consents", `{"feature":"text_to_image","recipient":"tencent_cloud","disclosure_hash":"`+screen.Hash+`","decision":"granted"}`, &consent)
	var k client.Task
	w.send(http.MethodPost, "/v1/tasks", `{"feature":"text_to_image","consent":"`+consent.ID+`","prompt":"`+prompt+`"}`, &k)
	return privacy.TaskID(k.ID)
}

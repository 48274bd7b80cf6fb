package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Session is a signed-in or anonymous session of one person with one app.
type Session struct {
	ID          string    `json:"id" doc:"ses_…"`
	Subject     string    `json:"subject" doc:"sub_…, an app-scoped pseudonym"`
	AccessToken string    `json:"access_token" doc:"Send as Authorization: Bearer"`
	ExpiresAt   time.Time `json:"expires_at"`
	Locale      string    `json:"locale"`

	Standing        string    `json:"standing,omitempty" doc:"What must happen before anything else works: a problem code, such as age-required; absent: nothing"`
	ReducedSecurity bool      `json:"reduced_security,omitempty" doc:"No identifier of the device came along, so the safety of the account cannot be guaranteed"`
	Remembered      *Keepsake `json:"remembered,omitempty" doc:"Replaces the token that signed in"`
}

// Me is what the settings page shows.
type Me struct {
	ID         string    `json:"id" doc:"User id"`
	App        string    `json:"app"`
	Membership string    `json:"membership" doc:"A level of the policy's list of memberships; free: of none"`
	Locale     string    `json:"locale"`
	CreatedAt  time.Time `json:"created_at"`

	MembershipName  string            `json:"membership_name,omitempty" doc:"What the level is called; absent: of none"`
	MembershipUntil *time.Time        `json:"membership_until,omitempty" doc:"When the membership ends unless it is renewed; absent: of none"`
	UserID          string            `json:"user_id" doc:"The same as id"`
	AgeBand         string            `json:"age_band,omitempty" enum:"under,minor,over" doc:"Absent: not said"`
	Guardian        string            `json:"guardian,omitempty" enum:"asked,shown,confirmed" doc:"State of a guardian's consent; absent: none was asked for"`
	AcceptedVersion string            `json:"accepted_version,omitempty" doc:"Of the policy"`
	Accepted        bool              `json:"accepted" doc:"The policy is accepted, and that was not taken back"`
	Switches        map[string]bool   `json:"switches" doc:"Every switch of the policy as it stands"`
	Permissions     map[string]string `json:"permissions" doc:"As the device has reported them: granted or denied"`
	Objections      []string          `json:"objections" doc:"Purposes that the person objects to"`
	Restricted      bool              `json:"restricted"`
	Restriction     string            `json:"restriction,omitempty" doc:"The ground of the policy"`
	Login           bool              `json:"login" doc:"The account has a login and a password"`
	Standing        string            `json:"standing,omitempty" doc:"What must happen before anything else works: a problem code; absent: nothing"`
}

// MeUpdate corrects what a person may correct.
type MeUpdate struct {
	Locale string `json:"locale,omitempty" maxLength:"35" doc:"BCP 47"`
}

// AgeStatement says which age band a person belongs to.
type AgeStatement struct {
	Band   string `json:"band" enum:"under,minor,over" doc:"under: younger than the app's min_age; minor: not that, and younger than its guardian_below, where it has one; over: neither"`
	Device string `json:"device,omitempty" maxLength:"128" doc:"What the app calls this device; kept as a keyed digest, and only where the person is too young"`
}

// Reading is the policy as a person reads it before accepting it.
type Reading struct {
	Required     bool            `json:"required" doc:"The app asks for it"`
	Accepted     bool            `json:"accepted"`
	Version      string          `json:"version,omitempty"`
	Hash         string          `json:"hash,omitempty" doc:"Of everything that is shown"`
	Language     string          `json:"language,omitempty"`
	Title        string          `json:"title,omitempty"`
	Text         string          `json:"text,omitempty"`
	AcceptLabel  string          `json:"accept_label,omitempty"`
	DeclineLabel string          `json:"decline_label,omitempty"`
	Highlights   []string        `json:"highlights,omitempty" doc:"Sections that touch rights"`
	Sections     []PolicySection `json:"sections,omitempty"`
}

// Acceptance is what a person decided about the policy. Whoever declines has the account erased.
type Acceptance struct {
	Version  string `json:"version" maxLength:"64"`
	Hash     string `json:"hash" maxLength:"128"`
	Decision string `json:"decision" enum:"accepted,declined"`
}

// GuardianStep names a guardian, or hands in the code that the guardian was shown.
type GuardianStep struct {
	Email string `json:"email,omitempty" maxLength:"254" doc:"An address of the guardian; only a keyed digest is kept"`
	Code  string `json:"code,omitempty" maxLength:"32" doc:"What the guardian's page shows after the guardian agreed"`
}

// GuardianState is how far a guardian's consent has come.
type GuardianState struct {
	State string `json:"state" enum:"asked,shown,confirmed"`
	Link  string `json:"link,omitempty" doc:"For the guardian; absent where it was sent to the address"`
	URL   string `json:"url,omitempty" doc:"The guardian's page"`
}

// GuardianRequest is what a guardian reads before agreeing.
type GuardianRequest struct {
	App       string         `json:"app"`
	Name      string         `json:"name"`
	State     string         `json:"state" enum:"asked,shown,confirmed,declined"`
	Statement string         `json:"statement"`
	Hash      string         `json:"hash"`
	Version   string         `json:"policy_version"`
	PolicyURL string         `json:"policy_url"`
	Items     []GuardianItem `json:"items" doc:"What would leave, to whom and why; each is agreed to by itself"`
}

// GuardianItem is one purpose for which one recipient would receive data.
type GuardianItem struct {
	ID   string `json:"id" example:"requested_feature:runninghub"`
	Text string `json:"text"`
}

// GuardianDecision is what a guardian answers. A guardian who declines, then or later, has everything of
// the person erased.
type GuardianDecision struct {
	Email    string   `json:"email" maxLength:"254" doc:"The address that the person named"`
	Decision string   `json:"decision" enum:"agreed,declined"`
	Hash     string   `json:"hash,omitempty" maxLength:"128" doc:"Of the text that was read"`
	Items    []string `json:"items,omitempty" maxItems:"64"`
}

// GuardianAnswer is what a guardian gets.
type GuardianAnswer struct {
	State string `json:"state" enum:"shown,declined"`
	Code  string `json:"code,omitempty" doc:"To be typed on the person's own device"`
}

// Account gives an account a login and a password, and nothing else.
type Account struct {
	Login    string `json:"login" maxLength:"254" doc:"3 to 254 characters; kept as a keyed digest"`
	Password string `json:"password" maxLength:"1024" doc:"10 characters or more, none of the commonest; kept as a sealed hash"`
}

// LoginRemoval takes a login away from whoever knows its password.
type LoginRemoval struct {
	Password string `json:"password" maxLength:"1024"`
}

// PasswordChange replaces a password.
type PasswordChange struct {
	Password    string `json:"password" maxLength:"1024"`
	NewPassword string `json:"new_password" maxLength:"1024"`
}

// RememberCreate has this device remembered.
type RememberCreate struct {
	Platform string `json:"platform,omitempty" enum:"ios,android,web" doc:"Default: web. The token works on that kind of device only"`
}

// Keepsake is what a device keeps to sign in again with one click.
type Keepsake struct {
	Cookie    string    `json:"cookie" doc:"Its name in the policy's register of cookies"`
	Token     string    `json:"token" doc:"Signs in once; the answer brings the next one"`
	ExpiresAt time.Time `json:"expires_at"`
}

// RememberedSession signs in again with what a device kept.
type RememberedSession struct {
	AppKey   string `json:"app_key,omitempty" maxLength:"128"`
	App      string `json:"app,omitempty" maxLength:"64"`
	Token    string `json:"token" maxLength:"128"`
	Platform string `json:"platform,omitempty" enum:"ios,android,web"`
	Device   string `json:"device,omitempty" maxLength:"128"`
}

// Forgotten says how many devices are remembered no more.
type Forgotten struct {
	Devices int `json:"devices"`
}

// Setting is one switch of the policy.
type Setting struct {
	ID      string `json:"id" example:"analytics"`
	Name    string `json:"name"`
	Text    string `json:"text"`
	On      bool   `json:"on"`
	Default bool   `json:"default"`
}

// DevicePermission is one permission of the device that the policy lists.
type DevicePermission struct {
	ID        string   `json:"id" example:"camera"`
	Name      string   `json:"name"`
	Text      string   `json:"text" doc:"What it is for"`
	Help      string   `json:"help" doc:"How to take it back"`
	Platforms []string `json:"platforms" doc:"Empty: all"`
	State     string   `json:"state" enum:"granted,denied,unknown"`
}

// RestrictionCreate asks for processing to be restricted.
type RestrictionCreate struct {
	Ground string `json:"ground" maxLength:"64" doc:"One of the policy's grounds"`
}

// Share is a link to one work.
type Share struct {
	Token string `json:"token"`
	URL   string `json:"url" doc:"Whoever has it sees the work until you take it back or the work ends"`
	Clock Clock  `json:"clock" doc:"Of the work; sharing changes it in nothing"`
}

// ExportSize says what an export would hold.
type ExportSize struct {
	Files int   `json:"files"`
	Bytes int64 `json:"bytes" doc:"Of the files; the texts beside them come on top"`
	Rows  int   `json:"rows"`
}

// put sends in as JSON and reads a JSON answer into out; out may be nil.
func (c *Client) put(ctx context.Context, path string, in, out any) error {
	return c.with(ctx, http.MethodPut, path, in, out)
}

func (c *Client) with(ctx context.Context, method, path string, in, out any) error {
	b, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("client: encode request: %w", err)
	}
	return c.answer(ctx, call{method: method, path: path, header: http.Header{"Content-Type": {"application/json"}}, body: bytes.NewReader(b)}, out)
}

// UpdateMe corrects what a person may correct.
func (c *Client) UpdateMe(ctx context.Context, in MeUpdate) (out Me, err error) {
	err = c.with(ctx, http.MethodPatch, "/v1/me", in, &out)
	return out, err
}

// SetAge says which age band the person belongs to.
func (c *Client) SetAge(ctx context.Context, in AgeStatement) (out Me, err error) {
	err = c.put(ctx, "/v1/me/age", in, &out)
	return out, err
}

// Reading returns the policy as it is shown for acceptance.
func (c *Client) Reading(ctx context.Context, lang string) (out Reading, err error) {
	err = c.get(ctx, "/v1/me/acceptance", langQuery(lang), &out)
	return out, err
}

// Accept records what the person decided about the policy.
func (c *Client) Accept(ctx context.Context, in Acceptance) (out Me, err error) {
	err = c.post(ctx, "/v1/me/acceptance", nil, in, &out)
	return out, err
}

// Guardian names a guardian, or hands in the guardian's code.
func (c *Client) Guardian(ctx context.Context, in GuardianStep) (out GuardianState, err error) {
	err = c.post(ctx, "/v1/me/guardian", nil, in, &out)
	return out, err
}

// GuardianRequest returns what the guardian behind a link is asked.
func (c *Client) GuardianRequest(ctx context.Context, link, lang string) (out GuardianRequest, err error) {
	err = c.get(ctx, at("/v1/guardian/", link, ""), langQuery(lang), &out)
	return out, err
}

// DecideAsGuardian answers for a minor.
func (c *Client) DecideAsGuardian(ctx context.Context, link string, in GuardianDecision) (out GuardianAnswer, err error) {
	err = c.post(ctx, at("/v1/guardian/", link, ""), nil, in, &out)
	return out, err
}

// SetAccount gives the account a login and a password.
func (c *Client) SetAccount(ctx context.Context, in Account) error {
	return c.post(ctx, "/v1/account", nil, in, nil)
}

// ChangePassword replaces the password. Every other session of the account ends.
func (c *Client) ChangePassword(ctx context.Context, in PasswordChange) error {
	return c.put(ctx, "/v1/account", in, nil)
}

// DeleteAccount takes login and password away. Sessions and data stay: DeleteMe erases those.
func (c *Client) DeleteAccount(ctx context.Context, in LoginRemoval) error {
	return c.with(ctx, http.MethodDelete, "/v1/account", in, nil)
}

// Remember has this device remembered.
func (c *Client) Remember(ctx context.Context, in RememberCreate) (out Keepsake, err error) {
	err = c.put(ctx, "/v1/me/remembered", in, &out)
	return out, err
}

// Forget makes every device sign in anew.
func (c *Client) Forget(ctx context.Context) (out Forgotten, err error) {
	err = c.delete(ctx, "/v1/me/remembered", &out)
	return out, err
}

// SignInRemembered opens a session with what a device kept.
func (c *Client) SignInRemembered(ctx context.Context, in RememberedSession) (out Session, err error) {
	err = c.post(ctx, "/v1/sessions/remembered", nil, in, &out)
	return out, err
}

// Settings lists the switches of the policy.
func (c *Client) Settings(ctx context.Context) (out Page[Setting], err error) {
	err = c.get(ctx, "/v1/me/privacy-settings", nil, &out)
	return out, err
}

// SetSettings sets switches.
func (c *Client) SetSettings(ctx context.Context, set map[string]bool) (out Me, err error) {
	err = c.put(ctx, "/v1/me/privacy-settings", set, &out)
	return out, err
}

// Permissions lists the device's permissions that the policy names.
func (c *Client) Permissions(ctx context.Context) (out Page[DevicePermission], err error) {
	err = c.get(ctx, "/v1/me/permissions", nil, &out)
	return out, err
}

// SetPermissions reports permissions of the device as "granted" or "denied".
func (c *Client) SetPermissions(ctx context.Context, platform string, set map[string]string) (out Me, err error) {
	path := "/v1/me/permissions"
	if platform != "" {
		path += "?" + url.Values{"platform": {platform}}.Encode()
	}
	err = c.put(ctx, path, set, &out)
	return out, err
}

// SetObjections objects to purposes, and takes back those that are false.
func (c *Client) SetObjections(ctx context.Context, set map[string]bool) (out Me, err error) {
	err = c.put(ctx, "/v1/me/objections", set, &out)
	return out, err
}

// Restrict asks for processing to be restricted.
func (c *Client) Restrict(ctx context.Context, in RestrictionCreate) (out Me, err error) {
	err = c.put(ctx, "/v1/me/restriction", in, &out)
	return out, err
}

// LiftRestriction ends a restriction.
func (c *Client) LiftRestriction(ctx context.Context) (out Me, err error) {
	err = c.delete(ctx, "/v1/me/restriction", &out)
	return out, err
}

// Favorite marks a work; Unfavorite takes the mark away.
func (c *Client) Favorite(ctx context.Context, id string) error {
	return c.put(ctx, at("/v1/outputs/", id, "/favorite"), struct{}{}, nil)
}

// Unfavorite takes a mark away.
func (c *Client) Unfavorite(ctx context.Context, id string) error {
	return c.delete(ctx, at("/v1/outputs/", id, "/favorite"), nil)
}

// Share makes a link to a work. A link that it had before ends.
func (c *Client) Share(ctx context.Context, id string) (out Share, err error) {
	err = c.post(ctx, at("/v1/outputs/", id, "/share"), nil, nil, &out)
	return out, err
}

// Unshare ends the link of a work.
func (c *Client) Unshare(ctx context.Context, id string) error {
	return c.delete(ctx, at("/v1/outputs/", id, "/share"), nil)
}

// ExportSize says what an export would hold.
func (c *Client) ExportSize(ctx context.Context) (out ExportSize, err error) {
	err = c.get(ctx, "/v1/privacy/export", url.Values{"dry_run": {"true"}}, &out)
	return out, err
}

// Export streams everything that the server holds of the person, as a ZIP file. The caller closes it.
func (c *Client) Export(ctx context.Context) (io.ReadCloser, error) {
	resp, err := c.send(ctx, call{method: http.MethodGet, path: "/v1/privacy/export"})
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

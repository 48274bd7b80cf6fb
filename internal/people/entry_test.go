package people

import (
	"io"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/task"
)

const good = "marker odd enough 47"

// back signs in with login and password.
func (w *world) back(app privacy.AppID, login, password string) (Admission, error) {
	w.t.Helper()
	return w.Enter(w.t.Context(), Entry{Policy: w.policies[app], Locale: "en", Platform: terms.Web, Login: text(login), Password: text(password)})
}

func TestALoginBringsBackTheAccountAndIsKeptAsDigestAndSealedHash(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.settled("mixoo")
	must(t, w.SetLogin(t.Context(), who, Credentials{Login: text(" Marker@Example.org"), Password: text(good)}))
	if all, _ := w.everything(); strings.Contains(strings.ToLower(all), "marker") {
		t.Error("login or password are readable")
	}
	a, err := w.back("mixoo", "marker@example.org ", good)
	if err != nil || a.Subject != who.Subject || a.Token == "" {
		t.Fatalf("%+v %v", a, err)
	}
	s, err := w.DB.SessionByDigest(t.Context(), w.Digest(a.Token))
	if err != nil || s.Subject != who.Subject {
		t.Errorf("%+v %v", s, err)
	}
	for name, err := range map[string]error{
		"a wrong password":   second(w.back("mixoo", "marker@example.org", "another password")),
		"an unknown login":   second(w.back("mixoo", "nobody@example.org", good)),
		"no password":        second(w.back("mixoo", "marker@example.org", "")),
		"in another app":     second(w.back("pixplus", "marker@example.org", good)),
		"no login":           second(w.back("mixoo", "", good)),
		"an empty keepsake":  second(w.Enter(t.Context(), Entry{Policy: w.policies["mixoo"], Remembered: "rm_x"})),
		"a keepsake of air":  second(w.Enter(t.Context(), Entry{Policy: w.policies["picwiz"], Remembered: "rm_x"})),
		"a digest as secret": second(w.back("mixoo", "marker@example.org", "digest of")),
	} {
		if err == nil || !strings.Contains(err.Error(), "unauthenticated") {
			t.Errorf("%s: %v", name, err)
		}
	}
	wantCode(t, w.SetLogin(t.Context(), who, Credentials{Login: text("second@example.org"), Password: text(good)}), "conflict")
	wantCode(t, w.SetLogin(t.Context(), w.settled("mixoo"), Credentials{Login: text("marker@example.org"), Password: text(good)}), "conflict")
	must(t, w.SetLogin(t.Context(), w.settled("pixplus"), Credentials{Login: text("marker@example.org"), Password: text(good)}))
	wantCode(t, w.EraseLogin(t.Context(), who, text("not the password")), "unauthenticated")
	must(t, w.EraseLogin(t.Context(), who, text(good)))
	if _, err := w.back("mixoo", "marker@example.org", good); err == nil {
		t.Error("an erased login signs in")
	}
	wantCode(t, w.EraseLogin(t.Context(), who, text(good)), "not-found")
	if p, err := w.Profile(t.Context(), who); err != nil || p.Login {
		t.Errorf("%v %v", p.Login, err)
	}
}

func second[A, B any](_ A, b B) B { return b }

func TestARefusedLoginIsNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.settled("picwiz")
	for login, want := range map[string]string{"me": "/login length", "": "/login length", "a\x00bc": "/login length", strings.Repeat("x", 255): "/login length"} {
		if got := rule(w.SetLogin(t.Context(), who, Credentials{Login: text(login), Password: text(good)})); got != want {
			t.Errorf("%q: %q", login, got)
		}
	}
	if got := rule(w.SetLogin(t.Context(), who, Credentials{Login: text("me@example.org"), Password: text("123456")})); got != "/password too_short" {
		t.Error(got)
	}
	if _, counts := w.everything(); counts["logins"] != 0 {
		t.Error("a refused login was kept")
	}
}

func TestWrongPasswordsMakeALoginRest(t *testing.T) {
	t.Parallel()
	w := counted(t)
	who := w.settled("mixoo")
	must(t, w.SetLogin(t.Context(), who, Credentials{Login: text("me@example.org"), Password: text(good)}))
	for range mostWrong {
		_, err := w.back("mixoo", "me@example.org", "not the password")
		wantCode(t, err, "unauthenticated")
	}
	_, err := w.back("mixoo", "me@example.org", good)
	wantCode(t, err, "rate-limited")
	w.clock.Advance(time.Minute)
	if _, err := w.back("mixoo", "me@example.org", good); err != nil {
		t.Errorf("after the pause: %v", err)
	}
	if _, err := w.back("mixoo", "me@example.org", good); err != nil {
		t.Errorf("a success starts anew: %v", err)
	}
}

func TestTheOldestRememberedDeviceMakesRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.settled("aifitting")
	first, err := w.Remember(t.Context(), who, terms.Web)
	must(t, err)
	var last Keepsake
	for range mostRemembered {
		w.clock.Advance(time.Second)
		last, err = w.Remember(t.Context(), who, terms.Web)
		must(t, err)
	}
	_, err = w.click("aifitting", terms.Web, first.Token)
	wantCode(t, err, "unauthenticated")
	if _, err := w.click("aifitting", terms.Web, last.Token); err != nil {
		t.Error(err)
	}
	if n, err := w.Forget(t.Context(), who); n != mostRemembered || err != nil {
		t.Errorf("%d devices: %v", n, err)
	}
}

func TestAPasswordIsChangedByWhoKnowsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.settled("aifitting")
	wantCode(t, w.ChangePassword(t.Context(), who, "", text(good), text("another good one 12")), "not-found")
	must(t, w.SetLogin(t.Context(), who, Credentials{Login: text("me@example.org"), Password: text(good)}))
	k, err := w.Remember(t.Context(), who, terms.Web)
	must(t, err)
	here, err := w.back("aifitting", "me@example.org", good)
	must(t, err)
	there, err := w.back("aifitting", "me@example.org", good)
	must(t, err)
	must(t, w.SetLogin(t.Context(), w.settled("aifitting"), Credentials{Login: text("you@example.org"), Password: text(good)}))
	other, err := w.back("aifitting", "you@example.org", good)
	must(t, err)
	opens := func(a Admission) bool {
		_, err := w.DB.SessionByDigest(t.Context(), w.Digest(a.Token))
		return err == nil
	}
	wantCode(t, w.ChangePassword(t.Context(), who, here.ID, text("guessed"), text("another good one 12")), "unauthenticated")
	if !opens(there) {
		t.Error("a wrong password ends a session")
	}
	if got := rule(w.ChangePassword(t.Context(), who, here.ID, text(good), text("short"))); got != "/new_password too_short" {
		t.Error(got)
	}
	must(t, w.ChangePassword(t.Context(), who, here.ID, text(good), text("another good one 12")))
	if !opens(here) || opens(there) || !opens(other) {
		t.Errorf("the session that asked: %v, another of the account: %v, somebody else's: %v", opens(here), opens(there), opens(other))
	}
	if _, err := w.back("aifitting", "me@example.org", good); err == nil {
		t.Error("the old password signs in")
	}
	if _, err := w.back("aifitting", "me@example.org", "another good one 12"); err != nil {
		t.Error(err)
	}
	if _, err := w.click("aifitting", terms.Web, k.Token); err == nil {
		t.Error("a device that was remembered under the old password signs in")
	}
}

// click signs in with a remembered token.
func (w *world) click(app privacy.AppID, platform terms.Platform, token string) (Admission, error) {
	return w.Enter(w.t.Context(), Entry{Policy: w.policies[app], Platform: platform, Remembered: token})
}

func TestOneClickSignsInAgainAndEveryTokenOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.settled("aifitting")
	k, err := w.Remember(t.Context(), who, terms.Web)
	if err != nil || !strings.HasPrefix(k.Cookie, cookieOf) || !k.ExpiresAt.Equal(w.clock.Now().AddDate(0, 0, 30)) {
		t.Fatalf("%+v %v", k, err)
	}
	if all, _ := w.everything(); strings.Contains(all, k.Token) {
		t.Error("the token is readable")
	}
	a, err := w.click("aifitting", terms.Web, k.Token)
	if err != nil || a.Subject != who.Subject || a.Again.Token == "" || a.Again.Token == k.Token {
		t.Fatalf("%+v %v", a, err)
	}
	if _, err := w.click("aifitting", terms.Web, k.Token); err == nil {
		t.Error("a token signs in twice")
	}
	if n, err := w.Forget(t.Context(), who); err != nil || n != 1 {
		t.Errorf("%d %v", n, err)
	}
	if _, err := w.click("aifitting", terms.Web, a.Again.Token); err == nil {
		t.Error("a forgotten device signs in")
	}
}

func TestAStolenTokenOfAnotherKindOfDeviceIsWorthNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.settled("aifitting")
	k, err := w.Remember(t.Context(), who, terms.Web)
	must(t, err)
	_, err = w.click("aifitting", terms.Android, k.Token)
	wantCode(t, err, "unauthenticated")
	if _, err := w.click("aifitting", terms.Web, k.Token); err == nil {
		t.Error("a token that was seen elsewhere still signs in")
	}
	k, err = w.Remember(t.Context(), who, terms.Web)
	must(t, err)
	w.clock.Advance(30 * 24 * time.Hour)
	if _, err := w.click("aifitting", terms.Web, k.Token); err == nil {
		t.Error("a token outlives its cookie")
	}
}

func TestOnlyAnAppThatRegistersTheCookieRemembersDevices(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, app := range []privacy.AppID{"picwiz", "pixplus"} {
		_, err := w.Remember(t.Context(), w.settled(app), terms.Web)
		wantCode(t, err, "feature-unavailable")
	}
	if _, counts := w.everything(); counts["remembered"] != 0 {
		t.Error("a device is remembered")
	}
}

func TestAWorkIsSharedByItsOwnerAloneAndUntilTheOwnerSaysOtherwise(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, other := w.settled("sample"), w.settled("sample")
	o := w.work(who, "image/png", "the picture itself")
	_, err := w.Share(t.Context(), other, o.Object)
	wantCode(t, err, "not-found")
	token, err := w.Share(t.Context(), who, o.Object)
	must(t, err)
	if all, _ := w.everything(); strings.Contains(all, token) {
		t.Error("the link is readable in the database")
	}
	if got := w.seen(token); got != "the picture itself" {
		t.Error(got)
	}
	list, err := w.DB.App(who.App()).Transfers(t.Context(), who.Subject, "", 10)
	if err != nil || len(list) != 1 || list[0].Recipient != Everyone || list[0].Outcome != Shared || list[0].Bytes != o.Bytes || list[0].Feature != Sharing {
		t.Errorf("%+v %v", list, err)
	}
	w.Pending = func(contextOf, task.Who) (bool, error) { return true, nil }
	if w.seen(token) == "" {
		t.Error("a notice that the owner has not read yet ends a link")
	}
	fresh, err := w.Share(t.Context(), who, o.Object)
	must(t, err)
	if kmeng := w.settled("kmeng"); w.policies["kmeng"].Terms().Share.Works {
		if link, err := w.Share(t.Context(), kmeng, w.work(kmeng, "image/png", "a kmeng work").Object); err != nil || w.seen(link) != "a kmeng work" {
			t.Errorf("kmeng: %v", err)
		}
	}
	for name, link := range map[string]string{"not-found": "AAAA", "share-ended": token} {
		_, err := w.SharedBy(t.Context(), link)
		wantCode(t, err, name)
	}
	must(t, w.Unshare(t.Context(), other, o.Object))
	if w.seen(fresh) == "" {
		t.Error("somebody else ended it")
	}
	must(t, w.Unshare(t.Context(), who, o.Object))
	must(t, w.Unshare(t.Context(), who, o.Object))
	_, err = w.SharedBy(t.Context(), fresh)
	wantCode(t, err, "share-ended")
}

// seen returns what a stranger sees behind a link.
func (w *world) seen(token string) string {
	w.t.Helper()
	shared, err := w.SharedBy(w.t.Context(), token)
	must(w.t, err)
	r, err := w.Open(w.t.Context(), shared)
	must(w.t, err)
	defer r.Close()
	raw, err := io.ReadAll(r)
	must(w.t, err)
	return string(raw)
}

func TestALinkEndsWithTheWorkTheClockAndTheOwnersStanding(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*world, privacy.SubjectID, privacy.ObjectID){
		"the work is erased": func(w *world, s privacy.SubjectID, id privacy.ObjectID) {
			o, err := w.DB.App("sample").Object(w.t.Context(), s, id)
			must(w.t, err)
			_, err = w.Eraser.Object(w.t.Context(), o, "subject_request", nil)
			must(w.t, err)
			if _, counts := w.everything(); counts["shares"] != 0 {
				w.t.Error("a share outlived its work")
			}
		},
		"its clock ran out": func(w *world, s privacy.SubjectID, id privacy.ObjectID) {
			o, err := w.DB.App("sample").Object(w.t.Context(), s, id)
			must(w.t, err)
			w.clock.Advance(o.Due().Sub(w.clock.Now()))
		},
		"the account is erased": func(w *world, s privacy.SubjectID, _ privacy.ObjectID) {
			_, err := w.Eraser.Subject(w.t.Context(), "sample", s)
			must(w.t, err)
		},
		"processing is restricted": func(w *world, s privacy.SubjectID, _ privacy.ObjectID) {
			who, err := w.who(w.t.Context(), "sample", s)
			must(w.t, err)
			must(w.t, w.Restrict(w.t.Context(), who, "accuracy_contested"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			who := w.settled("sample")
			o := w.work(who, "image/webp", "a picture")
			token, err := w.Share(t.Context(), who, o.Object)
			must(t, err)
			end(w, who.Subject, o.Object)
			_, err = w.SharedBy(t.Context(), token)
			wantCode(t, err, "share-ended")
		})
	}
}

func TestWhatIsNoPictureIsNotShared(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.settled("sample")
	facts := w.work(who, "application/json", "{}")
	_, err := w.Share(t.Context(), who, facts.Object)
	wantCode(t, err, "not-found")
	w.policies["sample"] = policytest.Load(t, policytest.Mutate(t, policytest.Asking(t), "works: link", "works: never"))
	who.Policy = w.policies["sample"]
	_, err = w.Share(t.Context(), who, w.work(who, "image/png", "x").Object)
	wantCode(t, err, "feature-unavailable")
}

func TestWhoeverWithholdsTheDeviceIsToldThatTheAccountIsLessSafe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	watching := policytest.Load(t, append(policytest.Asking(t), `
collection:
  - {id: login, kind: login_risk, category: account, purpose: requested_feature, platforms: [android], fields: [{id: device_unique_id, kind: digest}]}
`...))
	if !watches(watching) || watches(w.policies["sample"]) {
		t.Fatal("which app looks at devices is mixed up")
	}
	w.policies["sample"] = watching
	who := w.settled("sample")
	must(t, w.SetLogin(t.Context(), who, Credentials{Login: text("me@example.org"), Password: text(good)}))
	for device, reduced := range map[string]bool{"": true, "d1": false} {
		a, err := w.Enter(t.Context(), Entry{Policy: watching, Login: text("me@example.org"), Password: text(good), Device: text(device)})
		if err != nil || a.Reduced != reduced || a.Subject != who.Subject {
			t.Errorf("%q: %+v %v", device, a, err)
		}
	}
	if a, err := w.Enter(t.Context(), Entry{Policy: watching, Band: terms.Over}); err != nil || a.Reduced {
		t.Errorf("a new account: %+v %v", a, err)
	}
}

package api

import (
	"context"
	"errors"
	"time"

	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task"
)

const touchEvery = time.Hour

// session finds who a bearer token belongs to. The token decides the app.
func (a *API) session(ctx context.Context, header string) (*rest.Credential, error) {
	denied := fault.New(fault.Refused, "unauthenticated", "Start a session first and send its token as Authorization: Bearer.")
	token := rest.Bearer(header)
	if token == "" {
		return nil, denied
	}
	s, err := a.DB.SessionByDigest(ctx, a.Digest(token))
	if errors.Is(err, store.ErrNotFound) {
		return nil, denied
	}
	if err != nil {
		return nil, err
	}
	now := a.Clock.Now()
	if _, ok := a.policy(s.App); !ok || !now.Before(s.ExpiresAt) {
		return nil, denied
	}
	pol, err := a.Policies.For(ctx, s.App, s.Subject)
	if err != nil {
		return nil, err
	}
	who := &rest.Credential{Who: task.Who{Policy: pol, Subject: s.Subject}, Session: s.ID, Lang: rest.LangOf(ctx)}
	if err := a.touch(ctx, who, s, now); errors.Is(err, store.ErrNotFound) {
		return nil, denied // the account has ended since
	} else if err != nil {
		return nil, err
	}
	return who, nil
}

// visitor is somebody who has no session yet and reads what an app offers, with its publishable key.
func (a *API) visitor(ctx context.Context, header string) *rest.Credential {
	p, ok := a.policy(a.Keys[rest.Bearer(header)])
	if !ok {
		return nil
	}
	return &rest.Credential{Who: task.Who{Policy: p}, Lang: rest.LangOf(ctx)}
}

// touch moves the idle clock of an account in use, at most once per hour.
func (a *API) touch(ctx context.Context, who *rest.Credential, s store.Session, now time.Time) error {
	until, err := a.idleUntil(who.Policy, now)
	if err != nil || until.Sub(s.ExpiresAt) < touchEvery {
		return err
	}
	return a.DB.Write(ctx, func(tx *store.Tx) error { return tx.TouchSubject(ctx, s.App, s.Subject, now, until) })
}

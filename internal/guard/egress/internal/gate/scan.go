package gate

import (
	"net/netip"
	"regexp"
	"strings"
)

// scanner finds, in the literal parts of a request, what must never be literal: a secret, an
// identifier of ours, an e-mail address, a machine's address.
type scanner struct {
	secrets    []string
	identifier *regexp.Regexp
	email      *regexp.Regexp
	v4, v6     *regexp.Regexp
}

func newScanner(secrets []string) scanner {
	return scanner{
		secrets:    secrets,
		identifier: regexp.MustCompile(`(?i)(?:^|[^a-z0-9])(?:sub|ses|tsk|upl|out|prm|con|trf|rcp|rrq)_[0-9a-z]{6,}`),
		email:      regexp.MustCompile(`[^\s@"'<>]+(?:@|%40)[^\s@"'<>]+\.[A-Za-z]{2,}`),
		v4:         regexp.MustCompile(`[0-9]{1,3}(?:\.[0-9]{1,3}){3}`),
		v6:         regexp.MustCompile(`[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*`),
	}
}

// find returns the rule that text breaks, or "".
func (s scanner) find(text string) string {
	for _, secret := range s.secrets {
		if strings.Contains(text, secret) {
			return "literal-secret"
		}
	}
	switch {
	case s.identifier.MatchString(text):
		return "literal-identifier"
	case s.email.MatchString(text):
		return "literal-email"
	}
	for _, word := range append(s.v4.FindAllString(text, -1), s.v6.FindAllString(text, -1)...) {
		if _, err := netip.ParseAddr(strings.TrimRight(word, ".")); err == nil {
			return "literal-address"
		}
	}
	return ""
}

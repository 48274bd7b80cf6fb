-- +goose Up
-- A conversation is an order of tasks. What was said lies in the vault, with the tasks.
CREATE TABLE chats (
  app TEXT NOT NULL, id TEXT NOT NULL, subject TEXT NOT NULL,
  at INTEGER NOT NULL, touched_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  PRIMARY KEY (app, id)
);
CREATE INDEX chats_subject ON chats (app, subject, id);
CREATE INDEX chats_expiry ON chats (expires_at);

CREATE TABLE turns (
  app TEXT NOT NULL, subject TEXT NOT NULL, chat TEXT NOT NULL, seq INTEGER NOT NULL,
  task TEXT NOT NULL, at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  PRIMARY KEY (app, chat, seq)
);
CREATE INDEX turns_subject ON turns (app, subject);
CREATE INDEX turns_expiry ON turns (expires_at);

-- Traces of operation: who changed what, and which servers are alive.

CREATE TABLE IF NOT EXISTS "audit" (
    "id" {key},
    "at" {time} NOT NULL,
    "user_id" {int},
    "company_id" {int},
    "entity" {text 64} NOT NULL,
    "entity_id" {int},
    "action" {text 64} NOT NULL,
    "details" {text 65535} NOT NULL
){options};

CREATE INDEX IF NOT EXISTS "audit_of_entity" ON "audit" ("entity", "entity_id", "id");

-- Facts about the installation as a whole: its id, and which key its secrets are sealed with.
CREATE TABLE IF NOT EXISTS "installation" (
    "name" {text 64} NOT NULL PRIMARY KEY,
    "value" {text 255} NOT NULL
){options};

CREATE TABLE IF NOT EXISTS "node" (
    "name" {text 128} NOT NULL PRIMARY KEY,
    "roles" {text 255} NOT NULL,
    "pid" {int} NOT NULL,
    "process_start" {int} NOT NULL,
    "boot" {text 128} NOT NULL,
    "host" {text 255} NOT NULL,
    "version" {text 64} NOT NULL,
    "environment" {text 65535} NOT NULL,
    "started_at" {time} NOT NULL,
    "seen_at" {time} NOT NULL
){options};

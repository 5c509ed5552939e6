-- What event sources have told, and what rules make of it.

-- Who looks at an event source, and how far it is. "position" is the "last_processed_id" that was left there: another one
-- there was set by somebody. Changes with smaller numbers that appear late are taken if they are above "floor", which
-- follows the position ("next_floor" at "floor_at") with some minutes between.
CREATE TABLE IF NOT EXISTS "event_source_turn" (
    "id" {key},
    "event_source_id" {int} NOT NULL,
    "holder" {text 128} NOT NULL,
    "held_until" {time} NOT NULL,
    "next_look" {time} NOT NULL,
    "failures" {int} NOT NULL,
    "position" {int} NOT NULL,
    "floor" {int} NOT NULL,
    "next_floor" {int} NOT NULL,
    "floor_at" {time} NOT NULL,
    CONSTRAINT "event_source_turn_once" UNIQUE ("event_source_id"),
    CONSTRAINT "event_source_turn_source" FOREIGN KEY ("event_source_id") REFERENCES "event_source" ("id") ON DELETE CASCADE
){options};

-- A change that was taken over from an event source, in the transaction that moved "last_processed_id" on. "data" is what
-- rules select from, a JSON object; null when it could not be read, or is not needed any more. "at_source": it is still
-- to be deleted there. "to_tell": Node-RED is still to be told.
CREATE TABLE IF NOT EXISTS "source_change" (
    "id" {key},
    "event_source_id" {int} NOT NULL,
    "inversion" {int} NOT NULL,
    "evidence" {text 255} NOT NULL,
    "operation" {text 64} NOT NULL,
    "record_id" {text 255} NOT NULL,
    "document_uri" {text 2048},
    "data" {text 1048576},
    "at_source" {bool} NOT NULL,
    "to_tell" {bool} NOT NULL,
    "received_at" {time} NOT NULL,
    CONSTRAINT "source_change_once" UNIQUE ("event_source_id", "inversion"),
    CONSTRAINT "source_change_source" FOREIGN KEY ("event_source_id") REFERENCES "event_source" ("id") ON DELETE CASCADE
){options};

CREATE INDEX IF NOT EXISTS "source_change_to_delete" ON "source_change" ("event_source_id", "at_source", "id");

CREATE INDEX IF NOT EXISTS "source_change_to_tell" ON "source_change" ("to_tell", "id");

CREATE INDEX IF NOT EXISTS "source_change_age" ON "source_change" ("received_at");

-- What a rule has to launch after a change, written with the change. "state": open, launched, failed. "company_id" is that
-- of the rule; "launched_job_id" is no reference, because the row outlives that job.
CREATE TABLE IF NOT EXISTS "event_change" (
    "id" {key},
    "company_id" {int} NOT NULL,
    "event_source_id" {int} NOT NULL,
    "event_rule_id" {int} NOT NULL,
    "source_change_id" {int} NOT NULL,
    "inversion" {int} NOT NULL,
    "evidence" {text 255} NOT NULL,
    "operation" {text 64} NOT NULL,
    "record_id" {text 255} NOT NULL,
    "priority" {int} NOT NULL,
    "state" {text 16} NOT NULL,
    "attempts" {int} NOT NULL,
    "next_attempt_at" {time},
    "message" {text 1024},
    "launched_job_id" {int},
    "received_at" {time} NOT NULL,
    CONSTRAINT "event_change_once" UNIQUE ("event_source_id", "inversion", "event_rule_id"),
    CONSTRAINT "event_change_company" FOREIGN KEY ("company_id") REFERENCES "company" ("id") ON DELETE CASCADE,
    CONSTRAINT "event_change_source" FOREIGN KEY ("event_source_id") REFERENCES "event_source" ("id") ON DELETE CASCADE,
    CONSTRAINT "event_change_rule" FOREIGN KEY ("event_rule_id") REFERENCES "event_rule" ("id") ON DELETE CASCADE,
    CONSTRAINT "event_change_change" FOREIGN KEY ("source_change_id") REFERENCES "source_change" ("id") ON DELETE CASCADE
){options};

CREATE INDEX IF NOT EXISTS "event_change_of_company" ON "event_change" ("company_id", "id");

CREATE INDEX IF NOT EXISTS "event_change_of_rule" ON "event_change" ("event_rule_id");

CREATE INDEX IF NOT EXISTS "event_change_of_change" ON "event_change" ("source_change_id", "state");

CREATE INDEX IF NOT EXISTS "event_change_due" ON "event_change" ("state", "next_attempt_at");

CREATE INDEX IF NOT EXISTS "event_change_age" ON "event_change" ("received_at");

-- Labels of run templates.
CREATE TABLE IF NOT EXISTS "runtemplate_topic" (
    "id" {key},
    "runtemplate_id" {int} NOT NULL,
    "company_id" {int} NOT NULL,
    "topic_id" {int} NOT NULL,
    CONSTRAINT "runtemplate_topic_pair" UNIQUE ("runtemplate_id", "topic_id"),
    CONSTRAINT "runtemplate_topic_runtemplate" FOREIGN KEY ("runtemplate_id") REFERENCES "runtemplate" ("id") ON DELETE CASCADE,
    CONSTRAINT "runtemplate_topic_company" FOREIGN KEY ("company_id") REFERENCES "company" ("id") ON DELETE CASCADE,
    CONSTRAINT "runtemplate_topic_topic" FOREIGN KEY ("topic_id") REFERENCES "topic" ("id") ON DELETE CASCADE
){options};

CREATE INDEX IF NOT EXISTS "runtemplate_topic_of_company" ON "runtemplate_topic" ("company_id");

CREATE INDEX IF NOT EXISTS "runtemplate_topic_used" ON "runtemplate_topic" ("topic_id");

-- Where changes come from, what they start, and labels.

-- A database of another program that holds its changes. "company_id" null: for every company. "db_password" is sealed.
CREATE TABLE IF NOT EXISTS "event_source" (
    "id" {key},
    "company_id" {int},
    "name" {text 255} NOT NULL,
    "adapter_type" {text 60} NOT NULL,
    "db_connection" {text 16} NOT NULL,
    "db_host" {text 255} NOT NULL,
    "db_port" {text 10} NOT NULL,
    "db_database" {text 1024} NOT NULL,
    "db_username" {text 255} NOT NULL,
    "db_password" {text 4096},
    "enabled" {bool} NOT NULL DEFAULT TRUE,
    "last_processed_id" {int} NOT NULL DEFAULT 0,
    "poll_interval" {int} NOT NULL DEFAULT 60,
    "created_at" {time} NOT NULL,
    "updated_at" {time} NOT NULL,
    CONSTRAINT "event_source_name" UNIQUE ("company_id", "name"),
    CONSTRAINT "event_source_company" FOREIGN KEY ("company_id") REFERENCES "company" ("id") ON DELETE CASCADE
){options};

-- Starts "runtemplate_id" after a change in an event source, or when a job of another run template has succeeded:
-- exactly one of the two. "company_id" is that of the run template; "env_mapping" is a JSON object, variable to selector.
CREATE TABLE IF NOT EXISTS "event_rule" (
    "id" {key},
    "company_id" {int} NOT NULL,
    "event_source_id" {int},
    "runtemplate_source_id" {int},
    "evidence" {text 60},
    "operation" {text 10} NOT NULL,
    "runtemplate_id" {int} NOT NULL,
    "env_mapping" {text 65535},
    "enabled" {bool} NOT NULL DEFAULT TRUE,
    "priority" {int} NOT NULL DEFAULT 0,
    "created_at" {time} NOT NULL,
    "updated_at" {time} NOT NULL,
    CONSTRAINT "event_rule_one_source" CHECK (("event_source_id" IS NULL) <> ("runtemplate_source_id" IS NULL)),
    CONSTRAINT "event_rule_company" FOREIGN KEY ("company_id") REFERENCES "company" ("id") ON DELETE CASCADE,
    CONSTRAINT "event_rule_source" FOREIGN KEY ("event_source_id") REFERENCES "event_source" ("id") ON DELETE CASCADE,
    CONSTRAINT "event_rule_runtemplate_source" FOREIGN KEY ("runtemplate_source_id") REFERENCES "runtemplate" ("id") ON DELETE CASCADE,
    CONSTRAINT "event_rule_runtemplate" FOREIGN KEY ("runtemplate_id") REFERENCES "runtemplate" ("id") ON DELETE CASCADE
){options};

CREATE INDEX IF NOT EXISTS "event_rule_of_source" ON "event_rule" ("event_source_id");

CREATE INDEX IF NOT EXISTS "event_rule_of_runtemplate_source" ON "event_rule" ("runtemplate_source_id");

CREATE INDEX IF NOT EXISTS "event_rule_of_runtemplate" ON "event_rule" ("runtemplate_id");

-- Labels of the installation with a colour.
CREATE TABLE IF NOT EXISTS "topic" (
    "id" {key},
    "name" {text 128} NOT NULL,
    "color" {text 7} NOT NULL,
    "description" {text 1024} NOT NULL,
    CONSTRAINT "topic_name" UNIQUE ("name")
){options};

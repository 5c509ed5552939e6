-- One application configured for one company, and which applications a company uses at all.

CREATE TABLE IF NOT EXISTS "company_application" (
    "id" {key},
    "company_id" {int} NOT NULL,
    "app_id" {int} NOT NULL,
    "created_at" {time} NOT NULL,
    CONSTRAINT "company_application_pair" UNIQUE ("company_id", "app_id"),
    CONSTRAINT "company_application_company" FOREIGN KEY ("company_id") REFERENCES "company" ("id") ON DELETE CASCADE,
    CONSTRAINT "company_application_application" FOREIGN KEY ("app_id") REFERENCES "application" ("id") ON DELETE CASCADE
){options};

-- "next_slot" is the next planned instant, "next_launch" the same with delay and jitter: what the planner sleeps for.
-- Both are null while nothing is to be planned; "fault" then says why, if it is a mistake.
CREATE TABLE IF NOT EXISTS "runtemplate" (
    "id" {key},
    "app_id" {int} NOT NULL,
    "company_id" {int} NOT NULL,
    "name" {text 255} NOT NULL,
    "interv" {text 16} NOT NULL DEFAULT 'n',
    "cron" {text 255} NOT NULL DEFAULT '',
    "anchor" {text 32} NOT NULL DEFAULT '',
    "zone" {text 64} NOT NULL DEFAULT '',
    "delay" {int} NOT NULL DEFAULT 0,
    "jitter" {int} NOT NULL DEFAULT 0,
    "catch_up" {text 16} NOT NULL DEFAULT 'last',
    "catch_up_limit" {int} NOT NULL DEFAULT 10,
    "overlap" {text 16} NOT NULL DEFAULT 'coalesce',
    "executor" {text 32} NOT NULL DEFAULT 'Native',
    "active" {bool} NOT NULL DEFAULT TRUE,
    "activated_at" {time},
    "next_slot" {time},
    "next_launch" {time},
    "last_schedule" {time},
    "skipped_slots" {int} NOT NULL DEFAULT 0,
    "fault" {text 1024} NOT NULL DEFAULT '',
    "time_limit" {int} NOT NULL DEFAULT 86400,
    "grace" {int} NOT NULL DEFAULT 10,
    "output_limit" {int} NOT NULL DEFAULT 268435456,
    "artifact_limit" {int} NOT NULL DEFAULT 1073741824,
    "artifact_count_limit" {int} NOT NULL DEFAULT 1000,
    "note" {text 65535} NOT NULL,
    "deadline_offset" {text 32},
    "max_attempts" {int} NOT NULL DEFAULT 1,
    "retry_backoff" {text 16} NOT NULL DEFAULT 'none',
    "retry_min_gap" {int} NOT NULL DEFAULT 0,
    "allow_late" {bool} NOT NULL DEFAULT FALSE,
    "successfull_jobs_count" {int} NOT NULL DEFAULT 0,
    "failed_jobs_count" {int} NOT NULL DEFAULT 0,
    "live" {int} DEFAULT 1,
    "created_at" {time} NOT NULL,
    "updated_at" {time} NOT NULL,
    CONSTRAINT "runtemplate_application" FOREIGN KEY ("app_id") REFERENCES "application" ("id"),
    CONSTRAINT "runtemplate_company" FOREIGN KEY ("company_id") REFERENCES "company" ("id")
){options};

CREATE INDEX IF NOT EXISTS "runtemplate_due" ON "runtemplate" ("next_launch");
CREATE INDEX IF NOT EXISTS "runtemplate_of_company" ON "runtemplate" ("company_id", "id");
CREATE INDEX IF NOT EXISTS "runtemplate_of_application" ON "runtemplate" ("app_id");

-- Values of a run template. A value whose variable has left the definition stays, marked as orphaned.
CREATE TABLE IF NOT EXISTS "configuration" (
    "id" {key},
    "runtemplate_id" {int} NOT NULL,
    "company_id" {int} NOT NULL,
    "name" {text 128} NOT NULL,
    "value" {text 1048576} NOT NULL,
    "sealed" {bool} NOT NULL DEFAULT FALSE,
    "orphaned" {bool} NOT NULL DEFAULT FALSE,
    CONSTRAINT "configuration_name" UNIQUE ("runtemplate_id", "name"),
    CONSTRAINT "configuration_runtemplate" FOREIGN KEY ("runtemplate_id") REFERENCES "runtemplate" ("id") ON DELETE CASCADE,
    CONSTRAINT "configuration_company" FOREIGN KEY ("company_id") REFERENCES "company" ("id") ON DELETE CASCADE
){options};

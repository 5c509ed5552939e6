-- Executions. A job row is never removed by the program on its own.

-- "slot" is set for planned jobs only: one slot of one run template makes one job.
-- "retry_of" is the first job of a planned run, in its further attempts.
-- "exclusive" holds the run template while a job of it runs that must run alone.
CREATE TABLE IF NOT EXISTS "job" (
    "id" {key},
    "app_id" {int} NOT NULL,
    "company_id" {int} NOT NULL,
    "runtemplate_id" {int} NOT NULL,
    "state" {text 16} NOT NULL,
    "slot" {time},
    "schedule" {time} NOT NULL,
    "schedule_type" {text 16} NOT NULL,
    "executor" {text 32} NOT NULL,
    "launched_by" {int} NOT NULL,
    "attempt" {int} NOT NULL DEFAULT 1,
    "retry_of" {int},
    "begin" {time},
    "end" {time},
    "exitcode" {int},
    "reason" {text 65535},
    "command" {text 65535},
    "pid" {int},
    "handle" {text 255},
    "claimed_by" {text 128},
    "exclusive" {int},
    "cancel_requested_at" {time},
    "app_version" {text 64},
    "stdout_size" {int} NOT NULL DEFAULT 0,
    "stderr_size" {int} NOT NULL DEFAULT 0,
    "cpu_ms" {int},
    "max_rss_kib" {int},
    "created_at" {time} NOT NULL,
    CONSTRAINT "job_slot" UNIQUE ("runtemplate_id", "slot"),
    CONSTRAINT "job_exclusive" UNIQUE ("exclusive"),
    CONSTRAINT "job_application" FOREIGN KEY ("app_id") REFERENCES "application" ("id"),
    CONSTRAINT "job_company" FOREIGN KEY ("company_id") REFERENCES "company" ("id"),
    CONSTRAINT "job_runtemplate" FOREIGN KEY ("runtemplate_id") REFERENCES "runtemplate" ("id"),
    CONSTRAINT "job_launched_by" FOREIGN KEY ("launched_by") REFERENCES "user" ("id")
){options};

CREATE INDEX IF NOT EXISTS "job_of_company" ON "job" ("company_id", "id");
CREATE INDEX IF NOT EXISTS "job_of_runtemplate" ON "job" ("runtemplate_id", "id");
CREATE INDEX IF NOT EXISTS "job_of_state" ON "job" ("state", "id");

-- The queue: a row waits for its time and, when "waiting", for another job of the same run template to end.
CREATE TABLE IF NOT EXISTS "schedule" (
    "id" {key},
    "job_id" {int} NOT NULL,
    "runtemplate_id" {int} NOT NULL,
    "company_id" {int} NOT NULL,
    "after" {time} NOT NULL,
    "waiting" {bool} NOT NULL DEFAULT FALSE,
    CONSTRAINT "schedule_job" UNIQUE ("job_id"),
    CONSTRAINT "schedule_job_exists" FOREIGN KEY ("job_id") REFERENCES "job" ("id") ON DELETE CASCADE
){options};

CREATE INDEX IF NOT EXISTS "schedule_due" ON "schedule" ("waiting", "after", "id");
CREATE INDEX IF NOT EXISTS "schedule_of_runtemplate" ON "schedule" ("runtemplate_id", "waiting", "after");

-- What a launch asked for on top of the run template; sealed, because values may be secret.
CREATE TABLE IF NOT EXISTS "job_override" (
    "job_id" {int} NOT NULL PRIMARY KEY,
    "sealed" {text 4194304} NOT NULL,
    CONSTRAINT "job_override_job" FOREIGN KEY ("job_id") REFERENCES "job" ("id") ON DELETE CASCADE
){options};

-- The environment the job ran with: a JSON array of {key, value, source, secret}; secret values are masked.
CREATE TABLE IF NOT EXISTS "job_environment" (
    "job_id" {int} NOT NULL PRIMARY KEY,
    "env" {text 4194304} NOT NULL,
    CONSTRAINT "job_environment_job" FOREIGN KEY ("job_id") REFERENCES "job" ("id") ON DELETE CASCADE
){options};

-- Output as it was read, in the order of reading. "stream": 1 standard output, 2 standard error, 3 notes of the platform.
-- "encoding": 0 plain, 1 zstd.
CREATE TABLE IF NOT EXISTS "job_output" (
    "job_id" {int} NOT NULL,
    "seq" {int} NOT NULL,
    "at" {time} NOT NULL,
    "stream" {int} NOT NULL,
    "size" {int} NOT NULL,
    "encoding" {int} NOT NULL,
    "content" {blob} NOT NULL,
    PRIMARY KEY ("job_id", "seq"),
    CONSTRAINT "job_output_job" FOREIGN KEY ("job_id") REFERENCES "job" ("id") ON DELETE CASCADE
){options};

-- Content of artifacts, once for each digest. Without a digest, and with the size -1, it is still being stored.
CREATE TABLE IF NOT EXISTS "content" (
    "id" {key},
    "sha256" {text 64},
    "size" {int} NOT NULL,
    CONSTRAINT "content_sha256" UNIQUE ("sha256")
){options};

CREATE TABLE IF NOT EXISTS "content_piece" (
    "content_id" {int} NOT NULL,
    "seq" {int} NOT NULL,
    "bytes" {blob} NOT NULL,
    PRIMARY KEY ("content_id", "seq"),
    CONSTRAINT "content_piece_content" FOREIGN KEY ("content_id") REFERENCES "content" ("id") ON DELETE CASCADE
){options};

-- Which jobs need a content although their artifacts are not recorded yet; without meaning once the job has ended.
CREATE TABLE IF NOT EXISTS "content_hold" (
    "content_id" {int} NOT NULL,
    "job_id" {int} NOT NULL,
    PRIMARY KEY ("content_id", "job_id"),
    CONSTRAINT "content_hold_content" FOREIGN KEY ("content_id") REFERENCES "content" ("id") ON DELETE CASCADE,
    CONSTRAINT "content_hold_job" FOREIGN KEY ("job_id") REFERENCES "job" ("id") ON DELETE CASCADE
){options};

CREATE INDEX IF NOT EXISTS "content_hold_of_job" ON "content_hold" ("job_id");

-- "kind": file; stdout and stderr have their content in job_output.
CREATE TABLE IF NOT EXISTS "artifacts" (
    "id" {key},
    "job_id" {int} NOT NULL,
    "company_id" {int} NOT NULL,
    "kind" {text 16} NOT NULL,
    "filename" {text 4096} NOT NULL,
    "content_type" {text 255} NOT NULL,
    "size" {int} NOT NULL,
    "sha256" {text 64} NOT NULL,
    "note" {text 65535} NOT NULL,
    "created_at" {time} NOT NULL,
    CONSTRAINT "artifacts_job" FOREIGN KEY ("job_id") REFERENCES "job" ("id") ON DELETE CASCADE
){options};

CREATE INDEX IF NOT EXISTS "artifacts_of_job" ON "artifacts" ("job_id", "id");
CREATE INDEX IF NOT EXISTS "artifacts_of_company" ON "artifacts" ("company_id", "id");
CREATE INDEX IF NOT EXISTS "artifacts_by_content" ON "artifacts" ("sha256");

-- Jobs counted by company and hour, so that totals and rates need no walk through the history.
-- "withdrawn" ones were cancelled before they started.
CREATE TABLE IF NOT EXISTS "job_count" (
    "company_id" {int} NOT NULL,
    "hour" {int} NOT NULL,
    "created" {int} NOT NULL DEFAULT 0,
    "succeeded" {int} NOT NULL DEFAULT 0,
    "failed" {int} NOT NULL DEFAULT 0,
    "withdrawn" {int} NOT NULL DEFAULT 0,
    "removed" {int} NOT NULL DEFAULT 0,
    PRIMARY KEY ("company_id", "hour")
){options};

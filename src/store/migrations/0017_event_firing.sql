-- What event rules have to launch after jobs that have succeeded: written with the end of the job, so that nothing is
-- forgotten, and once for each job and rule. "state": open, launched, failed. "depth" counts the jobs before it in a
-- chain; "launched_job_id" is no reference, because the row outlives that job.
CREATE TABLE IF NOT EXISTS "event_firing" (
    "id" {key},
    "event_rule_id" {int} NOT NULL,
    "job_id" {int} NOT NULL,
    "priority" {int} NOT NULL,
    "state" {text 16} NOT NULL,
    "depth" {int} NOT NULL,
    "launched_job_id" {int},
    "message" {text 1024},
    "created_at" {time} NOT NULL,
    CONSTRAINT "event_firing_once" UNIQUE ("job_id", "event_rule_id"),
    CONSTRAINT "event_firing_rule" FOREIGN KEY ("event_rule_id") REFERENCES "event_rule" ("id") ON DELETE CASCADE,
    CONSTRAINT "event_firing_job" FOREIGN KEY ("job_id") REFERENCES "job" ("id") ON DELETE CASCADE
){options};

CREATE INDEX IF NOT EXISTS "event_firing_open" ON "event_firing" ("state", "id");

CREATE INDEX IF NOT EXISTS "event_firing_of_rule" ON "event_firing" ("event_rule_id");

CREATE INDEX IF NOT EXISTS "event_firing_launched" ON "event_firing" ("launched_job_id");

CREATE INDEX IF NOT EXISTS "event_firing_age" ON "event_firing" ("created_at");

-- Artifacts of other jobs that a job gets as files in its work directory; the variable has the path.
CREATE TABLE IF NOT EXISTS "job_input" (
    "id" {key},
    "job_id" {int} NOT NULL,
    "variable" {text 128} NOT NULL,
    "artifact_id" {int} NOT NULL,
    CONSTRAINT "job_input_variable" UNIQUE ("job_id", "variable"),
    CONSTRAINT "job_input_job" FOREIGN KEY ("job_id") REFERENCES "job" ("id") ON DELETE CASCADE
){options};

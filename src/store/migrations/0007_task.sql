-- Expected runs: what each scheduling window of a run template was to do, and what came of it.

-- "window_start" is the slot, "window_end" the next one. "state": open and running, then one of fulfilled,
-- fulfilled_late, failed, missed. "attempts" are those that failed. "fulfilled_by_job_id" is no reference, because jobs
-- refer to tasks.
CREATE TABLE IF NOT EXISTS "task" (
    "id" {key},
    "runtemplate_id" {int} NOT NULL,
    "company_id" {int} NOT NULL,
    "window_start" {time} NOT NULL,
    "window_end" {time} NOT NULL,
    "deadline" {time} NOT NULL,
    "state" {text 16} NOT NULL,
    "fulfilled_by_job_id" {int},
    "fulfilled_at" {time},
    "attempts" {int} NOT NULL DEFAULT 0,
    "cause" {text 1024},
    "created_at" {time} NOT NULL,
    CONSTRAINT "task_window" UNIQUE ("runtemplate_id", "window_start"),
    CONSTRAINT "task_runtemplate" FOREIGN KEY ("runtemplate_id") REFERENCES "runtemplate" ("id"),
    CONSTRAINT "task_company" FOREIGN KEY ("company_id") REFERENCES "company" ("id")
){options};

CREATE INDEX IF NOT EXISTS "task_of_company" ON "task" ("company_id", "id");
CREATE INDEX IF NOT EXISTS "task_of_runtemplate" ON "task" ("runtemplate_id", "id");
CREATE INDEX IF NOT EXISTS "task_of_state" ON "task" ("state", "id");

-- Outcomes counted by company and day of the window's start, in days since 1970.
CREATE TABLE IF NOT EXISTS "task_count" (
    "company_id" {int} NOT NULL,
    "day" {int} NOT NULL,
    "fulfilled" {int} NOT NULL DEFAULT 0,
    "fulfilled_late" {int} NOT NULL DEFAULT 0,
    "failed" {int} NOT NULL DEFAULT 0,
    "missed" {int} NOT NULL DEFAULT 0,
    PRIMARY KEY ("company_id", "day")
){options};

-- only: sqlite
ALTER TABLE "job" ADD COLUMN "task_id" {int} REFERENCES "task" ("id");
-- only: postgres
ALTER TABLE "job" ADD COLUMN IF NOT EXISTS "task_id" {int} REFERENCES "task" ("id");
-- only: mariadb
ALTER TABLE "job" ADD COLUMN IF NOT EXISTS "task_id" {int} REFERENCES "task" ("id");

CREATE INDEX IF NOT EXISTS "job_of_task" ON "job" ("task_id", "id");

-- The history agrees with the jobs that there are: each slot that made a job gets its task. Where its window ended is
-- known from the next slot only, and there were no deadlines that were kept; both are the end of the window.
INSERT INTO "task" ("runtemplate_id", "company_id", "window_start", "window_end", "deadline", "state", "attempts", "created_at")
    SELECT x."runtemplate_id", x."company_id", x."slot", x."next", x."next", 'open', 0, x."created_at" FROM (
        SELECT j."runtemplate_id" AS "runtemplate_id", j."company_id" AS "company_id", j."slot" AS "slot",
               j."created_at" AS "created_at", COALESCE(
                   (SELECT MIN(n."slot") FROM "job" n WHERE n."runtemplate_id" = j."runtemplate_id" AND n."slot" > j."slot"),
                   CASE WHEN r."next_slot" > j."slot" THEN r."next_slot" END, j."slot") AS "next"
        FROM "job" j JOIN "runtemplate" r ON r."id" = j."runtemplate_id" WHERE j."slot" IS NOT NULL) x
    WHERE NOT EXISTS (SELECT 1 FROM "task" t WHERE t."runtemplate_id" = x."runtemplate_id" AND t."window_start" = x."slot");

UPDATE "job" SET "task_id" = (SELECT t."id" FROM "task" t WHERE t."runtemplate_id" = "job"."runtemplate_id" AND
    t."window_start" = "job"."slot") WHERE "slot" IS NOT NULL AND "task_id" IS NULL;

UPDATE "job" SET "task_id" = (SELECT f."task_id" FROM "job" f WHERE f."id" = "job"."retry_of")
    WHERE "retry_of" IS NOT NULL AND "task_id" IS NULL;

-- Attempts that failed; those that were cancelled before they began are none.
UPDATE "task" SET "attempts" = (SELECT COUNT(*) FROM "job" j WHERE j."task_id" = "task"."id" AND
    (j."state" IN ('failed', 'timed_out', 'lost', 'blocked') OR (j."state" = 'cancelled' AND j."begin" IS NOT NULL)));

UPDATE "task" SET "state" = 'running' WHERE EXISTS
    (SELECT 1 FROM "job" j WHERE j."task_id" = "task"."id" AND j."state" = 'running');

UPDATE "task" SET "state" = 'fulfilled',
    "fulfilled_by_job_id" = (SELECT MAX(j."id") FROM "job" j WHERE j."task_id" = "task"."id" AND j."state" = 'succeeded'),
    "fulfilled_at" = (SELECT MAX(j."end") FROM "job" j WHERE j."task_id" = "task"."id" AND j."state" = 'succeeded')
    WHERE EXISTS (SELECT 1 FROM "job" j WHERE j."task_id" = "task"."id" AND j."state" = 'succeeded');

UPDATE "task" SET "state" = CASE WHEN "attempts" = 0 THEN 'missed' ELSE 'failed' END,
    "cause" = CASE WHEN "attempts" = 0 THEN 'Its job was cancelled before it started.'
                   ELSE 'Its last attempt failed; see its jobs.' END
    WHERE "state" = 'open' AND NOT EXISTS (SELECT 1 FROM "job" j WHERE j."task_id" = "task"."id" AND
        j."state" IN ('pending', 'claimed', 'running'));

DELETE FROM "task_count";

INSERT INTO "task_count" ("company_id", "day", "fulfilled", "fulfilled_late", "failed", "missed")
    SELECT x."company_id", x."day", SUM(CASE WHEN x."state" = 'fulfilled' THEN 1 ELSE 0 END), 0,
           SUM(CASE WHEN x."state" = 'failed' THEN 1 ELSE 0 END), SUM(CASE WHEN x."state" = 'missed' THEN 1 ELSE 0 END)
    FROM (SELECT "company_id", "state", ("window_start" - "window_start" % 86400000) / 86400000 AS "day" FROM "task"
          WHERE "state" NOT IN ('open', 'running')) x
    GROUP BY x."company_id", x."day";

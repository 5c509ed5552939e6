-- Jobs that were cancelled before they started did neither succeed nor fail: they are counted apart.

-- only: sqlite
ALTER TABLE "job_count" ADD COLUMN "withdrawn" {int} NOT NULL DEFAULT 0;

-- only: postgres
ALTER TABLE "job_count" ADD COLUMN IF NOT EXISTS "withdrawn" {int} NOT NULL DEFAULT 0;

-- only: mariadb
ALTER TABLE "job_count" ADD COLUMN IF NOT EXISTS "withdrawn" {int} NOT NULL DEFAULT 0;

UPDATE "job_count" SET "withdrawn" = (SELECT COUNT(*) FROM "job" j WHERE j."state" = 'cancelled' AND j."begin" IS NULL
    AND j."company_id" = "job_count"."company_id" AND j."end" >= "job_count"."hour" * 3600000
    AND j."end" < ("job_count"."hour" + 1) * 3600000);

UPDATE "job_count" SET "failed" = "failed" - "withdrawn";

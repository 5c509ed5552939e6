-- Which jobs a node may take, and how many of a company or an application may run at once.
-- A step that was interrupted on MariaDB, which keeps what came before, begins anew.

-- "runs_on": labels that a node must all have, sorted, with commas between them; empty: any node.
-- only: sqlite
ALTER TABLE "runtemplate" ADD COLUMN "runs_on" {text 512} NOT NULL DEFAULT '';
-- only: postgres
ALTER TABLE "runtemplate" ADD COLUMN "runs_on" {text 512} NOT NULL DEFAULT '';
-- only: mariadb
ALTER TABLE "runtemplate" ADD COLUMN IF NOT EXISTS "runs_on" {text 512} NOT NULL DEFAULT '';

-- Null: no limit.
-- only: sqlite
ALTER TABLE "company" ADD COLUMN "max_parallel" {int};
-- only: postgres
ALTER TABLE "company" ADD COLUMN "max_parallel" {int};
-- only: mariadb
ALTER TABLE "company" ADD COLUMN IF NOT EXISTS "max_parallel" {int};
-- only: sqlite
ALTER TABLE "application" ADD COLUMN "max_parallel" {int};
-- only: postgres
ALTER TABLE "application" ADD COLUMN "max_parallel" {int};
-- only: mariadb
ALTER TABLE "application" ADD COLUMN IF NOT EXISTS "max_parallel" {int};

-- Jobs of the queue that are alike for whoever wants to take one: of one company and application, for the same nodes.
CREATE TABLE IF NOT EXISTS "lane" (
    "id" {key},
    "company_id" {int} NOT NULL,
    "app_id" {int} NOT NULL,
    "runs_on" {text 512} NOT NULL,
    CONSTRAINT "lane_of" UNIQUE ("company_id", "app_id", "runs_on"),
    CONSTRAINT "lane_company" FOREIGN KEY ("company_id") REFERENCES "company" ("id") ON DELETE CASCADE,
    CONSTRAINT "lane_application" FOREIGN KEY ("app_id") REFERENCES "application" ("id") ON DELETE CASCADE
){options};

-- only: sqlite
ALTER TABLE "schedule" ADD COLUMN "lane_id" {int} NOT NULL DEFAULT 0;
-- only: postgres
ALTER TABLE "schedule" ADD COLUMN "lane_id" {int} NOT NULL DEFAULT 0;
-- only: mariadb
ALTER TABLE "schedule" ADD COLUMN IF NOT EXISTS "lane_id" {int} NOT NULL DEFAULT 0;

CREATE INDEX IF NOT EXISTS "schedule_of_lane" ON "schedule" ("waiting", "lane_id", "after", "id");

INSERT INTO "lane" ("company_id", "app_id", "runs_on")
    SELECT DISTINCT j."company_id", j."app_id", '' FROM "schedule" s JOIN "job" j ON j."id" = s."job_id"
    WHERE NOT EXISTS (SELECT 1 FROM "lane" l WHERE l."company_id" = j."company_id" AND l."app_id" = j."app_id"
                      AND l."runs_on" = '');

UPDATE "schedule" SET "lane_id" = (SELECT l."id" FROM "lane" l JOIN "job" j ON j."company_id" = l."company_id"
    AND j."app_id" = l."app_id" WHERE j."id" = "schedule"."job_id" AND l."runs_on" = '') WHERE "lane_id" = 0;

-- Whoever waits for work hears at once of what was committed (LISTEN multiflexi): 'q' a job may be due, 'c' a running one
-- is to end, 'p' something is to be planned sooner; the letters of base/wake_channel.h.
-- only: postgres
CREATE OR REPLACE FUNCTION "multiflexi_notify"() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_notify('multiflexi', TG_ARGV[0]); RETURN NULL; END $$;

-- only: postgres
CREATE OR REPLACE TRIGGER "schedule_made" AFTER INSERT ON "schedule"
    FOR EACH STATEMENT EXECUTE FUNCTION "multiflexi_notify"('q');

-- only: postgres
CREATE OR REPLACE TRIGGER "schedule_changed" AFTER UPDATE OF "waiting", "after", "lane_id" ON "schedule"
    FOR EACH ROW WHEN (NOT NEW."waiting") EXECUTE FUNCTION "multiflexi_notify"('q');

-- only: postgres
CREATE OR REPLACE TRIGGER "company_limit" AFTER UPDATE OF "max_parallel" ON "company"
    FOR EACH STATEMENT EXECUTE FUNCTION "multiflexi_notify"('q');

-- only: postgres
CREATE OR REPLACE TRIGGER "application_limit" AFTER UPDATE OF "max_parallel" ON "application"
    FOR EACH STATEMENT EXECUTE FUNCTION "multiflexi_notify"('q');

-- only: postgres
CREATE OR REPLACE TRIGGER "job_cancel" AFTER UPDATE OF "cancel_requested_at" ON "job"
    FOR EACH ROW WHEN (NEW."cancel_requested_at" IS NOT NULL) EXECUTE FUNCTION "multiflexi_notify"('c');

-- only: postgres
CREATE OR REPLACE TRIGGER "runtemplate_made" AFTER INSERT ON "runtemplate"
    FOR EACH ROW WHEN (NEW."next_launch" IS NOT NULL) EXECUTE FUNCTION "multiflexi_notify"('p');

-- Not when the planner goes on to the next slot.
-- only: postgres
CREATE OR REPLACE TRIGGER "runtemplate_sooner" AFTER UPDATE OF "next_launch" ON "runtemplate"
    FOR EACH ROW WHEN (NEW."next_launch" < OLD."next_launch" OR (OLD."next_launch" IS NULL AND NEW."next_launch" IS NOT NULL))
    EXECUTE FUNCTION "multiflexi_notify"('p');

-- With which job a chain of firings began: what one job sets off is bounded. Null: written before this was kept.

-- only: sqlite
ALTER TABLE "event_firing" ADD COLUMN "root_job_id" {int};
-- only: postgres
ALTER TABLE "event_firing" ADD COLUMN IF NOT EXISTS "root_job_id" {int};
-- only: mariadb
ALTER TABLE "event_firing" ADD COLUMN IF NOT EXISTS "root_job_id" {int};

CREATE INDEX IF NOT EXISTS "event_firing_of_root" ON "event_firing" ("root_job_id", "state");

-- Attempts of one launch are looked up by the first of them (see "retry_of" of 0004), of which most jobs have none.
-- only: sqlite
CREATE INDEX IF NOT EXISTS "job_of_retry" ON "job" ("retry_of", "id") WHERE "retry_of" IS NOT NULL;
-- only: postgres
CREATE INDEX IF NOT EXISTS "job_of_retry" ON "job" ("retry_of", "id") WHERE "retry_of" IS NOT NULL;
-- only: mariadb
CREATE INDEX IF NOT EXISTS "job_of_retry" ON "job" ("retry_of", "id");

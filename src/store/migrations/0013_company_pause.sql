-- While a company is paused nothing of it is launched: "paused_until" null is until somebody resumes it.
-- "max_queued": jobs that people may have waiting at once; null: no limit.

-- only: sqlite
ALTER TABLE "company" ADD COLUMN "paused_at" {time};
-- only: postgres
ALTER TABLE "company" ADD COLUMN "paused_at" {time};
-- only: mariadb
ALTER TABLE "company" ADD COLUMN IF NOT EXISTS "paused_at" {time};

-- only: sqlite
ALTER TABLE "company" ADD COLUMN "paused_until" {time};
-- only: postgres
ALTER TABLE "company" ADD COLUMN "paused_until" {time};
-- only: mariadb
ALTER TABLE "company" ADD COLUMN IF NOT EXISTS "paused_until" {time};

-- only: sqlite
ALTER TABLE "company" ADD COLUMN "pause_reason" {text 1024};
-- only: postgres
ALTER TABLE "company" ADD COLUMN "pause_reason" {text 1024};
-- only: mariadb
ALTER TABLE "company" ADD COLUMN IF NOT EXISTS "pause_reason" {text 1024};

-- only: sqlite
ALTER TABLE "company" ADD COLUMN "max_queued" {int};
-- only: postgres
ALTER TABLE "company" ADD COLUMN "max_queued" {int};
-- only: mariadb
ALTER TABLE "company" ADD COLUMN IF NOT EXISTS "max_queued" {int};

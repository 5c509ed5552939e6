-- Entries of the audit log become links of a chain; those made before have no "seq" and no hash.

-- only: sqlite
ALTER TABLE "audit" ADD COLUMN "seq" {int};
-- only: postgres
ALTER TABLE "audit" ADD COLUMN "seq" {int};
-- only: mariadb
ALTER TABLE "audit" ADD COLUMN IF NOT EXISTS "seq" {int};

-- only: sqlite
ALTER TABLE "audit" ADD COLUMN "login" {text 64} NOT NULL DEFAULT '';
-- only: postgres
ALTER TABLE "audit" ADD COLUMN "login" {text 64} NOT NULL DEFAULT '';
-- only: mariadb
ALTER TABLE "audit" ADD COLUMN IF NOT EXISTS "login" {text 64} NOT NULL DEFAULT '';

-- only: sqlite
ALTER TABLE "audit" ADD COLUMN "entry" {text 16} NOT NULL DEFAULT '';
-- only: postgres
ALTER TABLE "audit" ADD COLUMN "entry" {text 16} NOT NULL DEFAULT '';
-- only: mariadb
ALTER TABLE "audit" ADD COLUMN IF NOT EXISTS "entry" {text 16} NOT NULL DEFAULT '';

-- only: sqlite
ALTER TABLE "audit" ADD COLUMN "address" {text 64} NOT NULL DEFAULT '';
-- only: postgres
ALTER TABLE "audit" ADD COLUMN "address" {text 64} NOT NULL DEFAULT '';
-- only: mariadb
ALTER TABLE "audit" ADD COLUMN IF NOT EXISTS "address" {text 64} NOT NULL DEFAULT '';

-- only: sqlite
ALTER TABLE "audit" ADD COLUMN "previous" {text 64} NOT NULL DEFAULT '';
-- only: postgres
ALTER TABLE "audit" ADD COLUMN "previous" {text 64} NOT NULL DEFAULT '';
-- only: mariadb
ALTER TABLE "audit" ADD COLUMN IF NOT EXISTS "previous" {text 64} NOT NULL DEFAULT '';

-- only: sqlite
ALTER TABLE "audit" ADD COLUMN "hash" {text 64} NOT NULL DEFAULT '';
-- only: postgres
ALTER TABLE "audit" ADD COLUMN "hash" {text 64} NOT NULL DEFAULT '';
-- only: mariadb
ALTER TABLE "audit" ADD COLUMN IF NOT EXISTS "hash" {text 64} NOT NULL DEFAULT '';

CREATE UNIQUE INDEX IF NOT EXISTS "audit_seq" ON "audit" ("seq");

CREATE INDEX IF NOT EXISTS "audit_of_company" ON "audit" ("company_id", "id");

-- The end of the chain, one row from the first entry on, which also is the lock that whoever adds to it takes. "mark" is made with the key of the
-- installation, so that whoever can write to the database only cannot move the end.
CREATE TABLE IF NOT EXISTS "audit_head" (
    "id" {int} NOT NULL PRIMARY KEY,
    "seq" {int} NOT NULL,
    "hash" {text 64} NOT NULL,
    "mark" {text 128} NOT NULL
){options};

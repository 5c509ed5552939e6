-- Nodes that lease their place, and jobs that know which claim of them counts.

-- How often the job was claimed or taken over: who writes about it has to name the number of its own claim.
-- only: sqlite
ALTER TABLE "job" ADD COLUMN "fence" {int} NOT NULL DEFAULT 0;
-- only: postgres
ALTER TABLE "job" ADD COLUMN IF NOT EXISTS "fence" {int} NOT NULL DEFAULT 0;
-- only: mariadb
ALTER TABLE "job" ADD COLUMN IF NOT EXISTS "fence" {int} NOT NULL DEFAULT 0;

-- A row says that a server lives, so none of them has to be kept; each server writes its own anew.
DROP TABLE IF EXISTS "node";

-- "incarnation" grows whenever a server takes the name. Times are those of the clock of the database; "clock_offset" is
-- how many milliseconds the clock of the node is ahead of it.
CREATE TABLE IF NOT EXISTS "node" (
    "id" {key},
    "name" {text 128} NOT NULL,
    "incarnation" {int} NOT NULL DEFAULT 0,
    "roles" {text 255} NOT NULL,
    "labels" {text 1024} NOT NULL DEFAULT '',
    "slots" {int} NOT NULL DEFAULT 0,
    "draining" {bool} NOT NULL DEFAULT FALSE,
    "pid" {int} NOT NULL,
    "process_start" {int} NOT NULL,
    "boot" {text 128} NOT NULL,
    "host" {text 255} NOT NULL,
    "version" {text 64} NOT NULL,
    "environment" {text 65535} NOT NULL,
    "started_at" {time} NOT NULL,
    "seen_at" {time} NOT NULL,
    "lease_until" {time} NOT NULL DEFAULT 0,
    "clock_offset" {int} NOT NULL DEFAULT 0,
    "stopped_at" {time},
    CONSTRAINT "node_name" UNIQUE ("name")
){options};

-- Requests to erase what is known about somebody, and what was done about each. "open" is 1 until the request is
-- decided and carried out, then null: one at a time for each user.
CREATE TABLE IF NOT EXISTS "erasure_request" (
    "id" {key},
    "user_id" {int} NOT NULL,
    "requested_by" {int},
    "requested_at" {time} NOT NULL,
    "deletion_type" {text 16} NOT NULL,
    "reason" {text 1024} NOT NULL,
    "status" {text 16} NOT NULL,
    "open" {int},
    "reviewed_by" {int},
    "reviewed_at" {time},
    "review_notes" {text 1024},
    "completed_at" {time},
    CONSTRAINT "erasure_request_open" UNIQUE ("user_id", "open"),
    CONSTRAINT "erasure_request_user" FOREIGN KEY ("user_id") REFERENCES "user" ("id") ON DELETE CASCADE
){options};

CREATE TABLE IF NOT EXISTS "erasure_action" (
    "id" {key},
    "request_id" {int} NOT NULL,
    "table_name" {text 128} NOT NULL,
    "records" {int} NOT NULL,
    "action" {text 16} NOT NULL,
    "reason" {text 1024} NOT NULL,
    "performed_by" {int},
    "performed_at" {time} NOT NULL,
    CONSTRAINT "erasure_action_request" FOREIGN KEY ("request_id") REFERENCES "erasure_request" ("id") ON DELETE CASCADE
){options};

CREATE INDEX IF NOT EXISTS "erasure_action_of" ON "erasure_action" ("request_id");

-- Links with which somebody fetches what is stored about him, each good once; only the SHA-256 of its token is here.
CREATE TABLE IF NOT EXISTS "data_export" (
    "id" {key},
    "user_id" {int} NOT NULL,
    "digest" {text 64} NOT NULL,
    "created_at" {time} NOT NULL,
    "expires_at" {time} NOT NULL,
    "used_at" {time},
    CONSTRAINT "data_export_digest" UNIQUE ("digest"),
    CONSTRAINT "data_export_user" FOREIGN KEY ("user_id") REFERENCES "user" ("id") ON DELETE CASCADE
){options};

CREATE INDEX IF NOT EXISTS "data_export_of_user" ON "data_export" ("user_id", "created_at");

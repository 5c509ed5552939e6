-- What requests with an idempotency key were answered, so that the same request again is answered the same, and done
-- once. "request" is the SHA-256 of what was asked; the answer is sealed, because it may hold a token.
CREATE TABLE IF NOT EXISTS "idempotency" (
    "id" {key},
    "user_id" {int} NOT NULL,
    "request_key" {text 255} NOT NULL,
    "request" {text 64} NOT NULL,
    "answer" {text 65535},
    "created_at" {time} NOT NULL,
    CONSTRAINT "idempotency_request" UNIQUE ("user_id", "request_key"),
    CONSTRAINT "idempotency_user" FOREIGN KEY ("user_id") REFERENCES "user" ("id") ON DELETE CASCADE
){options};

CREATE INDEX IF NOT EXISTS "idempotency_age" ON "idempotency" ("created_at");

-- Data keys: what secrets are sealed with, themselves sealed with the master key of the installation, which is not here.
-- "in_use" is 1 for the one that new secrets are sealed with, null for the others, which still open what they sealed.
CREATE TABLE IF NOT EXISTS "encryption_key" (
    "id" {key},
    "name" {text 50} NOT NULL,
    "version" {int} NOT NULL,
    "key_id" {text 16} NOT NULL,
    "wrapped" {text 1024} NOT NULL,
    "legacy" {bool} NOT NULL DEFAULT FALSE,
    "in_use" {int},
    "created_at" {time} NOT NULL,
    "rotated_at" {time},
    CONSTRAINT "encryption_key_version" UNIQUE ("name", "version"),
    CONSTRAINT "encryption_key_in_use" UNIQUE ("in_use")
){options};

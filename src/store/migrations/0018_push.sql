-- What is told to other systems: up to which change of a job they know, and what they were told last. One server at a
-- time holds a row, until "held_until".
CREATE TABLE IF NOT EXISTS "push" (
    "id" {key},
    "name" {text 64} NOT NULL,
    "position" {int} NOT NULL,
    "digest" {text 64} NOT NULL,
    "holder" {text 128} NOT NULL,
    "held_until" {time} NOT NULL,
    CONSTRAINT "push_name" UNIQUE ("name")
){options};

-- What has happened to jobs, in the order of "id": whoever follows jobs reads what is behind the place where he is. The
-- rows are made by the statements that change jobs, in the same transaction, and removed after a day. They have no
-- foreign keys, because they tell of jobs that were removed, too. A row without a job ("kind" nothing) only says that
-- no other row has this id, or ever will.
CREATE TABLE IF NOT EXISTS "job_change" (
    "id" {key},
    "company_id" {int} NOT NULL,
    "job_id" {int} NOT NULL,
    "runtemplate_id" {int} NOT NULL,
    "kind" {text 16} NOT NULL,
    "state" {text 16} NOT NULL,
    "exitcode" {int},
    "changed_at" {time} NOT NULL
){options};

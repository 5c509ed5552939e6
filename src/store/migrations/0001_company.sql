-- Who works with the installation, and for whom.
-- Words in braces become the types of each database; see store/migration.h.

CREATE TABLE IF NOT EXISTS "user" (
    "id" {key},
    "login" {text 64} NOT NULL,
    "email" {text 254},
    "firstname" {text 64},
    "lastname" {text 64},
    "enabled" {bool} NOT NULL DEFAULT FALSE,
    "created_at" {time} NOT NULL,
    CONSTRAINT "user_login" UNIQUE ("login")
){options};

-- "live" is 1, or null for retired rows: their names are free again although their history is kept.
CREATE TABLE IF NOT EXISTS "company" (
    "id" {key},
    "name" {text 255} NOT NULL,
    "code" {text 64} NOT NULL,
    "ic" {text 32},
    "dic" {text 32},
    "email" {text 254},
    "enabled" {bool} NOT NULL DEFAULT TRUE,
    "settings" {text 65535},
    "logo" {text 1048576},
    "customer" {int},
    "zabbix_host" {text 255},
    "live" {int} DEFAULT 1,
    "created_at" {time} NOT NULL,
    "updated_at" {time} NOT NULL,
    CONSTRAINT "company_name" UNIQUE ("name", "live"),
    CONSTRAINT "company_code" UNIQUE ("code", "live")
){options};

-- Variables that every job of a company receives.
CREATE TABLE IF NOT EXISTS "company_variable" (
    "id" {key},
    "company_id" {int} NOT NULL,
    "name" {text 128} NOT NULL,
    "value" {text 1048576} NOT NULL,
    "secret" {bool} NOT NULL DEFAULT FALSE,
    CONSTRAINT "company_variable_name" UNIQUE ("company_id", "name"),
    CONSTRAINT "company_variable_company" FOREIGN KEY ("company_id") REFERENCES "company" ("id") ON DELETE CASCADE
){options};

-- Applications: the complete imported document, and the parts of it that are asked for.

CREATE TABLE IF NOT EXISTS "application" (
    "id" {key},
    "uuid" {text 64} NOT NULL,
    "name" {text 255} NOT NULL,
    "description" {text 65535} NOT NULL,
    "version" {text 64} NOT NULL,
    "executable" {text 4096} NOT NULL,
    "arguments" {text 65535} NOT NULL,
    "enabled" {bool} NOT NULL DEFAULT FALSE,
    "homepage" {text 2048} NOT NULL,
    "ociimage" {text 512} NOT NULL,
    "image" {text 1048576} NOT NULL,
    "code" {text 64} NOT NULL,
    "tags" {text 65535} NOT NULL,
    "requirements" {text 65535} NOT NULL,
    "setup" {text 65535} NOT NULL,
    "deploy" {text 65535} NOT NULL,
    "resultfile" {text 1024} NOT NULL,
    "helmchart" {text 512} NOT NULL,
    "deffile" {text 4096} NOT NULL,
    "definition" {text 8388608} NOT NULL,
    "definition_sha256" {text 64} NOT NULL,
    "live" {int} DEFAULT 1,
    "created_at" {time} NOT NULL,
    "updated_at" {time} NOT NULL,
    CONSTRAINT "application_uuid" UNIQUE ("uuid"),
    CONSTRAINT "application_name" UNIQUE ("name", "live")
){options};

CREATE TABLE IF NOT EXISTS "application_text" (
    "id" {key},
    "application_id" {int} NOT NULL,
    "lang" {text 35} NOT NULL,
    "name" {text 255} NOT NULL,
    "title" {text 255} NOT NULL,
    "description" {text 65535} NOT NULL,
    CONSTRAINT "application_text_lang" UNIQUE ("application_id", "lang"),
    CONSTRAINT "application_text_application" FOREIGN KEY ("application_id") REFERENCES "application" ("id") ON DELETE CASCADE
){options};

CREATE TABLE IF NOT EXISTS "application_field" (
    "id" {key},
    "application_id" {int} NOT NULL,
    "name" {text 128} NOT NULL,
    "position" {int} NOT NULL,
    "type" {text 32} NOT NULL,
    "category" {text 64} NOT NULL,
    "description" {text 65535} NOT NULL,
    "hint" {text 65535} NOT NULL,
    "defval" {text 262144},
    "required" {bool} NOT NULL,
    "secret" {bool} NOT NULL,
    "options" {text 65535} NOT NULL,
    "constraints" {text 65535} NOT NULL,
    CONSTRAINT "application_field_name" UNIQUE ("application_id", "name"),
    CONSTRAINT "application_field_application" FOREIGN KEY ("application_id") REFERENCES "application" ("id") ON DELETE CASCADE
){options};

-- "path_key" is the digest of "path", which is too long for a unique key.
CREATE TABLE IF NOT EXISTS "application_artifact" (
    "id" {key},
    "application_id" {int} NOT NULL,
    "path_key" {text 64} NOT NULL,
    "position" {int} NOT NULL,
    "path" {text 4096} NOT NULL,
    "type" {text 32} NOT NULL,
    "name" {text 65535} NOT NULL,
    "description" {text 65535} NOT NULL,
    CONSTRAINT "application_artifact_path" UNIQUE ("application_id", "path_key"),
    CONSTRAINT "application_artifact_application" FOREIGN KEY ("application_id") REFERENCES "application" ("id") ON DELETE CASCADE
){options};

CREATE TABLE IF NOT EXISTS "application_exit_code" (
    "id" {key},
    "application_id" {int} NOT NULL,
    "exit_code" {int} NOT NULL,
    "severity" {text 16} NOT NULL,
    "retry" {bool},
    "description" {text 65535} NOT NULL,
    CONSTRAINT "application_exit_code_code" UNIQUE ("application_id", "exit_code"),
    CONSTRAINT "application_exit_code_application" FOREIGN KEY ("application_id") REFERENCES "application" ("id") ON DELETE CASCADE
){options};

-- What runs of the application produce for, and consume from, other applications.
CREATE TABLE IF NOT EXISTS "application_data" (
    "id" {key},
    "application_id" {int} NOT NULL,
    "direction" {text 16} NOT NULL,
    "name" {text 128} NOT NULL,
    "format" {text 32} NOT NULL,
    "required" {bool} NOT NULL,
    "target" {text 128} NOT NULL,
    "details" {text 65535} NOT NULL,
    CONSTRAINT "application_data_name" UNIQUE ("application_id", "direction", "name"),
    CONSTRAINT "application_data_application" FOREIGN KEY ("application_id") REFERENCES "application" ("id") ON DELETE CASCADE
){options};

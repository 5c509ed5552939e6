-- Credentials in their tiers: what kinds there are, what each company has of them, and which run templates get them.

-- "name" and "description" are JSON: a text, or texts by language. "definition" is the complete document.
CREATE TABLE IF NOT EXISTS "credential_prototype" (
    "id" {key},
    "uuid" {text 64} NOT NULL,
    "code" {text 64} NOT NULL,
    "name" {text 65535} NOT NULL,
    "description" {text 65535} NOT NULL,
    "version" {text 64} NOT NULL,
    "url" {text 2048} NOT NULL,
    "homepage" {text 2048} NOT NULL,
    "tags" {text 65535} NOT NULL,
    "logo" {text 1048576} NOT NULL,
    "definition" {text 8388608} NOT NULL,
    "definition_sha256" {text 64} NOT NULL,
    "created_at" {time} NOT NULL,
    "updated_at" {time} NOT NULL,
    CONSTRAINT "credential_prototype_uuid" UNIQUE ("uuid"),
    CONSTRAINT "credential_prototype_code" UNIQUE ("code")
){options};

-- A field that has left the definition stays while something has a value for it, marked as orphaned: whether it is
-- secret must not be forgotten.
CREATE TABLE IF NOT EXISTS "credential_prototype_field" (
    "id" {key},
    "prototype_id" {int} NOT NULL,
    "position" {int} NOT NULL,
    "keyword" {text 64} NOT NULL,
    "type" {text 32} NOT NULL,
    "name" {text 65535} NOT NULL,
    "description" {text 65535} NOT NULL,
    "hint" {text 65535} NOT NULL,
    "default_value" {text 262144},
    "required" {bool} NOT NULL,
    "secret" {bool} NOT NULL,
    "options" {text 65535} NOT NULL,
    "constraints" {text 65535} NOT NULL,
    "orphaned" {bool} NOT NULL DEFAULT FALSE,
    CONSTRAINT "credential_prototype_field_keyword" UNIQUE ("prototype_id", "keyword"),
    CONSTRAINT "credential_prototype_field_prototype" FOREIGN KEY ("prototype_id") REFERENCES "credential_prototype" ("id") ON DELETE CASCADE
){options};

-- "company_id" null: for every company. "owner" is the company or 0, because null is never equal to null in a key.
-- "prototype" is the code of the prototype, which "prototype_id" names when it is installed.
CREATE TABLE IF NOT EXISTS "credential_type" (
    "id" {key},
    "company_id" {int},
    "owner" {int} NOT NULL,
    "uuid" {text 64} NOT NULL,
    "name" {text 255} NOT NULL,
    "description" {text 65535} NOT NULL,
    "prototype_id" {int},
    "prototype" {text 64} NOT NULL,
    "url" {text 2048} NOT NULL,
    "logo" {text 1048576} NOT NULL,
    "version" {int} NOT NULL,
    "definition" {text 8388608} NOT NULL,
    "definition_sha256" {text 64} NOT NULL,
    "live" {int} DEFAULT 1,
    "created_at" {time} NOT NULL,
    "updated_at" {time} NOT NULL,
    CONSTRAINT "credential_type_uuid" UNIQUE ("owner", "uuid", "live"),
    CONSTRAINT "credential_type_company" FOREIGN KEY ("company_id") REFERENCES "company" ("id") ON DELETE CASCADE,
    CONSTRAINT "credential_type_prototype" FOREIGN KEY ("prototype_id") REFERENCES "credential_prototype" ("id")
){options};

-- Fields that a type has beside those of its prototype, or that say more about one of those.
CREATE TABLE IF NOT EXISTS "credential_type_field" (
    "id" {key},
    "credential_type_id" {int} NOT NULL,
    "company_id" {int},
    "position" {int} NOT NULL,
    "keyword" {text 64} NOT NULL,
    "type" {text 32} NOT NULL,
    "name" {text 65535} NOT NULL,
    "description" {text 65535} NOT NULL,
    "hint" {text 65535} NOT NULL,
    "default_value" {text 262144},
    "required" {bool} NOT NULL,
    "secret" {bool} NOT NULL,
    "options" {text 65535} NOT NULL,
    "constraints" {text 65535} NOT NULL,
    "orphaned" {bool} NOT NULL DEFAULT FALSE,
    CONSTRAINT "credential_type_field_keyword" UNIQUE ("credential_type_id", "keyword"),
    CONSTRAINT "credential_type_field_type" FOREIGN KEY ("credential_type_id") REFERENCES "credential_type" ("id") ON DELETE CASCADE
){options};

-- Values that all credentials of a type share; one of a credential wins.
CREATE TABLE IF NOT EXISTS "credential_type_setting" (
    "id" {key},
    "credential_type_id" {int} NOT NULL,
    "company_id" {int},
    "name" {text 128} NOT NULL,
    "value" {text 1048576} NOT NULL,
    "sealed" {bool} NOT NULL DEFAULT FALSE,
    CONSTRAINT "credential_type_setting_name" UNIQUE ("credential_type_id", "name"),
    CONSTRAINT "credential_type_setting_type" FOREIGN KEY ("credential_type_id") REFERENCES "credential_type" ("id") ON DELETE CASCADE
){options};

-- "version" is the one whose values count. "state" is what the last look at the thing behind it found, which holds
-- until "valid_until".
CREATE TABLE IF NOT EXISTS "credential" (
    "id" {key},
    "company_id" {int} NOT NULL,
    "credential_type_id" {int} NOT NULL,
    "name" {text 255} NOT NULL,
    "version" {int} NOT NULL,
    "state" {text 16} NOT NULL DEFAULT 'unknown',
    "message" {text 1024} NOT NULL,
    "checked_at" {time},
    "valid_until" {time},
    "live" {int} DEFAULT 1,
    "created_at" {time} NOT NULL,
    "updated_at" {time} NOT NULL,
    CONSTRAINT "credential_name" UNIQUE ("company_id", "name", "live"),
    CONSTRAINT "credential_company" FOREIGN KEY ("company_id") REFERENCES "company" ("id") ON DELETE CASCADE,
    CONSTRAINT "credential_of_type" FOREIGN KEY ("credential_type_id") REFERENCES "credential_type" ("id")
){options};

CREATE INDEX IF NOT EXISTS "credential_by_type" ON "credential" ("credential_type_id");

-- Each change of values makes a version; "changed" are the names of the values that it changed, a JSON array.
CREATE TABLE IF NOT EXISTS "credential_version" (
    "id" {key},
    "credential_id" {int} NOT NULL,
    "company_id" {int} NOT NULL,
    "version" {int} NOT NULL,
    "changed" {text 65535} NOT NULL,
    "note" {text 1024} NOT NULL,
    "created_by" {int} NOT NULL,
    "created_at" {time} NOT NULL,
    CONSTRAINT "credential_version_number" UNIQUE ("credential_id", "version"),
    CONSTRAINT "credential_version_credential" FOREIGN KEY ("credential_id") REFERENCES "credential" ("id") ON DELETE CASCADE,
    CONSTRAINT "credential_version_created_by" FOREIGN KEY ("created_by") REFERENCES "user" ("id")
){options};

CREATE TABLE IF NOT EXISTS "credential_value" (
    "id" {key},
    "credential_id" {int} NOT NULL,
    "company_id" {int} NOT NULL,
    "version" {int} NOT NULL,
    "name" {text 128} NOT NULL,
    "value" {text 1048576} NOT NULL,
    "sealed" {bool} NOT NULL DEFAULT FALSE,
    CONSTRAINT "credential_value_name" UNIQUE ("credential_id", "version", "name"),
    CONSTRAINT "credential_value_credential" FOREIGN KEY ("credential_id") REFERENCES "credential" ("id") ON DELETE CASCADE
){options};

-- Which credentials the jobs of a run template get. "position" is the order of assignment: the later one wins.
CREATE TABLE IF NOT EXISTS "runtemplate_credential" (
    "id" {key},
    "runtemplate_id" {int} NOT NULL,
    "company_id" {int} NOT NULL,
    "credential_id" {int} NOT NULL,
    "position" {int} NOT NULL,
    CONSTRAINT "runtemplate_credential_pair" UNIQUE ("runtemplate_id", "credential_id"),
    CONSTRAINT "runtemplate_credential_runtemplate" FOREIGN KEY ("runtemplate_id") REFERENCES "runtemplate" ("id") ON DELETE CASCADE,
    CONSTRAINT "runtemplate_credential_credential" FOREIGN KEY ("credential_id") REFERENCES "credential" ("id") ON DELETE CASCADE
){options};

CREATE INDEX IF NOT EXISTS "runtemplate_credential_used" ON "runtemplate_credential" ("credential_id");

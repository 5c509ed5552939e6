-- People: how they sign in, what they may do, and the keys of their programs. Of tokens, sessions, links and recovery
-- codes only the SHA-256 is here.

-- A hash (secure/password.h); empty: nobody signs in with a password.
-- only: sqlite
ALTER TABLE "user" ADD COLUMN "password" {text 255} NOT NULL DEFAULT '';
-- only: postgres
ALTER TABLE "user" ADD COLUMN "password" {text 255} NOT NULL DEFAULT '';
-- only: mariadb
ALTER TABLE "user" ADD COLUMN IF NOT EXISTS "password" {text 255} NOT NULL DEFAULT '';

-- only: sqlite
ALTER TABLE "user" ADD COLUMN "password_changed_at" {time};
-- only: postgres
ALTER TABLE "user" ADD COLUMN "password_changed_at" {time};
-- only: mariadb
ALTER TABLE "user" ADD COLUMN IF NOT EXISTS "password_changed_at" {time};

-- only: sqlite
ALTER TABLE "user" ADD COLUMN "settings" {text 65535};
-- only: postgres
ALTER TABLE "user" ADD COLUMN "settings" {text 65535};
-- only: mariadb
ALTER TABLE "user" ADD COLUMN IF NOT EXISTS "settings" {text 65535};

-- The secret of the authenticator program, sealed; "totp_last_step" is the last one whose code was used.
-- only: sqlite
ALTER TABLE "user" ADD COLUMN "totp" {text 512};
-- only: postgres
ALTER TABLE "user" ADD COLUMN "totp" {text 512};
-- only: mariadb
ALTER TABLE "user" ADD COLUMN IF NOT EXISTS "totp" {text 512};

-- only: sqlite
ALTER TABLE "user" ADD COLUMN "totp_enabled" {bool} NOT NULL DEFAULT FALSE;
-- only: postgres
ALTER TABLE "user" ADD COLUMN "totp_enabled" {bool} NOT NULL DEFAULT FALSE;
-- only: mariadb
ALTER TABLE "user" ADD COLUMN IF NOT EXISTS "totp_enabled" {bool} NOT NULL DEFAULT FALSE;

-- only: sqlite
ALTER TABLE "user" ADD COLUMN "totp_last_step" {int};
-- only: postgres
ALTER TABLE "user" ADD COLUMN "totp_last_step" {int};
-- only: mariadb
ALTER TABLE "user" ADD COLUMN IF NOT EXISTS "totp_last_step" {int};

-- only: sqlite
ALTER TABLE "user" ADD COLUMN "last_login_at" {time};
-- only: postgres
ALTER TABLE "user" ADD COLUMN "last_login_at" {time};
-- only: mariadb
ALTER TABLE "user" ADD COLUMN IF NOT EXISTS "last_login_at" {time};

-- only: sqlite
ALTER TABLE "user" ADD COLUMN "last_login_address" {text 64};
-- only: postgres
ALTER TABLE "user" ADD COLUMN "last_login_address" {text 64};
-- only: mariadb
ALTER TABLE "user" ADD COLUMN IF NOT EXISTS "last_login_address" {text 64};

-- only: sqlite
ALTER TABLE "user" ADD COLUMN "updated_at" {time} NOT NULL DEFAULT 0;
-- only: postgres
ALTER TABLE "user" ADD COLUMN "updated_at" {time} NOT NULL DEFAULT 0;
-- only: mariadb
ALTER TABLE "user" ADD COLUMN IF NOT EXISTS "updated_at" {time} NOT NULL DEFAULT 0;

-- As in "company"; the login of a retired row is changed, so that it is free again.
-- only: sqlite
ALTER TABLE "user" ADD COLUMN "live" {int} DEFAULT 1;
-- only: postgres
ALTER TABLE "user" ADD COLUMN "live" {int} DEFAULT 1;
-- only: mariadb
ALTER TABLE "user" ADD COLUMN IF NOT EXISTS "live" {int} DEFAULT 1;

UPDATE "user" SET "updated_at" = "created_at" WHERE "updated_at" = 0;

-- Roles of the installation (domain/access.h). After "expires_at" they do not count.
CREATE TABLE IF NOT EXISTS "user_role" (
    "id" {key},
    "user_id" {int} NOT NULL,
    "role" {text 32} NOT NULL,
    "assigned_by" {int},
    "assigned_at" {time} NOT NULL,
    "expires_at" {time},
    CONSTRAINT "user_role_of" UNIQUE ("user_id", "role"),
    CONSTRAINT "user_role_user" FOREIGN KEY ("user_id") REFERENCES "user" ("id") ON DELETE CASCADE
){options};

-- Who works for a company, and as what.
CREATE TABLE IF NOT EXISTS "company_user" (
    "id" {key},
    "company_id" {int} NOT NULL,
    "user_id" {int} NOT NULL,
    "role" {text 32} NOT NULL,
    "assigned_by" {int},
    "created_at" {time} NOT NULL,
    CONSTRAINT "company_user_of" UNIQUE ("company_id", "user_id"),
    CONSTRAINT "company_user_company" FOREIGN KEY ("company_id") REFERENCES "company" ("id") ON DELETE CASCADE,
    CONSTRAINT "company_user_user" FOREIGN KEY ("user_id") REFERENCES "user" ("id") ON DELETE CASCADE
){options};

CREATE INDEX IF NOT EXISTS "company_user_by_user" ON "company_user" ("user_id");

-- Keys of programs. "shown" is the begin of the key, for people; "permissions" and "companies" are JSON lists that
-- narrow what the owner may do, null: as the owner.
CREATE TABLE IF NOT EXISTS "token" (
    "id" {key},
    "user_id" {int} NOT NULL,
    "name" {text 128} NOT NULL,
    "digest" {text 64} NOT NULL,
    "shown" {text 16} NOT NULL,
    "permissions" {text 1024},
    "companies" {text 4096},
    "created_at" {time} NOT NULL,
    "expires_at" {time},
    "last_used_at" {time},
    "last_used_address" {text 64},
    "revoked_at" {time},
    CONSTRAINT "token_digest" UNIQUE ("digest"),
    CONSTRAINT "token_user" FOREIGN KEY ("user_id") REFERENCES "user" ("id") ON DELETE CASCADE
){options};

CREATE INDEX IF NOT EXISTS "token_of_user" ON "token" ("user_id");

CREATE TABLE IF NOT EXISTS "login_session" (
    "id" {key},
    "user_id" {int} NOT NULL,
    "digest" {text 64} NOT NULL,
    "created_at" {time} NOT NULL,
    "seen_at" {time} NOT NULL,
    "expires_at" {time} NOT NULL,
    "address" {text 64} NOT NULL,
    "user_agent" {text 255} NOT NULL,
    "method" {text 32} NOT NULL,
    "ended_at" {time},
    CONSTRAINT "login_session_digest" UNIQUE ("digest"),
    CONSTRAINT "login_session_user" FOREIGN KEY ("user_id") REFERENCES "user" ("id") ON DELETE CASCADE
){options};

CREATE INDEX IF NOT EXISTS "login_session_of_user" ON "login_session" ("user_id");

CREATE INDEX IF NOT EXISTS "login_session_end" ON "login_session" ("expires_at");

-- "login" is what somebody typed, if somebody has that login; otherwise its SHA-256, because people type passwords in
-- the wrong place. "audited": an entry of the audit log speaks of this failure and those before.
CREATE TABLE IF NOT EXISTS "sign_in_attempt" (
    "id" {key},
    "at" {time} NOT NULL,
    "login" {text 64} NOT NULL,
    "address_group" {text 64} NOT NULL,
    "success" {bool} NOT NULL DEFAULT FALSE,
    "audited" {bool} NOT NULL DEFAULT FALSE
){options};

CREATE INDEX IF NOT EXISTS "sign_in_attempt_login" ON "sign_in_attempt" ("login", "at");

CREATE INDEX IF NOT EXISTS "sign_in_attempt_address" ON "sign_in_attempt" ("address_group", "at");

CREATE TABLE IF NOT EXISTS "recovery_code" (
    "id" {key},
    "user_id" {int} NOT NULL,
    "digest" {text 64} NOT NULL,
    "used_at" {time},
    CONSTRAINT "recovery_code_of" UNIQUE ("user_id", "digest"),
    CONSTRAINT "recovery_code_user" FOREIGN KEY ("user_id") REFERENCES "user" ("id") ON DELETE CASCADE
){options};

-- "purpose": setup (the first administrator, who is nobody yet), invitation, password.
CREATE TABLE IF NOT EXISTS "one_time_link" (
    "id" {key},
    "purpose" {text 16} NOT NULL,
    "digest" {text 64} NOT NULL,
    "user_id" {int},
    "created_at" {time} NOT NULL,
    "expires_at" {time} NOT NULL,
    "used_at" {time},
    CONSTRAINT "one_time_link_digest" UNIQUE ("digest"),
    CONSTRAINT "one_time_link_user" FOREIGN KEY ("user_id") REFERENCES "user" ("id") ON DELETE CASCADE
){options};

-- Who somebody is for a provider of OpenID Connect.
CREATE TABLE IF NOT EXISTS "user_identity" (
    "id" {key},
    "user_id" {int} NOT NULL,
    "issuer" {text 255} NOT NULL,
    "subject" {text 255} NOT NULL,
    "created_at" {time} NOT NULL,
    CONSTRAINT "user_identity_of" UNIQUE ("issuer", "subject"),
    CONSTRAINT "user_identity_user" FOREIGN KEY ("user_id") REFERENCES "user" ("id") ON DELETE CASCADE
){options};

CREATE INDEX IF NOT EXISTS "user_identity_by_user" ON "user_identity" ("user_id");

-- Sign-ins that are under way at a provider. "verifier" is sealed.
CREATE TABLE IF NOT EXISTS "oidc_request" (
    "id" {key},
    "state" {text 64} NOT NULL,
    "nonce" {text 128} NOT NULL,
    "verifier" {text 512},
    "created_at" {time} NOT NULL,
    CONSTRAINT "oidc_request_state" UNIQUE ("state")
){options};

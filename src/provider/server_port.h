// SPDX-License-Identifier: MIT
#pragma once

#include "provider/provider.h"

// Credentials of servers that are not asked anything: check() looks whether a connection can be made within five
// seconds, and sends nothing. Whether the server takes the account, only the application knows.

namespace mf {

/// SQLServer: DB_HOST and DB_PORT (1433). A named instance (HOST\NAME) has no port that could be tried.
class SqlServer final : public CredentialProvider {
public:
    std::string_view code() const override { return "SQLServer"; }
    bool checks() const override { return true; }
    Availability check(const FieldValues& fields, ProviderContext& context) const override;
};

/// DatabaseConnection: DB_TYPE (DB_CONNECTION in older credentials: mysql, pgsql, sqlsrv, sqlite), DB_HOST, DB_PORT
/// (the usual one of the type). SQLite and sockets have no port that could be tried.
class DatabaseConnection final : public CredentialProvider {
public:
    std::string_view code() const override { return "DatabaseConnection"; }
    bool checks() const override { return true; }
    Availability check(const FieldValues& fields, ProviderContext& context) const override;
};

/// Mail: MAILER_DSN, smtp://user:password@host:port or smtps://… (25 and 465 without a port). Other ways of sending
/// (sendmail://, services) have no server that could be tried.
class Mail final : public CredentialProvider {
public:
    std::string_view code() const override { return "Mail"; }
    bool checks() const override { return true; }
    Availability check(const FieldValues& fields, ProviderContext& context) const override;
};

}  // namespace mf

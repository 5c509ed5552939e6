// SPDX-License-Identifier: MIT
#pragma once

#include "provider/provider.h"

namespace mf {

/// EnvFile: variables from a file on the machine of the server, read anew for each job.
///
/// ENV_FILE_PATH is its path. Each line is NAME=VALUE; blanks around name and value go, lines that begin with '#' and
/// blank lines are skipped, quotes are part of the value, of a name that occurs twice the last line counts. Lines that
/// are neither, or whose name no process can have, are skipped; check() names them. Without a path there are no
/// variables, which is no error: the credential is simply not filled in.
///
/// A credential belongs to one company, the files of the server do not: only regular files of at most 1 MiB below the
/// file_roots of the context are read, wherever symbolic links on the way lead. Every value counts as secret.
class EnvFile final : public CredentialProvider {
public:
    std::string_view code() const override { return "EnvFile"; }
    bool is_internal(std::string_view keyword) const override { return keyword == "ENV_FILE_PATH"; }
    bool resolves() const override { return true; }
    bool checks() const override { return true; }
    Result<std::vector<ProvidedVariable>> resolve(const FieldValues& fields, ProviderContext& context) const override;
    Availability check(const FieldValues& fields, ProviderContext& context) const override;
};

}  // namespace mf

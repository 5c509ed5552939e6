// SPDX-License-Identifier: MIT
#pragma once

#include "domain/definition/application_definition.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mf {

/// A kind of credential, as its definition file describes it. Applications name its code in their requirements.
struct CredentialPrototypeDefinition {
    std::string uuid = {};  ///< lower case; "id" in some files
    std::string code = {};
    LocalizedText name = {};
    LocalizedText description = {};
    std::string version = {};  ///< "1.0" when the file has none
    std::string logo = {};     ///< file name or data URI
    std::string url = {};
    std::string homepage = {};
    std::vector<std::string> tags = {};
    std::vector<FieldDefinition> fields = {};  ///< in file order
    std::string document = {};                 ///< the bytes that were read
    std::string sha256 = {};                   ///< of document
};

struct CredentialPrototypeReading {
    std::optional<CredentialPrototypeDefinition> definition = {};  ///< none when there is an error
    std::vector<Finding> findings = {};
    Verdict verdict() const { return verdict_of(findings); }
};

/// Reads and checks a credential prototype, like read_application. Rules P01 to P05: language maps for texts, other
/// names of types, "default" for "default_value", "code" or "id" for "keyword", a missing version are read as meant.
CredentialPrototypeReading read_credential_prototype(std::string_view text, std::string_view file = {},
                                                     const ReadingOptions& options = {});

/// A credential type of one company or of the whole system.
struct CredentialTypeDefinition {
    std::string uuid = {};
    std::string code = {};
    LocalizedText name = {};
    LocalizedText description = {};
    std::string version = {};    ///< "1.0" when the file has none
    std::string prototype = {};  ///< code of the prototype it is made from ("prototype" or "class")
    std::string logo = {};
    std::string url = {};
    std::vector<FieldDefinition> fields = {};
    std::string document = {};
    std::string sha256 = {};
};

struct CredentialTypeReading {
    std::optional<CredentialTypeDefinition> definition = {};
    std::vector<Finding> findings = {};
    Verdict verdict() const { return verdict_of(findings); }
};

CredentialTypeReading read_credential_type(std::string_view text, std::string_view file = {},
                                           const ReadingOptions& options = {});

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include "domain/credential.h"
#include "service/sealing.h"

namespace mf {

/// A value in the form in which its type is written, not yet sealed.
struct CheckedValue {
    std::string value;
    bool secret = false;
    bool operator==(const CheckedValue&) const = default;
};
using CheckedValues = std::map<std::string, CheckedValue, std::less<>>;

/// Values that somebody gave to fields of a type; every wrong name and value is complained about at once, and no secret
/// is repeated. Blank ones are left out: they mean that what is there stays. A name that no field has is an extra
/// variable, and a secret if it sounds like one.
Result<CheckedValues> checked_credential_values(Call& call, std::span<const CredentialField> fields,
                                                const TextMap& values);

/// What a field takes, in the form in which its type is written; a set whose definition forgot the options takes
/// anything. The sentence of an error repeats no secret.
Result<std::string> fitting_value(const CredentialField& field, const std::string& value);

/// Is a value of this name sealed?
bool is_secret_field(std::span<const CredentialField> fields, std::string_view name);

/// A value as it is stored.
struct StoredValue {
    std::string value;
    bool sealed = false;
};
using StoredValues = std::map<std::string, StoredValue, std::less<>>;

/// name -> value for people: the fields in their order, then extra variables. Secrets are masked, "(not set)" without a
/// value; other fields without one are null.
json::object shown_values(std::span<const CredentialField> fields, const StoredValues& values);

/// Inserts a row with its "name", and its "value" sealed for it when it is secret.
template <class Row>
Result<void> insert_value(Call& call, Row row, const std::string& name, const CheckedValue& checked) {
    auto rows = call.repository<Row>();
    row.name = name;
    row.value = checked.secret ? std::string() : checked.value;
    row.sealed = checked.secret;
    if (auto inserted = rows.insert(row); !inserted || !checked.secret) return inserted;
    auto sealed = seal(call, checked.value, {entity_of<Row>().name, "value", row.id.value});
    if (!sealed) return sealed.error();
    Row after = row;
    after.value = *std::move(sealed);
    return rows.update(row, after);
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include "base/json.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mf {

struct SchemaProblem {
    std::string pointer;   ///< JSON pointer of the offending place
    std::string sentence;  ///< what the schema demands there
};

/// Checks JSON values against a schema of our own, written in the part of JSON Schema draft-07 that our schemas use:
/// type enum const, properties patternProperties additionalProperties propertyNames required min/maxProperties,
/// items min/maxItems, min/maxLength pattern format(uri uuid), minimum maximum, allOf anyOf oneOf not if/then/else,
/// $ref to "#/…". Other words are annotations. Immutable after construction, threads may share it.
class JsonSchema {
public:
    /// Throws std::logic_error when the text is no such schema: schemas are part of the program.
    explicit JsonSchema(std::string_view text);
    JsonSchema(JsonSchema&&) noexcept;
    ~JsonSchema();

    /// All problems, in document order, at most a thousand.
    std::vector<SchemaProblem> check(const json::value& document) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The schemas that we publish: "application", "credential-prototype", "credential-type". Unknown name: null.
const JsonSchema* published_schema(std::string_view name);
/// Their texts, as `application schema` prints them; empty for an unknown name.
std::string_view published_schema_text(std::string_view name);

}  // namespace mf

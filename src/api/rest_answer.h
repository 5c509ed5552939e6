// SPDX-License-Identifier: MIT
#pragma once

#include "api/rest_input.h"

namespace mf {

/// The answer of an operation as a body: a record as it is; a list as {"items": [...], "next": cursor or null}. Only
/// the wanted members are left of records; a name that no record has is an error that names those that there are.
Result<json::value> shaped_answer(json::value answer, const AnswerShape& shape);

/// The text of such a page, from rows with the key as first column, of which one may be there that belongs to the next
/// page; and the cursor of that, if any.
struct PageText {
    std::string text, next;
};
PageText text_of_page(const Entity& entity, std::vector<std::vector<Value>> rows, std::int64_t limit);

/// The id of a record; nothing for anything else.
std::optional<std::int64_t> id_of(const json::value& record);

/// A strong entity tag (RFC 9110, section 8.8.3) of the JSON of a record that is shown whole.
std::string entity_tag(std::string_view text);
/// Does a list of tags, as If-Match and If-None-Match have it, name this one? "*" names every one. Weak tags count only
/// where that is allowed.
enum class Weak { counts, counts_not };
bool names_tag(std::string_view list, std::string_view tag, Weak weak);

}  // namespace mf

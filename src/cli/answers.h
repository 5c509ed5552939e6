// SPDX-License-Identifier: MIT
#pragma once

#include "cli/invocation.h"

// The answers that many commands share (interface specification of the command line, part 3.3 and 3.4).

namespace mf {

/// What the sentences and keys of one entity are.
struct Subject {
    std::string_view title;   ///< "Company"
    std::string_view id_key;  ///< "company_id"
    std::span<const Column> columns;
};

/// {"company_id":3,"id":3}; text "Company created with ID: 3"; with --verbose the record.
int answer_created(Invocation& in, const Subject& subject, json::object extra = {});
/// {"company_id":"3","updated":true}; with --verbose the record. Refuses when nothing but the identity was given.
int answer_updated(Invocation& in, const Subject& subject, std::string_view identity);
/// The same for operations that were called already.
int answer_made(Invocation& in, const Subject& subject, const Result<json::value>& made, json::object extra);
int answer_changed(Invocation& in, const Subject& subject, const Result<json::value>& updated);
/// Was anything given beside these options ("id|uuid")?
bool changes_anything(const Invocation& in, std::string_view identity);
/// {"company_id":"3","removed":true}; text "Company removed: ID=3".
int answer_gone(Invocation& in, const Subject& subject, std::string_view word);
/// The record, or a not-found object with the given sentence.
int answer_found(Invocation& in, const Subject& subject, std::string_view unknown);

/// The id in an answer of an operation, which may be the record or hold it as "record"; else that of the options.
json::object record_of(const json::value& answer);
std::string id_text(const Invocation& in, const json::object& record);

}  // namespace mf

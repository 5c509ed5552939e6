// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf {

/// A list whose records are rows of one table as they are. Who only writes them down can have the rows, instead of the
/// answer of the operation: that takes a third of the time.
struct ListRows {
    std::string_view operation;
    const Entity& (*entity)();
    /// Nothing: with this input the list is more than that, so ask the operation.
    Result<std::optional<sql::Rows>> (*read)(Call& call, const json::object& input);
};

/// A record that is written down at once, as the answer of the operation would be.
struct RecordText {
    std::string_view operation;
    Result<std::string> (*write)(Call& call, const json::object& input);
};

/// Null: there is no such way.
const ListRows* list_rows_of(const Operation& operation);
const RecordText* record_text_of(const Operation& operation);

/// Of job:list.
Result<std::optional<sql::Rows>> read_job_rows(Call& call, const json::object& input);

}  // namespace mf

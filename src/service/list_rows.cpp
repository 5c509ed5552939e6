// SPDX-License-Identifier: MIT
#include "service/list_rows.h"

#include <algorithm>
#include <iterator>

namespace mf {
namespace {

constexpr ListRows lists_of_rows[] = {{"job:list", &entity_of<Job>, &read_job_rows}};

}  // namespace

const ListRows* list_rows_of(const Operation& operation) {
    const auto* found = std::ranges::find(lists_of_rows, operation.name, &ListRows::operation);
    return found == std::end(lists_of_rows) ? nullptr : found;
}

}  // namespace mf

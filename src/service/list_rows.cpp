// SPDX-License-Identifier: MIT
#include "service/list_rows.h"

#include "service/job_detail.h"

#include <algorithm>
#include <iterator>

namespace mf {
namespace {

constexpr ListRows lists_of_rows[] = {{"job:list", &entity_of<Job>, &read_job_rows}};
constexpr RecordText texts_of_records[] = {{"job:get", &job_text}};

template <class Way, std::size_t Count>
const Way* way_of(const Operation& operation, const Way (&ways)[Count]) {
    const auto* found = std::ranges::find(ways, operation.name, &Way::operation);
    return found == std::end(ways) ? nullptr : found;
}

}  // namespace

const ListRows* list_rows_of(const Operation& operation) { return way_of(operation, lists_of_rows); }

const RecordText* record_text_of(const Operation& operation) { return way_of(operation, texts_of_records); }

}  // namespace mf

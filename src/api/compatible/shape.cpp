// SPDX-License-Identifier: MIT
#include "api/compatible/shape.h"

#include "base/json.h"
#include "base/text.h"
#include "base/time_text.h"

#include <fmt/format.h>

namespace mf::compatible {
namespace {

constexpr std::int64_t longest_list = 100;
/// Operations list by key. A list that is to be ordered otherwise is read whole, if it is not longer than this.
constexpr std::int64_t most_ordered = 10'000;

json::value joined(const json::value& value) {
    const auto* list = value.if_array();
    if (!list) return value;
    std::string out;
    for (const auto& word : *list) out += (out.empty() ? "" : ",") + text_of(word);
    return json::value(out);
}

json::value shown_as(const Column& column, const json::value& value, const Zone& zone) {
    const bool is_long = value.is_string() && character_count(to_utf8(value.get_string())) > column.longest;
    switch (column.as) {
        case As::is: return value;
        case As::time: return local_time(value, zone);
        case As::joined: return joined(value);
        case As::cut: return is_long ? json::value(shortened(value.get_string(), column.longest)) : value;
        case As::fit: return is_long || (value.is_string() && value.get_string().empty()) ? json::value() : value;
        case As::object: return value.is_null() ? json::value(json::object()) : value;
        case As::none: return nullptr;
        case As::zero: return 0;
    }
    return nullptr;
}

std::int64_t page_number(const Exchange& exchange, std::string_view name, std::int64_t usual, std::int64_t least,
                         std::int64_t most) {
    const auto given = exchange.query(name);
    const auto number = given ? to_integer(*given) : std::nullopt;
    return number ? std::clamp<std::int64_t>(*number, least, most) : usual;
}

bool comes_before(const json::value& a, const json::value& b) {
    if (a.is_int64() && b.is_int64()) return a.get_int64() < b.get_int64();
    return text_of(a) < text_of(b);
}

struct Order {
    std::string member;
    bool falls = false;
};

Order order_of(const Exchange& exchange, const Listing& listing) {
    auto given = exchange.query("order").value_or("");
    const bool falls = given.starts_with('-');
    if (falls) given.erase(0, 1);
    const bool is_known = given == "id" || std::ranges::find(listing.orders, given) != listing.orders.end();
    return is_known ? Order{given, falls} : Order{"id"};
}

}  // namespace

std::string shortened(std::string_view text, std::size_t longest) {
    std::string whole = to_utf8(text);
    if (character_count(whole) <= longest || longest == 0) return whole;
    std::size_t at = 0;
    for (std::size_t i = 0; i + 1 < longest; ++i) at += utf8_length(std::string_view(whole).substr(at));
    return whole.substr(0, at) + "…";
}

json::value local_time(const json::value& time, const Zone& zone) {
    if (!time.is_string()) return time;
    const auto moment = parse_time(std::string_view(time.get_string()), {}, Zone::utc());
    return moment ? json::value(format_local(*moment, zone)) : time;
}

json::object shaped(std::span<const Column> columns, const json::object& record, const Zone& zone) {
    static const json::value nothing;
    json::object out;
    out.reserve(columns.size());
    for (const auto& column : columns) {
        const auto* value = record.if_contains(column.source.empty() ? column.name : column.source);
        out[column.name] = shown_as(column, value ? *value : nothing, zone);
    }
    return out;
}

void leave_shortened(json::object& input, std::span<const Column> columns, const json::object& record) {
    for (const auto& column : columns) {
        if (column.as != As::cut) continue;
        const auto key = column.source.empty() ? column.name : column.source;
        const auto* sent = input.if_contains(key);
        const auto* kept = record.if_contains(key);
        if (sent && kept && sent->is_string() && kept->is_string() &&
            std::string_view(sent->get_string()) == shortened(kept->get_string(), column.longest))
            input.erase(key);
    }
}

Result<Answer> list(const Exchange& exchange, const Listing& listing, json::object input) {
    const auto limit = page_number(exchange, "limit", listing.usual, 1, longest_list);
    const auto offset = page_number(exchange, "offset", 0, 0, std::numeric_limits<std::int64_t>::max() / 2);
    const auto order = order_of(exchange, listing);
    const bool is_by_key = order.member == "id";
    input["limit"] = is_by_key ? limit : most_ordered + 1;
    if (is_by_key) {
        input["offset"] = offset;
        input["order"] = order.falls ? "D" : "A";
    }
    const auto found = exchange.call(listing.operation, input);
    if (!found) return found.error();
    const auto& records = found->as_array();
    if (!is_by_key && std::ssize(records) > most_ordered)
        return invalid(
            fmt::format("There are more than {} records; that many can be ordered by id only.", most_ordered));
    json::array shown;
    shown.reserve(records.size());
    for (const auto& record : records) {
        auto one = shaped(listing.columns, record.as_object(), exchange.zone());
        if (listing.finish) listing.finish(one, record.as_object());
        shown.push_back(std::move(one));
    }
    if (!is_by_key) {
        std::stable_sort(shown.begin(), shown.end(), [&](const json::value& a, const json::value& b) {
            const auto& first = a.as_object().at(order.member);
            const auto& second = b.as_object().at(order.member);
            return order.falls ? comes_before(second, first) : comes_before(first, second);
        });
        const auto from = std::min<std::int64_t>(offset, std::ssize(shown));
        const auto to = std::min<std::int64_t>(from + limit, std::ssize(shown));
        shown = json::array(shown.begin() + from, shown.begin() + to);
    }
    Answer out{.element = listing.element, .link = listing.link};
    if (!listing.has_ids_as_keys) {
        out.body = std::move(shown);
        return out;
    }
    json::object keyed;
    for (auto& one : shown) {
        const auto id = text_of(one.as_object().at("id"));
        keyed[id] = std::move(one);
    }
    out.body = std::move(keyed);
    return out;
}

}  // namespace mf::compatible

// SPDX-License-Identifier: MIT
#include "cli/shape.h"

#include "base/text.h"

namespace mf {
namespace {

json::value flag(const json::value& value) {
    if (value.is_bool()) return value.get_bool() ? 1 : 0;
    return value;
}

json::value joined(const json::value& value) {
    if (!value.is_array()) return value;
    std::string out;
    for (const json::value& word : value.get_array()) {
        if (!out.empty()) out += ',';
        out += plain_text(word);
    }
    return json::value(out);
}

json::value converted(As as, const json::value& value, const Zone& zone) {
    switch (as) {
        case As::is: return value;
        case As::time: return local_time(value, zone);
        case As::flag: return flag(value);
        case As::words: return joined(value);
        case As::number: return value.is_null() ? json::value(0) : value;
        case As::nothing: return nullptr;
        case As::zero: return 0;
    }
    return nullptr;
}

}  // namespace

const json::value& member(const json::object& record, std::string_view keys) {
    static const json::value nothing;
    for (const auto key : split(keys, '|'))
        if (const json::value* found = record.if_contains(key)) return *found;
    return nothing;
}

std::string_view text_member(const json::object& record, std::string_view keys) {
    const json::value& value = member(record, keys);
    return value.is_string() ? std::string_view(value.get_string()) : std::string_view();
}

std::optional<std::int64_t> integer_member(const json::object& record, std::string_view keys) {
    const json::value& value = member(record, keys);
    if (value.is_int64()) return value.get_int64();
    return std::nullopt;
}

std::optional<Timestamp> read_iso(std::string_view text) {
    // Exactly what to_json of domain/entity_json.h writes: 2025-06-15T12:35:00Z, perhaps with .123.
    if (text.size() < 20 || text.back() != 'Z' || text[4] != '-' || text[7] != '-' || text[10] != 'T' ||
        text[13] != ':' || text[16] != ':')
        return std::nullopt;
    const auto number = [&](std::size_t from, std::size_t length) { return to_integer(text.substr(from, length)); };
    const auto year = number(0, 4), month = number(5, 2), day = number(8, 2);
    const auto hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
    if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(*year)},
                                           std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok()) return std::nullopt;
    Timestamp moment = std::chrono::sys_days{date};
    moment += std::chrono::hours{*hour} + std::chrono::minutes{*minute} + std::chrono::seconds{*second};
    if (text[19] == '.')
        if (const auto part = number(20, text.size() - 21); part && text.size() == 24)
            moment += std::chrono::milliseconds{*part};
    return moment;
}

json::value local_time(const json::value& iso, const Zone& zone) {
    if (!iso.is_string()) return iso;
    const auto moment = read_iso(iso.get_string());
    return moment ? json::value(format_local(*moment, zone)) : iso;
}

json::object shaped(std::span<const Column> columns, const json::object& canonical, const Zone& zone) {
    json::object out;
    out.reserve(columns.size());
    for (const Column& column : columns)
        out[column.name] =
            converted(column.as, member(canonical, column.source.empty() ? column.name : column.source), zone);
    return out;
}

std::vector<std::string_view> names_in(const json::object& record) {
    std::vector<std::string_view> out;
    for (const auto& member : record) out.emplace_back(member.key());
    return out;
}

std::string plain_text(const json::value& value) {
    if (value.is_null()) return {};
    if (value.is_bool()) return value.get_bool() ? "1" : "0";
    if (value.is_string()) return std::string(value.get_string());
    return to_text(value);
}

std::string one_line(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const auto length = utf8_length(text.substr(i));
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte == '\n' || byte == '\t')
            out += ' ';
        else if (byte < 0x20 || byte == 0x7f)
            fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
        else if (length == 2 && byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0)
            // The control characters U+0080 to U+009F: some terminals obey them.
            fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(text[i + 1]));
        else
            out += length ? text.substr(i, length) : "\xEF\xBF\xBD";
        i += std::max<std::size_t>(length, 1);
    }
    return out;
}

}  // namespace mf

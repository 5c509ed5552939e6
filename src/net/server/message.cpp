// SPDX-License-Identifier: MIT
#include "net/server/message.h"

#include "net/server/event_stream.h"

#include <algorithm>
#include <array>

namespace mf::http {
namespace {

char small_letter(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool is_same_name(std::string_view a, std::string_view b) {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return small_letter(x) == small_letter(y); });
}

struct Phrase {
    int status;
    std::string_view words;
};
// RFC 9110, section 15; 428, 429 and 431 are of RFC 6585.
constexpr Phrase phrases[] = {{200, "OK"},
                              {201, "Created"},
                              {202, "Accepted"},
                              {203, "Non-Authoritative Information"},
                              {204, "No Content"},
                              {205, "Reset Content"},
                              {206, "Partial Content"},
                              {300, "Multiple Choices"},
                              {301, "Moved Permanently"},
                              {302, "Found"},
                              {303, "See Other"},
                              {304, "Not Modified"},
                              {307, "Temporary Redirect"},
                              {308, "Permanent Redirect"},
                              {400, "Bad Request"},
                              {401, "Unauthorized"},
                              {402, "Payment Required"},
                              {403, "Forbidden"},
                              {404, "Not Found"},
                              {405, "Method Not Allowed"},
                              {406, "Not Acceptable"},
                              {408, "Request Timeout"},
                              {409, "Conflict"},
                              {410, "Gone"},
                              {411, "Length Required"},
                              {412, "Precondition Failed"},
                              {413, "Content Too Large"},
                              {414, "URI Too Long"},
                              {415, "Unsupported Media Type"},
                              {416, "Range Not Satisfiable"},
                              {417, "Expectation Failed"},
                              {421, "Misdirected Request"},
                              {422, "Unprocessable Content"},
                              {426, "Upgrade Required"},
                              {428, "Precondition Required"},
                              {429, "Too Many Requests"},
                              {431, "Request Header Fields Too Large"},
                              {500, "Internal Server Error"},
                              {501, "Not Implemented"},
                              {502, "Bad Gateway"},
                              {503, "Service Unavailable"},
                              {504, "Gateway Timeout"},
                              {505, "HTTP Version Not Supported"},
                              {507, "Insufficient Storage"}};

constexpr auto token_characters = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                         "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        table[static_cast<unsigned char>(c)] = true;
    return table;
}();

}  // namespace

// Not inline: gcc 12 warns of what is not there (-Warray-bounds) where it is.
void Headers::add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }

void Headers::set(std::string_view name, std::string value) {
    const auto first = std::ranges::find_if(fields_, [&](const Field& f) { return is_same_name(f.first, name); });
    if (first == fields_.end()) return add(std::string(name), std::move(value));
    first->second = std::move(value);
    fields_.erase(std::remove_if(first + 1, fields_.end(), [&](const Field& f) { return is_same_name(f.first, name); }),
                  fields_.end());
}

void Headers::remove(std::string_view name) {
    std::erase_if(fields_, [&](const Field& field) { return is_same_name(field.first, name); });
}

bool Headers::has(std::string_view name) const {
    return std::ranges::any_of(fields_, [&](const Field& field) { return is_same_name(field.first, name); });
}

std::string_view Headers::get(std::string_view name) const {
    for (const auto& [own, value] : fields_)
        if (is_same_name(own, name)) return value;
    return {};
}

std::string Headers::list(std::string_view name) const {
    std::string values;
    for (const auto& [own, value] : fields_)
        if (is_same_name(own, name)) values += (values.empty() ? "" : ", ") + value;
    return values;
}

std::optional<std::string_view> Request::query_value(std::string_view name) const {
    for (const auto& [own, value] : query)
        if (own == name) return value;
    return std::nullopt;
}

Response response(int status, std::string media_type, std::string body) {
    Response made;
    made.status = status;
    made.headers.add("Content-Type", std::move(media_type));
    made.body = std::move(body);
    return made;
}

std::string_view reason_phrase(int status) {
    const auto found = std::ranges::find(phrases, status, &Phrase::status);
    return found == std::end(phrases) ? "Unnamed" : found->words;
}

bool is_token(std::string_view text) {
    return !text.empty() &&
           std::ranges::all_of(text, [](char c) { return token_characters[static_cast<unsigned char>(c)]; });
}

std::string http_date(std::chrono::sys_seconds moment) {
    static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t seconds = moment.time_since_epoch().count();
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", days[parts.tm_wday], parts.tm_mday,
                       months[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace mf::http

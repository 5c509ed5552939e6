// SPDX-License-Identifier: MIT
#include "domain/definition/document.h"

#include "base/text.h"

#include <fmt/format.h>
#include <charconv>

namespace mf {
namespace {

constexpr std::string_view blanks = " \t\r\n";

class Reader {
public:
    Reader(std::string_view text, Findings& findings, const DocumentLimits& limits)
        : text_(text), findings_(findings), limits_(limits) {}

    std::optional<json::value> read() {
        if (text_.starts_with("\xEF\xBB\xBF")) {
            findings_.warning(FindingCode::byte_order_mark, "",
                              "The file starts with a byte order mark, which was skipped.");
            at_ = 3;
        }
        skip_blanks();
        if (at_ == text_.size()) return fail("The file is empty");
        while (!failed_) {
            if (!read_value()) continue;
            // A value is complete: attach it, and every container that it completes.
            while (!failed_ && !open_.empty()) {
                attach();
                if (failed_ || !closes()) break;
                done_ = std::move(open_.back().container);
                open_.pop_back();
            }
            if (open_.empty() && !failed_) {
                skip_blanks();
                if (at_ < text_.size())
                    fail("There is more text behind the end of the document; a file holds one document");
                else
                    return std::move(done_);
            }
        }
        return std::nullopt;
    }

private:
    struct Level {
        json::value container;
        std::string key;
    };

    std::nullopt_t fail(std::string_view what, FindingCode code = FindingCode::json_syntax) {
        const auto [line, column] = line_and_column(text_, std::min(at_, text_.size()));
        findings_.error(code, pointer(), fmt::format("{} at line {}, column {}.", what, line, column));
        failed_ = true;
        return std::nullopt;
    }

    /// Of the value that is being read.
    std::string pointer() const {
        std::string out;
        for (const Level& level : open_) {
            if (const json::array* array = level.container.if_array())
                out = pointer_to(out, array->size());
            else if (in_key_ && &level == &open_.back())
                break;
            else
                out = pointer_to(out, level.key);
            if (out.size() > 1000) break;
        }
        return out;
    }

    void skip_blanks() {
        const std::size_t end = text_.find_first_not_of(blanks, at_);
        at_ = end == std::string_view::npos ? text_.size() : end;
    }

    char next() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool at_end() const { return at_ >= text_.size(); }

    /// What a person needs to know about the character that does not belong here.
    void fail_here(std::string_view expected) {
        if (at_end()) {
            fail(fmt::format("The file ends in the middle: expected {}", expected));
            return;
        }
        const char c = next();
        if (c == '/' || c == '#')
            fail("JSON has no comments; remove this one");
        else if (c == '\'')
            fail("JSON strings are written with double quotes, not single ones");
        else if (c == '\0')
            fail("There is a NUL character; is this a UTF-8 text file?");
        else
            fail(fmt::format("Expected {}, found \"{}\"", expected,
                             printable(text_.substr(at_, std::max<std::size_t>(utf8_length(text_.substr(at_)), 1)))));
    }

    /// False: a container was opened (or the document is refused); true: done_ holds a value.
    bool read_value() {
        skip_blanks();
        if (++values_ > limits_.values) {
            fail(fmt::format("There are more than {} values", limits_.values), FindingCode::too_large);
            return false;
        }
        switch (next()) {
            case '{': return open(json::object{}, '}');
            case '[': return open(json::array{}, ']');
            case '"': {
                std::string text;
                if (!read_string(text)) return false;
                done_ = json::string(text);
                return true;
            }
            case 't': return read_word("true", true);
            case 'f': return read_word("false", false);
            case 'n': return read_word("null", nullptr);
            default: return read_number();
        }
    }

    bool open(json::value container, char closing) {
        if (open_.size() >= limits_.depth) {
            fail(fmt::format("Objects and arrays are nested more than {} deep", limits_.depth), FindingCode::too_large);
            return false;
        }
        ++at_;
        skip_blanks();
        if (next() == closing && !at_end()) {
            ++at_;
            done_ = std::move(container);
            return true;
        }
        open_.push_back({std::move(container), {}});
        if (closing == '}') read_key();
        return false;
    }

    void read_key() {
        in_key_ = true;
        skip_blanks();
        Level& level = open_.back();
        level.key.clear();
        if (next() == '}')
            fail("There is a comma before the closing brace; remove it");
        else if (next() != '"')
            fail_here("a key in double quotes");
        else if (read_string(level.key)) {
            skip_blanks();
            if (next() == ':')
                ++at_;
            else
                fail_here("a colon behind the key");
        }
        in_key_ = false;
    }

    void attach() {
        Level& level = open_.back();
        if (json::array* array = level.container.if_array()) {
            array->push_back(std::move(done_));
            return;
        }
        json::object& object = level.container.get_object();
        if (json::value* earlier = object.if_contains(level.key)) {
            findings_.warning(FindingCode::duplicate_key, pointer(),
                              "This key occurs more than once; the last value counts. Remove the others.");
            *earlier = std::move(done_);
            return;
        }
        if (object.size() >= limits_.members) {
            open_.pop_back();
            fail(fmt::format("An object has more than {} keys", limits_.members), FindingCode::too_large);
            return;
        }
        object.emplace(level.key, std::move(done_));
    }

    /// Behind a value: is the container that holds it complete? Moves to its next value if not.
    bool closes() {
        skip_blanks();
        const bool array = open_.back().container.is_array();
        if (!at_end() && next() == (array ? ']' : '}')) {
            ++at_;
            return true;
        }
        if (next() != ',') {
            fail_here(array ? "a comma or the closing bracket" : "a comma or the closing brace");
            return false;
        }
        ++at_;
        skip_blanks();
        if (!array)
            read_key();
        else if (next() == ']')
            fail("There is a comma before the closing bracket; remove it");
        return false;
    }

    bool read_word(std::string_view word, json::value value) {
        if (text_.substr(at_, word.size()) != word) {
            fail_here("a value");
            return false;
        }
        at_ += word.size();
        done_ = std::move(value);
        return true;
    }

    bool read_string(std::string& out);
    bool read_escape(std::string& out);
    std::optional<unsigned> read_hex();
    bool read_number();

    std::string_view text_;
    Findings& findings_;
    const DocumentLimits& limits_;
    std::size_t at_ = 0;
    std::size_t values_ = 0;
    bool failed_ = false;
    bool in_key_ = false;
    json::value done_;
    std::vector<Level> open_;
};

bool Reader::read_string(std::string& out) {
    ++at_;
    while (!at_end()) {
        const std::size_t start = at_;
        while (at_ < text_.size() && static_cast<unsigned char>(text_[at_]) >= 0x20 &&
               static_cast<unsigned char>(text_[at_]) < 0x80 && text_[at_] != '"' && text_[at_] != '\\')
            ++at_;
        out.append(text_, start, at_ - start);
        if (at_end()) break;
        const auto c = static_cast<unsigned char>(text_[at_]);
        if (c == '"') {
            ++at_;
            return true;
        }
        if (c == '\\') {
            if (!read_escape(out)) return false;
        } else if (c < 0x20) {
            fail(fmt::format("There is a raw control character (byte {}) in a string; write it as \\u{:04x}",
                             static_cast<unsigned>(c), static_cast<unsigned>(c)));
            return false;
        } else if (const std::size_t length = utf8_length(text_.substr(at_)); length > 0) {
            out.append(text_, at_, length);
            at_ += length;
        } else {
            fail(fmt::format("Byte 0x{:02x} is not valid UTF-8; save the file as UTF-8", static_cast<unsigned>(c)));
            return false;
        }
    }
    fail("The file ends inside a string");
    return false;
}

std::optional<unsigned> Reader::read_hex() {
    unsigned unit = 0;
    const auto digits = text_.substr(at_, 4);
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16);
    if (problem != std::errc{} || end != digits.data() + 4) return std::nullopt;
    at_ += 4;
    return unit;
}

bool Reader::read_escape(std::string& out) {
    const std::size_t start = at_++;
    const char c = at_end() ? '\0' : text_[at_++];
    constexpr std::string_view short_forms = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    if (const auto found = short_forms.find(c); found != std::string_view::npos) {
        out += meanings[found];
        return true;
    }
    auto unit = c == 'u' ? read_hex() : std::nullopt;
    if (!unit) {
        at_ = start;
        fail(
            "A backslash in a string must be followed by one of \" \\ / b f n r t, or by u and four hexadecimal "
            "digits");
        return false;
    }
    unsigned point = *unit;
    if (point >= 0xD800 && point <= 0xDFFF) {
        std::optional<unsigned> low;
        if (point < 0xDC00 && text_.substr(at_, 2) == "\\u") {
            at_ += 2;
            low = read_hex();
        }
        if (!low || *low < 0xDC00 || *low > 0xDFFF) {
            at_ = start;
            fail("Half of a surrogate pair is no character; write both halves, or the character itself");
            return false;
        }
        point = 0x10000 + ((point - 0xD800) << 10) + (*low - 0xDC00);
    }
    const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80 | ((point >> shift) & 0x3F)); };
    if (point < 0x80)
        out += static_cast<char>(point);
    else if (point < 0x800)
        out += static_cast<char>(0xC0 | point >> 6), tail(0);
    else if (point < 0x10000)
        out += static_cast<char>(0xE0 | point >> 12), tail(6), tail(0);
    else
        out += static_cast<char>(0xF0 | point >> 18), tail(12), tail(6), tail(0);
    return true;
}

bool Reader::read_number() {
    const std::size_t start = at_;
    const auto digits = [&] {
        const std::size_t first = at_;
        while (next() >= '0' && next() <= '9') ++at_;
        return at_ > first;
    };
    if (next() == '-') ++at_;
    const std::size_t integer = at_;
    if (!digits()) {
        fail_here("a value");
        return false;
    }
    if (text_[integer] == '0' && at_ > integer + 1) {
        at_ = integer;
        fail("A number must not start with 0; write a text that only looks like a number in double quotes");
        return false;
    }
    bool whole = true;
    if (next() == '.') {
        ++at_;
        whole = false;
        if (!digits()) return fail_here("a digit behind the decimal point"), false;
    }
    if (next() == 'e' || next() == 'E') {
        ++at_;
        whole = false;
        if (next() == '+' || next() == '-') ++at_;
        if (!digits()) return fail_here("a digit of the exponent"), false;
    }
    const auto number = text_.substr(start, at_ - start);
    if (whole) {
        std::int64_t value = 0;
        if (std::from_chars(number.data(), number.data() + number.size(), value).ec == std::errc{}) {
            done_ = value;
            return true;
        }
        // No value in these findings: here nobody knows yet whether it is a secret.
        findings_.warning(FindingCode::number_range, pointer(),
                          "This integer does not fit 64 bits; its digits are kept as text. Write it in double quotes.");
        done_ = json::string(number);
        return true;
    }
    double value = 0;
    if (std::from_chars(number.data(), number.data() + number.size(), value).ec != std::errc{}) {
        at_ = start;
        fail("This number is too large or too small to be represented; write it in double quotes",
             FindingCode::number_range);
        return false;
    }
    if (value == 0)
        done_ = std::int64_t{0};  // -0.0 would print its sign
    else
        done_ = value;
    return true;
}

}  // namespace

std::optional<json::value> read_document(std::string_view text, Findings& findings, const DocumentLimits& limits) {
    if (text.size() > limits.bytes) {
        findings.error(FindingCode::file_unreadable, "",
                       fmt::format("The file is larger than {} bytes.", limits.bytes));
        return std::nullopt;
    }
    const auto start = text.substr(0, 4);
    if (start.starts_with("\xFF\xFE") || start.starts_with("\xFE\xFF") ||
        start.starts_with(std::string_view("\0", 1)) || (start.size() > 1 && start[1] == '\0')) {
        findings.error(FindingCode::json_syntax, "",
                       "The file is UTF-16 or UTF-32, not UTF-8 (line 1, column 1); save it as UTF-8.");
        return std::nullopt;
    }
    return Reader(text, findings, limits).read();
}

}  // namespace mf

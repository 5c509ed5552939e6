// SPDX-License-Identifier: MIT
#include "base/log.h"

#include "base/json.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace mf::log {
namespace {

spdlog::level::level_enum to_spdlog(Level level) {
    switch (level) {
        case Level::debug: return spdlog::level::debug;
        case Level::info: return spdlog::level::info;
        case Level::warning: return spdlog::level::warn;
        case Level::error: return spdlog::level::err;
    }
    return spdlog::level::info;
}

Format chosen_format = Format::text;

spdlog::logger& logger() {
    static const auto instance = [] {
        auto created =
            std::make_shared<spdlog::logger>("multiflexi", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        created->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
        return created;
    }();
    return *instance;
}

/// Text needs quotes when a reader of "name=value" pairs could misread it.
void append_text(std::string& out, std::string_view text) {
    const bool plain = !text.empty() && text.find_first_of(" \"=\\") == std::string_view::npos &&
                       std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
    if (plain)
        out += text;
    else
        append_json_string(out, text);
}

void append_value(std::string& out, const Field& field) {
    struct Visitor {
        std::string& out;
        void operator()(std::int64_t v) const { out += fmt::to_string(v); }
        void operator()(double v) const { out += fmt::to_string(v); }
        void operator()(bool v) const { out += v ? "true" : "false"; }
        void operator()(std::string_view v) const {
            if (chosen_format == Format::json)
                append_json_string(out, v);
            else
                append_text(out, v);
        }
        void operator()(const std::string& v) const { (*this)(std::string_view(v)); }
    };
    std::visit(Visitor{out}, field.value);
}

}  // namespace

void configure(Level lowest, Format format) {
    chosen_format = format;
    logger().set_level(to_spdlog(lowest));
    // spdlog does not escape: the whole JSON object is made here, the pattern only opens it with the time.
    if (format == Format::json)
        logger().set_pattern("{\"time\":\"%Y-%m-%dT%H:%M:%S.%eZ\",\"level\":\"%l\",%v}",
                             spdlog::pattern_time_type::utc);
}

std::optional<Level> level_named(std::string_view name) {
    if (name == "debug") return Level::debug;
    if (name == "info") return Level::info;
    if (name == "warning") return Level::warning;
    if (name == "error") return Level::error;
    return std::nullopt;
}

std::optional<Format> format_named(std::string_view name) {
    if (name == "text") return Format::text;
    if (name == "json") return Format::json;
    return std::nullopt;
}

void write(Level level, std::string_view message, Fields fields) {
    if (!logger().should_log(to_spdlog(level))) return;
    std::string line;
    if (chosen_format == Format::json) {
        line += "\"message\":";
        append_json_string(line, message);
        for (const Field& field : fields) {
            line += ',';
            append_json_string(line, field.name);
            line += ':';
            append_value(line, field);
        }
    } else {
        line += message;
        for (const Field& field : fields) {
            line += ' ';
            line += field.name;
            line += '=';
            append_value(line, field);
        }
    }
    logger().log(to_spdlog(level), spdlog::string_view_t(line));
}

}  // namespace mf::log

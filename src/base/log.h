// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

/// The program's own log, written to standard error. Messages are short, lower case, without a full stop;
/// everything variable is a named field: log::info("job finished", {{"job", 42}, {"exit_code", 0}}).
/// Never hand in a secret.
namespace mf::log {

enum class Level { debug, info, warning, error };
enum class Format { text, json };

struct Field {
    std::string_view name;
    std::variant<std::int64_t, double, bool, std::string_view, std::string> value;

    template <class T>
    Field(std::string_view field_name, const T& field_value) : name(field_name) {
        if constexpr (std::is_same_v<T, bool>)
            value = field_value;
        else if constexpr (std::is_integral_v<T>)
            value = static_cast<std::int64_t>(field_value);
        else if constexpr (std::is_floating_point_v<T>)
            value = static_cast<double>(field_value);
        else
            value = std::string_view(field_value);
    }
};
using Fields = std::initializer_list<Field>;

/// Call once in main(), before threads exist. Until then: info, text.
void configure(Level lowest, Format format);
std::optional<Level> level_named(std::string_view name);    ///< debug, info, warning, error
std::optional<Format> format_named(std::string_view name);  ///< text, json

void write(Level level, std::string_view message, Fields fields = {});

inline void debug(std::string_view message, Fields fields = {}) { write(Level::debug, message, fields); }
inline void info(std::string_view message, Fields fields = {}) { write(Level::info, message, fields); }
inline void warning(std::string_view message, Fields fields = {}) { write(Level::warning, message, fields); }
inline void error(std::string_view message, Fields fields = {}) { write(Level::error, message, fields); }

}  // namespace mf::log

// SPDX-License-Identifier: MIT
#pragma once

#include "base/value.h"

#include <array>
#include <boost/pfr/tuple_size.hpp>
#include <compare>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// An entity is described once, by a table of fields. SQL, JSON, forms, CLI
// columns and OpenAPI are produced from that table by ordinary functions.

namespace mf {

enum class FieldType { boolean, integer, real, text, timestamp, reference, bytes, json };

/// What a field of the type json holds: texts in an order, or names with their values.
enum class JsonShape { none, list, map };

/// Where a field may be seen or changed. Everything defaults to "ordinary".
struct FieldOptions {
    std::string_view label = {};       ///< caption in forms and tables
    std::string_view help = {};        ///< one sentence for forms, --help and OpenAPI
    std::string_view references = {};  ///< entity this field points to
    std::size_t max_length = 255;      ///< bytes, of texts
    bool key = false;                  ///< the primary key
    bool tenant = false;               ///< the company a row belongs to; null: none, see `shared`
    bool shared = false;               ///< of a tenant: null is every company, see store/records.h
    bool required = false;
    bool read_only = false;  ///< set by the server only
    bool secret = false;     ///< never leaves the store in clear
    bool personal = false;   ///< exported and erased for the person it is about
    bool listed = false;     ///< shown in lists by default
    bool unchecked = false;  ///< of input: may be other bytes than UTF-8, whoever reads it says what is wrong with them
};

struct Field {
    std::string_view name;
    FieldType type;
    bool nullable;
    std::span<const std::string_view> choices;  ///< names of an enum, or empty
    FieldOptions options;
    Value (*read)(const void* record);
    bool (*write)(void* record, const Value& value);  ///< false: value does not fit
    JsonShape shape = JsonShape::none;                ///< of the type json
};

struct Entity {
    std::string_view name;   ///< table and URL name
    std::string_view title;  ///< for people
    std::span<const Field> fields;

    const Field* find(std::string_view field) const {
        for (const Field& candidate : fields)
            if (candidate.name == field) return &candidate;
        return nullptr;
    }
    const Field& key() const {
        for (const Field& candidate : fields)
            if (candidate.options.key) return candidate;
        throw std::logic_error("entity without a key");
    }
};

/// Each entity specialises this in its .cpp file.
template <class T>
const Entity& entity_of();

/// A row id that cannot be confused with the id of another entity.
template <class T>
struct Id {
    std::int64_t value = 0;
    auto operator<=>(const Id&) const = default;
};

/// Texts in an order; kept as a JSON array.
using TextList = std::vector<std::string>;
/// Names and their values; kept as a JSON object.
using TextMap = std::map<std::string, std::string>;

std::string to_json_text(const TextList& list);
std::string to_json_text(const TextMap& map);
bool from_json_text(std::string_view text, TextList& out);
bool from_json_text(std::string_view text, TextMap& out);  ///< scalar members become text

/// An enum becomes storable by listing its names: constexpr auto names_of(E).
template <class E>
concept NamedEnum = std::is_enum_v<E> && requires(E e) {
    names_of(e);
};

template <NamedEnum E>
constexpr std::string_view name_of(E value) {
    return names_of(E{})[static_cast<std::size_t>(value)];
}

template <NamedEnum E>
constexpr std::optional<E> enum_named(std::string_view name) {
    const auto names = names_of(E{});
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name) return static_cast<E>(i);
    return std::nullopt;
}

// --- how each C++ type is kept; add a type here and every layer knows it ---

template <class T>
struct Stored;

template <>
struct Stored<bool> {
    static constexpr auto type = FieldType::boolean;
    static Value get(bool v) { return v; }
    static bool set(bool& out, const Value& v) {
        if (auto* b = std::get_if<bool>(&v)) return out = *b, true;
        if (auto* i = std::get_if<std::int64_t>(&v)) return out = *i != 0, *i == 0 || *i == 1;
        return false;
    }
};

template <std::integral T>
requires(!std::same_as<T, bool>) struct Stored<T> {
    static constexpr auto type = FieldType::integer;
    static Value get(T v) { return static_cast<std::int64_t>(v); }
    static bool set(T& out, const Value& v) {
        auto* i = std::get_if<std::int64_t>(&v);
        return i && std::in_range<T>(*i) && (out = static_cast<T>(*i), true);
    }
};

template <>
struct Stored<double> {
    static constexpr auto type = FieldType::real;
    static Value get(double v) { return v; }
    static bool set(double& out, const Value& v) {
        if (auto* d = std::get_if<double>(&v)) return out = *d, true;
        if (auto* i = std::get_if<std::int64_t>(&v)) return out = static_cast<double>(*i), true;
        return false;
    }
};

template <>
struct Stored<std::string> {
    static constexpr auto type = FieldType::text;
    static Value get(const std::string& v) { return v; }
    static bool set(std::string& out, const Value& v) {
        auto* s = std::get_if<std::string>(&v);
        return s && (out = *s, true);
    }
};

template <>
struct Stored<Timestamp> {
    static constexpr auto type = FieldType::timestamp;
    static Value get(Timestamp v) { return std::int64_t{v.time_since_epoch().count()}; }
    static bool set(Timestamp& out, const Value& v) {
        auto* i = std::get_if<std::int64_t>(&v);
        return i && (out = Timestamp{std::chrono::milliseconds{*i}}, true);
    }
};

template <class T>
struct Stored<Id<T>> {
    static constexpr auto type = FieldType::reference;
    static Value get(Id<T> v) { return v.value; }
    static bool set(Id<T>& out, const Value& v) {
        auto* i = std::get_if<std::int64_t>(&v);
        return i && (out.value = *i, true);
    }
};

template <>
struct Stored<Bytes> {
    static constexpr auto type = FieldType::bytes;
    static Value get(const Bytes& v) { return v; }
    static bool set(Bytes& out, const Value& v) {
        auto* b = std::get_if<Bytes>(&v);
        return b && (out = *b, true);
    }
};

template <NamedEnum E>
struct Stored<E> {
    static constexpr auto type = FieldType::text;
    static constexpr auto names = names_of(E{});
    static Value get(E v) { return std::string(name_of(v)); }
    static bool set(E& out, const Value& v) {
        auto* s = std::get_if<std::string>(&v);
        const auto found = s ? enum_named<E>(*s) : std::nullopt;
        return found && (out = *found, true);
    }
};

template <class T>
requires std::same_as<T, TextList> || std::same_as<T, TextMap>
struct Stored<T> {
    static constexpr auto type = FieldType::json;
    static Value get(const T& v) { return to_json_text(v); }
    static bool set(T& out, const Value& v) {
        auto* s = std::get_if<std::string>(&v);
        return s && from_json_text(*s, out);
    }
};

template <class T>
struct Stored<std::optional<T>> {
    static constexpr auto type = Stored<T>::type;
    static Value get(const std::optional<T>& v) { return v ? Stored<T>::get(*v) : Value{}; }
    static bool set(std::optional<T>& out, const Value& v) {
        if (is_null(v)) return out.reset(), true;
        return Stored<T>::set(out.emplace(), v);
    }
};

namespace detail {
template <auto Member>
struct MemberOf;
template <class C, class T, T C::*Member>
struct MemberOf<Member> {
    using Record = C;
    using Type = T;
};
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
struct Unwrapped {
    using type = T;
};
template <class T>
struct Unwrapped<std::optional<T>> {
    using type = T;
};
template <class Member>
constexpr JsonShape json_shape() {
    using T = typename Unwrapped<Member>::type;
    if constexpr (std::same_as<T, TextList>) return JsonShape::list;
    if constexpr (std::same_as<T, TextMap>) return JsonShape::map;
    return JsonShape::none;
}
template <class Member>
constexpr std::span<const std::string_view> choices() {
    using T = typename Unwrapped<Member>::type;
    if constexpr (NamedEnum<T>)
        return Stored<T>::names;
    else
        return {};
}
}  // namespace detail

/// Describes one data member: field<&Company::name>("name", {.required = true}).
template <auto Member>
constexpr Field field(std::string_view name, FieldOptions options = {}) {
    using Record = typename detail::MemberOf<Member>::Record;
    using Type = typename detail::MemberOf<Member>::Type;
    return {
        .name = name,
        .type = Stored<Type>::type,
        .nullable = detail::is_optional<Type>,
        .choices = detail::choices<Type>(),
        .options = options,
        .read = [](const void* record) { return Stored<Type>::get(static_cast<const Record*>(record)->*Member); },
        .write = [](void* record,
                    const Value& value) { return Stored<Type>::set(static_cast<Record*>(record)->*Member, value); },
        .shape = detail::json_shape<Type>(),
    };
}

/// The fields of T. Does not compile while a member of T is not described.
template <class T, class... F>
constexpr std::array<Field, sizeof...(F)> fields_of(F... fields) {
    static_assert(boost::pfr::tuple_size_v<T> == sizeof...(F), "every member needs a field line");
    return {fields...};
}

}  // namespace mf

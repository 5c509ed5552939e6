// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace mf {

/// Why an operation that may legitimately fail did fail. The code decides the
/// HTTP status and the exit code of the CLI.
enum class ErrorCode { invalid, not_found, conflict, forbidden, unavailable, limited };

/// One complaint about one place of the input.
struct FieldError {
    std::string field;       ///< field name, option name, or JSON pointer
    std::string message;     ///< for people
    std::string code = {};   ///< a word that programs rely on ("downgrade"); empty: there is none
    std::string value = {};  ///< the offending value as JSON text, never a secret; empty: there is none
    std::string file = {};   ///< the file in which field is a place; empty: it is none
};

struct Error {
    ErrorCode code = ErrorCode::invalid;
    std::string message;                  ///< for people: a whole sentence, what was wrong and what to do
    std::vector<FieldError> fields = {};  ///< for forms, may be empty
};

inline Error invalid(std::string message) { return {ErrorCode::invalid, std::move(message)}; }

/// A value, or the reason why there is none. Must be looked at.
template <class T>
class [[nodiscard]] Result {
    using Stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

public:
    using value_type = T;
    Result() requires std::is_void_v<T> : state_(Stored{}) {}
    template <class U = Stored>
    requires std::constructible_from<Stored, U&&> &&
        (!std::same_as<std::remove_cvref_t<U>, Result>)&&(!std::same_as<std::remove_cvref_t<U>, Error>)Result(U&& value)
        : state_(std::in_place_index<0>, std::forward<U>(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    explicit operator bool() const { return state_.index() == 0; }
    const Error& error() const { return std::get<1>(state_); }
    auto& operator*() & requires(!std::is_void_v<T>) { return std::get<0>(state_); }
    const auto& operator*() const& requires(!std::is_void_v<T>) { return std::get<0>(state_); }
    auto&& operator*() && requires(!std::is_void_v<T>) { return std::get<0>(std::move(state_)); }
    auto* operator->() requires(!std::is_void_v<T>) { return &std::get<0>(state_); }
    const auto* operator->() const requires(!std::is_void_v<T>) { return &std::get<0>(state_); }

    /// Continues with a function that may fail as well.
    template <class F>
    auto and_then(F&& next) && {
        if constexpr (std::is_void_v<T>) {
            using R = decltype(next());
            return *this ? next() : R(error());
        } else {
            using R = decltype(next(std::declval<T&&>()));
            return *this ? next(*std::move(*this)) : R(error());
        }
    }
    /// Continues with a function that cannot fail.
    template <class F>
    auto transform(F&& next) && {
        if constexpr (std::is_void_v<T>) {
            using R = Result<decltype(next())>;
            return *this ? R(next()) : R(error());
        } else {
            using R = Result<decltype(next(std::declval<T&&>()))>;
            return *this ? R(next(*std::move(*this))) : R(error());
        }
    }

private:
    std::variant<Stored, Error> state_;
};

}  // namespace mf

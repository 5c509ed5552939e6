// SPDX-License-Identifier: MIT
#pragma once

#include "api/api_context.h"
#include "api/caller.h"
#include "api/compatible/answer.h"
#include "base/zone.h"

namespace mf::compatible {

/// What an operator may say about this interface.
struct Options {
    std::string prefix = {};       ///< of the path, such as "/multiflexi"; empty: none
    bool anonymous_reads = false;  ///< topics, credential types and names of credentials without signing in
};

/// A request at an endpoint, and the way to the operations. Lives for the request.
class Exchange {
public:
    Exchange(const ApiContext& context, const Options& options, const http::Request& request)
        : context_(context), options_(options), request_(request) {}

    const ApiContext& context() const { return context_; }
    const Options& options() const { return options_; }
    const http::Request& request() const { return request_; }
    const Caller& caller() const { return caller_.caller; }
    bool is_guest() const { return caller_.by == ApiCaller::By::nothing; }
    Timestamp now() const { return context_.clock.now(); }
    /// Of times without an offset, in both directions.
    const Zone& zone() const { return zone_; }

    /// In which form the answer is wanted.
    Form form() const { return form_; }
    void set_form(Form form) { form_ = form; }
    void set_caller(ApiCaller caller) { caller_ = std::move(caller); }
    void set_ids(std::vector<std::int64_t> ids) { ids_ = std::move(ids); }
    /// Of the first, second placeholder of the path.
    std::int64_t id(std::size_t place = 0) const { return ids_.at(place); }

    /// invalid: the body is not what it says it is.
    Result<void> read_body();
    /// Everything that was sent: the query, and the members of the body, which win. Nulls count as not sent.
    const json::object& given() const { return given_; }
    /// As a text, also a number; none: not sent.
    std::optional<std::string> text(std::string_view name) const;
    /// Also a number that is written as a text. none: not sent, or no number.
    std::optional<std::int64_t> number(std::string_view name) const;
    /// The number of the record that is meant, in the query or the body; none: not sent, so a new one is wanted.
    /// invalid: something else was sent, also nothing behind the '='.
    Result<std::optional<std::int64_t>> meant_record(std::string_view name) const;
    /// The first that is there; empty texts count as not sent.
    std::optional<std::string> query(std::string_view name) const;

    /// Runs an operation for the one who asks.
    Result<json::value> call(std::string_view operation, const json::object& input) const;
    /// Of an operation that answers with one record, or with {"record": it}.
    Result<json::object> record(std::string_view operation, const json::object& input) const;
    /// Is there such an operation?
    bool has(std::string_view operation) const;

private:
    const ApiContext& context_;
    const Options& options_;
    const http::Request& request_;
    const Zone zone_ = zone_of(context_);
    ApiCaller caller_;
    Form form_ = Form::json;
    std::vector<std::int64_t> ids_;
    json::object given_;

    static Zone zone_of(const ApiContext& context);
};

/// How a value that a client sends becomes one of an operation.
enum class Takes {
    text,   ///< numbers and truth values are written out
    words,  ///< a list, or a text with commas
    flag,   ///< true, false, 0, 1
    number
};
struct Taken {
    std::string_view name;      ///< what clients call it
    std::string_view key = {};  ///< what the operation calls it; empty: the same
    Takes as = Takes::text;
};
/// What was sent of these; everything else is left out. invalid: a value is of another kind; names every such one.
Result<json::object> taken(const Exchange& exchange, std::span<const Taken> wanted);

}  // namespace mf::compatible

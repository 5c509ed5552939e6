// SPDX-License-Identifier: MIT
#include "api/problem.h"

#include "base/json.h"

#include <fmt/format.h>

namespace mf {
namespace {

std::string_view word_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid: return "invalid";
        case ErrorCode::not_found: return "not-found";
        case ErrorCode::conflict: return "conflict";
        case ErrorCode::forbidden: return "forbidden";
        case ErrorCode::unavailable: return "unavailable";
        case ErrorCode::limited: return "limited";
    }
    return "invalid";
}

/// For what is told by a status alone.
std::string_view word_of(int status) {
    switch (status) {
        case 401: return "unauthenticated";
        case 403: return "forbidden";
        case 404: return "not-found";
        case 405: return "method-not-allowed";
        case 406: return "not-acceptable";
        case 409: return "conflict";
        case 412: return "precondition-failed";
        case 413:
        case 414:
        case 431: return "too-large";
        case 415: return "unsupported-media-type";
        case 416: return "range-not-satisfiable";
        case 429: return "limited";
        default: return status == 503 ? "unavailable" : status >= 500 ? "internal" : "invalid";
    }
}

http::Response answer(int status, std::string_view code, std::string_view sentence, json::array errors) {
    json::object body{{"type", fmt::format("urn:multiflexi:problem:{}", code)},
                      {"title", http::reason_phrase(status)},
                      {"status", status},
                      {"detail", sentence},
                      {"code", code}};
    if (!errors.empty()) body["errors"] = std::move(errors);
    auto out = http::response(status, "application/problem+json", to_text(json::value(std::move(body))));
    out.headers.set("Cache-Control", "no-store");
    return out;
}

}  // namespace

int status_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid: return 400;
        case ErrorCode::not_found: return 404;
        case ErrorCode::conflict: return 409;
        case ErrorCode::forbidden: return 403;
        case ErrorCode::unavailable: return 503;
        case ErrorCode::limited: return 429;
    }
    return 500;
}

http::Response problem(const Error& error, int status) {
    json::array errors;
    for (const FieldError& field : error.fields) {
        json::object one{{"field", field.field}, {"message", field.message}};
        if (!field.code.empty()) one["code"] = field.code;
        if (!field.value.empty()) one["value"] = field.value;
        if (!field.file.empty()) one["file"] = field.file;
        errors.push_back(std::move(one));
    }
    const auto word = status == 0 ? word_of(error.code) : word_of(status);
    return answer(status == 0 ? status_of(error.code) : status, word, error.message, std::move(errors));
}

http::Response problem(int status, std::string_view sentence, std::string_view code) {
    return answer(status, code.empty() ? word_of(status) : code, sentence, {});
}

}  // namespace mf

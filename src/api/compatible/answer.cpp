// SPDX-License-Identifier: MIT
#include "api/compatible/answer.h"

#include "base/json.h"
#include "base/text.h"

namespace mf::compatible {

Form form_named(std::string_view word) {
    if (equal_ignoring_case(word, "json")) return Form::json;
    if (equal_ignoring_case(word, "xml")) return Form::xml;
    if (equal_ignoring_case(word, "yaml")) return Form::yaml;
    return Form::html;
}

std::string text_of(const json::value& value) {
    if (value.is_null()) return {};
    return value.is_string() ? to_utf8(value.get_string()) : to_text(value);
}

http::Response represent(Answer answer, Form form, std::string_view base) {
    http::Response out;
    // What is wrong is told to programs, whatever they have asked for.
    if (answer.status >= 400) form = Form::json;
    switch (form) {
        case Form::json:
            out = http::response(answer.status, "application/json", answer.source ? "" : to_text(answer.body));
            out.source = std::move(answer.source);
            break;
        case Form::xml:
            out = http::response(answer.status, "text/xml; charset=utf-8", to_xml(answer.body, answer.element));
            break;
        case Form::yaml: out = http::response(answer.status, "text/yaml; charset=utf-8", to_yaml(answer.body)); break;
        case Form::html:
            out = http::response(answer.status, "text/html; charset=utf-8", to_html(answer, base));
            out.headers.set("Content-Security-Policy",
                            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
                            "frame-ancestors 'none'");
            break;
    }
    if (answer.retry_after.count() > 0) out.headers.set("Retry-After", std::to_string(answer.retry_after.count()));
    if (answer.is_secret) out.headers.set("Cache-Control", "no-store");
    return out;
}

}  // namespace mf::compatible

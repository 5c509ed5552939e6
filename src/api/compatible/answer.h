// SPDX-License-Identifier: MIT
#pragma once

#include "net/server/body_source.h"
#include "net/server/message.h"

#include <boost/json/value.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace mf::compatible {

namespace json = boost::json;

/// In which form an answer is wanted: what stands behind the last dot of a path.
enum class Form { json, xml, yaml, html };

/// What an endpoint has to say, before it has a form.
struct Answer {
    json::value body = {};
    int status = 200;
    std::string_view element = {};  ///< what one record of a list is called in XML
    std::string_view link = {};     ///< where one record of a list is, below the base path; empty: nowhere
    bool is_secret = false;         ///< nobody may keep it
    std::chrono::seconds retry_after{0};
    std::unique_ptr<http::BodySource> source = nullptr;  ///< JSON, instead of the body
};

/// As a response; one about an error is JSON. XML (1.0, fifth edition) is well-formed and YAML (1.2) readable whatever
/// texts the body has, HTML shows them as texts: nothing in a record becomes markup. Everything is UTF-8.
///
/// `base` is the path that links in HTML begin with.
http::Response represent(Answer answer, Form form, std::string_view base);

/// A member that an array or an object with ids as keys repeats becomes an element of this name for each record; true
/// is 1, false and null are empty. An object that has nothing but one of the wrappers ping, index, status and
/// jobsStatus has that as its root, everything else <root>.
std::string to_xml(const json::value& body, std::string_view element);
std::string to_yaml(const json::value& body);
std::string to_html(const Answer& answer, std::string_view base);

/// "json", "xml", "yaml"; every other word is HTML, as clients know it.
Form form_named(std::string_view word);

/// How a value stands in the text of an element or a cell: null is empty, lists and objects are JSON.
std::string text_of(const json::value& value);

}  // namespace mf::compatible

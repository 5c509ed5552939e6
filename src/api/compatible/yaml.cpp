// SPDX-License-Identifier: MIT
#include "api/compatible/answer.h"

#include "base/json.h"

#include <yaml-cpp/yaml.h>

namespace mf::compatible {
namespace {

void emit(YAML::Emitter& out, const json::value& body) {
    if (const auto* list = body.if_array()) {
        // An empty one in block style would be no text at all.
        out << (list->empty() ? YAML::Flow : YAML::Block) << YAML::BeginSeq;
        for (const auto& each : *list) emit(out, each);
        out << YAML::EndSeq;
    } else if (const auto* members = body.if_object()) {
        out << (members->empty() ? YAML::Flow : YAML::Block) << YAML::BeginMap;
        for (const auto& [key, member] : *members) {
            out << YAML::Key << YAML::DoubleQuoted << std::string(key) << YAML::Value;
            emit(out, member);
        }
        out << YAML::EndMap;
    } else if (body.is_string()) {
        // Quoted, so that "no", "1.0" and "~" stay texts.
        out << YAML::DoubleQuoted << text_of(body);
    } else if (body.is_null()) {
        out << YAML::Null;
    } else {
        out << to_text(body);
    }
}

}  // namespace

std::string to_yaml(const json::value& body) {
    YAML::Emitter out;
    emit(out, body);
    return std::string(out.c_str(), out.size()) + "\n";
}

}  // namespace mf::compatible

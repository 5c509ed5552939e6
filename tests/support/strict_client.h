// SPDX-License-Identifier: MIT
#pragma once

#include "base/json.h"
#include "base/text.h"
#include "base/time_text.h"

#include <fmt/format.h>
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <span>
#include <vector>

// The records of the compatible REST interface as its generated Python client takes them: a value of another type, a
// text that is too long or a word that is not in the list makes it refuse the whole answer. Members that it does not
// know are ignored, nulls count as left out.

namespace mf::testing {

struct ClientMember {
    enum Kind { integer, boolean, text, moment, object, list } kind = text;
    std::size_t longest = 0;                   ///< characters; 0: any number
    std::vector<std::string_view> words = {};  ///< the only ones; none: any
    std::string_view of = {};                  ///< the model of each record of a list or each value of an object
    bool required = false;
};
using ClientModel = std::map<std::string_view, ClientMember>;

inline const ClientModel& client_model(std::string_view name) {
    using M = ClientMember;
    static const std::map<std::string_view, ClientModel> models{
        {"App",
         {{"id", {M::integer}},
          {"enabled", {M::boolean}},
          {"image", {}},
          {"name", {.required = true}},
          {"description", {}},
          {"executable", {.required = true}},
          {"DatCreate", {M::moment}},
          {"DatUpdate", {M::moment}},
          {"setup", {}},
          {"cmdparams", {}},
          {"deploy", {}},
          {"homepage", {}},
          {"requirements", {}},
          {"ociimage", {}},
          {"version", {}},
          {"code", {}},
          {"uuid", {}},
          {"topics", {}},
          {"tags", {}},
          {"resultfile", {}},
          {"artifacts", {}},
          {"deffile", {}},
          {"helmchart", {}},
          {"environment", {.kind = M::object, .of = "AppEnvironmentValue"}},
          {"exitCodes", {.kind = M::object, .of = "ExitCodeDetail"}},
          {"status", {.words = {"available", "pending", "sold"}}}}},
        {"AppEnvironmentValue",
         {{"type", {.words = {"text", "string", "password", "file-path", "bool", "integer", "set"}}},
          {"description", {}},
          {"defval", {}},
          {"required", {M::boolean}}}},
        {"ExitCodeDetail",
         {{"severity", {.words = {"success", "error", "warning", "info"}}},
          {"retry", {M::boolean}},
          {"description", {.kind = M::object, .of = "text"}}}},
        {"Company",
         {{"id", {M::integer}},
          {"enabled", {M::boolean}},
          {"settings", {}},
          {"logo", {}},
          {"name", {.longest = 32}},
          {"code", {.longest = 10}},
          {"ic", {.longest = 32}},
          {"DatCreate", {M::moment}},
          {"DatUpdate", {M::moment}},
          {"customer", {M::integer}},
          {"email", {.longest = 64}}}},
        {"CompanyUser",
         {{"company_id", {M::integer}},
          {"user_id", {M::integer}},
          {"role", {}},
          {"created_at", {M::moment}},
          {"user", {.kind = M::object}}}},
        {"User",
         {{"id", {M::integer}},
          {"enabled", {M::boolean}},
          {"settings", {}},
          {"email", {}},
          {"firstname", {}},
          {"lastname", {}},
          {"password", {}},
          {"login", {}},
          {"DatCreate", {M::moment}},
          {"DatSave", {M::moment}},
          {"last_modifier_id", {M::integer}}}},
        {"RbacRole",
         {{"id", {M::integer}},
          {"name", {.longest = 64}},
          {"display_name", {.longest = 128}},
          {"is_active", {M::boolean}},
          {"assigned_at", {M::moment}},
          {"expires_at", {M::moment}}}},
        {"RunTemplate",
         {{"id", {M::integer}},
          {"app_id", {M::integer}},
          {"company_id", {M::integer}},
          {"interv", {.longest = 64, .words = {"c", "n", "i", "h", "d", "w", "m", "y"}}},
          {"prepared", {M::boolean}},
          {"success", {M::object}},
          {"fail", {M::object}},
          {"name", {.longest = 250}},
          {"delay", {M::integer}},
          {"executor", {.longest = 255}},
          {"active", {M::boolean}},
          {"cron", {.longest = 64}},
          {"last_schedule", {M::moment}},
          {"next_schedule", {M::moment}},
          {"note", {}},
          {"DatCreate", {M::moment}},
          {"DatSave", {M::moment}},
          {"successfull_jobs_count", {M::integer}},
          {"failed_jobs_count", {M::integer}}}},
        {"Job",
         {{"id", {M::integer}},
          {"app_id", {M::integer}},
          {"begin", {M::moment}},
          {"end", {M::moment}},
          {"company_id", {M::integer}},
          {"exitcode", {M::integer}},
          {"stdout", {}},
          {"stderr", {}},
          {"launched_by", {M::integer}},
          {"env", {M::object}},
          {"command", {}},
          {"schedule", {M::moment}},
          {"executor", {}},
          {"runtemplate_id", {M::integer}},
          {"task_id", {M::integer}},
          {"app_version", {}}}},
        {"Task",
         {{"id", {M::integer}},
          {"runtemplate_id", {M::integer}},
          {"window_start", {M::moment}},
          {"window_end", {M::moment}},
          {"deadline", {M::moment}},
          {"state", {.words = {"open", "running", "fulfilled", "fulfilled_late", "failed", "missed"}}},
          {"fulfilled_by_job_id", {M::integer}},
          {"fulfilled_at", {M::moment}},
          {"attempts", {M::integer}},
          {"created_at", {M::moment}},
          {"jobs", {.kind = M::list, .of = "Job"}}}},
        {"Credential",
         {{"id", {M::integer}},
          {"company_id", {M::integer}},
          {"name", {.longest = 32}},
          {"type", {.words = {"password", "token", "certificate"}}},
          {"value", {.longest = 255}}}},
        {"CredentialType",
         {{"id", {M::integer}},
          {"name", {.longest = 32}},
          {"description", {.longest = 255}},
          {"url", {.longest = 255}},
          {"logo", {.longest = 255}},
          {"DatCreate", {M::moment}},
          {"DatUpdate", {M::moment}}}},
        {"Topic",
         {{"id", {M::integer}},
          {"name", {.longest = 32}},
          {"description", {.longest = 255}},
          {"color", {.longest = 7}}}},
        {"EventSource",
         {{"id", {M::integer}},
          {"name", {.longest = 255}},
          {"adapter_type", {.longest = 128}},
          {"db_connection", {.longest = 16, .words = {"mysql", "pgsql", "sqlite"}}},
          {"db_host", {.longest = 255}},
          {"db_port", {.longest = 8}},
          {"db_database", {.longest = 128}},
          {"db_username", {.longest = 128}},
          {"db_password", {.longest = 255}},
          {"poll_interval", {M::integer}},
          {"enabled", {M::boolean}},
          {"last_processed_id", {M::integer}},
          {"created", {M::moment}},
          {"modified", {M::moment}}}},
        {"EventRule",
         {{"id", {M::integer}},
          {"event_source_id", {M::integer}},
          {"evidence", {.longest = 60}},
          {"operation", {.words = {"any", "create", "update", "delete"}}},
          {"runtemplate_id", {M::integer}},
          {"priority", {M::integer}},
          {"enabled", {M::boolean}},
          {"env_mapping", {}},
          {"created", {M::moment}},
          {"modified", {M::moment}}}},
        {"Status",
         {{"companies", {M::integer}},
          {"apps", {M::integer}},
          {"runtemplates", {M::integer}},
          {"topics", {M::integer}},
          {"credentials", {M::integer}},
          {"credentialtypes", {M::integer}},
          {"eventsources", {M::integer}},
          {"eventrules", {M::integer}},
          {"database", {}},
          {"daemon", {}},
          {"timestamp", {M::moment}}}},
    };
    return models.at(name);
}

/// Why the client would refuse this record; empty: it takes it.
inline std::string refused_by_client(std::string_view model, const json::value& record) {
    if (model == "text") return record.is_string() ? "" : "is no text; ";
    const auto* members = record.if_object();
    if (!members) return fmt::format("{}: is no object; ", model);
    std::string out;
    for (const auto& [name, wanted] : client_model(model)) {
        const auto complain = [&, &name = name](std::string_view why) {
            out += fmt::format("{}.{} {}: {}; ", model, name, why, to_text(*members).substr(0, 300));
        };
        const auto* value = members->if_contains(name);
        if (!value || value->is_null()) {
            if (wanted.required) complain("is missing");
            continue;
        }
        switch (wanted.kind) {
            case ClientMember::integer:
                if (!value->is_int64()) complain("is no integer");
                break;
            case ClientMember::boolean:
                if (!value->is_bool()) complain("is no boolean");
                break;
            case ClientMember::object:
                if (!value->is_object()) complain("is no object");
                if (value->is_object() && !wanted.of.empty())
                    for (const auto& [key, each] : value->get_object()) out += refused_by_client(wanted.of, each);
                break;
            case ClientMember::list:
                if (!value->is_array()) complain("is no list");
                if (value->is_array())
                    for (const auto& each : value->get_array()) out += refused_by_client(wanted.of, each);
                break;
            case ClientMember::moment:
            case ClientMember::text:
                if (!value->is_string()) {
                    complain("is no text");
                    break;
                }
                const std::string_view text = value->get_string();
                if (wanted.longest && character_count(text) > wanted.longest) complain("is too long");
                if (!wanted.words.empty() && std::ranges::find(wanted.words, text) == wanted.words.end())
                    complain("is not in the list");
                if (wanted.kind == ClientMember::moment && !parse_time(text, {}, Zone::utc())) complain("is no time");
                break;
        }
    }
    return out;
}

/// The same for a list.
inline std::string list_refused_by_client(std::string_view model, const json::value& list) {
    if (!list.is_array()) return fmt::format("the list of {} is no array", model);
    std::string out;
    for (const auto& record : list.get_array()) out += refused_by_client(model, record);
    return out;
}
/// The same for an object with ids as keys.
inline std::string keyed_refused_by_client(std::string_view model, const json::value& keyed) {
    if (!keyed.is_object()) return fmt::format("the list of {} is no object", model);
    std::string out;
    for (const auto& [id, record] : keyed.get_object()) {
        out += refused_by_client(model, record);
        if (record.at("id") != to_integer(std::string_view(id)).value_or(0)) out += "a key is not the id; ";
    }
    return out;
}

}  // namespace mf::testing

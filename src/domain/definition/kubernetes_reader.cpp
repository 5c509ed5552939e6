// SPDX-License-Identifier: MIT
#include "domain/definition/section_reader.h"
#include "domain/definition/uri.h"

#include <fmt/format.h>
#include <algorithm>

namespace mf {
namespace {

using Presence = ObjectReading::Presence;

constexpr std::size_t longest_chart = 512;

/// A label of RFC 1123, as Kubernetes names need it.
bool is_dns_label(std::string_view text) {
    const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !text.empty() && text.size() <= 63 && plain(text.front()) && plain(text.back()) &&
           std::all_of(text.begin(), text.end(), [&](char c) { return plain(c) || c == '-'; });
}

bool has_control_or_blank(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; });
}

std::string read_dns_label(ObjectReading& reading, std::string_view key) {
    std::string label = reading.text(key);
    if (reading.object().contains(key) && reading.object().at(key).is_string() && !is_dns_label(label))
        reading.error(
            FindingCode::schema_violation, key,
            "This must be a DNS label: up to 63 small letters, digits and '-', with a letter or digit at both ends.");
    return label;
}

/// What helm is given as an argument must be neither an option nor a way out of the chart directory.
void check_helm_path(std::string_view path, const std::string& pointer, Findings& findings) {
    if (path.starts_with('-'))
        findings.error(FindingCode::value_unsafe, pointer, "This starts with '-' and would be read as an option.",
                       printable(path));
    else if (has_control_or_blank(path))
        findings.error(FindingCode::value_unsafe, pointer, "There is a blank or control character in this path.",
                       printable(path));
    else if (has_parent_part(path))
        findings.error(FindingCode::path_unsafe, pointer,
                       "This path leaves the directory of the charts; remove \"..\".", printable(path));
}

/// repository/chart: two parts of letters, digits, '.', '_' and '-'.
bool is_repository_chart(std::string_view chart) {
    const auto slash = chart.find('/');
    if (slash == std::string_view::npos || slash == 0 || slash + 1 == chart.size()) return false;
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return chart.substr(0, slash).find_first_not_of(allowed) == std::string_view::npos &&
           chart.substr(slash + 1).find_first_not_of(allowed) == std::string_view::npos;
}

void read_values_files(HelmDefinition& helm, ObjectReading& reading) {
    helm.values_files = reading.words("valuesFiles");
    if (const json::value* files = reading.object().if_contains("valuesFiles");
        files && files->is_array() && files->get_array().empty())
        reading.warning(FindingCode::tolerated, "valuesFiles", "The list is empty; leave it out.");
    for (std::size_t i = 0; i < helm.values_files.size(); ++i)
        check_helm_path(helm.values_files[i], pointer_to(reading.pointer("valuesFiles"), i), reading.findings());
}

void read_set(HelmDefinition& helm, ObjectReading& reading) {
    const json::value* value = reading.member("set");
    const json::object* set = value ? section_object(*value, reading.pointer("set"), reading.findings()) : nullptr;
    if (!set) return;
    for (const auto& [key, one] : *set) {
        const std::string place = pointer_to(reading.pointer("set"), std::string_view(key));
        const auto text = scalar_text(one);
        if (!text || !*text) {
            reading.findings().error(FindingCode::schema_violation, place,
                                     "This must be a string, a number, or true or false.", shown(one));
            continue;
        }
        if (!check_text(**text, place, reading.findings()) || !check_text(key, place, reading.findings())) continue;
        constexpr std::string_view special = ",{}=\\";
        if (key.empty() || key.front() == '-' || key.find_first_of(special) != json::string::npos ||
            (*text)->find_first_of(special) != std::string::npos)
            reading.findings().warning(
                FindingCode::value_unsafe, place,
                "Characters that mean something to helm --set are passed on escaped, as plain text.", shown(one));
        helm.set.emplace_back(key, **text);
    }
}

void read_helm(HelmDefinition& helm, ObjectReading& reading) {
    helm.enabled = reading.flag("enabled").value_or(false);
    helm.release_name = read_dns_label(reading, "releaseName");
    helm.name_space = read_dns_label(reading, "namespace");
    helm.chart = reading.text("chart");
    if (!helm.chart.empty()) {
        check_helm_path(helm.chart, reading.pointer("chart"), reading.findings());
        const bool path = helm.chart.starts_with("./") || helm.chart.starts_with("../") || helm.chart.starts_with('/');
        if (!path && !helm.chart.starts_with("oci://") && !is_repository_chart(helm.chart))
            reading.error(FindingCode::schema_violation, "chart",
                          "This must be oci://…, repository/chart, or a path that starts with ./ or /.");
        else if (helm.chart.starts_with("./") && is_repository_chart(helm.chart))
            reading.warning(FindingCode::tolerated, "chart",
                            "This is read as a path; programs that take it for repository/chart, too, refuse the file. "
                            "An absolute path is clear.");
        if (helm.chart.size() > longest_chart)
            reading.error(FindingCode::too_large, "chart", fmt::format("This is longer than {} bytes.", longest_chart));
    }
    read_values_files(helm, reading);
    read_set(helm, reading);
    helm.upgrade_install = reading.flag("upgradeInstall").value_or(true);
    helm.atomic = reading.flag("atomic").value_or(false);
    helm.wait = reading.flag("wait").value_or(true);
    if (const json::value* timeout = reading.member("timeoutSeconds")) {
        const std::int64_t* seconds = timeout->if_int64();
        if (seconds && *seconds >= 1 && *seconds <= 3600)
            helm.timeout_seconds = static_cast<int>(*seconds);
        else
            reading.error(FindingCode::schema_violation, "timeoutSeconds",
                          "This must be a whole number of seconds from 1 to 3600.");
    }
    report_unknown_keys(reading, {"enabled", "releaseName", "namespace", "chart", "valuesFiles", "set",
                                  "upgradeInstall", "timeoutSeconds", "atomic", "wait"});
}

}  // namespace

std::optional<KubernetesDefinition> read_kubernetes(const json::value& kubernetes, Findings& findings) {
    const json::object* object = section_object(kubernetes, "/kubernetes", findings);
    if (!object) return std::nullopt;
    ObjectReading reading(*object, "/kubernetes", findings);
    KubernetesDefinition definition;
    if (const json::object* helm = reading.child("helm", Presence::required)) {
        ObjectReading inner(*helm, reading.pointer("helm"), findings);
        read_helm(definition.helm, inner);
        if (definition.helm.enabled && (definition.helm.chart.empty() || definition.helm.release_name.empty()))
            findings.error(FindingCode::helm_incomplete, inner.pointer(),
                           "Helm is enabled; it needs chart and releaseName.");
    }
    if (const json::object* artifacts = reading.child("artifacts")) {
        ObjectReading inner(*artifacts, reading.pointer("artifacts"), findings);
        definition.copy_artifacts = inner.flag("enabled").value_or(false);
        definition.output_path = inner.text("outputPath");
        definition.keep_pod_on_failure = inner.flag("keepPodOnFailure").value_or(false);
        if (has_parent_part(definition.output_path))
            inner.error(FindingCode::path_unsafe, "outputPath", "This path leads out of its directory; remove \"..\".");
        else if (!is_printable(definition.output_path))
            inner.error(FindingCode::value_unsafe, "outputPath",
                        "There is a control or invisible character; remove it.");
        else if (definition.output_path.starts_with('-'))
            inner.error(FindingCode::value_unsafe, "outputPath",
                        "This starts with '-' and would be read as an option.");
        report_unknown_keys(inner, {"enabled", "outputPath", "keepPodOnFailure"});
    }
    report_unknown_keys(reading, {"helm", "artifacts"});
    return definition;
}

}  // namespace mf

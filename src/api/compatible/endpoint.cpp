// SPDX-License-Identifier: MIT
#include "api/compatible/endpoint.h"

#include "base/text.h"

namespace mf::compatible {

std::vector<Endpoint> all_endpoints() {
    std::vector<Endpoint> out;
    for (const auto& some :
         {installation_endpoints(), application_endpoints(), job_endpoints(), job_removal_endpoints(),
          run_template_endpoints(), company_endpoints(), user_endpoints(), credential_endpoints(), task_endpoints(),
          event_endpoints(), session_endpoints(), data_export_endpoints()})
        out.insert(out.end(), some.begin(), some.end());
    return out;
}

FoundEndpoint find_endpoint(std::span<const Endpoint> endpoints, std::string_view method,
                            std::span<const std::string> segments) {
    FoundEndpoint found;
    std::vector<std::string_view> words(segments.begin(), segments.end());
    if (!words.empty() && words.back().empty()) words.pop_back();
    if (!words.empty()) {
        auto& last = words.back();
        const auto dot = last.find('.');
        if (dot != std::string_view::npos) {
            // Some descriptions of this interface have ".json" as the suffix, with its dot.
            const auto suffix = last.substr(last.rfind('.') + 1);
            if (!suffix.empty()) found.form = form_named(suffix);
            last = last.substr(0, dot);
        }
    }
    const std::string_view wanted = method == "HEAD" ? "GET" : method;
    for (const auto& endpoint : endpoints) {
        std::vector<std::string_view> ids;
        const auto parts = endpoint.path.empty() ? std::vector<std::string_view>() : split(endpoint.path, '/');
        if (parts.size() != words.size()) continue;
        bool matches = true;
        for (std::size_t i = 0; matches && i < parts.size(); ++i) {
            if (parts[i].starts_with('{'))
                ids.push_back(words[i]);
            else
                matches = parts[i] == words[i];
        }
        if (!matches) continue;
        found.allowed += (found.allowed.empty() ? "" : ", ") + std::string(endpoint.method);
        if (endpoint.method == "GET") found.allowed += ", HEAD";
        if (found.endpoint || endpoint.method != wanted) continue;
        found.endpoint = &endpoint;
        found.ids = std::move(ids);
    }
    return found;
}

}  // namespace mf::compatible

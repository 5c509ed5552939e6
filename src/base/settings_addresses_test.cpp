// SPDX-License-Identifier: MIT
#include "base/settings_table.h"

#include <doctest/doctest.h>

using namespace mf;

namespace {

std::string demand_of(std::string_view name, std::string_view value) {
    for (const auto& setting : settings_table()) {
        if (setting.name != name) continue;
        Settings settings;
        return setting.assign(settings, value, setting.options, {});
    }
    return "no such setting";
}

}  // namespace

TEST_CASE("an address that Node-RED cannot have is refused before the start") {
    for (const auto* name : {"NODERED_WEBHOOK_URL", "NODERED_CATALOG_URL"}) {
        CAPTURE(name);
        for (const auto* good : {"http://127.0.0.1:1880/multiflexi", "https://red.example", "HTTP://[::1]:1880/"})
            CHECK(demand_of(name, good) == "");
        for (const auto* wrong : {"ftp://x", "notaurl", "http://", "http:///x", "http://:80", "https:/x", "http://a b"})
            CHECK(demand_of(name, wrong).starts_with("an address that begins with http://"));
    }
}

TEST_CASE("the prefix of the compatible interface is one that a path can have") {
    for (const auto* good : {"", "/multiflexi", "multiflexi/", "/a/b.c/~d_e-f"})
        CHECK(demand_of("MULTIFLEXI_API_PREFIX", good) == "");
    for (const auto* wrong : {"/../x", "/./x", "..", "/a b", "/a?b", "/%2e%2e", "http://x"})
        CHECK(demand_of("MULTIFLEXI_API_PREFIX", wrong).starts_with("the beginning of a path"));
}

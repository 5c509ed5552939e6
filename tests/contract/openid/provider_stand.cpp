// SPDX-License-Identifier: MIT
#include "provider_stand.h"

#include <fmt/format.h>
#include <fstream>
#include <iostream>

namespace mf::testing {
namespace {

namespace fs = std::filesystem;

const fs::path tests_directory = fs::path(MULTIFLEXI_SOURCE_DIRECTORY) / "tests";

std::string missing_program() {
    for (const char* name : {"node", "setpriv"})
        if (program_in_path(name).empty()) return fmt::format("the program {}", name);
    return fs::exists(tests_directory / "npm/node_modules/oidc-provider/lib/index.js")
               ? ""
               : "the package oidc-provider of tests/npm (scripts/setup installs it)";
}

}  // namespace

std::unique_ptr<ProviderStand> ProviderStand::start() {
    const auto missing = missing_program();
    if (missing.empty()) return std::unique_ptr<ProviderStand>(new ProviderStand);
    const auto reason = fmt::format("Tests with a provider of OpenID Connect did not run: there is not {}.", missing);
    const char* required = std::getenv("MULTIFLEXI_REQUIRE_SERVERS");
    if (required && std::string_view(required) == "1") throw std::runtime_error(reason);
    std::cout << reason << " (skipped)" << std::endl;
    return nullptr;
}

ProviderStand::ProviderStand() {
    const auto log = directory_.path() / "log";
    program_ = std::make_unique<ChildProgram>(ChildProgram::Start{
        .command = {program_in_path("node"), tests_directory / "contract/openid/provider.mjs", redirect}, .log = log});
    issuer_ = program_->read_line();
    if (issuer_.starts_with("http://")) return;
    std::ifstream said(log);
    throw std::runtime_error(fmt::format("The provider of OpenID Connect does not start:\n{}",
                                         std::string(std::istreambuf_iterator<char>(said), {})));
}

}  // namespace mf::testing

// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace mf {

/// The keys at the top of an application definition, in the order in which we write them.
constexpr std::string_view application_keys[] = {
    "$schema",    "schemaVersion",     "uuid",     "name",    "title",        "description",
    "image",      "version",           "author",   "license", "category",     "homepage",
    "executable", "cmdparamsTemplate", "ociimage", "tags",    "requirements", "environment",
    "artifacts",  "produces",          "consumes", "events",  "exitCodes",    "kubernetes"};

/// Keys of older forms of the file. They are kept, and a few are still read.
constexpr std::string_view legacy_application_keys[] = {"cmdparams",  "setup",  "deploy",    "code",
                                                        "resultfile", "topics", "multiflexi"};

}  // namespace mf

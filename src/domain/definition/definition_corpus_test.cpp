// SPDX-License-Identifier: MIT
#include "domain/definition/application_definition.h"
#include "domain/definition/credential_prototype_definition.h"

#include "base/text.h"
#include "support/corpus.h"

#include <doctest/doctest.h>

using namespace mf;

namespace {

std::vector<Finding> findings_of(const std::string& kind, const std::string& text, const std::string& file) {
    if (kind == "credproto") return read_credential_prototype(text, file).findings;
    if (kind == "credtype") return read_credential_type(text, file).findings;
    return read_application(text, file).findings;
}

std::string list(const std::vector<Finding>& findings) {
    std::string out;
    for (const Finding& finding : findings)
        if (finding.severity != Severity::note)
            out += "\n    " + std::string(to_text(finding.severity)) + " " + describe(finding);
    return out;
}

bool is_one_of(std::string_view expected, std::string_view verdict) {
    for (const auto choice : split(expected, '|'))
        if (choice == verdict) return true;
    return false;
}

/// Does a refusal name the place: the pointer, or line and column where there is none to name?
bool names_place(const std::vector<Finding>& findings, std::string_view pointer) {
    for (const Finding& finding : findings) {
        const std::string line = describe(finding);
        if (!pointer.empty() && line.find(pointer) != std::string::npos) return true;
        if (pointer.empty() && line.find("line ") != std::string::npos && line.find("column ") != std::string::npos)
            return true;
    }
    return false;
}

}  // namespace

TEST_CASE("real definitions get the verdict of their index" * doctest::test_suite("corpus")) {
    for (const auto part : {"apps", "apps-history", "credprototypes", "credtypes"}) {
        const auto directory = mf::testing::corpus(part);
        if (!directory) continue;
        const auto index = mf::testing::read_table(*directory / "INDEX.tsv");
        for (const auto& row : index.rows) {
            const auto& file = index.cell(row, "file");
            const auto findings = findings_of(index.cell(row, "kind"), mf::testing::read_file(*directory / file), file);
            CHECK_MESSAGE(to_text(verdict_of(findings)) == index.cell(row, "tolerant_expected"), part, "/", file, ": ",
                          index.cell(row, "tolerant_pointers"), list(findings));
        }
    }
}

TEST_CASE("hostile definitions get the verdict of their index, and a refusal names the place" *
          doctest::test_suite("corpus")) {
    const auto directory = mf::testing::corpus("hostile");
    if (!directory) return;
    const auto index = mf::testing::read_table(*directory / "INDEX.tsv");
    for (const auto& row : index.rows) {
        const auto& file = index.cell(row, "file");
        const auto findings = findings_of(index.cell(row, "kind"), mf::testing::read_file(*directory / file), file);
        const auto verdict = to_text(verdict_of(findings));
        CHECK_MESSAGE(is_one_of(index.cell(row, "expected"), verdict), file, ": ", verdict, list(findings));
        if (verdict != "accept")
            CHECK_MESSAGE((verdict != "reject" || names_place(findings, index.cell(row, "json_pointer"))), file,
                          " must name ", index.cell(row, "json_pointer"), list(findings));
    }
}

// SPDX-License-Identifier: MIT
// Definition files: any bytes get a verdict; what is accepted can be exported, and the export means the same.
#include "domain/definition/application_definition.h"
#include "domain/definition/credential_prototype_definition.h"
#include "domain/definition/definition_export.h"
#include "fuzz/fuzz.h"

using namespace mf;
using mf::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const auto text = input.rest();
    const auto reading = read_application(text, "fuzz.json");
    require(reading.definition.has_value() == (reading.verdict() != Verdict::reject), "a verdict fits its definition");
    if (reading.definition) {
        const auto exported = export_application(*reading.definition);
        const auto again = read_application(exported, "export.json");
        require(again.definition.has_value(), "an export can be imported");
        require(export_application(*again.definition) == exported, "an export of an export is the same");
        export_application(*reading.definition, {.form = ExportOptions::Form::legacy});
        document_of(*reading.definition);
        suggested_file_name(*reading.definition);
    }
    read_credential_prototype(text, "fuzz.json");
    read_credential_type(text, "fuzz.json");
    return 0;
}

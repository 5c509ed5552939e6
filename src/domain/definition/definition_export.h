// SPDX-License-Identifier: MIT
#pragma once

#include "base/json.h"
#include "domain/definition/application_definition.h"

#include <string>

namespace mf {

struct ExportOptions {
    /// current: the form that the published schema describes. legacy: for old servers, with cmdparams, topics as one
    /// text, and texts in one language.
    enum class Form { current, legacy };
    Form form = Form::current;
    std::string uuid = {};        ///< replaces the uuid, for applications that were imported without one
    std::string language = "en";  ///< of the texts of the legacy form
};

/// The definition as a file: what was imported, with every key that we do not know where the official schema allows
/// such keys (it does not in artifacts, events, exitCodes and kubernetes), in a fixed order of keys. Deviations that
/// reading tolerated are put right, so that the file is valid under the published schema and means the same; what has
/// no meaning (null, an entry that could not be read) is left out. Of an application without a document one is made.
std::string export_application(const ApplicationDefinition& definition, const ExportOptions& options = {});

/// A document with everything that the definition says.
json::object document_of(const ApplicationDefinition& definition);

/// "Ledger export" becomes "ledger_export.multiflexi.app.json".
std::string suggested_file_name(const ApplicationDefinition& definition);

/// Writes a localized text the way files do: a string, or an object of languages.
json::value to_json(const LocalizedText& text);

}  // namespace mf

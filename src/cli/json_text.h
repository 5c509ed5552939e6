// SPDX-License-Identifier: MIT
#pragma once

#include "base/json.h"

namespace mf {

/// JSON as the command line prints it: four blanks of indentation, "/" written as "\/", everything outside ASCII as
/// \uXXXX, so that the document survives every terminal, log and mail. Malformed UTF-8 becomes \ufffd.
/// level is the indentation of the line on which the value starts.
void append_ascii_json(std::string& out, const json::value& value, int level = 0);

/// Writes one JSON string whose text arrives in pieces that may end inside a character.
class AsciiJsonString {
public:
    /// The opening quote.
    static void begin(std::string& out) { out += '"'; }
    void add(std::string& out, std::string_view piece);
    /// The closing quote; an unfinished character becomes \ufffd.
    void end(std::string& out);

private:
    std::string rest_;  // begin of a character whose end is still to come
};

}  // namespace mf

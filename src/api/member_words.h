// SPDX-License-Identifier: MIT
#pragma once

#include "net/server/message.h"
#include "service/operation.h"

namespace mf {

/// An error of an operation in the words of this interface. Sentences of operations name what these take as the command
/// line does ("use --force"); here it is a member of the input ("use force"). What a command is given ("job cancel --id
/// 5"), and what the operation does not take, stays as it is.
Error in_words_of_members(const Operations& operations, const Operation& asked, Error error);

/// Does whoever asks want the names of options all the same ("Prefer: names=options"; RFC 7240)? The command line does,
/// so that it says the same whether it works on the machine or over HTTP.
bool prefers_options(const http::Request& request);

}  // namespace mf

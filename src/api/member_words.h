// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf {

/// An error of an operation in the words of this interface. Sentences of operations name what these take as the command
/// line does ("use --force"); here it is a member of the input ("use force"). What a command is given ("job cancel --id
/// 5"), and what the operation does not take, stays as it is.
Error in_words_of_members(const Operations& operations, const Operation& asked, Error error);

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"

#include <algorithm>

namespace mf {

/// Collects what is wrong with an input, so that a person sees all of it at once. What is added about a field about
/// which something was added before is left out: one cause often offends several checks. Sentences are whole ones.
class Complaints {
public:
    void add(std::string field, std::string sentence) {
        FieldError complaint{std::move(field), sentence};
        add(Error{ErrorCode::invalid, std::move(sentence), {std::move(complaint)}});
    }
    void add(const Error& error) {
        std::vector<FieldError> news;
        for (const auto& each : error.fields)
            if (std::ranges::find(error_.fields, each.field, &FieldError::field) == error_.fields.end())
                news.push_back(each);
        if (news.empty()) return;
        std::string sentences;
        for (const auto& each : news) sentences += (sentences.empty() ? "" : " ") + each.message;
        // Of a whole error its own sentence is the better one.
        if (news.size() == error.fields.size()) sentences = error.message;
        error_.message += (error_.message.empty() ? "" : " ") + sentences;
        error_.fields.insert(error_.fields.end(), news.begin(), news.end());
    }
    /// What a check says, which names fields.
    template <class T>
    void add(const Result<T>& checked) {
        if (!checked) add(checked.error());
    }
    /// invalid, unless there was nothing.
    Result<void> result() const { return error_.fields.empty() ? Result<void>() : Result<void>(error_); }

private:
    Error error_;
};

}  // namespace mf

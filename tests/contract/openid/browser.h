// SPDX-License-Identifier: MIT
#pragma once

#include "net/http_client.h"

#include <map>
#include <string>
#include <string_view>

namespace mf::testing {

/// As much of a browser as signing in takes, with the cookies of one person.
class Browser {
public:
    /// What the address has that the provider sends the browser back to.
    struct Arrival {
        std::string state;
        std::string code;
    };
    /// Opens the address and fills in every form that comes, as this person, until the provider sends the browser to
    /// `back`. Anything else is an exception with what the provider said.
    Arrival sign_in(const std::string& url, const std::string& person, std::string_view back);

    int forms_filled() const { return forms_; }  ///< by all calls together

private:
    HttpReply open(HttpRequest request);
    std::string cookies_for(std::string_view path) const;
    void keep_cookies(const HttpReply& reply);

    CurlClient http_;
    std::map<std::pair<std::string, std::string>, std::string> cookies_;  ///< by path and name
    int forms_ = 0;
};

}  // namespace mf::testing

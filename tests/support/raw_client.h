// SPDX-License-Identifier: MIT
#pragma once

#include "base/descriptor.h"

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace mf::testing {

/// An answer as it came.
struct RawAnswer {
    int status = 0;                                           ///< 0: there was none
    std::string head;                                         ///< with the empty line
    std::map<std::string, std::string, std::less<>> headers;  ///< names in small letters; the last of a name
    std::string body;                                         ///< without chunks
    bool is_complete = false;                                 ///< false: the connection ended within

    std::string header(std::string_view name) const;  ///< empty: it did not come
};

/// A client that sends the bytes it is told, to a server on the loopback or a Unix socket, and reads answers. Every
/// wait ends with an exception after a long while, so that a test that is wrong ends, too.
class RawClient {
public:
    explicit RawClient(int port);
    explicit RawClient(const std::string& unix_path);

    int descriptor() const { return socket_.get(); }
    /// False: the server does not take it any more.
    bool send(std::string_view bytes);
    void end_writing();
    void close() { socket_.reset(); }
    /// Reads an answer; informational ones (1xx) as well. `is_of_head`: it has no body whatever its head says.
    RawAnswer answer(bool is_of_head = false);
    /// send() and answer().
    RawAnswer ask(std::string_view bytes);
    /// Everything until the server ends or breaks the connection.
    std::string rest();
    /// Reads until this was read; what came until then, and it. Without it at the end when the connection ends before.
    std::string until(std::string_view text);

private:
    bool read_more();

    Descriptor socket_;
    std::string input_;
};

/// Waits until the condition holds; looks again and again, for what tells nobody when it happens. Throws after a long
/// while.
void wait_for(const std::function<bool()>& condition);

}  // namespace mf::testing

// SPDX-License-Identifier: MIT
#pragma once

#include "base/value.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mf {

/// When guessing passwords has to wait. The numbers are failures whose first and last lie less than a window apart; the
/// wait lasts until a window after the last of them.
struct SignInLimits {
    std::chrono::seconds window = std::chrono::minutes{15};
    std::size_t of_pair = 5;      ///< one address, one login
    std::size_t of_address = 50;  ///< one address, whatever login
    std::size_t of_login = 20;    ///< one login, whatever address: then only familiar addresses go on
    /// So long an address is familiar to a login after it has signed in there.
    std::chrono::seconds familiar = std::chrono::days{90};
};

/// What the record of sign-ins says of this address (as address_group() names it) and this login, which may be one that
/// nobody has. The moments of failures in any order; the latest so many as the limit of each are enough, and of them
/// those of the last two windows. An attempt that was refused here is no failure: no password was compared.
struct SignInHistory {
    std::vector<Timestamp> pair_failures;
    std::vector<Timestamp> address_failures;     ///< those of the pair among them
    std::vector<Timestamp> login_failures;       ///< those of the pair among them
    std::optional<Timestamp> last_success = {};  ///< of this login from this address
};

enum class SignInRule { none, pair, address, login };

struct SignInJudgement {
    SignInRule rule = SignInRule::none;   ///< which one refuses; none: the password may be compared
    std::chrono::seconds retry_after{0};  ///< at least 1 when refused; less than two windows
    bool allowed() const { return rule == SignInRule::none; }
};

/// May this attempt go on to comparing the password? Of several rules that refuse, the one with the longest wait.
///
/// Nobody can lock somebody else out: failures from other addresses never refuse an address that is familiar to the
/// login. (Who shares the address of an attacker waits with him.) A success makes the failures of its pair before it
/// count no longer. Failures of nodes whose clocks are ahead count, unless that is more than a window.
SignInJudgement judge_sign_in(const SignInHistory& history, Timestamp now, const SignInLimits& limits = {});

/// The name under which attempts from an address are counted: an IPv4 address ("192.0.2.7", also for
/// "::ffff:192.0.2.7"), or the /64 network of an IPv6 address, which is what one customer has ("2001:db8:0:1::/64"). No
/// zone ("%eth0") and no port. Everything else, also an empty text, is "unknown": one group, whose members are counted
/// together.
std::string address_group(std::string_view address);

}  // namespace mf

// SPDX-License-Identifier: MIT
#include "schedule/housekeeper.h"

#include "store/queries/idempotency.h"
#include "store/queries/sign_in_record.h"

namespace mf {

void Housekeeper::look(std::chrono::milliseconds uptime) {
    if (done_ && uptime - *done_ < std::chrono::hours{1}) return;
    database_.write([&](Session& session) {
        forget_old_sign_ins(session, clock_.now());
        forget_old_answers(session, clock_.now());
    });
    done_ = uptime;
}

}  // namespace mf

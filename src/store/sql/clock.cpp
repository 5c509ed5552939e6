// SPDX-License-Identifier: MIT
#include "store/sql/clock.h"

namespace mf::sql {

Timestamp current_time(Connection& connection) {
    std::string_view milliseconds;
    switch (connection.dialect()) {
        case Dialect::sqlite:
            milliseconds = R"(SELECT CAST(strftime('%s', 'now') AS INTEGER) * 1000
                              + CAST(substr(strftime('%f', 'now'), 4) AS INTEGER))";
            break;
        case Dialect::postgres:
            milliseconds = "SELECT CAST(FLOOR(EXTRACT(EPOCH FROM clock_timestamp()) * 1000) AS BIGINT)";
            break;
        case Dialect::mariadb:
            // UNIX_TIMESTAMP() goes by way of local time, which is not clear in the hour after summer time ends.
            milliseconds = "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000";
            break;
    }
    return Timestamp{std::chrono::milliseconds{std::get<std::int64_t>(connection.query(milliseconds).at(0).at(0))}};
}

}  // namespace mf::sql

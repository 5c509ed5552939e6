// SPDX-License-Identifier: MIT
#include "store/sql/driver.h"

namespace mf::sql {

DatabaseError::Kind kind_of_mariadb_error(unsigned number, std::string_view message) {
    using Kind = DatabaseError::Kind;
    switch (number) {
        case 1062:  // duplicate entry
        case 1169:
        case 1586: return Kind::unique_violation;
        case 1216:
        case 1217:
        case 1451:  // row is referred to
        case 1452: return Kind::foreign_key;
        case 1020:  // record has changed since last read
        case 1040:  // too many connections
        case 1203:
        case 1205:  // lock wait time-out, deadlock
        case 1226:
        case 1213:
        case 1615:  // the table changed under a prepared statement
        case 2057: return Kind::busy;
        case 1053:  // shutdown
        case 1077:
        case 1079:
        case 1152:
        case 1158:
        case 1159:
        case 1160:
        case 1161:
        case 1927:  // connection was killed
        case 2002:  // cannot connect
        case 2003:
        case 2005:
        case 2006:  // server has gone away
        case 2012:
        case 2013:
        case 2055: return Kind::lost;
        case 1021:  // disk full
        case 1114: return Kind::full;
        case 3:  // cannot write, cannot read, error from engine: the system's number is in the text
        case 1026:
        case 1030: return message.find("28") != std::string_view::npos ? Kind::full : Kind::other;
        case 1044:  // access denied, unknown database, no permission, read-only server
        case 1045:
        case 1049:
        case 1129:
        case 1130:
        case 1142:
        case 1143:
        case 1227:
        case 1251:
        case 1290:
        case 1410:
        case 1698:
        case 1792:
        case 1836:
        case 2026:  // no agreement about encryption
        case 2059:
        case 3159: return Kind::refused;
        default: return Kind::other;
    }
}

DatabaseError::Cause cause_of_mariadb_error(unsigned number) {
    using Cause = DatabaseError::Cause;
    switch (number) {
        case 1129:  // this machine has failed too often
        case 2002:
        case 2003:
        case 2005:
        case 2012:
        case 2013: return Cause::server;
        case 1040:
        case 1203:
        case 1226: return Cause::too_many_sessions;
        case 1045:
        case 1130:
        case 1251:
        case 1698:
        case 2059: return Cause::account;
        case 1049: return Cause::database;
        case 1044:
        case 1142:
        case 1143:
        case 1227:
        case 1410: return Cause::permission;
        case 1290:
        case 1792:
        case 1836: return Cause::read_only;
        case 2026:
        case 3159: return Cause::encryption;
        default: return Cause::unknown;
    }
}

}  // namespace mf::sql

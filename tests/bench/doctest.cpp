// SPDX-License-Identifier: MIT
// The servers of the tests report to doctest where they run a test on each of them; here nothing does.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

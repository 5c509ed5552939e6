#!/usr/bin/env python3
"""Fails when a source file includes something from a layer it may not know, lets a foreign header leak into
one of ours, or uses a construct that this project keeps out (the reasons stand beside each rule)."""
import pathlib
import re
import sys

ALLOWED = {
    "base": [],
    "domain": ["base"],
    "secure": ["base"],
    "net": ["base"],
    "provider": ["base", "domain", "net"],
    "store": ["base", "domain", "secure"],
    "execute": ["base", "domain"],
    "report": ["base", "domain", "net"],
    "actions": ["base", "domain", "net", "execute"],
    "service": ["base", "domain", "secure", "net", "provider", "store", "execute", "report", "actions"],
    "schedule": ["base", "domain", "secure", "net", "provider", "store", "execute", "report", "actions", "service"],
    "api": ["base", "domain", "net", "service"],
    "web": ["base", "domain", "net", "service"],
    "cli": ["base", "domain", "net", "service"],
    "mcp": ["base", "domain", "net", "service"],
}
FOREIGN = r'#include <(sqlite3|libpq-fe|mysql|mariadb|openssl/|spdlog/|cctz/|curl/|boost/(asio|beast)|re2/|magic|sodium|crypt\.h|liboath/|zstd|systemd/|yaml-cpp/|pugixml)'
FORBIDDEN = [
    (r"\bco_(await|yield|return)\b", ["net"], "coroutines live in net/ only: the compiler breaks common idioms"),
    (r"\bstd::regex\b|#include <regex>", [], "std::regex overflows the stack on long input: use RE2"),
    (r"(?<![\w.>:])(system|popen)\s*\(", [], "no shell: run an argument vector with execute/process"),
    (r"(?<![\w.>])(::)?v?fork\s*\(", ["execute/shim/shim_maker.cpp", "execute/shim/spool_test.cpp"], "fork copies the page tables of a large server: use posix_spawn"),
    (r"\bsleep_(for|until)\b|\busleep\s*\(", [], "wait for an event, not for a while"),
]
# Use cases reach rows of companies through Repository and ScopedSql only, which know the scope of the caller. The files
# here read what the server itself needs: the jobs that it has claimed, and its nodes.
UNSCOPED = re.compile(r"\bsql\.(query|execute)\(|(?<![.:])\brows_of\(")
SERVER_FILES = ["credential_layers.cpp", "credential_requirements.cpp", "environment_layers.cpp", "job_preparation.cpp", "server_environment.cpp", "waiting_reason.cpp"]

root = pathlib.Path(sys.argv[1])
errors = 0


def complain(path, number, message):
    global errors
    print(f"{path}:{number}: {message}")
    errors += 1


for path in sorted(root.rglob("*.[ch]*")):
    layer = path.relative_to(root).parts[0]
    if path.suffix not in (".h", ".cpp") or (layer != "app" and layer not in ALLOWED):
        continue
    lines = path.read_text().splitlines()
    if not lines or not lines[0].startswith("// SPDX-License-Identifier: MIT"):
        complain(path, 1, "the first line names the licence")
    if len(lines) > 400:
        complain(path, len(lines), "over 400 lines: which concept wants a file of its own?")
    for number, line in enumerate(lines, 1):
        found = re.match(r'#include "([a-z_]+)/', line)
        if found and layer != "app" and found[1] != layer and found[1] not in ALLOWED[layer]:
            # Tests may use what the test programs share.
            if not (found[1] == "support" and path.name.endswith("_test.cpp")):
                complain(path, number, f"{layer}/ may not include {found[1]}/")
        if path.suffix == ".h" and re.match(FOREIGN, line):
            complain(path, number, "headers of other libraries stay in .cpp files")
        code = line.split("//")[0]
        is_use_case = layer == "service" and not path.name.endswith("_test.cpp") and path.name not in SERVER_FILES
        if is_use_case and UNSCOPED.search(code):
            complain(path, number, "SQL of a use case goes through Call::sql(), which knows the scope")
        for pattern, exempt, reason in FORBIDDEN:
            if layer not in exempt and str(path.relative_to(root)) not in exempt and re.search(pattern, code):
                complain(path, number, reason)
sys.exit(errors != 0)

// SPDX-License-Identifier: Apache-2.0
// The commands of `pathwise`. Each takes the words behind its name and returns the exit code: 0 done,
// 1 it failed (the reason is on stderr), 2 the words are wrong.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

#include "base/error.h"

namespace pathwise::cli {

using Words = std::span<const std::string>;

int run_lab(Words words);    // lab preflight | up | down | status FILE | exec FILE NODE COMMAND …
int run_paths(Words words);  // paths [--json] [--admin ADDRESS]
int run_sites(Words words);
int run_explain(Words words);     // explain REQUEST-ID
int run_topology(Words words);    // topology [--json | --dot | --svg FILE] [--te SOCKET | --file FILE]
int run_te(Words words);          // te explain SITE TIER | verify [SITE [TIER]]
int run_lsps(Words words);        // lsps [--json] [--pce SOCKET]
int run_policy(Words words);      // policy check FILE | hash-key KEY
int run_completion(Words words);  // completion bash | zsh | fish

// Prints "pathwise: message" and returns 1.
int complain(const Error& error);

}  // namespace pathwise::cli

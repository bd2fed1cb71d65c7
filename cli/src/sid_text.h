// SPDX-License-Identifier: Apache-2.0
// SIDs in words: "uA pa1→pa2, uN pb1, uDT6 r-sin". Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "base/ip.h"
#include "te/wire/te_queries.h"

namespace pathwise::cli {

// What a carrier tells the routers to do, in order (RFC 9800: uN, uA; RFC 8986: End.DT6). A node without a name
// is "node 2a". Outside of every block: one word that says so.
[[nodiscard]] std::vector<std::string> spell_carrier(const te::SidNames& names, const Ipv6Address& carrier);

// "fcbb:bb80:4:fe00::  algorithm 128: uDT6 r-sin"
[[nodiscard]] std::string describe_carrier(const te::SidNames& names, const Ipv6Address& carrier);

}  // namespace pathwise::cli

// SPDX-License-Identifier: Apache-2.0
// Who may speak on the topology stream. Mutual TLS with SPIFFE identities, a unix socket (its
// owner and mode decide), or, only when it is asked for by name, nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pathwise::te {

struct TopologyTls {
  std::string cert;  // PEM files; watched: a rotated certificate is used for later handshakes
  std::string key;
  std::string ca;
  std::string trust_domain;
  // Accepted paths of the peer's id behind spiffe://<trust_domain>/, one "*" standing for one
  // segment: "node/*/frr". Empty: any identity of the trust domain.
  std::vector<std::string> peers;
};

// Whether `uri` is spiffe://<trust_domain>/<path> with a path that one of `peers` matches. Pure.
[[nodiscard]] bool spiffe_id_matches(const TopologyTls& tls, std::string_view uri);

}  // namespace pathwise::te

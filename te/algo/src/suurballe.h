// SPDX-License-Identifier: Apache-2.0
// Two paths of the least total cost over a problem's links, disjoint or sharing as little as possible: a
// minimum-cost flow of two units in two augmentations. A second unit on a link (or through a node) costs one
// `shared` more, which outweighs all costs. Bounds, risks and hops to include are not looked at, besides that
// nodes which no path within the bounds visits are not used. Any thread.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "cspf_problem.h"

namespace pathwise::te {

struct SuurballeRules {
  bool nodes = false;  // nodes must not be shared either
  bool share = false;  // rather share than find nothing
};

// Of a problem without hops to include. nullopt: there are no two such paths.
[[nodiscard]] std::optional<std::pair<std::vector<LinkIndex>, std::vector<LinkIndex>>> suurballe(
    const CspfProblem& problem, SuurballeRules rules);

}  // namespace pathwise::te

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iostream>
#include <utility>

#include "base/format.h"
#include "te/topology/builder.h"
#include "te/topology/diff.h"
#include "te/topology/json.h"
#include "topology_file.h"

namespace pathwise::cli {
namespace {

// The message begins with the file's name, as editors and scripts expect it.
int refuse(const Error& error) {
  std::cerr << error.message << "\n";
  return 1;
}

}  // namespace

int topology_check(Words words) {
  if (words.size() != 1) {
    std::cerr << "usage: pathwise topology check FILE\n";
    return 2;
  }
  const auto topology = te::load_topology_json(words[0]);
  if (!topology) return refuse(topology.error());
  const auto unusable =
      std::ranges::count_if(topology->links, [](const te::Link& link) { return !link.unusable.empty(); });
  std::cout << formatted("{}: {}: {} nodes, {} links (one a direction), {} of them unusable; version {}\n", words[0],
                         topology->problems.empty() ? "good" : "its source contradicts itself", topology->nodes.size(),
                         topology->links.size(), unusable, topology->version);
  for (const std::string& problem : topology->problems) std::cout << "problem: " << problem << "\n";
  for (const te::Link& link : topology->links) {
    if (link.unusable.empty()) continue;
    std::cout << "unusable: link " << te::to_string(te::link_id(*topology, link)) << ": " << link.unusable << "\n";
  }
  return topology->problems.empty() ? 0 : 1;
}

int topology_diff(Words words) {
  if (words.size() != 2) {
    std::cerr << "usage: pathwise topology diff A.json B.json\n";
    return 2;
  }
  const auto before = te::load_topology_json(words[0]);
  if (!before) return refuse(before.error());
  const auto after = te::load_topology_json(words[1]);
  if (!after) return refuse(after.error());
  const te::TopologyDiff found = te::diff(*before, *after);
  std::cout << te::describe(found, *before, *after) << (found.empty() ? std::string("no difference") : found.summary())
            << "\n";
  return 0;
}

}  // namespace pathwise::cli

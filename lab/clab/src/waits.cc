// SPDX-License-Identifier: Apache-2.0
#include "waits.h"

#include <vector>

namespace pathwise::lab {
namespace {

std::vector<StageOf> directly_before(const Topology& topology, const StageOf& stage) {
  std::vector<StageOf> before;
  if (stage.second != Stage::kCreate) {
    before.emplace_back(stage.first, static_cast<Stage>(static_cast<int>(stage.second) - 1));
  }
  const Node* node = topology.find(stage.first);
  if (node == nullptr) return before;
  const auto waits = node->wait_for.find(stage.second);
  if (waits == node->wait_for.end()) return before;
  for (const WaitFor& wait : waits->second) before.emplace_back(wait.node, wait.stage);
  return before;
}

}  // namespace

std::set<StageOf> predecessors(const Topology& topology, const StageOf& stage) {
  std::set<StageOf> seen;
  std::vector<StageOf> open = directly_before(topology, stage);
  while (!open.empty()) {
    const StageOf next = std::move(open.back());
    open.pop_back();
    if (!seen.insert(next).second) continue;
    const auto before = directly_before(topology, next);
    open.insert(open.end(), before.begin(), before.end());
  }
  return seen;
}

}  // namespace pathwise::lab

// SPDX-License-Identifier: Apache-2.0
#include "tiers_lab.h"

#include <gtest/gtest.h>
#include <net/if.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "lab/clab/preflight.h"

namespace pathwise::topology_test {
namespace {

constexpr const char* kFile = "containerlab/tiers/tiers.clab.yml";

template <typename T>
T value_or_exit(Result<T> result) {
  if (result) return std::move(*result);
  std::cerr << "the tiers network cannot be deployed: " << result.error().message << "\n";
  std::exit(1);
}

void succeed_or_exit(const Result<void>& result) {
  if (result) return;
  std::cerr << "the tiers network cannot be deployed: " << result.error().message << "\n";
  std::exit(1);
}

}  // namespace

TiersLab& TiersLab::instance() {
  static TiersLab lab;
  return lab;
}

TiersLab::TiersLab() : engine_(lab::make_docker()), links_(lab::make_kernel_links()) {
  succeed_or_exit(lab::verdict(lab::preflight(*engine_)));
  topology_ = value_or_exit(lab::load(kFile));
  succeed_or_exit(lab::down(topology_, *engine_));  // what an aborted run left
  interfaces_before_ = interfaces();
  deployment_ = value_or_exit(lab::up(topology_, {.engine = *engine_, .links = *links_}));
}

TiersLab::~TiersLab() {
  take_down();
}

void TiersLab::take_down() {
  const auto gone = lab::down(topology_, *engine_);
  if (!gone) std::cerr << "down: " << gone.error().message << "\n";
}

lab::ExecOutput TiersLab::attempt(std::string_view node, const std::string& command) {
  auto output = lab::exec(topology_, *engine_, node, {"sh", "-c", command});
  if (output) return std::move(*output);
  return {.exit_code = -1, .out = "", .err = output.error().message};
}

std::string TiersLab::run(std::string_view node, const std::string& command) {
  const auto output = attempt(node, command);
  EXPECT_EQ(output.exit_code, 0) << node << ": " << command << "\n" << output.out << output.err;
  return output.out;
}

std::string TiersLab::wan(const std::string& command) {
  return run("wan", "/opt/pathwise/pathwise-wan ctl " + command);
}

bool eventually(milliseconds limit, const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::yield();  // each look is a command in a node, which takes long enough
  }
  return true;
}

std::set<std::string> interfaces() {
  std::set<std::string> names;
  struct if_nameindex* list = ::if_nameindex();
  for (const struct if_nameindex* entry = list; entry != nullptr && entry->if_name != nullptr; ++entry) {
    names.insert(entry->if_name);
  }
  ::if_freenameindex(list);
  return names;
}

}  // namespace pathwise::topology_test

// SPDX-License-Identifier: Apache-2.0
// The state tree of a gNMI target: modules publish leaves into it, the server reads it. Knows no
// other module. Any thread (one mutex; not for the request path).
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "gnmi/path.h"

namespace pathwise::gnmi {

using Value = std::variant<bool, std::int64_t, std::uint64_t, double, std::string>;

struct Leaf {
  Path path;
  Value value;
  SystemTime changed{};
};

struct Change {
  Leaf leaf;
  bool deleted = false;
  std::uint32_t coalesced = 0;  // earlier changes of this leaf that were not sent one by one
};

class Subscription;

class Tree {
 public:
  explicit Tree(const Clock& clock) : clock_(clock) {}

  // Makes the subtree below `prefix` exactly `leaves` (paths relative to it): what differs is an
  // update, what is missing is deleted. An unchanged value is no change.
  void replace(const Path& prefix, const std::vector<std::pair<Path, Value>>& leaves);
  void set(const Path& path, Value value);

  // Leaves covered by any pattern, in path order.
  [[nodiscard]] std::vector<Leaf> read(const std::vector<Path>& patterns) const;
  // From now on changes covered by `patterns` are queued in the subscription. Its queue holds each
  // leaf once, so it is bounded by the tree.
  [[nodiscard]] std::shared_ptr<Subscription> subscribe(std::vector<Path> patterns);
  [[nodiscard]] std::size_t size() const;

 private:
  friend class Subscription;
  void apply(const std::string& key, const Path& path, std::optional<Value> value);

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Leaf> leaves_;  // by to_string(): a subtree is a range
  std::vector<std::weak_ptr<Subscription>> subscriptions_;
};

// The changes that one subscriber has not been sent. Made by Tree::subscribe; any thread.
class Subscription {
 public:
  Subscription(Tree& tree, std::vector<Path> patterns) : tree_(tree), patterns_(std::move(patterns)) {}
  // Waits until there is something, `until` has come, or stop() was called; then takes all.
  [[nodiscard]] std::vector<Change> wait(SteadyTime until);
  void stop();

 private:
  friend class Tree;
  Tree& tree_;
  std::vector<Path> patterns_;
  std::map<std::string, Change> pending_;  // guarded by tree_.mutex_
  bool stopped_ = false;
  std::condition_variable ready_;
};

}  // namespace pathwise::gnmi

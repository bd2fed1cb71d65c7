// SPDX-License-Identifier: Apache-2.0
#include "gnmi/tree.h"

#include <algorithm>

namespace pathwise::gnmi {
namespace {

bool covered(const std::vector<Path>& patterns, const Path& leaf) {
  return std::ranges::any_of(patterns, [&](const Path& pattern) { return pattern.covers(leaf); });
}

}  // namespace

void Tree::apply(const std::string& key, const Path& path, std::optional<Value> value) {
  const auto it = leaves_.find(key);
  if (value && it != leaves_.end() && it->second.value == *value) return;
  Change change{.leaf = {.path = path, .value = {}, .changed = clock_.wall_now()}, .deleted = !value};
  if (value) {
    change.leaf.value = std::move(*value);
    leaves_.insert_or_assign(key, change.leaf);
  } else {
    if (it == leaves_.end()) return;
    leaves_.erase(it);
  }
  std::erase_if(subscriptions_, [](const auto& weak) { return weak.expired(); });
  for (const auto& weak : subscriptions_) {
    const auto subscription = weak.lock();
    if (!subscription || !covered(subscription->patterns_, path)) continue;
    auto [pending, fresh] = subscription->pending_.try_emplace(key, change);
    if (!fresh) {
      change.coalesced = pending->second.coalesced + 1;
      pending->second = change;
      change.coalesced = 0;
    }
    subscription->ready_.notify_one();
  }
}

void Tree::replace(const Path& prefix, const std::vector<std::pair<Path, Value>>& leaves) {
  std::map<std::string, std::pair<Path, Value>> wanted;
  for (const auto& [tail, value] : leaves) {
    Path path = prefix / tail;
    std::string key = path.to_string();
    wanted.insert_or_assign(std::move(key), std::pair{std::move(path), value});
  }
  const std::scoped_lock lock(mutex_);
  std::vector<std::pair<std::string, Path>> gone;
  const std::string first = prefix.to_string();
  for (auto it = leaves_.lower_bound(first); it != leaves_.end() && it->first.starts_with(first); ++it) {
    if (prefix.covers(it->second.path) && !wanted.contains(it->first)) gone.emplace_back(it->first, it->second.path);
  }
  for (const auto& [key, path] : gone) apply(key, path, std::nullopt);
  for (auto& [key, leaf] : wanted) apply(key, leaf.first, std::move(leaf.second));
}

void Tree::set(const Path& path, Value value) {
  const std::scoped_lock lock(mutex_);
  apply(path.to_string(), path, std::move(value));
}

std::vector<Leaf> Tree::read(const std::vector<Path>& patterns) const {
  const std::scoped_lock lock(mutex_);
  std::vector<Leaf> out;
  for (const auto& [key, leaf] : leaves_) {
    if (covered(patterns, leaf.path)) out.push_back(leaf);
  }
  return out;
}

std::shared_ptr<Subscription> Tree::subscribe(std::vector<Path> patterns) {
  auto subscription = std::make_shared<Subscription>(*this, std::move(patterns));
  const std::scoped_lock lock(mutex_);
  subscriptions_.push_back(subscription);
  return subscription;
}

std::size_t Tree::size() const {
  const std::scoped_lock lock(mutex_);
  return leaves_.size();
}

std::vector<Change> Subscription::wait(SteadyTime until) {
  std::unique_lock lock(tree_.mutex_);
  ready_.wait_until(lock, until, [this] { return stopped_ || !pending_.empty(); });
  std::vector<Change> out;
  out.reserve(pending_.size());
  for (auto& [key, change] : pending_) out.push_back(std::move(change));
  pending_.clear();
  return out;
}

void Subscription::stop() {
  const std::scoped_lock lock(tree_.mutex_);
  stopped_ = true;
  ready_.notify_all();
}

}  // namespace pathwise::gnmi

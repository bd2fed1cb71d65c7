// SPDX-License-Identifier: Apache-2.0
// How shared state reaches a request thread without a lock. State that many threads read (the
// policy, the path digests, the sites) is published as an immutable snapshot. Each reading thread
// owns one SnapshotCell for it. The publisher never touches the cell: it posts to the thread's
// io_context a handler that calls set(). So a handler on the owning thread sees one version from its
// start to its next suspension; a coroutine that needs the same version for longer keeps share().
//
//   publisher:  auto next = std::make_shared<const Policy>(…);
//               for (Worker& worker : workers) asio::post(worker.context, [&worker, next] { worker.policy.set(next);
//               });
//   worker:     const Policy& policy = *worker.policy.get();
//
// One thread: get(), share() and set() on the owner only. Before the threads start, the composition
// root may set the first version.
#pragma once

#include <memory>
#include <utility>

namespace pathwise {

template <typename T>
class SnapshotCell {
 public:
  SnapshotCell() = default;
  explicit SnapshotCell(std::shared_ptr<const T> first) : current_(std::move(first)) {}
  SnapshotCell(const SnapshotCell&) = delete;
  SnapshotCell& operator=(const SnapshotCell&) = delete;

  // nullptr before the first set(). Valid until the owner's next set(): not across a suspension.
  [[nodiscard]] const T* get() const noexcept { return current_.get(); }
  // Keeps this version alive for as long as the caller likes (one atomic increment).
  [[nodiscard]] std::shared_ptr<const T> share() const noexcept { return current_; }
  void set(std::shared_ptr<const T> next) noexcept { current_ = std::move(next); }

 private:
  std::shared_ptr<const T> current_;
};

}  // namespace pathwise

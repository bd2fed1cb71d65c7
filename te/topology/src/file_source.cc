// SPDX-License-Identifier: Apache-2.0
#include "te/topology/file_source.h"

#include <sys/stat.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <tuple>
#include <utility>

#include "te/topology/diff.h"
#include "te/topology/json.h"

namespace pathwise::te {
namespace {

// What changes when a file does. A symbolic link counts as what it leads to.
using Signature = std::tuple<dev_t, ino_t, off_t, std::int64_t, std::int64_t>;

std::optional<Signature> signature_of(const std::string& path) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return Signature{found.st_dev, found.st_ino, found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec};
}

class FileSource final : public TopologySource {
 public:
  FileSource(std::string path, TopologyFileOptions options) : path_(std::move(path)), options_(options) {}

  [[nodiscard]] std::string name() const override { return "file " + path_; }

  [[nodiscard]] TopologySourceEnd follow(const std::function<void(TopologySnapshotPtr)>& take) override {
    PublishBackoff backoff(options_.backoff);
    backoff.changed(std::chrono::steady_clock::now());
    std::optional<Signature> known;
    while (!stopped()) {
      const auto seen = signature_of(path_);  // before the file is read: a change in between is found later
      if (!seen) return {"no such file, or it cannot be looked at", false};
      const SteadyTime now = std::chrono::steady_clock::now();
      if (known && *seen != *known) backoff.changed(now);
      known = seen;
      if (backoff.due() && *backoff.due() <= now) {
        backoff.published(now);
        if (auto wrong = read(take)) return *std::move(wrong);
      }
      pause();
    }
    return {"stopped", true};
  }

  void stop() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
  }

 private:
  // What is wrong; nullopt: `take` has it.
  std::optional<TopologySourceEnd> read(const std::function<void(TopologySnapshotPtr)>& take) {
    auto loaded = load_topology_json(path_);
    if (!loaded) {
      const std::string prefix = path_ + ": ";  // name() has it already
      const std::string& why = loaded.error().message;
      return TopologySourceEnd{why.starts_with(prefix) ? why.substr(prefix.size()) : why,
                               loaded.error().code == ErrorCode::kInvalidArgument};
    }
    loaded->version = std::max<std::uint64_t>(loaded->version, 1);  // 0 is "no topology yet"
    if (last_ && loaded->epoch == last_->epoch && loaded->version <= last_->version) {
      const bool same = diff(*last_, *loaded).empty();
      loaded->version = same ? last_->version : last_->version + 1;
    }
    last_ = std::make_shared<const TopologySnapshot>(std::move(*loaded));
    take(last_);
    return std::nullopt;
  }
  bool stopped() const {
    const std::lock_guard lock(mutex_);
    return stopping_;
  }
  void pause() {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, options_.poll, [this] { return stopping_; });
  }

  const std::string path_;
  const TopologyFileOptions options_;
  TopologySnapshotPtr last_;  // follow()'s
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
};

}  // namespace

TopologySourcePtr topology_file_source(std::string path, TopologyFileOptions options) {
  return std::make_unique<FileSource>(std::move(path), options);
}

}  // namespace pathwise::te

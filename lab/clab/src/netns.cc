// SPDX-License-Identifier: Apache-2.0
#include "netns.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <thread>

#include "base/format.h"

namespace pathwise::lab {
namespace {

Result<void> run_in_thread(const std::function<Result<void>()>& work) {
  Result<void> result;
  std::jthread([&] { result = work(); }).join();
  return result;
}

Result<void> enter_netns_of(int pid) {
  const std::string path = formatted("/proc/{}/ns/net", pid);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) {
    return fail(ErrorCode::kNotFound, "{} is not there: is the runner in the host's pid namespace (--pid=host)?", path);
  }
  if (fd < 0) return fail_errno(path, errno);
  const int rc = ::setns(fd, CLONE_NEWNET);
  const int error = errno;
  ::close(fd);
  if (rc != 0) return fail_errno("setns " + path, error);
  return {};
}

}  // namespace

Result<void> in_netns_of(int pid, const std::function<Result<void>()>& work) {
  if (pid == 0) return work();
  return run_in_thread([&]() -> Result<void> {
    if (auto entered = enter_netns_of(pid); !entered) return entered;
    return work();
  });
}

Result<void> in_new_netns(const std::function<Result<void>()>& work) {
  return run_in_thread([&]() -> Result<void> {
    if (::unshare(CLONE_NEWNET) != 0) return fail_errno("unshare(CLONE_NEWNET)", errno);
    return work();
  });
}

}  // namespace pathwise::lab

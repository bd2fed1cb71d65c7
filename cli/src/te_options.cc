// SPDX-License-Identifier: Apache-2.0
#include "te_options.h"

#include <algorithm>

#include "base/config.h"
#include "base/ip.h"

namespace pathwise::cli {
namespace {

// "unix:/run/x.sock", as in the configuration, or the path alone.
Result<std::string> socket_path(const std::string& word) {
  const auto endpoint = Endpoint::parse(word.starts_with('/') ? "unix:" + word : word);
  if (!endpoint) return std::unexpected(endpoint.error().within("--te"));
  if (!endpoint->is_unix())
    return fail(ErrorCode::kInvalidArgument, "--te: te listens on a unix socket only, like unix:/run/pathwise/te.sock");
  return endpoint->unix_path;
}

Result<void> set_value(const std::string& option, const std::string& value, TeOptions& options) {
  if (option == "--te") {
    auto path = socket_path(value);
    if (!path) return std::unexpected(path.error());
    options.te = std::move(*path);
  } else if (option == "--deadline") {
    const auto duration = config::parse_duration(value);
    if (!duration) return std::unexpected(duration.error().within("--deadline"));
    options.deadline = std::chrono::duration_cast<Milliseconds>(*duration);
  } else {
    (option == "--svg" ? options.svg : options.file) = value;
  }
  return {};
}

}  // namespace

Result<TeOptions> read_te_options(std::span<const std::string> words, std::span<const std::string_view> allowed) {
  TeOptions options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (!word.starts_with("-")) {
      options.rest.push_back(word);
      continue;
    }
    if (std::ranges::find(allowed, word) == allowed.end()) {
      return fail(ErrorCode::kInvalidArgument, "there is no option '{}'", word);
    }
    if (word == "--json" || word == "--dot") {
      (word == "--json" ? options.json : options.dot) = true;
      continue;
    }
    if (i + 1 == words.size()) return fail(ErrorCode::kInvalidArgument, "{} needs a value", word);
    if (auto done = set_value(word, words[++i], options); !done) return std::unexpected(done.error());
  }
  return options;
}

}  // namespace pathwise::cli

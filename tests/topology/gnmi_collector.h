// SPDX-License-Identifier: Apache-2.0
// A gNMI collector as an operator runs one: mutual TLS with host name check, over the port that the lab
// publishes. One thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pathwise::topology_test {

struct GnmiUpdate {
  std::string path;   // "/paths/path[site=singapore][tier=realtime]/state/status"
  std::string value;  // as text; JSON values as they are
};

enum class GnmiMode { kOnChange, kSample };

class GnmiCollector {
 public:
  // `certificates`: folder with ca.pem and `name`.pem and .key; an empty name sends no certificate.
  GnmiCollector(const std::string& address, const std::string& certificates, const std::string& name);
  ~GnmiCollector();
  GnmiCollector(const GnmiCollector&) = delete;
  GnmiCollector& operator=(const GnmiCollector&) = delete;

  // Names of the models; empty, and error() set, when it failed.
  std::vector<std::string> capabilities();
  std::vector<GnmiUpdate> get(const std::vector<std::string>& paths);
  std::vector<GnmiUpdate> subscribe_once(const std::vector<std::string>& paths);
  // Reads a STREAM until `wanted` accepts an update (after the first sync_response, if `after_sync`), or
  // `limit` is over: nullopt. `meanwhile` runs once, when the first sync_response has come.
  std::optional<GnmiUpdate> stream_until(const std::string& path, GnmiMode mode,
                                         const std::function<bool(const GnmiUpdate&)>& wanted,
                                         const std::function<void()>& meanwhile, std::chrono::seconds limit);
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::string error_;
};

}  // namespace pathwise::topology_test

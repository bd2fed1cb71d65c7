// SPDX-License-Identifier: Apache-2.0
// A certification authority in memory, for tests and for setting up a lab: P-256 certificates with
// SPIFFE URI SANs. Not for production. One thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"

namespace pathwise::net {

struct CertificateRequest {
  std::vector<std::string> uris;       // URI SANs, as they are: tests ask for wrong ones
  std::vector<std::string> dns_names;  // for clients that check host names (gRPC)
  std::vector<std::string> addresses;  // IP SANs
  std::chrono::seconds begins{-3600};  // from now
  std::chrono::seconds ends{std::chrono::hours{24 * 30}};
};

struct PemPair {
  std::string certificate;
  std::string key;
};

class TestCa {
 public:
  [[nodiscard]] static Result<TestCa> create(const std::string& common_name);
  // An authority that was saved: its certificate and key.
  [[nodiscard]] static Result<TestCa> from_pem(const PemPair& pem);
  ~TestCa();
  TestCa(TestCa&&) noexcept;
  TestCa& operator=(TestCa&&) noexcept;

  [[nodiscard]] const PemPair& pem() const;
  [[nodiscard]] Result<PemPair> issue(const CertificateRequest& request) const;

 private:
  struct State;
  explicit TestCa(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace pathwise::net

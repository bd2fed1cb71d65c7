// SPDX-License-Identifier: Apache-2.0
// The PCC with its connections, seen as te's LSPs. On the io_context's thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "pcep/pcc/pcc.h"
#include "pcep/transport/transport.h"
#include "policy/node_config.h"
#include "te/policy/engine.h"

namespace boost::asio {
class io_context;
}
namespace pathwise::net {
class TlsContext;
}

namespace pathwise::te {

class PcepClient final : private pcep::PccObserver {
 public:
  // `tls`: for PCEs that want it; `on_change`: paths or sessions changed.
  [[nodiscard]] static Result<std::unique_ptr<PcepClient>> start(boost::asio::io_context& io,
                                                                 const policy::NodeConfig& node,
                                                                 std::shared_ptr<net::TlsContext> tls,
                                                                 std::function<void()> on_change);
  ~PcepClient() override = default;

  // Errors are logged: the previous LSPs stay.
  void set_intent(const TeIntent& intent, const std::optional<SidMap>& sids);
  [[nodiscard]] std::map<std::string, LspState> lsps() const;
  [[nodiscard]] std::vector<PcepSessionState> sessions() const;
  // Tells the PCE what became of its paths. `not_installed`: routes that the kernel does not have.
  void report(const PathSnapshot& snapshot, const std::map<Ipv6Prefix, std::string>& not_installed);

 private:
  struct Path {
    LspState state;
    std::uint32_t srp_id = 0;
    std::optional<pcep::Operational> reported;  // for this srp_id
  };
  struct Session {
    std::string state = "connecting";
    SystemTime since{};
  };
  struct Target {  // where an LSP belongs
    CandidateKey key;
    NodeId edge;
    Ipv6Address probe;
  };
  explicit PcepClient(std::function<void()> on_change) : on_change_(std::move(on_change)) {}
  void on_update(const pcep::LspUpdate& update) override;
  void on_withdrawn(const std::string& name, const std::string& reason) override;
  void activity();
  void report_one(const std::string& name, Path& path, const PathSnapshot& snapshot,
                  const std::map<Ipv6Prefix, std::string>& not_installed);
  [[nodiscard]] std::string why_no_path() const;
  void attempted(const std::string& pce, const std::string& problem);
  // Why the session is not up: the last attempt to connect, or what ended the last session.
  [[nodiscard]] std::string why_down(const pcep::PceView& pce) const;

  RealClock clock_;
  Random random_{std::uint64_t{0x70636570} ^ static_cast<std::uint64_t>(clock_.wall_now().time_since_epoch().count())};
  std::function<void()> on_change_;
  std::optional<SidMap> sids_;
  std::map<std::string, Target> targets_;
  std::map<std::string, Path> paths_;
  mutable std::map<std::string, Session> sessions_;
  std::map<std::string, std::string> unreachable_;  // PCE → why the last attempt to connect failed
  std::unique_ptr<pcep::PlspStore> store_;
  std::unique_ptr<pcep::Pcc> pcc_;
  std::unique_ptr<pcep::DeadlineTimer> timer_;
  std::vector<std::unique_ptr<pcep::Connector>> connectors_;
};

}  // namespace pathwise::te

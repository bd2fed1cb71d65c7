// SPDX-License-Identifier: Apache-2.0
#include "pcep_client.h"

#include <limits>

#include "base/format.h"
#include "base/log.h"
#include "te/daemon/lsp_binding.h"

namespace pathwise::te {
namespace {

constexpr std::string_view kPlspFile = "/te-plsp-ids";

pcep::PccConfig pcc_config(const policy::NodeConfig& node) {
  pcep::PccConfig config;
  config.speaker = formatted("{}/{}", node.site, node.router);
  for (const policy::PceConfig& pce : node.te.pce) {
    // In our configuration lower is preferred, in the PCC higher is.
    config.pces.push_back(
        {.name = pce.address.to_string(), .precedence = std::numeric_limits<std::uint32_t>::max() - pce.precedence});
  }
  return config;
}

}  // namespace

Result<std::unique_ptr<PcepClient>> PcepClient::start(boost::asio::io_context& io, const policy::NodeConfig& node,
                                                      std::shared_ptr<net::TlsContext> tls,
                                                      std::function<void()> on_change) {
  std::unique_ptr<PcepClient> client(new PcepClient(std::move(on_change)));
  client->store_ = std::make_unique<pcep::FilePlspStore>(node.state + std::string(kPlspFile));
  auto pcc =
      pcep::Pcc::create(pcc_config(node), {.clock = client->clock_, .store = *client->store_, .observer = *client});
  if (!pcc) return std::unexpected(pcc.error().within("PCEP"));
  client->pcc_ = std::move(*pcc);
  client->timer_ = std::make_unique<pcep::DeadlineTimer>(
      io, [self = client.get()] { return self->pcc_->next_deadline(); },
      [self = client.get()] {
        self->pcc_->expire();
        self->activity();
      });
  for (std::size_t i = 0; i < node.te.pce.size(); ++i) {
    pcep::Connector::Options options{.remote = node.te.pce[i].address,
                                     .random = [self = client.get()] { return self->random_.uniform(); }};
    options.on_attempt = [self = client.get(), name = node.te.pce[i].address.to_string()](const std::string& problem) {
      self->attempted(name, problem);
    };
    if (node.te.pce[i].tls) options.transport.tls = tls;
    client->connectors_.push_back(std::make_unique<pcep::Connector>(
        pcep::TransportDeps{.io = io, .clock = client->clock_, .activity = [self = client.get()] { self->activity(); }},
        client->pcc_->peer(i), std::move(options)));
  }
  return client;
}

void PcepClient::activity() {
  timer_->arm();
  if (on_change_) on_change_();
}

void PcepClient::attempted(const std::string& pce, const std::string& problem) {
  std::string& known = unreachable_[pce];
  if (known == problem) return;
  known = problem;
  if (on_change_) on_change_();
}

std::string PcepClient::why_down(const pcep::PceView& pce) const {
  const auto found = unreachable_.find(pce.name);
  return found != unreachable_.end() && !found->second.empty() ? found->second : pce.last_down_reason;
}

void PcepClient::set_intent(const TeIntent& intent, const std::optional<SidMap>& sids) {
  sids_ = sids;
  targets_.clear();
  for (const PeerTierIntent& peer : intent.peers) {
    for (std::size_t i = 0; i < peer.candidates.size(); ++i) {
      if (origin_of(peer.candidates[i].kind) != PathOrigin::kPcep) continue;
      targets_[lsp_name(peer, i)] = {
          .key = {peer.site, peer.tier, i}, .edge = peer.edge_node_id, .probe = peer.candidates[i].probe_address};
    }
  }
  std::erase_if(paths_, [&](const auto& entry) { return !targets_.contains(entry.first); });
  if (const auto done = pcc_->set_lsps(sids ? lsps_of(intent) : std::vector<pcep::LspIntent>{}); !done) {
    log::error("te", "LSPs unchanged", {{"reason", done.error().message}});
  }
  timer_->arm();
}

void PcepClient::on_update(const pcep::LspUpdate& update) {
  const auto target = targets_.find(update.name);
  if (target == targets_.end() || !sids_) return pcc_->failed(update.name, update.srp_id, pcep::LspErrorCode::kUnknown);
  auto segments = segments_of(update, *sids_, target->second.edge);
  if (!segments) {
    log::warning("te", "path refused", {{"pce", update.pce}, {"reason", segments.error().message}});
    return pcc_->failed(update.name, update.srp_id, pcep::LspErrorCode::kUnacceptableParameters);
  }
  log::info("te", "path from the PCE", {{"lsp", update.name}, {"pce", update.pce}, {"segments", segments->size()}});
  paths_[update.name] = {.state = {.segments = std::move(*segments),
                                   .computed_delay = update.computed_delay(),
                                   .reserved = update.bandwidth},
                         .srp_id = update.srp_id};
  if (on_change_) on_change_();
}

void PcepClient::on_withdrawn(const std::string& name, const std::string& reason) {
  log::warning("te", "path withdrawn", {{"lsp", name}, {"reason", reason}});
  paths_[name] = {.state = {.reason = reason}};
  if (on_change_) on_change_();
}

std::string PcepClient::why_no_path() const {
  const auto pces = pcc_->pces();
  if (pces.empty()) return "no PCE is configured";
  for (const pcep::PceView& pce : pces) {
    if (pce.state == pcep::SessionState::kUp) return formatted("PCE {} has no path yet", pce.name);
  }
  const pcep::PceView& first = pces.front();
  const std::string why = why_down(first);
  return formatted("PCE {} is not connected{}{}", first.name, why.empty() ? "" : ": ", why);
}

std::map<std::string, LspState> PcepClient::lsps() const {
  std::map<std::string, LspState> result;
  for (const auto& [name, target] : targets_) {
    const auto path = paths_.find(name);
    LspState state = path == paths_.end() ? LspState{} : path->second.state;
    if (state.segments.empty() && state.reason.empty()) state.reason = why_no_path();
    result.emplace(name, std::move(state));
  }
  return result;
}

std::vector<PcepSessionState> PcepClient::sessions() const {
  std::vector<PcepSessionState> result;
  for (const pcep::PceView& pce : pcc_->pces()) {
    const std::string state = pce.state == pcep::SessionState::kUp ? "up" : "connecting";
    Session& known = sessions_[pce.name];
    if (known.since == SystemTime{} || known.state != state) known = {.state = state, .since = clock_.wall_now()};
    result.push_back({.address = pce.name,
                      .state = state,
                      .since = known.since,
                      .reason = state == "up" ? std::string{} : why_down(pce)});
  }
  return result;
}

void PcepClient::report(const PathSnapshot& snapshot, const std::map<Ipv6Prefix, std::string>& not_installed) {
  for (auto& [name, path] : paths_) {
    if (!path.state.segments.empty()) report_one(name, path, snapshot, not_installed);
  }
  timer_->arm();
}

void PcepClient::report_one(const std::string& name, Path& path, const PathSnapshot& snapshot,
                            const std::map<Ipv6Prefix, std::string>& not_installed) {
  const auto target = targets_.find(name);
  if (target == targets_.end()) return;
  if (not_installed.contains({target->second.probe, 128})) {
    if (path.reported == pcep::Operational::kDown) return;
    path.reported = pcep::Operational::kDown;
    return pcc_->failed(name, path.srp_id, pcep::LspErrorCode::kInternal);
  }
  const PathState* policy = snapshot.find(target->second.key.site, target->second.key.tier);
  const bool active = policy != nullptr && policy->active == target->second.key.index;
  const auto state = active ? pcep::Operational::kActive : pcep::Operational::kUp;
  if (path.reported == state) return;
  path.reported = state;
  pcc_->installed(name, path.srp_id, state);
}

}  // namespace pathwise::te

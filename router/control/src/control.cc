// SPDX-License-Identifier: Apache-2.0
#include "router/control/control.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>

#include "base/format.h"
#include "base/log.h"
#include "hashes.h"

namespace pathwise::router::control {

namespace {

constexpr std::chrono::milliseconds kTick{50};
constexpr int kRebuildShare = 5;  // rebuilding the load view takes at most a fifth of the thread

}  // namespace

Control::Control(ControlDeps deps)
    : deps_(std::move(deps)),
      scraper_(deps_.io, deps_.clock, {},
               [this](runtime::RuntimeViewPtr view) {
                 runtimes_ = std::move(view);
                 publish_digest();
                 load_dirty_ = true;
                 mark_dirty();
               }),
      runtimes_(std::make_shared<runtime::RuntimeView>()),
      timer_(deps_.io.get_executor()) {}

Control::~Control() = default;

void Control::start() {
  if (deps_.fabric_tls) {
    const auto epoch = std::chrono::duration_cast<Microseconds>(deps_.clock.wall_now().time_since_epoch()).count();
    fabric::PeersBusSettings settings;
    settings.exchange.interval = deps_.bus.interval;
    bus_ =
        std::make_unique<fabric::PeersBus>(fabric::PeersBus::Deps{.io = deps_.io,
                                                                  .clock = deps_.clock,
                                                                  .tls = deps_.fabric_tls,
                                                                  .self = {.site = deps_.identity.site,
                                                                           .router = deps_.identity.router,
                                                                           .epoch = static_cast<std::uint64_t>(epoch),
                                                                           .hashes = hashes_of(policy_->config())},
                                                                  .seed = deps_.seed},
                                           settings);
    bus_->set_on_change([this](fabric::FabricSnapshotPtr snapshot) {
      fabric_ = std::move(snapshot);
      load_dirty_ = true;
      mark_dirty();
    });
    bus_->set_peers(peer_addresses());
  }
  load_dirty_ = paths_dirty_ = true;
  flush();
  publish_digest();
  tick();
}

void Control::set_policy(policy::PolicySnapshotPtr policy) {
  policy_ = std::move(policy);
  buckets_ = budgets_.buckets_of(policy_->config());
  load_dirty_ = paths_dirty_ = true;
  if (bus_) {
    bus_->set_hashes(hashes_of(policy_->config()));
    bus_->set_peers(peer_addresses());
  }
  if (state_) mark_dirty();
}

Result<void> Control::set_runtimes(const std::vector<policy::RuntimeConfig>& runtimes) {
  if (auto configured = scraper_.configure(runtimes); !configured) return configured;
  runtimes_ = scraper_.view();
  load_dirty_ = true;
  if (state_) mark_dirty();
  return {};
}

void Control::set_draining() {
  draining_ = true;
  publish_digest();
  mark_dirty();
}

void Control::paths(te::PathSnapshotPtr paths) {
  net::asio::post(deps_.io, [this, paths = std::move(paths)]() mutable {
    te_paths_ = std::move(paths);
    paths_dirty_ = true;
    mark_dirty();
  });
}

void Control::te_state(bool up, std::string reason) {
  net::asio::post(deps_.io, [this, up, reason = std::move(reason)]() mutable {
    if (up != te_up_) {
      log::write(up ? log::Level::kInfo : log::Level::kWarning, "router", up ? "te connected" : "te lost",
                 {{"reason", reason}});
    }
    te_up_ = up;
    te_reason_ = std::move(reason);
    mark_dirty();
  });
}

void Control::refused(forward::Refusal refusal) {
  net::asio::post(deps_.io, [this, refusal = std::move(refusal)] {
    if (bus_) bus_->merge_refusal(refusal.site, refusal.router, refusal.load);
  });
}

void Control::fabric_stream(net::TlsStream stream) {
  if (bus_) bus_->accept(std::move(stream));
}

std::vector<fabric::PeerStatus> Control::peers() const {
  return bus_ ? bus_->peers() : std::vector<fabric::PeerStatus>{};
}

// Digests travel on one tier's addresses: the configured one, or the first.
std::vector<fabric::PeerAddress> Control::peer_addresses() const {
  const policy::FabricConfig& config = policy_->config();
  const policy::SiteConfig* own = config.site(deps_.identity.site);
  if (own == nullptr || config.tiers.empty()) return {};
  const TierName tier = deps_.bus.tier.empty() ? config.tiers.front().name : deps_.bus.tier;
  const auto local = own->prefixes.find(tier);
  const auto number = std::ranges::find(own->routers, deps_.identity.router) - own->routers.begin() + 1;
  std::vector<fabric::PeerAddress> addresses;
  for (const auto& [name, site] : config.sites) {
    const auto prefix = site.prefixes.find(tier);
    if (prefix == site.prefixes.end()) continue;
    for (std::size_t i = 0; i < site.routers.size(); ++i) {
      if (name == own->name && site.routers[i] == deps_.identity.router) continue;
      fabric::PeerAddress address{.site = name, .router = site.routers[i]};
      address.remote.host = policy::FabricConfig::router_address(prefix->second, i + 1).to_string();
      address.remote.port = deps_.identity.peers_port;
      if (local != own->prefixes.end()) {
        address.local = policy::FabricConfig::router_address(local->second, static_cast<std::size_t>(number));
      }
      addresses.push_back(std::move(address));
    }
  }
  return addresses;
}

void Control::tick() {
  drain_records();
  publish_digest();
  if (load_dirty_) mark_dirty();
  timer_.expires_after(kTick);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

void Control::publish_digest() {
  if (!bus_ || !policy_) return;
  fabric::LocalLoad local;
  local.models = runtime::local_models(*runtimes_, policy_->config(), deps_.identity.site);
  if (draining_ || local.models.empty()) local.admission = fabric::Admission::kClosed;
  bus_->publish(std::move(local));
}

// Several changes of one turn of the loop make one state.
void Control::mark_dirty() {
  if (std::exchange(flush_posted_, true)) return;
  net::asio::post(deps_.io, [this] {
    flush_posted_ = false;
    flush();
  });
}

void Control::rebuild_load() {
  const SteadyTime now = deps_.clock.now();
  if (load_ && now - last_load_ < kRebuildShare * load_cost_) return;  // the tick comes back to it
  auto models = std::make_shared<const std::vector<fabric::ModelState>>(
      runtime::local_models(*runtimes_, policy_->config(), deps_.identity.site));
  const select::LoadInput input{
      .policy = policy_,
      .fabric = fabric_,
      .local = {.site = deps_.identity.site,
                .router = deps_.identity.router,
                .models = std::move(models),
                .admission = draining_ ? fabric::Admission::kClosed : fabric::Admission::kOpen},
      .now = now};
  load_ = select::build_load_view(input, ledger_, load_.get());
  load_dirty_ = false;
  last_load_ = now;
  load_cost_ = deps_.clock.now() - now;
}

void Control::rebuild_paths() {
  path_view_ = select::build_path_view(*policy_, deps_.identity.site, te_paths_, path_view_.get());
  paths_dirty_ = false;
}

void Control::flush() {
  if (!policy_) return;
  // A new policy changes what the indexes in both views mean: both are of one policy, always.
  if (state_ && state_->views.policy != policy_) {
    load_cost_ = std::chrono::nanoseconds{0};
    path_view_ = nullptr;
    load_dirty_ = paths_dirty_ = true;
  }
  if (load_dirty_) rebuild_load();
  if (paths_dirty_) rebuild_paths();
  auto next = std::make_shared<forward::State>();
  next->views = {policy_, load_, path_view_};
  next->runtimes = runtimes_;
  next->budgets = buckets_;
  next->admission = draining_ ? fabric::Admission::kClosed : fabric::Admission::kOpen;
  next->ready_text = describe_readiness(next->ready);
  state_ = next;
  for (const WorkerLink& link : workers_) {
    net::asio::post(*link.io, [worker = link.worker, state = state_] { worker->publish(state); });
  }
  if (on_state) on_state(*state_);
}

std::string Control::describe_readiness(bool& ready) const {
  nlohmann::ordered_json degraded = nlohmann::ordered_json::array();
  const bool alone = policy_->config().sites.size() < 2;
  if (!te_up_ && !alone)
    degraded.push_back("te: " + te_reason_ + "; other sites are out of reach unless a path was known");
  std::size_t down = 0;
  for (const runtime::RuntimeState& runtime : runtimes_->runtimes) {
    if (runtime.up) continue;
    ++down;
    degraded.push_back(formatted("runtime {}: {}", runtime.url, runtime.reason));
  }
  const bool local = runtimes_->runtimes.size() > down;
  bool remote = false;
  for (const select::Target& target : load_->targets) {
    for (const auto& row : path_view_->terms) remote = remote || (!target.local && row[target.site_index].up);
  }
  if (bus_) {
    for (const fabric::PeerStatus& peer : bus_->peers()) {
      if (!peer.connected)
        degraded.push_back(formatted("peer {}: no digest stream: {}", peer.address.site, peer.last_error));
      if (!peer.disagreement.empty())
        degraded.push_back(formatted("peer {}: differs in {}", peer.address.site, peer.disagreement));
    }
  }
  if (!local && !remote) degraded.push_back("no runtime here and no other site within reach");
  ready = (local || remote) && !draining_;
  const nlohmann::ordered_json text = {{"ready", ready},
                                       {"draining", draining_},
                                       {"policy_revision", policy_->revision()},
                                       {"models", load_->models.size()},
                                       {"degraded", degraded}};
  return text.dump(2) + "\n";
}

void Control::drain_records() {
  for (const WorkerLink& link : workers_) {
    while (link.worker->records().pop(spare_)) {
      count(spare_);
      if (on_record) on_record(spare_);
      decisions_.add(spare_);
    }
  }
}

}  // namespace pathwise::router::control

// SPDX-License-Identifier: Apache-2.0
#include "fabric/peer_exchange.h"

#include <algorithm>
#include <cmath>

namespace pathwise::fabric {
namespace {

ModelLoad load_part(const ModelState& state) {
  ModelLoad load{.model = state.model,
                 .capacity = state.capacity,
                 .running = state.running,
                 .waiting = state.waiting,
                 .in_flight_prefill_tokens = state.in_flight_prefill_tokens,
                 .kv_used = state.kv_used,
                 .prefill_tokens_per_second = state.prefill_tokens_per_second,
                 .itl_seconds = state.itl_seconds,
                 .itl_slope_seconds = state.itl_slope_seconds,
                 .prefix_blocks = state.prefix_blocks};
  std::ranges::sort(load.prefix_blocks);
  if (load.prefix_blocks.size() > kMaxPrefixBlocks) load.prefix_blocks.resize(kMaxPrefixBlocks);
  return load;
}

ModelRecord record_part(const ModelState& state) {
  return {.model = state.model,
          .adapters_loaded = state.adapters_loaded,
          .adapters_loadable = state.adapters_loadable,
          .price_per_million_tokens = state.price_per_million_tokens,
          .context_tokens = state.context_tokens,
          .adapter_load_seconds = state.adapter_load_seconds};
}

// A change that can alter where a request goes should not wait for the interval.
bool significant(const ModelLoad& before, const ModelLoad& after) {
  const auto moved = [](std::uint32_t a, std::uint32_t b) { return a > b ? a - b : b - a; };
  const std::uint32_t quarter = std::max<std::uint32_t>(1, after.capacity / 4);
  return before.model != after.model || before.capacity != after.capacity ||
         (before.waiting == 0) != (after.waiting == 0) || moved(before.running, after.running) >= quarter ||
         std::fabs(before.kv_used - after.kv_used) >= 0.1;
}

bool significant(const Digest& before, const Digest& after) {
  if (before.admission != after.admission || before.models.size() != after.models.size()) return true;
  for (std::size_t i = 0; i < after.models.size(); ++i) {
    if (significant(before.models[i], after.models[i])) return true;
  }
  return false;
}

std::uint64_t unix_us(SystemTime time) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<Microseconds>(time.time_since_epoch()).count());
}

}  // namespace

PeerExchange::PeerExchange(const Clock& clock, Outlet& outlet, Self self, ExchangeSettings settings)
    : clock_(&clock), outlet_(&outlet), self_(std::move(self)), settings_(settings), table_(clock, settings.table) {
  digest_.site = record_.site = self_.site;
  digest_.router = record_.router = self_.router;
  digest_.epoch = record_.epoch = self_.epoch;
  table_.apply(self_.site, own_hello());
}

Hello PeerExchange::own_hello() const {
  return {.site = self_.site, .router = self_.router, .hashes = self_.hashes};
}

void PeerExchange::publish(LocalLoad load) {
  std::ranges::sort(load.models, {}, &ModelState::model);
  if (load.models.size() > kMaxModels) load.models.resize(kMaxModels);
  Digest next = digest_;
  next.admission = load.admission;
  next.models.clear();
  std::vector<ModelRecord> records;
  for (const ModelState& state : load.models) {
    next.models.push_back(load_part(state));
    records.push_back(record_part(state));
  }
  if (records != record_.models) {
    record_.models = std::move(records);
    ++record_.sequence;
    for (auto& [id, link] : links_) link.record_due = true;
    table_.apply(self_.site, record_);
  }
  const bool first = !std::exchange(published_, true);
  round_due_ = round_due_ || first || significant(digest_, next);
  digest_ = std::move(next);
  if (round_due_ && (first || clock_->now() - last_round_ >= settings_.least_gap)) {
    start_round();
  } else {
    renew();
  }
  pump_all();
  notify(false);
}

// What is sent from now on is the present load, under a sequence of its own.
void PeerExchange::renew() {
  ++digest_.sequence;
  digest_.measured_unix_us = unix_us(clock_->wall_now());
  digest_body_.clear();
  table_.apply(self_.site, digest_);
}

void PeerExchange::start_round() {
  round_due_ = false;
  last_round_ = clock_->now();
  ++counters_.digests;
  renew();
  for (auto& [id, link] : links_) link.digest_due = true;
}

void PeerExchange::pump(LinkId id, Link& link) {
  if (link.busy) return;
  if (link.hello_due) {
    link.hello_due = false;
    link.busy = true;
    outlet_->send(id, encode(own_hello()));
  } else if (link.record_due && published_) {
    link.record_due = false;
    link.busy = true;
    outlet_->send(id, encode(record_));
  } else if (link.digest_due && published_) {
    link.digest_due = false;
    link.busy = true;
    if (digest_body_.empty()) digest_body_ = encode(digest_);
    outlet_->send(id, digest_body_);
  }
}

void PeerExchange::pump_all() {
  for (auto& [id, link] : links_) pump(id, link);
}

void PeerExchange::opened(LinkId link) {
  pump(link, links_[link] = Link{});
}

void PeerExchange::sent(LinkId id) {
  const auto link = links_.find(id);
  if (link == links_.end()) return;
  link->second.busy = false;
  pump(id, link->second);
}

void PeerExchange::closed(LinkId link) {
  links_.erase(link);
}

void PeerExchange::merge_refusal(const SiteName& site, const RouterName& router, const ModelState& state) {
  if (table_.merge_refusal(site, router, state)) notify(false);
}

void PeerExchange::set_hashes(Hashes hashes) {
  if (hashes == self_.hashes) return;
  self_.hashes = std::move(hashes);
  table_.apply(self_.site, own_hello());
  for (auto& [id, link] : links_) link.hello_due = true;
  pump_all();
  notify(false);
}

Result<void> PeerExchange::received(const SiteName& certified, std::string_view body, Hello* hello) {
  const auto frame = decode(body);
  if (!frame) {
    ++counters_.bad_frames;
    return std::unexpected(frame.error());
  }
  const auto apply = [&](const auto& message) -> Result<void> {
    if (message.site == self_.site && message.router == self_.router) {
      ++counters_.bad_frames;
      return fail(ErrorCode::kUnauthenticated, "site {} speaks as us, router {}: two routers of one name?", certified,
                  message.router);
    }
    if (table_.apply(certified, message) == Applied::kRefused) {
      return fail(ErrorCode::kUnauthenticated, "site {} speaks for site {}, router {}: refused", certified,
                  message.site, message.router);
    }
    return {};
  };
  Result<void> result;
  if (const auto* said = std::get_if<Hello>(&*frame)) {
    if (said->version != kProtocolVersion) {
      return fail(ErrorCode::kFailedPrecondition, "site {} speaks version {} of the fabric protocol; we speak {}",
                  certified, said->version, kProtocolVersion);
    }
    result = apply(*said);
    if (result && hello != nullptr) *hello = *said;
  } else if (const auto* digest = std::get_if<Digest>(&*frame)) {
    result = apply(*digest);
  } else if (const auto* record = std::get_if<Record>(&*frame)) {
    result = apply(*record);
  }
  notify(false);
  return result;
}

void PeerExchange::set_sites(std::set<SiteName> sites) {
  sites.insert(self_.site);
  table_.set_sites(std::move(sites));
  notify(false);
}

void PeerExchange::tick() {
  const SteadyTime now = clock_->now();
  const bool due = now - last_round_ >= settings_.interval;
  const bool hurry = round_due_ && now - last_round_ >= settings_.least_gap;
  if (published_ && (due || hurry)) start_round();
  if (now - last_record_ >= settings_.record_interval) {
    last_record_ = now;
    table_.apply(self_.site, own_hello());
    for (auto& [id, link] : links_) link.hello_due = link.record_due = true;
    ++record_.sequence;
  }
  pump_all();
  table_.expire();
  notify(true);
}

void PeerExchange::notify(bool at_once) {
  if (!on_change_) return;
  const SteadyTime now = clock_->now();
  if (!at_once && now - last_notified_ < settings_.notify_gap) return;  // with the next tick
  FabricSnapshotPtr next = table_.snapshot();
  if (next == notified_) return;
  last_notified_ = now;
  notified_ = next;
  on_change_(std::move(next));
}

ExchangeCounters PeerExchange::counters() const {
  ExchangeCounters counters = counters_;
  counters.table = table_.counters();
  return counters;
}

}  // namespace pathwise::fabric

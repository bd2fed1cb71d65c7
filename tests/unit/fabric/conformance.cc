// SPDX-License-Identifier: Apache-2.0
#include "conformance.h"

#include <algorithm>

namespace pathwise::fabric::conformance {
namespace {

constexpr std::chrono::milliseconds kStep{5};
constexpr std::uint64_t kStepsPerTick = 10;

}  // namespace

const Clock& Network::clock(const NodeSpec& spec) {
  return *(clocks_[spec.site] = std::make_unique<NodeClock>(world_, spec.clock_offset));
}

Bus& Network::start(const NodeSpec& spec) {
  if (nodes_.contains(spec.site)) stop(spec.site);
  auto node = factory_(*this, spec);
  for (const auto& [site, other] : nodes_) {
    other->joined(spec.site);
    node->joined(site);
  }
  return (nodes_[spec.site] = std::move(node))->bus();
}

void Network::stop(const std::string& site) {
  nodes_.erase(site);
  for (const auto& [name, other] : nodes_) other->left(site);
}

bool Network::is_cut(const std::string& a, const std::string& b) const {
  return std::ranges::any_of(cuts_, [&](const auto& cut) {
    return (cut.first == a && cut.second == b) || (cut.first == b && cut.second == a);
  });
}

void Network::send(const std::string& from, const std::string& to, const std::string& body) {
  ++messages_;
  const int copies = random_.uniform() < weather_.duplicate ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    if (random_.uniform() < weather_.loss || is_cut(from, to)) continue;
    const auto spread = static_cast<std::uint64_t>((weather_.most_delay - weather_.least_delay).count());
    const Milliseconds delay = weather_.least_delay + Milliseconds(random_.below(spread + 1));
    in_flight_.emplace(world_.now() + delay, Message{from, to, body});
  }
}

void Network::step() {
  world_.advance(kStep);
  while (!in_flight_.empty() && in_flight_.begin()->first <= world_.now()) {
    const Message message = std::move(in_flight_.extract(in_flight_.begin()).mapped());
    const auto to = nodes_.find(message.to);
    if (to != nodes_.end()) to->second->deliver(message.from, message.body);
  }
  if (++steps_ % kStepsPerTick == 0) {
    for (const auto& [site, node] : nodes_) node->tick();
  }
}

void Network::run_for(std::chrono::milliseconds duration) {
  for (auto left = duration; left > left.zero(); left -= kStep) step();
}

bool Network::run_until(std::chrono::milliseconds duration, const std::function<bool()>& condition) {
  for (auto left = duration; left > left.zero() && !condition(); left -= kStep) step();
  return condition();
}

LocalLoad load_of(std::uint32_t running, Admission admission) {
  return {.admission = admission,
          .models = {{.model = ModelName("m"), .capacity = 100, .running = running, .price_per_million_tokens = 0.5}}};
}

std::optional<Belief> belief(Bus& bus, const std::string& site) {
  const auto snapshot = bus.snapshot();
  for (std::size_t i = 0; i < snapshot->size(); ++i) {
    if (snapshot->site[i] != SiteName(site)) continue;
    const ModelState* state = snapshot->find_model(i, ModelName("m"));
    if (state == nullptr) return std::nullopt;
    return Belief{state->running, snapshot->admission[i], state->price_per_million_tokens, snapshot->received[i]};
  }
  return std::nullopt;
}

}  // namespace pathwise::fabric::conformance

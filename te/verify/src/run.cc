// SPDX-License-Identifier: Apache-2.0
#include "te/verify/run.h"

#include <algorithm>
#include <utility>

#include "base/format.h"

namespace pathwise::te {

VerifyRun::VerifyRun(std::vector<VerifyTarget> targets, VerifyParams params, std::uint32_t first_id, SteadyTime now)
    : params_(params), next_id_(first_id), next_send_(now), next_start_(now), deadline_(now + params.deadline) {
  for (VerifyTarget& target : targets) paths_.push_back({.target = std::move(target), .end = params_.max_hops});
}

// The lowest hop without an answer that may still be tried.
std::optional<std::size_t> VerifyRun::hop_to_probe(const Path& path) const {
  const std::size_t end = std::min(path.end, path.last_answered + params_.silent_hops);
  std::size_t waiting = 0;
  for (std::size_t hop = 0; hop < end; ++hop) {
    if (hop >= path.hops.size()) return hop;
    const Hop& state = path.hops[hop];
    if (state.seen.answer != HopAnswer::kNone) continue;
    if (state.pending) {
      if (++waiting >= params_.window) return std::nullopt;
    } else if (state.attempts < params_.attempts) {
      return hop;
    }
  }
  const bool ask = path.arrived && !path.target.segments.empty() && !path.target.native.is_unspecified();
  const Hop& endpoint = path.endpoint;
  if (!ask || endpoint.pending || endpoint.seen.answer != HopAnswer::kNone || endpoint.attempts >= params_.attempts) {
    return std::nullopt;
  }
  return kEndpoint;
}

bool VerifyRun::sendable() const {
  return pending_ < params_.in_flight &&
         std::ranges::any_of(active_, [&](std::size_t index) { return hop_to_probe(paths_[index]).has_value(); });
}

std::optional<VerifyProbe> VerifyRun::next(SteadyTime now) {
  if (now < next_send_ || now >= deadline_ || pending_ >= params_.in_flight) return std::nullopt;
  if (next_path_ < paths_.size() && now >= next_start_) {
    paths_[next_path_].started = true;
    active_.push_back(next_path_++);
    next_start_ = now + params_.start_interval;
  }
  for (std::size_t i = 0; i < active_.size(); ++i) {
    const std::size_t index = active_[(turn_ + i) % active_.size()];
    const auto hop = hop_to_probe(paths_[index]);
    if (!hop) continue;
    turn_ = (turn_ + i + 1) % active_.size();
    return send(index, *hop, now);
  }
  return std::nullopt;
}

VerifyProbe VerifyRun::send(std::size_t index, std::size_t hop, SteadyTime now) {
  Path& path = paths_[index];
  if (hop != kEndpoint && hop >= path.hops.size()) path.hops.resize(hop + 1);
  Hop& state = hop_at(path, hop);
  state.pending = now;
  next_send_ = now + params_.send_interval;
  ++pending_;
  const std::uint32_t id = next_id_++;
  sent_[id] = {.path = index, .hop = hop, .at = now};
  return {.id = id,
          .path = index,
          .hop_limit = static_cast<std::uint8_t>(hop == kEndpoint ? 0 : hop + 1),
          .attempt = state.attempts++,
          .target = path.target};
}

void VerifyRun::not_sent(std::uint32_t id, std::string reason) {
  const auto found = sent_.find(id);
  if (found != sent_.end()) finish(paths_[found->second.path], std::move(reason));
}

const VerifyTarget* VerifyRun::target_of(std::uint32_t id) const {
  const auto found = sent_.find(id);
  return found == sent_.end() ? nullptr : &paths_[found->second.path].target;
}

bool VerifyRun::answered(std::uint32_t id, HopObservation seen, SteadyTime when) {
  const auto found = sent_.find(id);
  if (found == sent_.end()) return false;
  const Sent& sent = found->second;
  Path& path = paths_[sent.path];
  Hop& hop = hop_at(path, sent.hop);
  if (path.finished || hop.seen.answer != HopAnswer::kNone) return true;
  forget_pending(hop);
  seen.rtt = std::chrono::duration_cast<Microseconds>(std::max(when - sent.at, SteadyTime::duration{0}));
  hop.seen = seen;
  if (sent.hop == kEndpoint) {
    settle(path);
    return true;
  }
  path.last_answered = std::max(path.last_answered, sent.hop + 1);
  path.arrived = path.arrived || seen.answer == HopAnswer::kArrived;
  if (seen.answer != HopAnswer::kExpired) path.end = std::min(path.end, sent.hop + 1);
  if (seen.answer == HopAnswer::kExpired && loops(path, seen.responder)) {
    finish(path, formatted("a loop: {} answers for {} hops", seen.responder, params_.loop_answers));
  } else {
    settle(path);
  }
  return true;
}

bool VerifyRun::loops(const Path& path, const Ipv6Address& responder) const {
  const auto same = std::ranges::count_if(path.hops, [&](const Hop& hop) {
    return hop.seen.answer == HopAnswer::kExpired && hop.seen.responder == responder;
  });
  return static_cast<std::size_t>(same) >= params_.loop_answers;
}

void VerifyRun::expire(SteadyTime now) {
  for (const std::size_t index : std::vector(active_)) {
    Path& path = paths_[index];
    const auto expire_hop = [&](Hop& hop) {
      if (hop.pending && *hop.pending + params_.probe_timeout <= now) forget_pending(hop);
    };
    std::ranges::for_each(path.hops, expire_hop);
    expire_hop(path.endpoint);
    settle(path);
  }
  if (now < deadline_) return;
  const std::string late = formatted("not done within {}", to_human(Microseconds(params_.deadline)));
  for (Path& path : paths_) finish(path, late);
  next_path_ = paths_.size();
}

void VerifyRun::forget_pending(Hop& hop) {
  if (std::exchange(hop.pending, std::nullopt)) --pending_;
}

// Nothing under way that matters, and nothing left to try: the path is done.
void VerifyRun::settle(Path& path) {
  for (std::size_t hop = path.end; hop < path.hops.size(); ++hop) forget_pending(path.hops[hop]);
  const bool waiting =
      path.endpoint.pending || std::ranges::any_of(path.hops, [](const Hop& hop) { return hop.pending.has_value(); });
  if (!waiting && !hop_to_probe(path)) finish(path, "");
}

void VerifyRun::finish(Path& path, std::string problem) {
  if (path.finished) return;
  path.finished = true;
  path.problem = std::move(problem);
  for (Hop& hop : path.hops) forget_pending(hop);
  forget_pending(path.endpoint);
  std::erase(active_, static_cast<std::size_t>(&path - paths_.data()));
  ++finished_;
}

SteadyTime VerifyRun::wake() const {
  SteadyTime when = deadline_;
  for (const std::size_t index : active_) {
    const auto look = [&](const Hop& hop) {
      if (hop.pending) when = std::min(when, *hop.pending + params_.probe_timeout);
    };
    std::ranges::for_each(paths_[index].hops, look);
    look(paths_[index].endpoint);
  }
  if (sendable()) when = std::min(when, next_send_);
  if (next_path_ < paths_.size() && pending_ < params_.in_flight)
    when = std::min(when, std::max(next_start_, next_send_));
  return when;
}

std::vector<PathObservation> VerifyRun::results() const {
  std::vector<PathObservation> results;
  for (const Path& path : paths_) {
    PathObservation& result = results.emplace_back();
    result.problem = path.problem;
    result.probed = !path.hops.empty();
    result.endpoint = path.endpoint.seen;
    const std::size_t hops = std::min({path.end, path.last_answered, path.hops.size()});
    for (std::size_t hop = 0; hop < hops; ++hop) result.hops.push_back(path.hops[hop].seen);
  }
  return results;
}

}  // namespace pathwise::te

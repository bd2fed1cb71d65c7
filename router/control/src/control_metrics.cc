// SPDX-License-Identifier: Apache-2.0
// The router's metrics. Request figures come from the decision records, so that the request path counts
// nothing twice; gauges are set when somebody asks.
#include "router/control/control.h"

namespace pathwise::router::control {

namespace {

const prometheus::Histogram::BucketBoundaries kDecisionBuckets = {1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 5e-4, 1e-3};
const prometheus::Histogram::BucketBoundaries kLatencyBuckets = {0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5,
                                                                 0.75,  1,    2,     5,    10,  30,  60};

// Tier and site as the policy names them; what a client made up never becomes a label.
std::string known(const std::string& name) {
  return name.empty() ? "none" : name;
}

}  // namespace

void Control::count(const select::DecisionRecord& record) {
  net::Metrics& metrics = deps_.metrics;
  const std::string tier = known(record.tier);
  metrics
      .counter(
          "pathwise_requests_total", "Requests that ended, by tier, serving site and outcome.",
          {{"tier", tier}, {"site", known(record.site.str())}, {"outcome", std::string(to_string(record.outcome))}})
      .Increment();
  if (record.decision_s > 0) {
    metrics.histogram("pathwise_decision_seconds", "Time to choose a site.", kDecisionBuckets)
        .Observe(record.decision_s);
  }
  if (record.ttft_s > 0) {
    metrics
        .histogram("pathwise_time_to_first_token_seconds", "From the request's head to the response's first byte.",
                   kLatencyBuckets, {{"tier", tier}})
        .Observe(record.ttft_s);
  }
  metrics
      .histogram("pathwise_request_seconds", "From the request's head to the response's end.", kLatencyBuckets,
                 {{"tier", tier}})
      .Observe(record.total_s);
  metrics.counter("pathwise_relayed_bytes_total", "Bytes of response bodies relayed.", {{"tier", tier}})
      .Increment(static_cast<double>(record.bytes_out));
  for (const select::RecordedAttempt& attempt : record.attempts) {
    if (!attempt.result.starts_with("refused")) continue;
    metrics
        .counter("pathwise_refusals_total", "Requests that a receiver refused at once and that were placed again.",
                 {{"site", attempt.site.str()}})
        .Increment();
  }
}

void Control::count_reload(bool good) {
  deps_.metrics.counter("pathwise_reloads_total", "Configuration reloads.", {{"result", good ? "ok" : "failed"}})
      .Increment();
}

void Control::update_gauges() {
  net::Metrics& metrics = deps_.metrics;
  const auto set = [&](const char* name, const char* help, double value, const net::Metrics::Labels& labels = {}) {
    metrics.gauge(name, help, labels).Set(value);
  };
  set("pathwise_ready", "1 if some site can serve.", state_->ready ? 1 : 0);
  set("pathwise_te_connected", "1 if pathwise-te is connected.", te_up_ ? 1 : 0);
  set("pathwise_policy_revision", "Loads of the policy since the start.", static_cast<double>(policy_->revision()));
  const auto& tiers = policy_->config().tiers;
  for (std::size_t t = 0; t < tiers.size(); ++t) {
    for (std::size_t s = 0; s < policy_->sites().size(); ++s) {
      if (policy_->sites()[s] == deps_.identity.site) continue;
      const select::PathTerms& path = path_view_->terms[t][s];
      const net::Metrics::Labels labels = {{"site", policy_->sites()[s].str()}, {"tier", tiers[t].name.str()}};
      set("pathwise_path_up", "1 if the tier's path to the site is up.", path.up ? 1 : 0, labels);
      set("pathwise_path_rtt_seconds", "Round-trip time that decisions use.", path.rtt_s, labels);
    }
  }
  for (const runtime::RuntimeState& runtime : runtimes_->runtimes) {
    const net::Metrics::Labels labels = {{"runtime", runtime.url}};
    set("pathwise_runtime_up", "1 if the runtime answers.", runtime.up ? 1 : 0, labels);
    set("pathwise_runtime_sequences", "Sequences at the runtime.", runtime.sequences(), labels);
    set("pathwise_runtime_requests", "Requests of this router at the runtime.",
        static_cast<double>(runtime.counters->requests.load(std::memory_order_relaxed)), labels);
  }
  std::size_t connections = 0;
  for (const WorkerLink& link : workers_) connections += link.worker->active();
  set("pathwise_connections", "Open connections from clients and peers.", static_cast<double>(connections));
  std::uint64_t dropped = 0;
  for (const WorkerLink& link : workers_) dropped += link.worker->records().dropped();
  set("pathwise_records_dropped", "Decision records lost because a ring was full.", static_cast<double>(dropped));
  set("pathwise_decisions_kept_total", "Decision records taken in.", static_cast<double>(decisions_.total()));
  for (const fabric::PeerStatus& peer : peers()) {
    set("pathwise_peer_connected", "1 if our digest stream to the peer is open.", peer.connected ? 1 : 0,
        {{"site", peer.address.site.str()}, {"router", peer.address.router.str()}});
  }
}

std::string Control::metrics_text() {
  drain_records();
  update_gauges();
  return deps_.metrics.text();
}

}  // namespace pathwise::router::control

// SPDX-License-Identifier: Apache-2.0
#include "net/metrics.h"

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <mutex>
#include <set>

namespace pathwise::net {

struct Metrics::State {
  prometheus::Registry registry;
  std::mutex mutex;
  std::map<std::string, std::set<Labels>> series;  // guarded by mutex

  // `labels`, or the shared ones when the name has enough.
  Labels admit(const std::string& name, const Labels& labels) {
    const std::lock_guard lock(mutex);
    std::set<Labels>& known = series[name];
    if (known.contains(labels)) return labels;
    if (known.size() < kMaxSeries) {
      known.insert(labels);
      return labels;
    }
    Labels other;
    for (const auto& [key, value] : labels) other.emplace(key, "other");
    return other;
  }
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

prometheus::Counter& Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
  const Labels admitted = state_->admit(name, labels);
  return prometheus::BuildCounter().Name(name).Help(help).Register(state_->registry).Add(admitted);
}

prometheus::Gauge& Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  const Labels admitted = state_->admit(name, labels);
  return prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry).Add(admitted);
}

prometheus::Histogram& Metrics::histogram(const std::string& name, const std::string& help,
                                          const prometheus::Histogram::BucketBoundaries& buckets,
                                          const Labels& labels) {
  const Labels admitted = state_->admit(name, labels);
  return prometheus::BuildHistogram().Name(name).Help(help).Register(state_->registry).Add(admitted, buckets);
}

std::string Metrics::text() const {
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace pathwise::net

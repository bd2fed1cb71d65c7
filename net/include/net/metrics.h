// SPDX-License-Identifier: Apache-2.0
// A daemon's metrics and their text for /metrics (Prometheus exposition format 0.0.4). Any thread.
//
// Label values come from configuration or from closed sets, never from requests. As a last defence a
// name has at most kMaxSeries label sets: the next ones share a series whose label values are "other".
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>

namespace pathwise::net {

class Metrics {
 public:
  using Labels = std::map<std::string, std::string>;
  static constexpr std::size_t kMaxSeries = 2'000;

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The series of this name and these labels, made when first asked for; it lives as long as Metrics.
  // A name has one kind, one help text and one set of buckets: those of the first call. A name of
  // another kind, or one that Prometheus does not allow, is a bug: std::invalid_argument.
  prometheus::Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
  prometheus::Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  prometheus::Histogram& histogram(const std::string& name, const std::string& help,
                                   const prometheus::Histogram::BucketBoundaries& buckets, const Labels& labels = {});

  [[nodiscard]] std::string text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

inline constexpr const char* kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace pathwise::net

// SPDX-License-Identifier: Apache-2.0
#include "net/metrics.h"

#include <gmock/gmock.h>

namespace pathwise::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Metrics, TheSameNameAndLabelsAreTheSameSeries) {
  Metrics metrics;
  metrics.counter("pathwise_requests_total", "Requests.", {{"tier", "batch"}}).Increment(2);
  metrics.counter("pathwise_requests_total", "Requests.", {{"tier", "batch"}}).Increment();
  metrics.gauge("pathwise_sites", "Sites.").Set(4);
  metrics.histogram("pathwise_ttft_seconds", "TTFT.", {0.1, 1}).Observe(0.5);
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("# HELP pathwise_requests_total Requests."));
  EXPECT_THAT(text, HasSubstr("# TYPE pathwise_requests_total counter"));
  EXPECT_THAT(text, HasSubstr("pathwise_requests_total{tier=\"batch\"} 3"));
  EXPECT_THAT(text, HasSubstr("pathwise_sites 4"));
  EXPECT_THAT(text, HasSubstr("pathwise_ttft_seconds_bucket{le=\"1\"} 1"));
  EXPECT_THAT(text, HasSubstr("pathwise_ttft_seconds_bucket{le=\"0.1\"} 0"));
}

TEST(Metrics, LabelSetsAreBounded) {
  Metrics metrics;
  for (std::size_t i = 0; i < Metrics::kMaxSeries + 10; ++i) {
    metrics.counter("c", "C.", {{"model", "m" + std::to_string(i)}}).Increment();
  }
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("c{model=\"other\"} 10"));
  EXPECT_THAT(text, HasSubstr("c{model=\"m1999\"} 1"));
  EXPECT_THAT(text, Not(HasSubstr("c{model=\"m2000\"}")));
}

}  // namespace
}  // namespace pathwise::net

// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>

#include "pcep/pcc/check_update.h"

namespace pathwise::pcep {
namespace {

const UpdateContext kGood{.known = true, .delegated = true, .srv6_agreed = true, .max_segments = 3};

UpdateRequest request() {
  UpdateRequest request;
  request.srp.srp_id = 1;
  request.srp.tlvs.emplace_back(PathSetupTypeTlv{PathSetupType::kSrv6});
  request.ero.hops.emplace_back(Srv6Subobject{.sid = Ipv6Address{}});
  return request;
}

TEST(CheckUpdate, AcceptsAPathAndAnEmptyEro) {
  UpdateRequest update = request();
  update.attributes.metrics = {{kMetricComputed, MetricType::kPathDelay, 5}, {kMetricBound, MetricType::kPathDelay, 9}};
  EXPECT_EQ(check_update(update, kGood), std::nullopt);
  update.ero.hops.clear();
  EXPECT_EQ(check_update(update, kGood), std::nullopt);
}

TEST(CheckUpdate, SetupTypeMustBeSrv6) {
  UpdateRequest update = request();
  update.srp.tlvs.clear();
  EXPECT_EQ(check_update(update, kGood), errors::kSrv6NotAdvertised);
  update.ero.hops.clear();
  EXPECT_EQ(check_update(update, kGood), errors::kUnsupportedSetupType);
  UpdateContext plain = kGood;
  plain.srv6_agreed = false;
  EXPECT_EQ(check_update(request(), plain), errors::kSrv6NotAdvertised);
}

TEST(CheckUpdate, ReservedSrpIdsAreRefused) {
  UpdateRequest update = request();
  update.srp.srp_id = 0;
  EXPECT_EQ(check_update(update, kGood), errors::kMalformedObject);
  update.srp.srp_id = 0xFFFFFFFF;
  EXPECT_EQ(check_update(update, kGood), errors::kMalformedObject);
}

TEST(CheckUpdate, RoutesThatCannotBeImposed) {
  UpdateRequest update = request();
  update.ero.hops.assign(4, Srv6Subobject{.sid = Ipv6Address{}});
  EXPECT_EQ(check_update(update, kGood), errors::kTooManySegments);
  update.ero.hops.assign(1, Srv6Subobject{.nai = NodeNai{}});
  EXPECT_EQ(check_update(update, kGood), errors::kUnsupportedParameter);
}

TEST(CheckUpdate, MetricsAreFiniteNotNegativeAndUnique) {
  for (const float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), -1.0F}) {
    UpdateRequest update = request();
    update.attributes.metrics = {{0, MetricType::kPathDelay, value}};
    EXPECT_EQ(check_update(update, kGood), errors::kMalformedObject) << value;
    update.attributes.metrics.clear();
    update.attributes.bandwidth = BandwidthObject{value};
    EXPECT_EQ(check_update(update, kGood), errors::kMalformedObject) << value;
  }
  UpdateRequest update = request();
  update.attributes.metrics = {{0, MetricType::kIgp, 1}, {0, MetricType::kIgp, 2}};
  EXPECT_EQ(check_update(update, kGood), errors::kMalformedObject);
}

}  // namespace
}  // namespace pathwise::pcep

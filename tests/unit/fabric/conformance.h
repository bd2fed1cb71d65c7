// SPDX-License-Identifier: Apache-2.0
// What every backend of the bus must do, in virtual time over a network that loses, delays, reorders,
// repeats and cuts. A backend brings a factory and says
//   INSTANTIATE_TEST_SUITE_P(Peers, BusConformance, ::testing::Values(&make_peers_node));
#pragma once

#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/units.h"
#include "fabric/bus.h"

namespace pathwise::fabric::conformance {

// The world's time seen by one node: its wall clock may be wrong.
class NodeClock final : public Clock {
 public:
  NodeClock(const Clock& world, std::chrono::nanoseconds offset) : world_(&world), offset_(offset) {}
  [[nodiscard]] SteadyTime now() const override { return world_->now(); }
  [[nodiscard]] SystemTime wall_now() const override {
    return world_->wall_now() + std::chrono::duration_cast<SystemTime::duration>(offset_);
  }

 private:
  const Clock* world_;
  std::chrono::nanoseconds offset_;
};

class Network;

struct NodeSpec {
  std::string site;  // also the node's name; its router is r1
  std::uint64_t epoch = 1;
  std::chrono::nanoseconds clock_offset{};
};

// One router of the simulated fabric: a backend without its sockets.
class Node {
 public:
  virtual ~Node() = default;
  [[nodiscard]] virtual Bus& bus() = 0;
  virtual void tick() = 0;  // every 50 ms
  virtual void deliver(const std::string& from, const std::string& body) = 0;
  virtual void joined(const std::string& other) = 0;  // another node is there
  virtual void left(const std::string& other) = 0;    // and is there no more
};

using Factory = std::unique_ptr<Node> (*)(Network&, const NodeSpec&);

struct Weather {
  double loss = 0;
  double duplicate = 0;
  Milliseconds least_delay{5};
  Milliseconds most_delay{5};  // more than least_delay: reorders
};

class Network {
 public:
  explicit Network(Factory factory) : factory_(factory) {}

  // Starts, or restarts, a node.
  Bus& start(const NodeSpec& spec);
  void stop(const std::string& site);
  [[nodiscard]] Bus& bus(const std::string& site) { return nodes_.at(site)->bus(); }
  [[nodiscard]] const Clock& clock(const NodeSpec& spec);

  void set_weather(const Weather& weather) { weather_ = weather; }
  // Nothing passes between the two, in either direction.
  void cut(const std::string& a, const std::string& b) { cuts_.push_back({a, b}); }
  void heal() { cuts_.clear(); }

  // For backends.
  void send(const std::string& from, const std::string& to, const std::string& body);

  void run_for(std::chrono::milliseconds duration);
  // True as soon as the condition holds, within `duration`.
  bool run_until(std::chrono::milliseconds duration, const std::function<bool()>& condition);
  [[nodiscard]] SteadyTime now() const { return world_.now(); }
  [[nodiscard]] std::uint64_t messages() const { return messages_; }

 private:
  struct Message {
    std::string from, to, body;
  };
  void step();
  [[nodiscard]] bool is_cut(const std::string& a, const std::string& b) const;

  Factory factory_;
  ManualClock world_;
  Random random_{7};
  Weather weather_;
  std::vector<std::pair<std::string, std::string>> cuts_;
  std::map<std::string, std::unique_ptr<NodeClock>> clocks_;
  std::map<std::string, std::unique_ptr<Node>> nodes_;
  std::multimap<SteadyTime, Message> in_flight_;
  std::uint64_t messages_ = 0;
  std::uint64_t steps_ = 0;
};

class BusConformance : public ::testing::TestWithParam<Factory> {
 protected:
  Network network_{GetParam()};
};

// One model "m" of 100 sequences.
[[nodiscard]] LocalLoad load_of(std::uint32_t running, Admission admission = Admission::kOpen);
// What `bus` believes of `site`; nullopt: nothing.
struct Belief {
  std::uint32_t running;
  Admission admission;
  double price;
  SteadyTime received;
};
[[nodiscard]] std::optional<Belief> belief(Bus& bus, const std::string& site);

}  // namespace pathwise::fabric::conformance

// SPDX-License-Identifier: GPL-2.0-or-later
#include "te/frr/link_monitor.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>

#include "base/log.h"
#include "te/measure/stamp_udp.h"

namespace pathwise::te {
namespace {

namespace asio = boost::asio;

constexpr auto kEvaluate = std::chrono::milliseconds(50);
constexpr std::uint64_t kSpreadSeed = 862;  // spreads first probes; nothing depends on its value

SessionParams session_params(const LinkMonitorParams& params) {
  SessionParams session;
  session.interval = params.interval;
  session.window = static_cast<std::size_t>(std::max<Milliseconds::rep>(params.window / params.interval, 1));
  session.recent = session.window;
  return session;
}

}  // namespace

struct LinkMonitor::State : std::enable_shared_from_this<State> {
  State(asio::io_context& context, LinkMonitorParams given, DefinitionHashes hashes, LinkMonitorEvents handlers)
      : params(given), own(std::move(hashes)), events(std::move(handlers)), timer(context) {}

  struct Monitored {
    StampSessionId session = 0;
    DelayDamper damper;
  };

  [[nodiscard]] std::vector<StampTlv> tlvs() const {
    return {StampTlv{.type = kStampTlvFadHash, .value = encode_definition_hashes(own)}};
  }

  bool hear(const ProbeArrival& arrival, std::uint8_t type, std::span<const std::uint8_t> value) {
    if (type != kStampTlvFadHash) return false;
    if (const auto hashes = decode_definition_hashes(value)) events.on_definitions(arrival.source, *hashes);
    return true;
  }

  void add(const MonitoredLink& link) {
    const auto session = sender->add({.local = link.local,
                                      .remote = link.remote,
                                      .remote_port = params.port,
                                      .ifindex = link.ifindex,
                                      .params = session_params(params),
                                      // Of parallel links the reply takes ours, and its queueing there is not counted.
                                      .return_path = ReturnPath{.control_code = ReturnPath::kSameLink},
                                      .follow_up = true,
                                      .tlvs = tlvs()});
    if (!session) {
      return log::error("frr", "link is not measured",
                        {{"interface", link.interface}, {"why", session.error().message}});
    }
    links.emplace(link, Monitored{*session, DelayDamper(params.damper)});
  }

  void evaluate() {
    const SteadyTime now = std::chrono::steady_clock::now();
    for (auto& [link, monitored] : links) {
      const auto delay = measured(monitored.session);
      if (!delay) continue;
      if (const auto due = monitored.damper.update(now, *delay)) events.on_delay(link, *due);
    }
    timer.expires_after(kEvaluate);
    timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (!error && self->sender) self->evaluate();
    });
  }

  [[nodiscard]] std::optional<LinkDelay> measured(StampSessionId session) const {
    const auto report = sender->report(session);
    // Half a window of replies: the first ones of a session pay for neighbour discovery.
    if (!report || report->statistics.received < (session_params(params).window + 1) / 2) return std::nullopt;
    return link_delay_from_round_trip(report->statistics.min, report->statistics.max);
  }

  const LinkMonitorParams params;
  const DefinitionHashes own;
  const LinkMonitorEvents events;
  asio::steady_timer timer;
  std::unique_ptr<StampReflector> reflector;
  std::unique_ptr<StampSender> sender;
  std::map<MonitoredLink, Monitored> links;
};

LinkMonitor::LinkMonitor(std::shared_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<LinkMonitor>> LinkMonitor::start(asio::io_context& context, LinkMonitorParams params,
                                                        DefinitionHashes own, LinkMonitorEvents events) {
  std::vector<StampKey> keys;
  if (!params.key_file.empty()) {
    auto loaded = load_stamp_keys(params.key_file);
    if (!loaded) return std::unexpected(loaded.error().within("link_delay.key_file"));
    keys = std::move(*loaded);
  }
  auto state = std::make_shared<State>(context, params, std::move(own), std::move(events));
  auto hear = [weak = std::weak_ptr(state)](const ProbeArrival& arrival, std::uint8_t type,
                                            std::span<std::uint8_t> value) {
    const auto self = weak.lock();
    return self && self->hear(arrival, type, value);
  };
  StampReflectorConfig reflecting{.address = {}, .port = params.port, .params = {}};
  reflecting.params.on_tlv = std::move(hear);
  reflecting.params.keys = keys;
  auto reflector = StampReflector::open(context, std::move(reflecting));
  if (!reflector) return std::unexpected(reflector.error());
  auto sender =
      StampSender::open(context, {.keys = std::move(keys), .transmit_time_every = 1, .seed = kSpreadSeed}, {});
  if (!sender) return std::unexpected(sender.error());
  state->reflector = std::move(*reflector);
  state->sender = std::move(*sender);
  state->evaluate();
  return std::unique_ptr<LinkMonitor>(new LinkMonitor(std::move(state)));
}

LinkMonitor::~LinkMonitor() {
  state_->timer.cancel();
  state_->sender.reset();
  state_->reflector.reset();
}

void LinkMonitor::set_links(const std::vector<MonitoredLink>& links) {
  for (auto at = state_->links.begin(); at != state_->links.end();) {
    if (std::ranges::contains(links, at->first)) {
      ++at;
      continue;
    }
    state_->sender->remove(at->second.session);
    at = state_->links.erase(at);
  }
  for (const MonitoredLink& link : links) {
    if (!state_->links.contains(link)) state_->add(link);
  }
}

void LinkMonitor::not_advertised(const std::string& interface) {
  for (auto& [link, monitored] : state_->links) {
    if (link.interface == interface) monitored.damper.failed();
  }
}

void LinkMonitor::heard(const std::map<Ipv6Address, Microseconds>& delays) {
  const SteadyTime now = std::chrono::steady_clock::now();
  for (auto& [link, monitored] : state_->links) {
    const auto found = delays.find(link.local);
    if (found != delays.end()) monitored.damper.heard(now, found->second);
  }
}

std::vector<MonitoredLinkState> LinkMonitor::state() const {
  std::vector<MonitoredLinkState> result;
  for (const auto& [link, monitored] : state_->links) {
    MonitoredLinkState each{.link = link, .measured = state_->measured(monitored.session), .advertised = {}};
    each.advertised = monitored.damper.advertised();
    each.unheard = monitored.damper.unheard();
    if (const auto report = state_->sender->report(monitored.session)) {
      each.alive = report->alive;
      each.loss = report->statistics.loss;
    }
    result.push_back(std::move(each));
  }
  return result;
}

}  // namespace pathwise::te

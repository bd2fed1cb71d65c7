// SPDX-License-Identifier: Apache-2.0
// What STAMP costs at 500 peers × 3 tiers × 2 candidate paths, ten probes a second each: the CPU time of a sender
// process and of a reflector process over loopback in a network namespace of their own. Sessions are as te runs
// them: return path asked, one transmit time in eight, every session's statistics read ten times a second.
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "../common/bench_report.h"
#include "te/measure/stamp_udp.h"

namespace {

using namespace pathwise;
using namespace pathwise::te;
namespace asio = boost::asio;

constexpr int kSessions = 500 * 3 * 2;
constexpr Milliseconds kInterval{100};
constexpr std::chrono::seconds kWarmUp{2};
constexpr std::chrono::seconds kSlice{2};
constexpr int kSlices = 5;
constexpr double kGoalPercent = 40;
const Ipv6Address kLoopback = *Ipv6Address::parse("::1");

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::vector<StampKey> keys(bool authenticated) {
  if (!authenticated) return {};
  return {*StampKey::from_hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")};
}

constexpr double kRate = kSessions * 10.0;  // probes a second

// What a packet of one slice of time cost. On a machine that is too busy fewer pass; a share of the time would then
// look better than it is, so it is worked out from these.
struct Slice {
  double us_per_packet = 0;
  double packets_per_second = 0;
};
double percent_at_full_rate(double us_per_packet) {
  return us_per_packet * kRate / 1e6 * 100;
}

// Runs the context for a slice.
template <typename Packets>
Slice slice(asio::io_context& context, std::chrono::nanoseconds length, Packets packets) {
  const auto begin = std::chrono::steady_clock::now();
  const double cpu = cpu_seconds();
  const auto before = packets();
  context.run_until(begin + std::chrono::duration_cast<SteadyTime::duration>(length));
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const auto count = static_cast<double>(packets() - before);
  return {.us_per_packet = (cpu_seconds() - cpu) * 1e6 / std::max(count, 1.0), .packets_per_second = count / wall};
}

// A child with its own CPU account: its port first, then a slice a line.
void reflect(int out, bool authenticated) {
  asio::io_context context{1};
  StampReflectorConfig config{.address = kLoopback, .port = 0, .params = {.keys = keys(authenticated)}};
  config.params.can_return_to = [](const Ipv6Address& address) { return address == kLoopback; };
  auto reflector = StampReflector::open(context, std::move(config));
  if (!reflector) {
    print_to(stderr, "{}\n", reflector.error().message);
    std::_Exit(1);
  }
  const auto say = [out](const std::string& line) {
    if (::write(out, line.data(), line.size()) < 0) std::_Exit(1);
  };
  say(formatted("{}\n", (*reflector)->port()));
  while (true) {
    const Slice one = slice(context, kSlice, [&] { return (*reflector)->counters().reflected; });
    say(formatted("{} {}\n", one.us_per_packet, one.packets_per_second));
  }
}

struct Child {
  pid_t pid = -1;
  FILE* lines = nullptr;
  int port = 0;
};

Child start_reflector(bool authenticated) {
  int pipe[2];
  if (::pipe(pipe) != 0) std::abort();
  Child child{.pid = ::fork()};
  if (child.pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close(pipe[0]);
    reflect(pipe[1], authenticated);
  }
  ::close(pipe[1]);
  child.lines = ::fdopen(pipe[0], "r");
  if (std::fscanf(child.lines, "%d", &child.port) != 1) std::exit(1);
  return child;
}

// Stops it; what a probe cost in each slice in which probes came all the time.
std::vector<double> stop(const Child& child) {
  ::kill(child.pid, SIGTERM);
  ::waitpid(child.pid, nullptr, 0);
  std::vector<double> us;
  Slice one;
  while (std::fscanf(child.lines, "%lf %lf", &one.us_per_packet, &one.packets_per_second) == 2) {
    if (one.packets_per_second > kRate / 2) us.push_back(one.us_per_packet);
  }
  std::fclose(child.lines);
  return us;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void read_all(const StampSender& sender, const std::vector<StampSessionId>& ids) {
  for (const StampSessionId id : ids) {
    if (sender.report(id)->statistics.samples == UINT32_MAX) std::abort();  // the reading must not be optimised away
  }
}

void measure(bench::Report& report, bool authenticated) {
  const Child child = start_reflector(authenticated);
  asio::io_context context{1};
  auto sender = StampSender::open(context, {.keys = keys(authenticated)}, {});
  if (!sender) std::abort();
  std::vector<StampSessionId> ids;
  for (int i = 0; i < kSessions; ++i) {
    StampSessionConfig config{
        .local = kLoopback, .remote = kLoopback, .remote_port = static_cast<std::uint16_t>(child.port)};
    config.params.interval = kInterval;
    config.return_path = ReturnPath{.address = kLoopback};
    ids.push_back((*sender)->add(std::move(config)).value());
  }
  asio::steady_timer timer(context);
  std::function<void()> every = [&] {
    read_all(**sender, ids);
    timer.expires_after(kInterval);
    timer.async_wait([&](const boost::system::error_code& error) {
      if (!error) every();
    });
  };
  every();
  context.run_until(std::chrono::steady_clock::now() + kWarmUp);
  std::vector<double> us, rate;
  for (int i = 0; i < kSlices; ++i) {
    const Slice one = slice(context, kSlice, [&] { return (*sender)->counters().sent; });
    us.push_back(one.us_per_packet);
    rate.push_back(one.packets_per_second);
  }
  timer.cancel();
  double lost = 0;
  int alive = 0;
  std::vector<double> rtt;
  for (const StampSessionId id : ids) {
    const auto state = (*sender)->report(id).value();
    lost += static_cast<double>(state.counters.lost);
    alive += state.alive ? 1 : 0;
    rtt.push_back(static_cast<double>(state.statistics.p50.count()));
  }
  const SenderCounters counters = (*sender)->counters();
  const std::string mode = authenticated ? "_authenticated" : "";
  const std::string conditions = formatted(
      "{} sessions, {:.0f} (sent: {:.0f}) probes/s over lo, median of {} slices of {} s; {} alive, {:.0f} of "
      "{} probes lost",
      kSessions, kRate, median(rate), kSlices, kSlice.count(), alive, lost, counters.sent);
  report.add({.name = "cpu_percent_sender" + mode,
              .value = percent_at_full_rate(median(us)),
              .unit = "%",
              .goal = kGoalPercent,
              .conditions = conditions});
  report.add({.name = "cpu_percent_reflector" + mode,
              .value = percent_at_full_rate(median(stop(child))),
              .unit = "%",
              .goal = kGoalPercent,
              .conditions = "the other process, the same probes"});
  report.add({.name = "us_per_probe" + mode,
              .value = median(us),
              .unit = "us",
              .goal = kGoalPercent / 100 * 1e6 / kRate,
              .conditions = "sender's CPU time for a probe, its reply and its share of the statistics"});
  report.add(
      {.name = "rtt_p50" + mode, .value = median(rtt), .unit = "us", .conditions = "over loopback, less T3 - T2"});
  report.add({.name = "transmit_delay_mean" + mode,
              .value = counters.transmit_times == 0
                           ? 0
                           : std::chrono::duration<double, std::micro>(counters.transmit_delay).count() /
                                 static_cast<double>(counters.transmit_times),
              .unit = "us",
              .conditions = formatted("from T1 to the wire, {} samples", counters.transmit_times)});
}

}  // namespace

int main() {
  // Docker gives lo no IPv6; a namespace of our own has it, where that is permitted.
  if (::unshare(CLONE_NEWNET) == 0 && std::system("ip link set lo up") != 0) return 1;
  bench::Report report("measure");
  measure(report, false);
  measure(report, true);
  return report.finish() ? 0 : 1;
}

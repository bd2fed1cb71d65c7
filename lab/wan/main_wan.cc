// SPDX-License-Identifier: Apache-2.0
// pathwise-wan: the wide-area links of a lab. It relays frames between pairs of interfaces with
// the delay, rate and loss that the topology file gives each link, and changes them while it runs.
//   pathwise-wan run --topology FILE [--node wan] [--socket PATH]
//   pathwise-wan ctl [--socket PATH] [--json] show [LINK]
//   pathwise-wan ctl [--socket PATH] set LINK [delay 30ms] [rate 50Mbps] [loss 1%] [queue 1MiB] [one-way]
//   pathwise-wan ctl [--socket PATH] cut|heal LINK|all [one-way]
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <iostream>
#include <string>
#include <vector>

#include "base/log.h"
#include "control_socket.h"
#include "lab/wan/control.h"
#include "lab/wan/plan.h"
#include "relay.h"

namespace {

using namespace pathwise;

constexpr const char* kUsage =
    "usage: pathwise-wan run --topology FILE [--node wan] [--socket PATH]\n"
    "       pathwise-wan ctl [--socket PATH] [--json] show [LINK]\n"
    "       pathwise-wan ctl [--socket PATH] set LINK [delay 30ms] [rate 50Mbps] [loss 1%] [queue 1MiB] [one-way]\n"
    "       pathwise-wan ctl [--socket PATH] cut|heal LINK|all [one-way]\n";

std::atomic<bool> stopping{false};  // set by a signal handler
static_assert(std::atomic<bool>::is_always_lock_free);

void request_stop(int) {
  stopping = true;
}

struct Options {
  std::string topology;
  std::string node = "wan";
  std::string socket = "/run/pathwise/wan.sock";
  bool json = false;
  std::vector<std::string> words;
};

// False for an option without its value.
bool parse(const std::vector<std::string>& arguments, Options& out) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string* value = arguments[i] == "--topology" ? &out.topology
                         : arguments[i] == "--node"   ? &out.node
                         : arguments[i] == "--socket" ? &out.socket
                                                      : nullptr;
    if (value != nullptr && i + 1 == arguments.size()) return false;
    if (value != nullptr) {
      *value = arguments[++i];
    } else if (arguments[i] == "--json") {
      out.json = true;
    } else {
      out.words.push_back(arguments[i]);
    }
  }
  return true;
}

int complain(const Error& error) {
  std::cerr << "pathwise-wan: " << error.message << "\n";
  return 1;
}

// Frames leave on time only if the relay runs when they are due. Both need CAP_SYS_NICE; without
// it the lab works, less exactly.
void run_promptly() {
  ::prctl(PR_SET_TIMERSLACK, 1);
  const sched_param priority{.sched_priority = 1};
  if (::sched_setscheduler(0, SCHED_FIFO, &priority) == 0) return;
  if (::setpriority(PRIO_PROCESS, 0, -20) != 0) log::info("wan", "ordinary priority: no CAP_SYS_NICE");
}

int run(const Options& options) {
  const auto topology = lab::load(options.topology);
  if (!topology) return complain(topology.error());
  const auto directions = wan::plan(*topology, options.node);
  if (!directions) return complain(directions.error());
  struct sigaction action{};
  action.sa_handler = request_stop;
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGINT, &action, nullptr);
  run_promptly();
  const auto ended = wan::relay(*directions, options.socket, stopping);
  return ended ? 0 : complain(ended.error());
}

int control(const Options& options) {
  const auto command = wan::command_of(options.words);
  if (!command) return complain(command.error());
  const auto answer = wan::ask(options.socket, *command);
  if (!answer) return complain(answer.error());
  const auto text = wan::render_answer(*answer);
  if (!text) return complain(text.error());
  std::cout << (options.json ? *answer + "\n" : *text);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  const std::string mode = arguments.empty() ? "" : arguments[0];
  if (mode == "--help" || mode == "-h") {
    std::cout << kUsage;
    return 0;
  }
  if (!arguments.empty()) arguments.erase(arguments.begin());
  Options options;
  const bool parsed = parse(arguments, options);
  if (parsed && mode == "run" && !options.topology.empty() && options.words.empty()) return run(options);
  if (parsed && mode == "ctl" && !options.words.empty()) return control(options);
  std::cerr << kUsage;
  return 2;
}

// SPDX-License-Identifier: Apache-2.0
// A fabric of real pathwise-router processes on loopback: certificates, configuration, a te for each
// router whose paths the test decides, and runtimes whose answers the test scripts.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "../unit/router/plain_socket.h"
#include "base/error.h"
#include "te/wire/te_server.h"

namespace pathwise::test {

// A child process. Killed when it goes.
class Process {
 public:
  Process(std::vector<std::string> command, std::string log);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  void signal(int number) const;
  // The exit status; -1: killed by a signal; -2: still running when patience ended.
  int wait();
  [[nodiscard]] const std::string& log() const { return log_; }

 private:
  pid_t pid_ = -1;
  std::string log_;
};

// Runs to its end; status and everything it printed.
struct Finished {
  int status = 0;
  std::string output;
};
[[nodiscard]] Finished run_to_end(std::vector<std::string> command, const std::string& log);

[[nodiscard]] std::string program(const std::string& name);  // path of one of ours

// Holds scripts back until the test lets them go on. Opened at the latest when its Opener goes, which a
// test declares after the runtimes: a failed test then ends instead of hanging.
class Gate {
 public:
  class Opener {
   public:
    explicit Opener(Gate& gate) : gate_(gate) {}
    ~Opener() { gate_.open(); }
    Opener(const Opener&) = delete;
    Opener& operator=(const Opener&) = delete;

   private:
    Gate& gate_;
  };
  void open() {
    open_ = true;
    open_.notify_all();
  }
  void wait() { open_.wait(false); }

 private:
  std::atomic<bool> open_{false};
};

// A runtime that answers /metrics and /v1/models itself and leaves POSTs to the script.
class ScriptedRuntime {
 public:
  using Script = std::function<void(Connection&, const Connection::Message& request)>;
  explicit ScriptedRuntime(Script script);
  [[nodiscard]] std::uint16_t port() const { return server_.port(); }
  [[nodiscard]] int requests() const { return requests_; }

 private:
  void serve(Connection& connection);
  Script script_;
  std::atomic<int> requests_{0};
  ScriptedServer server_;
};
// 200 with this body.
[[nodiscard]] ScriptedRuntime::Script reply_with(std::string body);

struct SiteSpec {
  std::string name, jurisdiction;
  std::vector<std::uint16_t> runtimes;  // ports
  int max_num_seqs = 16;
};

class FabricLab {
 public:
  static constexpr std::string_view kKey = "pw-k1-secret-of-acme";  // realtime and batch; default batch
  explicit FabricLab(std::vector<SiteSpec> sites);
  ~FabricLab();
  FabricLab(const FabricLab&) = delete;
  FabricLab& operator=(const FabricLab&) = delete;

  // Starts te and router of each site and waits until every router hears every other and its runtimes.
  void start();
  void start_router(const std::string& site);
  [[nodiscard]] bool converged(const std::string& site);
  Process& router(const std::string& site) { return *routers_.at(site); }
  void kill_router(const std::string& site);

  // The RTT that `from` measures to `to` in a tier; negative: the path is down. announce_rtt() only tells
  // the router; set_rtt() waits until it decides with it, if it runs.
  void announce_rtt(const std::string& from, const std::string& to, const std::string& tier, double ms);
  void set_rtt(const std::string& from, const std::string& to, const std::string& tier, double ms);

  [[nodiscard]] Connection connect(const std::string& site) const;
  [[nodiscard]] static std::string chat(std::string_view headers = "", std::string_view body = kBody,
                                        std::string_view key = kKey);
  static constexpr std::string_view kBody =
      R"({"model":"llama","messages":[{"role":"user","content":"hello"}],"max_tokens":1,"stream":true})";
  [[nodiscard]] Connection::Message admin(const std::string& site, const std::string& target) const;
  // The record of a finished request; it is kept just after the last byte is sent. Empty: it never came.
  [[nodiscard]] std::string decision(const std::string& site, const std::string& request_id) const;
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  [[nodiscard]] std::string node_file(const std::string& site) const { return path(site + "/node.yaml"); }
  // Writes fabric.yaml; `extra_tenants` is YAML below `tenants:`.
  void write_fabric(const std::string& extra_tenants = "");
  [[nodiscard]] static std::string hashed(std::string_view key);
  [[nodiscard]] std::vector<te::TeIntent> intents(const std::string& site);

 private:
  struct Te;
  [[nodiscard]] std::size_t number_of(const std::string& site) const;
  void write_node(const SiteSpec& site) const;
  void write_certificates() const;
  void add_addresses() const;
  void publish(const std::string& site);

  std::string folder_;
  std::vector<SiteSpec> sites_;
  std::map<std::string, std::unique_ptr<Te>> tes_;
  std::map<std::string, std::unique_ptr<Process>> routers_;
};

}  // namespace pathwise::test

// SPDX-License-Identifier: Apache-2.0
#include "fabric_lab.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>

#include "base/format.h"
#include "base/process.h"
#include "net/test_ca.h"
#include "policy/policy_snapshot.h"

namespace pathwise::test {

namespace {

using Json = nlohmann::json;

constexpr std::uint16_t kFirstOpenAi = 18080;
constexpr const char* kTrustDomain = "fabric.test";

void must(const Result<void>& result) {
  if (!result) throw std::runtime_error(result.error().message);
}

pid_t spawn(const std::vector<std::string>& command, const std::string& log) {
  std::vector<char*> arguments;
  for (const std::string& each : command) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  // Not fork(): this process has threads of gRPC.
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error(formatted("{}: {}", command[0], std::strerror(error)));
  return pid;
}

int status_of(int raw) {
  return WIFEXITED(raw) ? WEXITSTATUS(raw) : -1;
}

}  // namespace

Process::Process(std::vector<std::string> command, std::string log) : pid_(spawn(command, log)), log_(std::move(log)) {}

Process::~Process() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  int raw = 0;
  ::waitpid(pid_, &raw, 0);
}

void Process::signal(int number) const {
  ::kill(pid_, number);
}

int Process::wait() {
  int raw = 0;
  if (!eventually([&] { return ::waitpid(pid_, &raw, WNOHANG) == pid_; })) return -2;
  pid_ = -1;
  return status_of(raw);
}

Finished run_to_end(std::vector<std::string> command, const std::string& log) {
  std::filesystem::remove(log);
  Process process(std::move(command), log);
  Finished finished{.status = process.wait()};
  finished.output = read_file(log, 1 << 20).value_or("");
  return finished;
}

std::string program(const std::string& name) {
  const char* folder = std::getenv("PATHWISE_BIN");
  return formatted("{}/{}", folder != nullptr ? folder : PATHWISE_BIN_DIR, name);
}

ScriptedRuntime::ScriptedRuntime(Script script)
    : script_(std::move(script)), server_([this](Connection& connection) { serve(connection); }) {}

void ScriptedRuntime::serve(Connection& connection) {
  const auto answer = [&](std::string_view body) {
    connection.send(formatted("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.size(), body));
  };
  for (;;) {
    const auto request = connection.receive_message();
    if (!request.ok()) return;
    if (request.head.starts_with("GET /metrics")) {
      answer("vllm:num_requests_running 0\nvllm:num_requests_waiting 0\n");
    } else if (request.head.starts_with("GET /v1/models")) {
      answer(R"({"object":"list","data":[{"id":"llama","max_model_len":8192}]})");
    } else {
      ++requests_;
      script_(connection, request);
    }
  }
}

ScriptedRuntime::Script reply_with(std::string body) {
  return [body = std::move(body)](Connection& connection, const Connection::Message&) {
    connection.send(formatted("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                              body.size(), body));
  };
}

// What pathwise-te would tell this site's router.
struct FabricLab::Te {
  std::unique_ptr<te::TeServer> server;
  std::map<std::pair<std::string, std::string>, double> rtt_ms;  // (site, tier)
  std::uint64_t version = 0;
  std::mutex mutex;
  std::vector<te::TeIntent> intents;  // guarded by mutex
};

FabricLab::FabricLab(std::vector<SiteSpec> sites) : sites_(std::move(sites)) {
  std::string pattern = "/tmp/pathwise-system-XXXXXX";
  folder_ = ::mkdtemp(pattern.data());
  write_certificates();
  add_addresses();
  write_fabric();
  for (const SiteSpec& site : sites_) {
    std::filesystem::create_directories(path(site.name));
    write_node(site);
    auto te = std::make_unique<Te>();
    auto server = te::TeServer::start(path(site.name + "/te.sock"), [te = te.get()](te::TeIntent intent) {
      const std::lock_guard lock(te->mutex);
      te->intents.push_back(std::move(intent));
      return Result<void>{};
    });
    if (!server) throw std::runtime_error(server.error().message);
    te->server = std::move(*server);
    for (const SiteSpec& other : sites_) {
      if (other.name == site.name) continue;
      for (const char* tier : {"realtime", "batch"}) te->rtt_ms[{other.name, tier}] = 10;
    }
    tes_[site.name] = std::move(te);
    publish(site.name);
  }
}

FabricLab::~FabricLab() {
  routers_.clear();
  if (testing::Test::HasFailure()) {
    for (const SiteSpec& site : sites_) {
      std::printf("--- log of %s\n%s", site.name.c_str(),
                  read_file(path(site.name + "/log"), 1 << 20).value_or("").c_str());
    }
  }
  std::filesystem::remove_all(folder_);
}

std::size_t FabricLab::number_of(const std::string& site) const {
  return static_cast<std::size_t>(std::ranges::find(sites_, site, &SiteSpec::name) - sites_.begin()) + 1;
}

void FabricLab::write_certificates() const {
  const auto ca = net::TestCa::create("system test CA");
  if (!ca) throw std::runtime_error(ca.error().message);
  must(write_file_atomically(path("ca.pem"), ca->pem().certificate));
  const auto issue = [&](const std::string& name, const std::string& identity) {
    const auto pair = ca->issue({.uris = {formatted("spiffe://{}/{}", kTrustDomain, identity)}});
    if (!pair) throw std::runtime_error(pair.error().message);
    must(write_file_atomically(path(name + ".pem"), pair->certificate));
    must(write_file_atomically(path(name + ".key"), pair->key, 0600));
  };
  for (const SiteSpec& site : sites_) issue(site.name, formatted("site/{}/router", site.name));
  issue("stranger", formatted("site/{}/te", sites_.front().name));
}

// The addresses that te would put on lo.
void FabricLab::add_addresses() const {
  for (std::size_t n = 1; n <= sites_.size(); ++n) {
    for (const char tier : {'a', 'c'}) {
      const std::string command = formatted("ip -6 address replace fd00:{}:{}::1/128 dev lo nodad >/dev/null", n, tier);
      if (std::system(command.c_str()) != 0) {
        throw std::runtime_error("tier addresses need NET_ADMIN and IPv6 on lo: run in tests/run-suite's namespace");
      }
    }
  }
}

std::string FabricLab::hashed(std::string_view key) {
  const std::string salt = "0123456789abcdef";
  return policy::hash_api_key(key, std::span(reinterpret_cast<const std::uint8_t*>(salt.data()), salt.size()),
                              {.n = 1024, .r = 1, .p = 1})
      .value_or("");
}

void FabricLab::write_fabric(const std::string& extra_tenants) {
  std::string text = "tier_aggregate: \"fd00::/16\"\nsites:\n";
  for (std::size_t n = 1; n <= sites_.size(); ++n) {
    const SiteSpec& site = sites_[n - 1];
    text += formatted(
        "  {0}: {{region: test, jurisdictions: [{1}], prefixes: {{realtime: \"fd00:{2}:a::/64\", batch: "
        "\"fd00:{2}:c::/64\"}}}}\n",
        site.name, site.jurisdiction, n);
  }
  text +=
      "tiers:\n"
      "  realtime: {color: 10, objective: {ttft: 300ms}, paths: [underlay]}\n"
      "  batch: {color: 30, objective: {e2e: 60s}, paths: [underlay]}\n";
  text += formatted(
      "tenants:\n  acme: {{keys: [{{id: k1, scrypt: \"{}\"}}], tiers: [realtime, batch], default_tier: batch}}\n",
      hashed(kKey));
  text += extra_tenants;
  text +=
      "residency:\n  - {match: {labels: {data: personal-in}}, allow: {jurisdictions: [IN]}}\n"
      "models:\n  llama: {context: 8192, aliases: [gpt-like]}\n";
  must(write_file_atomically(path("fabric.yaml"), text));
}

void FabricLab::write_node(const SiteSpec& site) const {
  std::string text = formatted(
      "site: {0}\nrouter: r1\ntrust_domain: {1}\n"
      "tls: {{cert: {2}/{0}.pem, key: {2}/{0}.key, ca: {2}/ca.pem}}\n"
      "listen: {{openai: \"127.0.0.1:{3}\", peers: 8443, admin: \"unix:{2}/{0}/admin.sock\", metrics: "
      "\"127.0.0.1:0\"}}\n"
      "te: {{socket: {2}/{0}/te.sock}}\n"
      "policy: {{authority: file, file: {2}/fabric.yaml}}\nfabric: {{backend: peers, interval: 100ms}}\n"
      "state: {2}/{0}\nthreads: 2\n",
      site.name, kTrustDomain, folder_, kFirstOpenAi + number_of(site.name));
  text += site.runtimes.empty() ? "runtimes: []\n" : "runtimes:\n";
  for (const std::uint16_t port : site.runtimes) {
    text += formatted(
        "  - {{url: \"http://127.0.0.1:{}\", kind: vllm, prefill_tokens_per_second: 8000, max_num_seqs: {}}}\n", port,
        site.max_num_seqs);
  }
  must(write_file_atomically(node_file(site.name), text));
}

void FabricLab::publish(const std::string& site) {
  Te& te = *tes_.at(site);
  auto snapshot = std::make_shared<te::PathSnapshot>();
  snapshot->version = ++te.version;
  snapshot->topology_state = "live";
  for (const auto& [key, ms] : te.rtt_ms) {
    te::PathState path{.site = SiteName{key.first}, .tier = TierName{key.second}, .status = te::PathStatus::kDown};
    te::CandidatePathState candidate{
        .preference = 100, .origin = te::PathOrigin::kUnderlay, .valid = true, .alive = ms >= 0};
    if (ms >= 0) {
      candidate.measured.received = candidate.measured.sent = 10;
      candidate.measured.rtt_p50 = Microseconds{static_cast<std::int64_t>(ms * 1000)};
      path.status = te::PathStatus::kUp;
      path.active = 0;
    }
    path.candidates = {candidate};
    snapshot->paths.push_back(std::move(path));
  }
  std::ranges::sort(snapshot->paths, {}, [](const te::PathState& path) { return std::pair(path.site, path.tier); });
  te.server->publish(std::move(snapshot));
}

void FabricLab::announce_rtt(const std::string& from, const std::string& to, const std::string& tier, double ms) {
  tes_.at(from)->rtt_ms[{to, tier}] = ms;
  publish(from);
}

void FabricLab::set_rtt(const std::string& from, const std::string& to, const std::string& tier, double ms) {
  announce_rtt(from, to, tier, ms);
  if (!routers_.contains(from)) return;
  const bool applied = eventually([&] {
    const Json json = Json::parse(admin(from, "/admin/paths").body, nullptr, false);
    return json.is_object() && json.value("version", std::uint64_t{0}) == tes_.at(from)->version;
  });
  if (!applied) throw std::runtime_error(from + " did not take the new paths");
}

void FabricLab::start_router(const std::string& site) {
  routers_[site] = std::make_unique<Process>(
      std::vector<std::string>{program("pathwise-router"), "--config", node_file(site)}, path(site + "/log"));
}

void FabricLab::kill_router(const std::string& site) {
  routers_.erase(site);
}

void FabricLab::start() {
  for (const SiteSpec& site : sites_) start_router(site.name);
  for (const SiteSpec& site : sites_) {
    if (!eventually([&] { return converged(site.name); })) {
      const std::string log = read_file(path(site.name + "/log"), 1 << 20).value_or("no log");
      throw std::runtime_error(site.name + " did not converge:\n" + log + admin(site.name, "/admin/sites").body);
    }
  }
}

// Hears every other site, knows a path to each, and its runtimes are up.
bool FabricLab::converged(const std::string& site) {
  const auto answer = admin(site, "/admin/sites");
  const Json json = Json::parse(answer.body, nullptr, false);
  if (!json.is_object()) return false;
  const SiteSpec& own = *std::ranges::find(sites_, site, &SiteSpec::name);
  const auto up = std::ranges::count_if(json["runtimes"], [](const Json& each) { return each["up"].get<bool>(); });
  if (static_cast<std::size_t>(up) != own.runtimes.size()) return false;
  for (const SiteSpec& other : sites_) {
    if (other.name == site) continue;
    const auto heard = std::ranges::any_of(json["sites"], [&](const Json& each) {
      return each["site"] == other.name && each["models"].size() == (other.runtimes.empty() ? 0u : 1u);
    });
    if (!heard) return false;
  }
  const Json paths = Json::parse(admin(site, "/admin/paths").body, nullptr, false);
  return sites_.size() == 1 || (paths.is_object() && !paths["paths"].empty());
}

Connection FabricLab::connect(const std::string& site) const {
  return Connection::to(static_cast<std::uint16_t>(kFirstOpenAi + number_of(site)));
}

std::string FabricLab::chat(std::string_view headers, std::string_view body, std::string_view key) {
  return formatted(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer {}\r\nContent-Type: "
      "application/json\r\n"
      "Content-Length: {}\r\n{}\r\n{}",
      key, body.size(), headers, body);
}

Connection::Message FabricLab::admin(const std::string& site, const std::string& target) const {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path(site + "/admin.sock").c_str(), sizeof address.sun_path - 1);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd);
    return {};
  }
  Connection connection(fd);
  connection.send(formatted("GET {} HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n", target));
  return connection.receive_message();
}

std::string FabricLab::decision(const std::string& site, const std::string& request_id) const {
  Connection::Message answer;
  const bool kept = eventually([&] {
    answer = admin(site, "/admin/decisions/" + request_id);
    return answer.status() == 200;
  });
  return kept ? answer.body : "{}";
}

std::vector<te::TeIntent> FabricLab::intents(const std::string& site) {
  Te& te = *tes_.at(site);
  const std::lock_guard lock(te.mutex);
  return te.intents;
}

}  // namespace pathwise::test

// SPDX-License-Identifier: Apache-2.0
// pathwise-runtime-sim CONFIG [--listen ADDRESS:PORT]: one simulated model server. Several run on one
// host on different ports.
#include <cstdio>
#include <string_view>

#include "base/clock.h"
#include "base/format.h"
#include "lab/runtime/server.h"

namespace {

constexpr std::string_view kUsage =
    "usage: pathwise-runtime-sim CONFIG.yaml [--listen ADDRESS:PORT]\n"
    "  --listen ADDRESS:PORT   instead of the file's `listen`";

pathwise::Result<pathwise::lab::RuntimeConfig> configure(int argc, char** argv) {
  if (argc != 2 && argc != 4) return pathwise::fail(pathwise::ErrorCode::kInvalidArgument, "{}", kUsage);
  auto config = pathwise::lab::read_runtime_config_file(argv[1]);
  if (!config || argc == 2) return config;
  if (std::string_view(argv[2]) != "--listen") {
    return pathwise::fail(pathwise::ErrorCode::kInvalidArgument, "unknown option {}\n{}", argv[2], kUsage);
  }
  const auto listen = pathwise::Endpoint::parse(argv[3]);
  if (!listen) return std::unexpected(listen.error().within("--listen"));
  if (listen->is_unix()) {
    return pathwise::fail(pathwise::ErrorCode::kInvalidArgument, "--listen: an address and a port are needed");
  }
  config->listen = *listen;
  return config;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && (std::string_view(argv[1]) == "--help" || std::string_view(argv[1]) == "-h")) {
    pathwise::print_to(stdout, "{}\n", kUsage);
    return 0;
  }
  const auto config = configure(argc, argv);
  if (!config) {
    pathwise::print_to(stderr, "{}\n", config.error().message);
    return 2;
  }
  const pathwise::RealClock clock;
  const auto server = pathwise::lab::RuntimeServer::open(*config, clock);
  if (!server) {
    pathwise::print_to(stderr, "pathwise-runtime-sim: {}\n", server.error().message);
    return 1;
  }
  (*server)->run(/*signals=*/true);
  return 0;
}

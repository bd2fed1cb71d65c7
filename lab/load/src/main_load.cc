// SPDX-License-Identifier: Apache-2.0
// pathwise-load: sends requests, checks every answer, prints a table.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <limits>

#include "load_options.h"

namespace {

int run(const pathwise::lab::LoadCommand& command) {
  using pathwise::lab::LoadClient;
  std::ofstream records;
  pathwise::lab::LoadOptions options = command.options;
  if (!command.records_file.empty()) {
    records.open(command.records_file);
    if (!records) {
      std::cerr << "pathwise-load: cannot write " << command.records_file << "\n";
      return 2;
    }
    options.on_record = [&records](const pathwise::lab::RequestRecord& record) {
      records << pathwise::lab::to_json(record) << "\n";
    };
  }
  auto client = LoadClient::open(std::move(options));
  if (!client) {
    std::cerr << "pathwise-load: " << client.error().message << "\n";
    return 2;
  }
  (*client)->start();
  (void)(*client)->wait_done(std::chrono::steady_clock::now() + command.duration);
  (*client)->finish();
  const pathwise::lab::LoadSummary summary = (*client)->summary();
  std::cout << summary.table();
  return summary.total.broken() == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const auto command = pathwise::lab::parse_load_command(std::span<const char* const>(argv + 1, argv + argc));
  if (!command) {
    std::cerr << "pathwise-load: " << command.error().message << "\n" << pathwise::lab::load_usage();
    return 2;
  }
  if (command->help) {
    std::cout << pathwise::lab::load_usage();
    return 0;
  }
  return run(*command);
}

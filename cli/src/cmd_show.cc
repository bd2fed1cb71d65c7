// SPDX-License-Identifier: Apache-2.0
// paths, sites, explain: the router's admin API as tables.
#include <format>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "admin_client.h"
#include "commands.h"
#include "show.h"

namespace pathwise::cli {
namespace {

struct ShowOptions {
  bool json = false;
  Endpoint admin{.unix_path = "/run/pathwise/admin.sock"};
  std::vector<std::string> rest;
};

Result<ShowOptions> read_options(Words words) {
  ShowOptions options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--json") {
      options.json = true;
    } else if (words[i] == "--admin" && i + 1 < words.size()) {
      auto endpoint = Endpoint::parse(words[++i]);
      if (!endpoint) return std::unexpected(endpoint.error().within("--admin"));
      options.admin = std::move(*endpoint);
    } else if (words[i].starts_with("-")) {
      return fail(ErrorCode::kInvalidArgument, "there is no option '{}'", words[i]);
    } else {
      options.rest.push_back(words[i]);
    }
  }
  return options;
}

int show(Words words, std::size_t arguments, const std::string& target, std::string (*render)(const nlohmann::json&)) {
  const auto options = read_options(words);
  if (!options) return complain(options.error());
  if (options->rest.size() != arguments) {
    std::cerr << "usage: pathwise help\n";
    return 2;
  }
  const std::string path = arguments == 1 ? target + options->rest[0] : target;
  const auto document = admin_get_json(options->admin, path);
  if (!document) return complain(document.error());
  std::cout << (options->json ? document->dump(2) + "\n" : render(*document));
  return 0;
}

}  // namespace

int run_paths(Words words) {
  return show(words, 0, "/admin/paths", render_paths);
}
int run_sites(Words words) {
  return show(words, 0, "/admin/sites", render_sites);
}
int run_explain(Words words) {
  return show(words, 1, "/admin/decisions/", render_decision);
}

}  // namespace pathwise::cli

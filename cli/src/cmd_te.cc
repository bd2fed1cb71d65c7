// SPDX-License-Identifier: Apache-2.0
// te: why a tier's path is the one it is, and whether packets go where they should. Asks te, not the router.
#include <array>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/format.h"
#include "commands.h"
#include "te/wire/te_client.h"
#include "te/wire/te_queries.h"
#include "te_options.h"
#include "te_show.h"

namespace pathwise::cli {
namespace {

constexpr std::chrono::seconds kTimeout{5};
constexpr std::string_view kUsage =
    "usage: pathwise te explain SITE TIER [--json] [--te SOCKET]\n"
    "       pathwise te verify [SITE [TIER]] [--deadline DURATION] [--json] [--te SOCKET]\n";

int wrong_words(const Error* error) {
  if (error != nullptr) std::cerr << "pathwise: " << error->message << "\n";
  std::cerr << kUsage;
  return 2;
}

Result<Explanation> gather(const TeOptions& options) {
  const SiteName site(options.rest[0]);
  const TierName tier(options.rest[1]);
  const auto paths = te::read_paths(options.te, kTimeout);
  if (!paths) return std::unexpected(paths.error());
  const te::PathState* path = (*paths)->find(site, tier);
  if (path == nullptr) {
    std::string known;
    for (const te::PathState& each : (*paths)->paths) {
      known += formatted("{}{} {}", known.empty() ? "" : ", ", each.site, each.tier);
    }
    return fail(ErrorCode::kNotFound, "te has no path to site '{}' for tier '{}'; it has: {}", site, tier,
                known.empty() ? "none" : known);
  }
  auto topology = te::read_topology(options.te, kTimeout);
  if (!topology) return std::unexpected(topology.error());
  auto history = te::read_history(options.te, {.site = site, .tier = tier}, kTimeout);
  if (!history) return std::unexpected(history.error());
  return Explanation{.path = *path,
                     .sids = std::move(topology->sids),
                     .history = history->empty() ? te::PathHistory{} : std::move(history->front()),
                     .topology_state = topology->state,
                     .now = RealClock{}.wall_now()};
}

int explain(Words words) {
  static constexpr std::array<std::string_view, 2> kOptions{"--json", "--te"};
  const auto options = read_te_options(words, kOptions);
  if (!options) return wrong_words(&options.error());
  if (options->rest.size() != 2) return wrong_words(nullptr);
  const auto explanation = gather(*options);
  if (!explanation) return complain(explanation.error());
  std::cout << (options->json
                    ? explanation_json(*explanation).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) +
                          "\n"
                    : render_explanation(*explanation));
  return 0;
}

int verify(Words words) {
  static constexpr std::array<std::string_view, 3> kOptions{"--json", "--te", "--deadline"};
  const auto options = read_te_options(words, kOptions);
  if (!options) return wrong_words(&options.error());
  if (options->rest.size() > 2) return wrong_words(nullptr);
  te::VerifyOrder order{.deadline = options->deadline};
  if (!options->rest.empty()) order.selection.site = SiteName(options->rest[0]);
  if (options->rest.size() == 2) order.selection.tier = TierName(options->rest[1]);
  const auto paths = te::verify_paths(options->te, order);
  if (!paths) return complain(paths.error());
  std::cout << (options->json
                    ? verified_json(*paths).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"
                    : render_verified(*paths));
  return any_wrong(*paths) ? 1 : 0;
}

}  // namespace

int run_te(Words words) {
  if (!words.empty() && words[0] == "explain") return explain(words.subspan(1));
  if (!words.empty() && words[0] == "verify") return verify(words.subspan(1));
  return wrong_words(nullptr);
}

}  // namespace pathwise::cli

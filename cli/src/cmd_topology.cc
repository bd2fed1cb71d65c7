// SPDX-License-Identifier: Apache-2.0
// topology: the network as te sees it, or as a file has it: text, JSON, Graphviz, SVG.
#include <array>
#include <iostream>

#include "base/process.h"
#include "commands.h"
#include "te/topology/json.h"
#include "te/wire/te_client.h"
#include "te/wire/te_queries.h"
#include "te_options.h"
#include "topology_svg.h"
#include "topology_text.h"

namespace pathwise::cli {
namespace {

constexpr std::chrono::seconds kTimeout{5};
constexpr std::array<std::string_view, 5> kOptions{"--json", "--dot", "--svg", "--te", "--file"};
constexpr std::string_view kUsage =
    "usage: pathwise topology [--json | --dot | --svg FILE] [--te SOCKET | --file FILE]\n";

struct Shown {
  te::TopologySnapshotPtr topology;
  std::string state;
  std::vector<TierPaths> tiers;
};

Result<Shown> from_file(const std::string& path) {
  auto loaded = te::load_topology_json(path);
  if (!loaded) return std::unexpected(loaded.error());
  return Shown{.topology = std::make_shared<const te::TopologySnapshot>(std::move(*loaded)), .state = "of " + path};
}

Result<Shown> from_te(const std::string& socket) {
  auto report = te::read_topology(socket, kTimeout);
  if (!report) return std::unexpected(report.error());
  if (!report->topology) {
    return fail(ErrorCode::kNotFound, "te has no topology{}{}", report->detail.empty() ? "" : ": ", report->detail);
  }
  const auto paths = te::read_paths(socket, kTimeout);
  if (!paths) return std::unexpected(paths.error());
  return Shown{.topology = report->topology, .state = report->state, .tiers = tier_paths(**paths)};
}

int write(const std::string& path, const std::string& text) {
  if (path == "-") {
    std::cout << text;
    return 0;
  }
  const auto written = write_file_atomically(path, text);
  return written ? 0 : complain(written.error());
}

}  // namespace

int run_topology(Words words) {
  const auto options = read_te_options(words, kOptions);
  if (!options || !options->rest.empty()) {
    if (!options) std::cerr << "pathwise: " << options.error().message << "\n";
    std::cerr << kUsage;
    return 2;
  }
  const auto shown = options->file.empty() ? from_te(options->te) : from_file(options->file);
  if (!shown) return complain(shown.error());
  if (options->json) {
    std::cout << te::topology_to_json(*shown->topology);
    return 0;
  }
  const TopologyPicture picture{.topology = *shown->topology, .state = shown->state, .tiers = shown->tiers};
  if (!options->svg.empty()) {
    const auto svg = topology_to_svg(picture);
    return svg ? write(options->svg, *svg) : complain(svg.error());
  }
  std::cout << (options->dot ? topology_to_dot(picture) : topology_to_text(picture));
  return 0;
}

}  // namespace pathwise::cli

// SPDX-License-Identifier: Apache-2.0
#include "lab/demo/scenario.h"

#include <algorithm>
#include <map>
#include <thread>

#include "base/format.h"
#include "waiting.h"

namespace pathwise::lab {
namespace {

using std::chrono::seconds;

const TierName kRealtime("realtime");
const TierName kStandard("standard");
const TierName kBatch("batch");
const SiteName kSingapore("singapore");
const char* const kIngress = "h-pune";

// Goals are printed; a step that takes ten times its goal has failed.
constexpr double kFirstDecisionGoalMs = 1'000;
constexpr double kRerouteGoalMs = 5'000;
constexpr seconds kFirstDecisionDeadline{10};
constexpr seconds kRerouteDeadline{50};

double to_ms(Microseconds duration) {
  return static_cast<double>(duration.count()) / 1000.0;
}

const PathView* find(const std::vector<PathView>& paths, const SiteName& site, const TierName& tier) {
  const auto it = std::ranges::find_if(paths, [&](const PathView& p) { return p.site == site && p.tier == tier; });
  return it == paths.end() ? nullptr : &*it;
}

std::string describe(const PathView& path) {
  std::string text = path.nodes.empty() ? "?" : join(path.nodes, " > ");
  text += formatted("  ({}", path.origin);
  if (path.computed_delay) text += formatted(", computed {:.1f} ms one way", to_ms(*path.computed_delay));
  return text + ")";
}

double median_ms(std::vector<Microseconds> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return to_ms(*middle);
}

// Four of seven requests are realtime, so that a change is seen soon; one carries a residency label.
std::vector<LoadProfile> profiles(const std::string& key) {
  const LoadProfile realtime{
      .model = ModelName("gpt-4o-like"), .tier = kRealtime, .api_key = key, .prompt_bytes = 1200, .max_tokens = 16};
  LoadProfile standard = realtime;
  standard.tier = kStandard;
  LoadProfile batch = realtime;
  batch.tier = kBatch;
  LoadProfile personal = realtime;
  personal.labels = "data=personal-in";
  personal.max_tokens = 4;
  return {realtime, standard, realtime, batch, realtime, personal, realtime};
}

// The load client does not tell labels apart in its records; the session does: labelled requests carry none.
struct Group {
  std::size_t requests = 0;
  std::map<SiteName, std::size_t> sites;
  std::vector<Microseconds> ttft;
  void add(const RequestRecord& record) {
    ++requests;
    ++sites[record.site];
    ttft.push_back(record.ttft);
  }
  [[nodiscard]] SiteName main_site() const {
    return std::ranges::max_element(sites, {}, [](const auto& entry) { return entry.second; })->first;
  }
  [[nodiscard]] std::string shares() const {
    std::vector<std::pair<std::size_t, SiteName>> order;
    for (const auto& [site, count] : sites) order.emplace_back(count, site);
    std::ranges::sort(order, std::greater<>{});
    std::string text;
    for (const auto& [count, site] : order) {
      text += formatted("{}{} {:.0f} %", text.empty() ? "" : ", ", site,
                        100.0 * static_cast<double>(count) / static_cast<double>(requests));
    }
    return text;
  }
};

}  // namespace

Scenario::Scenario(const FabricView& fabric, const Clock& clock, ScenarioOptions options)
    : fabric_(fabric), clock_(clock), options_(std::move(options)) {}
Scenario::~Scenario() = default;

void Scenario::note(Figure figure) {
  say(to_text(figure));
  report_.add(std::move(figure));
}

void Scenario::note(Check check) {
  say(to_text(check));
  report_.add(std::move(check));
}

Result<void> Scenario::wait_ready() {
  std::string missing = "nothing was seen yet";
  const bool ready = wait_until(clock_, clock_.now() + seconds(90), [&] {
    const auto paths = fabric_.paths(kIngress);
    if (!paths) return missing = paths.error().message, false;
    for (const auto* site : {"mumbai", "dubai", "singapore"}) {
      for (const TierName& tier : {kRealtime, kStandard, kBatch}) {
        const PathView* path = find(*paths, SiteName(site), tier);
        if (path == nullptr || path->status != "up" || path->rtt.count() == 0) {
          return missing = formatted("the {} path to {} is {}", tier, site, path ? path->status : "absent"), false;
        }
      }
    }
    const auto sites = fabric_.serving_sites(kIngress);
    if (!sites) return missing = sites.error().message, false;
    if (sites->size() < 3) return missing = formatted("{} of 3 sites offer models", sites->size()), false;
    return true;
  });
  if (!ready) return fail(ErrorCode::kDeadlineExceeded, "the fabric is not ready after 90 s: {}", missing);
  return {};
}

Result<void> Scenario::start_load() {
  auto client = LoadClient::open(
      {.base_url = options_.base_url, .profiles = profiles(options_.api_key), .rate = 14, .workers = 32});
  if (!client) return std::unexpected(client.error());
  load_ = std::move(*client);
  load_->start();
  return {};
}

// Looks at the next `requests` requests and at the paths as they are now.
Result<Phase> Scenario::observe(const std::string& name, std::size_t requests) {
  const std::uint64_t after = load_->last_sequence();
  const auto last = load_->wait_for([&](const RequestRecord& r) { return r.sequence >= after + requests; }, after,
                                    clock_.now() + seconds(60));
  if (!last) return fail(ErrorCode::kDeadlineExceeded, "{}: no {} requests ended within 60 s", name, requests);
  const auto paths = fabric_.paths(kIngress);
  if (!paths) return std::unexpected(paths.error());
  std::map<std::string, Group> groups;
  for (const RequestRecord& record : load_->records()) {
    if (record.sequence <= after || record.sequence > last->sequence || record.failure != Failure::kNone) continue;
    groups[record.labels.empty() ? record.tier.str() : record.tier.str() + ", " + record.labels].add(record);
  }
  Phase phase{.name = name, .rows = {}};
  for (const auto& [what, group] : groups) {
    const TierName tier(what.substr(0, what.find(',')));
    TierRow row{.what = what,
                .sites = group.shares(),
                .path = "?",
                .segments = "",
                .ttft_p50_ms = median_ms(group.ttft),
                .requests = group.requests};
    if (const PathView* path = find(*paths, group.main_site(), tier)) {
      row.path = describe(*path);
      row.segments = join(path->segments, " ");
      row.rtt_ms = to_ms(path->rtt);
    }
    phase.rows.push_back(std::move(row));
  }
  say(to_text(phase));
  report_.add(phase);
  return phase;
}

Result<void> Scenario::check_tiers_apart() {
  const auto paths = fabric_.paths(kIngress);
  if (!paths) return std::unexpected(paths.error());
  const PathView* realtime = find(*paths, kSingapore, kRealtime);
  const PathView* batch = find(*paths, kSingapore, kBatch);
  if (realtime == nullptr || batch == nullptr) return fail(ErrorCode::kNotFound, "no paths from Pune to Singapore");
  realtime_before_ = *realtime;
  note({.name = "realtime and batch take different paths to Singapore",
        .held = realtime->nodes != batch->nodes && realtime->segments != batch->segments,
        .detail = formatted("{} / {}", join(realtime->nodes, " > "), join(batch->nodes, " > "))});
  note({.name = "realtime follows an LSP that the PCE computed",
        .held = realtime->origin == "pcep",
        .detail = realtime->origin});
  note({.name = "realtime's RTT is less than half of batch's",
        .held = realtime->rtt * 2 < batch->rtt,
        .detail = formatted("{:.1f} ms / {:.1f} ms", to_ms(realtime->rtt), to_ms(batch->rtt))});
  return {};
}

// The first realtime request whose decision saw Singapore's path slower by half of what was added.
Result<void> Scenario::measure_first_decision(SteadyTime changed, std::uint64_t after) {
  const Microseconds seen_as = realtime_before_.rtt + (options_.slowed - options_.healthy);
  const SteadyTime deadline = changed + kFirstDecisionDeadline;
  while (clock_.now() < deadline) {
    const auto record = load_->wait_for(
        [&](const RequestRecord& r) { return r.tier == kRealtime && r.labels.empty() && r.started > changed; }, after,
        deadline);
    if (!record) break;
    after = record->sequence;
    const auto decision = fabric_.decision(kIngress, record->request_id);
    if (!decision) return std::unexpected(decision.error());
    const auto it = std::ranges::find(decision->alternatives, kSingapore, &DecisionView::Alternative::site);
    if (it == decision->alternatives.end() || it->rtt < seen_as) continue;
    const auto took = std::chrono::duration_cast<Microseconds>(record->started - changed);
    note(Figure{.name = "delay_change_to_first_decision_with_the_new_delay",
                .value = to_ms(took),
                .unit = "ms",
                .goal = kFirstDecisionGoalMs});
    note({.name = "decisions see the slowed path",
          .held = true,
          .detail = formatted("singapore at {:.1f} ms, chosen: {}", to_ms(it->rtt), decision->site)});
    return {};
  }
  note({.name = "decisions see the slowed path",
        .held = false,
        .detail = formatted("none within {} s", kFirstDecisionDeadline.count())});
  return {};
}

// Flex-Algo 128 at the neighbour of the slowed link, and the LSP at the headend.
Result<void> Scenario::measure_reroute(SteadyTime changed) {
  const SteadyTime deadline = changed + kRerouteDeadline;
  std::string via;
  const bool flexed = wait_until(clock_, deadline, [&] {
    via = fabric_.route_interface("pa2", "fcbb:bb80:4::").value_or("?");
    return via == "to-pb2";
  });
  if (flexed) {
    note(Figure{.name = "delay_change_to_flex_algo_128_rerouted",
                .value = to_ms(std::chrono::duration_cast<Microseconds>(clock_.now() - changed)),
                .unit = "ms",
                .goal = kRerouteGoalMs});
  }
  note({.name = "Flex-Algo 128 avoids the slowed link", .held = flexed, .detail = "pa2 reaches r-sin " + via});
  PathView now;
  const bool moved = wait_until(clock_, deadline, [&] {
    const auto paths = fabric_.paths(kIngress);
    const PathView* path = paths ? find(*paths, kSingapore, kRealtime) : nullptr;
    if (path == nullptr) return false;
    now = *path;
    return path->origin == "pcep" && path->nodes != realtime_before_.nodes &&
           path->computed_delay > realtime_before_.computed_delay;
  });
  if (moved) {
    note(Figure{.name = "delay_change_to_recomputed_lsp_active",
                .value = to_ms(std::chrono::duration_cast<Microseconds>(clock_.now() - changed)),
                .unit = "ms",
                .goal = kRerouteGoalMs});
  }
  note({.name = "the PCE recomputed the LSP around the slowed link",
        .held = moved,
        .detail = join(realtime_before_.nodes, " > ") + "  →  " + join(now.nodes, " > ")});
  return {};
}

Result<void> Scenario::slow() {
  say(formatted("\nSlowing the low-delay link of Singapore (pa2 – r-sin): {:.0f} ms → {:.0f} ms one way\n",
                to_ms(options_.healthy), to_ms(options_.slowed)));
  const std::uint64_t after = load_->last_sequence();
  const SteadyTime changed = clock_.now();
  if (auto done = fabric_.set_delay("pa2", "sin", options_.slowed); !done) return done;
  if (auto done = measure_first_decision(changed, after); !done) return done;
  if (auto done = measure_reroute(changed); !done) return done;
  return {};
}

Result<void> Scenario::heal() {
  say("\nHealing the link\n");
  const SteadyTime changed = clock_.now();
  if (auto done = fabric_.set_delay("pa2", "sin", options_.healthy); !done) return done;
  const bool restored = wait_until(clock_, changed + kRerouteDeadline, [&] {
    const auto paths = fabric_.paths(kIngress);
    const PathView* path = paths ? find(*paths, kSingapore, kRealtime) : nullptr;
    return path != nullptr && path->nodes == realtime_before_.nodes && path->origin == "pcep";
  });
  if (restored) {
    note(Figure{.name = "heal_to_lsp_back_on_the_link",
                .value = to_ms(std::chrono::duration_cast<Microseconds>(clock_.now() - changed)),
                .unit = "ms",
                .goal = kRerouteGoalMs});
  }
  note({.name = "the LSP is back on the low-delay link", .held = restored, .detail = ""});
  return {};
}

void Scenario::check_load() {
  load_->finish();
  const LoadSummary summary = load_->summary();
  std::uint64_t refused = 0;
  for (const auto& [failure, count] : summary.total.failures) refused += failure == Failure::kRefused ? count : 0;
  note({.name = "no request was lost, broken or refused",
        .held = summary.total.requests > 0 && summary.total.succeeded == summary.total.requests,
        .detail = formatted("{} requests, {} whole, {} refused, {} broken", summary.total.requests,
                            summary.total.succeeded, refused, summary.total.broken())});
  say(summary.table());
}

Result<Report> Scenario::run() {
  if (auto started = start_load(); !started) return std::unexpected(started.error());
  // Warm: connections are up and ratios are learned before anything is shown.
  if (!load_->wait_for([](const RequestRecord& r) { return r.sequence >= 42; }, 0, clock_.now() + seconds(30))) {
    return fail(ErrorCode::kDeadlineExceeded, "{} answered fewer than 42 requests in 30 s", options_.base_url);
  }
  const auto healthy = observe("Healthy network", 70);
  if (!healthy) return std::unexpected(healthy.error());
  const auto row = [](const Phase& phase, const std::string& what) -> const TierRow* {
    const auto it = std::ranges::find(phase.rows, what, &TierRow::what);
    return it == phase.rows.end() ? nullptr : &*it;
  };
  if (auto done = check_tiers_apart(); !done) return std::unexpected(done.error());
  const TierRow* personal = row(*healthy, "realtime, data=personal-in");
  note({.name = "requests with personal data of India stay in Mumbai",
        .held = personal != nullptr && personal->sites == "mumbai 100 %",
        .detail = personal ? personal->sites : "none"});
  const TierRow* realtime = row(*healthy, "realtime");
  note({.name = "most realtime requests are served in Singapore",
        .held = realtime && realtime->sites.starts_with("singapore"),
        .detail = realtime ? realtime->sites : "none"});
  if (auto done = slow(); !done) return std::unexpected(done.error());
  const auto slowed = observe("Slowed link", 70);
  if (!slowed) return std::unexpected(slowed.error());
  const TierRow* before = row(*healthy, "batch");
  const TierRow* after = row(*slowed, "batch");
  note({.name = "batch requests did not move",
        .held = before && after && before->sites == after->sites && before->path == after->path,
        .detail = after ? after->sites : "none"});
  realtime = row(*slowed, "realtime");
  note({.name = "most realtime requests moved to Dubai",
        .held = realtime && realtime->sites.starts_with("dubai"),
        .detail = realtime ? realtime->sites : "none"});
  if (auto done = heal(); !done) return std::unexpected(done.error());
  const auto healed = observe("Healed", 70);
  if (!healed) return std::unexpected(healed.error());
  realtime = row(*healed, "realtime");
  note({.name = "most realtime requests are back in Singapore",
        .held = realtime && realtime->sites.starts_with("singapore"),
        .detail = realtime ? realtime->sites : "none"});
  check_load();
  return report_;
}

}  // namespace pathwise::lab

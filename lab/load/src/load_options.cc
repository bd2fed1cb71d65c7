// SPDX-License-Identifier: Apache-2.0
#include "load_options.h"

#include <charconv>
#include <functional>
#include <map>

#include "base/config.h"

namespace pathwise::lab {
namespace {

struct Parsed {
  LoadCommand command;
  LoadProfile profile;  // what all kinds of requests share
  std::vector<TierName> tiers;
};

template <typename T>
Result<void> number(std::string_view text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error == std::errc{} && end == text.data() + text.size()) return {};
  return fail(ErrorCode::kInvalidArgument, "'{}' is not a number that fits", text);
}

template <typename Duration>
Result<void> duration(std::string_view text, Duration& out) {
  const auto parsed = config::parse_duration(text);
  if (!parsed) return std::unexpected(parsed.error());
  out = std::chrono::duration_cast<Duration>(*parsed);
  return {};
}

using Setter = std::function<Result<void>(Parsed&, std::string_view)>;

Setter text(std::string LoadProfile::* member) {
  return [member](Parsed& parsed, std::string_view value) -> Result<void> {
    parsed.profile.*member = value;
    return {};
  };
}

template <typename T>
Setter profile_number(T LoadProfile::* member) {
  return [member](Parsed& parsed, std::string_view value) { return number(value, parsed.profile.*member); };
}

template <typename T>
Setter option_number(T LoadOptions::* member) {
  return [member](Parsed& parsed, std::string_view value) { return number(value, parsed.command.options.*member); };
}

const std::map<std::string_view, Setter>& setters() {
  static const std::map<std::string_view, Setter> table{
      {"--url",
       [](Parsed& p, std::string_view v) -> Result<void> {
         p.command.options.base_url = v;
         return {};
       }},
      {"--model",
       [](Parsed& p, std::string_view v) -> Result<void> {
         p.profile.model = ModelName(v);
         return {};
       }},
      {"--tier",
       [](Parsed& p, std::string_view v) -> Result<void> {
         p.tiers.emplace_back(v);
         return {};
       }},
      {"--records",
       [](Parsed& p, std::string_view v) -> Result<void> {
         p.command.records_file = v;
         return {};
       }},
      {"--duration", [](Parsed& p, std::string_view v) { return duration(v, p.command.duration); }},
      {"--timeout", [](Parsed& p, std::string_view v) { return duration(v, p.command.options.timeout); }},
      {"--labels", text(&LoadProfile::labels)},
      {"--api-key", text(&LoadProfile::api_key)},
      {"--prompt-bytes", profile_number(&LoadProfile::prompt_bytes)},
      {"--max-tokens", profile_number(&LoadProfile::max_tokens)},
      {"--sessions", profile_number(&LoadProfile::sessions)},
      {"--rate", option_number(&LoadOptions::rate)},
      {"--concurrency", option_number(&LoadOptions::workers)},
      {"--requests", option_number(&LoadOptions::requests)},
      {"--seed", option_number(&LoadOptions::seed)},
  };
  return table;
}

bool set_flag(std::string_view name, Parsed& parsed) {
  if (name == "--no-stream")
    parsed.profile.stream = false;
  else if (name == "--completions")
    parsed.profile.chat = false;
  else if (name == "--no-text-check")
    parsed.command.options.check_text = false;
  else if (name == "--help")
    parsed.command.help = true;
  else
    return false;
  return true;
}

}  // namespace

std::string load_usage() {
  return R"(usage: pathwise-load --url http://HOST:PORT --model NAME [option …]
  --rate N            requests a second; without it each worker sends one after the other
  --concurrency N     workers, or with --rate the most requests in flight (4)
  --duration TIME     how long to send (10s)        --requests N     or so many
  --tier NAME         x-pathwise-tier; several take turns
  --labels LIST       x-pathwise-labels             --api-key KEY
  --sessions N        so many x-session-ids, each with its own prompt
  --prompt-bytes N    (512)                         --max-tokens N   (64)
  --no-stream         whole answers                 --completions    /v1/completions instead of chat
  --timeout TIME      of one request (30s)          --seed N         of prompts and texts (1)
  --no-text-check     for models that are not simulated
  --records FILE      one JSON line a request
Exits 0 if every request was answered whole or refused, 1 if one was lost or broken, 2 for a wrong command.
)";
}

Result<LoadCommand> parse_load_command(std::span<const char* const> arguments) {
  Parsed parsed;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view name = arguments[i];
    if (set_flag(name, parsed)) continue;
    const auto setter = setters().find(name);
    if (setter == setters().end()) return fail(ErrorCode::kInvalidArgument, "unknown option {}", name);
    if (++i == arguments.size()) return fail(ErrorCode::kInvalidArgument, "{} needs a value", name);
    if (auto set = setter->second(parsed, arguments[i]); !set) return std::unexpected(set.error().within(name));
  }
  LoadCommand& command = parsed.command;
  if (command.help) return command;
  if (command.options.base_url.empty() || parsed.profile.model.empty()) {
    return fail(ErrorCode::kInvalidArgument, "--url and --model are needed");
  }
  if (parsed.tiers.empty()) parsed.tiers.emplace_back();
  for (const TierName& tier : parsed.tiers) {
    command.options.profiles.push_back(parsed.profile);
    command.options.profiles.back().tier = tier;
  }
  return command;
}

}  // namespace pathwise::lab

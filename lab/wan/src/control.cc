// SPDX-License-Identifier: Apache-2.0
#include "lab/wan/control.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/format.h"

namespace pathwise::wan {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 4> kOperations = {"show", "set", "cut", "heal"};
constexpr std::array<std::string_view, 4> kSettings = {"delay", "rate", "loss", "queue"};

Json describe(const LiveDirection& direction, Time now) {
  const Shape& shape = direction.pipe.shape();
  const Counters& counters = direction.pipe.counters();
  return {{"link", direction.plan.in},
          {"delay_us", shape.delay.count()},
          {"rate_bps", shape.rate ? Json(shape.rate->value()) : Json()},
          {"loss", shape.loss},
          {"cut", shape.cut},
          {"queue_bytes", shape.queue},
          {"backlog_bytes", direction.pipe.backlog(now)},
          {"frames_in", counters.frames_in},
          {"bytes_in", counters.bytes_in},
          {"frames_out", counters.frames_out},
          {"bytes_out", counters.bytes_out},
          {"dropped_queue", counters.dropped_queue},
          {"dropped_loss", counters.dropped_loss},
          {"dropped_cut", counters.dropped_cut}};
}

template <typename T>
Result<void> assign(const Result<T>& parsed, auto& out) {
  if (!parsed) return std::unexpected(parsed.error());
  out = *parsed;
  return {};
}

Result<void> apply_setting(Shape& shape, std::string_view name, const std::string& text) {
  if (name == "loss") return assign(parse_loss(text), shape.loss);
  if (name == "queue") return assign(config::parse_bytes(text), shape.queue);
  if (name == "rate" && text == "none") {
    shape.rate.reset();
    return {};
  }
  if (name == "rate") return assign(config::parse_rate(text), shape.rate);
  const auto delay = config::parse_duration(text);
  if (delay && *delay > kDelayMax) return fail(ErrorCode::kInvalidArgument, "delay {} is above 10s", text);
  return assign(delay, shape.delay);
}

Result<Shape> with_settings(Shape shape, const Json& command) {
  for (const std::string_view name : kSettings) {
    const auto value = command.find(name);
    if (value == command.end()) continue;
    const std::string text = value->is_string() ? value->get<std::string>() : value->dump();
    if (auto applied = apply_setting(shape, name, text); !applied) return std::unexpected(applied.error());
  }
  return shape;
}

Result<Shape> new_shape(const std::string& operation, const Json& command, const LiveDirection& direction) {
  if (operation == "heal") return direction.plan.shape;
  if (operation == "set") return with_settings(direction.pipe.shape(), command);
  Shape shape = direction.pipe.shape();
  if (operation == "cut") shape.cut = true;
  return shape;
}

Result<std::vector<LiveDirection*>> select(const Json& command, std::vector<LiveDirection>& directions) {
  const std::string link = command.value("link", "all");
  const bool one_way = command.value("one_way", false);
  std::vector<LiveDirection*> chosen;
  for (LiveDirection& direction : directions) {
    const bool forward = direction.plan.in == link;
    const bool backward = direction.plan.out == link && !one_way;
    if (link == "all" || forward || backward) chosen.push_back(&direction);
  }
  if (chosen.empty()) return fail(ErrorCode::kNotFound, "no link '{}'", link);
  return chosen;
}

Result<void> check_keys(const Json& command) {
  for (const auto& [key, value] : command.items()) {
    const bool known = key == "op" || key == "link" || key == "one_way" || std::ranges::contains(kSettings, key);
    if (!known) return fail(ErrorCode::kInvalidArgument, "unknown key '{}'", key);
  }
  if (command.contains("link") && !command["link"].is_string()) {
    return fail(ErrorCode::kInvalidArgument, "link must be a string");
  }
  if (command.contains("one_way") && !command["one_way"].is_boolean()) {
    return fail(ErrorCode::kInvalidArgument, "one_way must be true or false");
  }
  return {};
}

Result<Json> run(std::string_view line, std::vector<LiveDirection>& directions, Time now) {
  const Json command = Json::parse(line, nullptr, false);
  if (!command.is_object()) return fail(ErrorCode::kInvalidArgument, "a command is one JSON object");
  if (auto keys = check_keys(command); !keys) return std::unexpected(keys.error());
  const auto op = command.find("op");
  const std::string operation = op != command.end() && op->is_string() ? op->get<std::string>() : "";
  if (!std::ranges::contains(kOperations, operation)) {
    return fail(ErrorCode::kInvalidArgument, "op must be show, set, cut or heal");
  }
  if (operation != "show" && !command.contains("link"))
    return fail(ErrorCode::kInvalidArgument, "{} needs a link", operation);
  auto chosen = select(command, directions);
  if (!chosen) return std::unexpected(chosen.error());
  std::vector<Shape> shapes;
  for (const LiveDirection* direction : *chosen) {
    auto shape = new_shape(operation, command, *direction);
    if (!shape) return std::unexpected(shape.error());
    shapes.push_back(*shape);
  }
  Json described = Json::array();
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    LiveDirection& direction = *(*chosen)[i];
    if (operation != "show") direction.pipe.reshape(now, shapes[i]);
    described.push_back(describe(direction, now));
  }
  return Json{{"ok", true}, {"directions", described}};
}

std::string rate_text(const Json& bps) {
  return bps.is_number_unsigned() ? to_human(BitsPerSecond(bps.get<std::uint64_t>())) : "-";
}

}  // namespace

std::string handle_command(std::string_view line, std::vector<LiveDirection>& directions, Time now) {
  auto answer = run(line, directions, now);
  if (!answer) return Json{{"ok", false}, {"error", answer.error().message}}.dump();
  return answer->dump();
}

Result<std::string> command_of(const std::vector<std::string>& words) {
  if (words.empty()) return fail(ErrorCode::kInvalidArgument, "show, set, cut or heal is missing");
  Json command = {{"op", words[0]}};
  if (words.size() > 1) command["link"] = words[1];
  for (std::size_t i = 2; i < words.size(); ++i) {
    if (words[i] == "one-way") {
      command["one_way"] = true;
    } else if (!std::ranges::contains(kSettings, words[i]) || i + 1 == words.size()) {
      return fail(ErrorCode::kInvalidArgument, "'{}' is not one of delay, rate, loss, queue with a value, or one-way",
                  words[i]);
    } else {
      command[words[i]] = words[i + 1];
      ++i;
    }
  }
  return command.dump();
}

Result<std::string> render_answer(std::string_view answer) {
  const Json root = Json::parse(answer, nullptr, false);
  if (!root.is_object()) return fail(ErrorCode::kInternal, "the relay's answer is not JSON: {}", answer);
  if (!root.value("ok", false)) return fail(ErrorCode::kInvalidArgument, "{}", root.value("error", "refused"));
  std::string text = formatted("{:16} {:>9} {:>9} {:>7} {:5} {:>10} {:>10} {:>8} {:>6} {:>6}\n", "LINK", "DELAY",
                               "RATE", "LOSS", "STATE", "IN", "OUT", "OVERFLOW", "LOST", "CUT");
  for (const Json& item : root.value("directions", Json::array())) {
    text += formatted("{:16} {:>9} {:>9} {:>6.2f}% {:5} {:>10} {:>10} {:>8} {:>6} {:>6}\n", item.value("link", ""),
                      to_human(Microseconds(item.value("delay_us", 0))), rate_text(item.value("rate_bps", Json())),
                      item.value("loss", 0.0) * 100, item.value("cut", false) ? "cut" : "up",
                      item.value("frames_in", 0ULL), item.value("frames_out", 0ULL), item.value("dropped_queue", 0ULL),
                      item.value("dropped_loss", 0ULL), item.value("dropped_cut", 0ULL));
  }
  return text;
}

}  // namespace pathwise::wan

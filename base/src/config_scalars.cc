// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>

#include "base/config.h"
#include "base/format.h"
#include "base/string_util.h"

namespace pathwise::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t scale;
};

// One kind of number with units. All figures are exact: a fraction finer than scale 1 is refused.
struct Measure {
  std::string_view expected;  // "a duration like 300ms, 20s or 1h"
  std::string_view finest;    // the unit with scale 1, for people
  std::span<const Unit> units;
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
};

constexpr std::array<Unit, 5> kDurationUnits{
    {{"us", 1}, {"ms", 1'000}, {"s", 1'000'000}, {"m", 60'000'000}, {"h", 3'600'000'000}}};
constexpr std::array<Unit, 5> kRateUnits{
    {{"bps", 1}, {"kbps", 1'000}, {"Mbps", 1'000'000}, {"Gbps", 1'000'000'000}, {"Tbps", 1'000'000'000'000}}};
constexpr std::array<Unit, 4> kCountUnits{{{"", 1}, {"k", 1'000}, {"M", 1'000'000}, {"G", 1'000'000'000}}};
constexpr std::array<Unit, 5> kByteUnits{
    {{"B", 1}, {"KiB", 1ULL << 10}, {"MiB", 1ULL << 20}, {"GiB", 1ULL << 30}, {"TiB", 1ULL << 40}}};

constexpr Measure kDuration{"a duration like 300ms, 20s or 1h", "1us", kDurationUnits,
                            static_cast<std::uint64_t>(Microseconds::max().count())};
constexpr Measure kRate{"a rate like 64kbps, 200Mbps or 1.5Gbps", "1bps", kRateUnits};
constexpr Measure kCount{"a count like 500, 128k or 2M", "1", kCountUnits};
constexpr Measure kBytes{"a size like 512B, 64KiB or 16MiB", "1B", kByteUnits};

std::unexpected<Error> rejected(std::string_view expected, std::string_view text, std::string_view reason = {}) {
  if (reason.empty()) return fail(ErrorCode::kInvalidArgument, "must be {}, not {}", expected, excerpt(text));
  return fail(ErrorCode::kInvalidArgument, "must be {}, not {} ({})", expected, excerpt(text), reason);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The digits at the front of `text`, which loses them.
std::string_view take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

// Digits only. nullopt: more than 64 bits.
std::optional<std::uint64_t> to_number(std::string_view digits) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{}) return std::nullopt;
  return value;
}

bool has_leading_zero(std::string_view digits) {
  return digits.size() > 1 && digits.front() == '0';
}

struct Written {
  std::string_view whole;
  std::string_view fraction;  // without trailing zeros
  std::string_view unit;
};

// "1.5ms" into its parts; nullopt if it is not written like that.
std::optional<Written> dissect(std::string_view text) {
  Written parts;
  parts.whole = take_digits(text);
  if (parts.whole.empty() || has_leading_zero(parts.whole)) return std::nullopt;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    parts.fraction = take_digits(text);
    if (parts.fraction.empty()) return std::nullopt;
    while (parts.fraction.ends_with('0')) parts.fraction.remove_suffix(1);
  }
  parts.unit = text;
  return parts;
}

// `fraction` of `scale`; nullopt if that is not a whole number.
std::optional<std::uint64_t> part_of(std::uint64_t scale, std::string_view fraction) {
  if (fraction.empty()) return 0;
  const auto numerator = to_number(fraction);
  std::uint64_t denominator = 1;
  std::uint64_t product = 0;
  for (std::size_t i = 0; i < fraction.size(); ++i) {
    if (__builtin_mul_overflow(denominator, std::uint64_t{10}, &denominator)) return std::nullopt;
  }
  if (!numerator || __builtin_mul_overflow(*numerator, scale, &product)) return std::nullopt;
  if (product % denominator != 0) return std::nullopt;
  return product / denominator;
}

Result<std::uint64_t> parse_measure(std::string_view text, const Measure& measure) {
  const auto parts = dissect(text);
  if (!parts) return rejected(measure.expected, text);
  const Unit* unit = nullptr;
  for (const Unit& candidate : measure.units) {
    if (candidate.name == parts->unit) unit = &candidate;
  }
  if (unit == nullptr) return rejected(measure.expected, text, parts->unit.empty() ? "the unit is missing" : "");
  const auto fraction = part_of(unit->scale, parts->fraction);
  if (!fraction) return rejected(measure.expected, text, formatted("finer than {}", measure.finest));
  const auto whole = to_number(parts->whole);
  std::uint64_t value = 0;
  if (!whole || __builtin_mul_overflow(*whole, unit->scale, &value) ||
      __builtin_add_overflow(value, *fraction, &value) || value > measure.most) {
    return rejected(measure.expected, text, "too large");
  }
  return value;
}

// The text of a scalar, or nullptr with the problem recorded.
const std::string* text_of(const Value& value, Diagnostics& problems, std::string_view expected) {
  switch (value.kind) {
    case Value::Kind::kScalar:
      return &value.scalar;
    case Value::Kind::kNull:
      problems.add(value.at, "must be {}, not nothing", expected);
      break;
    case Value::Kind::kSequence:
      problems.add(value.at, "must be {}, not a list", expected);
      break;
    case Value::Kind::kMap:
      problems.add(value.at, "must be {}, not a map", expected);
      break;
  }
  return nullptr;
}

// The same, where quotes would make a text of it.
const std::string* plain_text_of(const Value& value, Diagnostics& problems, std::string_view expected) {
  const std::string* text = text_of(value, problems, expected);
  if (text == nullptr || !value.quoted) return text;
  problems.append(value.at, rejected(expected, *text, "remove the quotes").error().message);
  return nullptr;
}

// Stores a parsed value or records why there is none.
template <typename T, typename Out>
bool deliver(const Value& value, Diagnostics& problems, Result<T> parsed, Out& out) {
  if (!parsed) {
    problems.append(value.at, std::move(parsed.error().message));
    return false;
  }
  out = static_cast<Out>(*std::move(parsed));
  return true;
}

template <typename T>
bool read_unsigned(const Value& value, Diagnostics& problems, T& out) {
  constexpr std::uint64_t kMost = std::numeric_limits<T>::max();
  const std::string expected = formatted("a whole number from 0 to {}", kMost);
  const std::string* text = plain_text_of(value, problems, expected);
  if (text == nullptr) return false;
  std::string_view rest = *text;
  const std::string_view digits = take_digits(rest);
  const auto number = to_number(digits);
  if (digits.empty() || !rest.empty() || has_leading_zero(digits) || !number || *number > kMost) {
    problems.append(value.at, rejected(expected, *text).error().message);
    return false;
  }
  out = static_cast<T>(*number);
  return true;
}

Result<double> parse_double(std::string_view text) {
  constexpr std::string_view kExpected = "a number like 0.5";
  const std::string_view magnitude = text.starts_with('-') ? text.substr(1) : text;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) return rejected(kExpected, text, "out of range");
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  // from_chars takes "inf", "nan" and ".5" too.
  if (!whole || magnitude.empty() || !is_digit(magnitude.front())) return rejected(kExpected, text);
  return number;
}

}  // namespace

Result<Microseconds> parse_duration(std::string_view text) {
  return parse_measure(text, kDuration).transform([](std::uint64_t count) {
    return Microseconds(static_cast<Microseconds::rep>(count));
  });
}

Result<BitsPerSecond> parse_rate(std::string_view text) {
  return parse_measure(text, kRate).transform([](std::uint64_t count) { return BitsPerSecond(count); });
}

Result<std::uint64_t> parse_count(std::string_view text) {
  return parse_measure(text, kCount);
}

Result<std::uint64_t> parse_bytes(std::string_view text) {
  return parse_measure(text, kBytes);
}

bool read(const Value& value, Diagnostics& problems, std::string& out) {
  const std::string* text = text_of(value, problems, "a text");
  if (text != nullptr) out = *text;
  return text != nullptr;
}

bool read(const Value& value, Diagnostics& problems, bool& out) {
  constexpr std::string_view kExpected = "true or false";
  const std::string* text = plain_text_of(value, problems, kExpected);
  if (text == nullptr) return false;
  if (*text != "true" && *text != "false") {
    problems.append(value.at, rejected(kExpected, *text).error().message);
    return false;
  }
  out = *text == "true";
  return true;
}

bool read(const Value& value, Diagnostics& problems, std::uint8_t& out) {
  return read_unsigned(value, problems, out);
}
bool read(const Value& value, Diagnostics& problems, std::uint16_t& out) {
  return read_unsigned(value, problems, out);
}
bool read(const Value& value, Diagnostics& problems, std::uint32_t& out) {
  return read_unsigned(value, problems, out);
}

bool read(const Value& value, Diagnostics& problems, std::uint64_t& out) {
  const std::string* text = plain_text_of(value, problems, kCount.expected);
  return text != nullptr && deliver(value, problems, parse_count(*text), out);
}

bool read(const Value& value, Diagnostics& problems, double& out) {
  const std::string* text = plain_text_of(value, problems, "a number like 0.5");
  return text != nullptr && deliver(value, problems, parse_double(*text), out);
}

bool read(const Value& value, Diagnostics& problems, Microseconds& out) {
  const std::string* text = text_of(value, problems, kDuration.expected);
  return text != nullptr && deliver(value, problems, parse_duration(*text), out);
}

bool read(const Value& value, Diagnostics& problems, Milliseconds& out) {
  Microseconds exact{};
  if (!read(value, problems, exact)) return false;
  const auto rounded = std::chrono::duration_cast<Milliseconds>(exact);
  if (rounded != exact) {
    problems.append(value.at, rejected(kDuration.expected, value.scalar, "finer than 1ms").error().message);
    return false;
  }
  out = rounded;
  return true;
}

bool read(const Value& value, Diagnostics& problems, BitsPerSecond& out) {
  const std::string* text = text_of(value, problems, kRate.expected);
  return text != nullptr && deliver(value, problems, parse_rate(*text), out);
}

bool read(const Value& value, Diagnostics& problems, Ipv6Address& out) {
  const std::string* text = text_of(value, problems, "an IPv6 address like fd00::1");
  return text != nullptr && deliver(value, problems, Ipv6Address::parse(*text), out);
}

bool read(const Value& value, Diagnostics& problems, Ipv6Prefix& out) {
  const std::string* text = text_of(value, problems, "an IPv6 prefix like fd00:1::/48");
  return text != nullptr && deliver(value, problems, Ipv6Prefix::parse(*text), out);
}

bool read(const Value& value, Diagnostics& problems, Endpoint& out) {
  const std::string* text = text_of(value, problems, "an endpoint like [::1]:8080");
  return text != nullptr && deliver(value, problems, Endpoint::parse(*text), out);
}

}  // namespace pathwise::config

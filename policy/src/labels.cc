// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/string_util.h"
#include "policy/policy_snapshot.h"
#include "reading.h"

namespace pathwise::policy {
namespace {

constexpr std::size_t kMostLabels = 16;
constexpr std::size_t kLongestHeader = 4096;

}  // namespace

Result<Labels> Labels::parse(std::string_view header) {
  constexpr std::string_view kForm = "labels are like data=personal-eu,team=x";
  Labels labels;
  if (header.size() > kLongestHeader) {
    return fail(ErrorCode::kInvalidArgument, "labels: more than {} bytes", kLongestHeader);
  }
  if (trim(header).empty()) return labels;
  for (const std::string_view part : split(header, ',')) {
    const std::string_view item = trim(part);
    const std::size_t equals = item.find('=');
    const std::string_view key = item.substr(0, equals);
    const std::string_view value = equals == std::string_view::npos ? std::string_view{} : item.substr(equals + 1);
    if (!is_label_text(key) || !is_label_text(value)) {
      return fail(ErrorCode::kInvalidArgument, "{}; {} is not: each side is 1 to 63 letters, digits and '._-/'", kForm,
                  excerpt(item));
    }
    if (labels.items.size() == kMostLabels) {
      return fail(ErrorCode::kInvalidArgument, "labels: more than {}", kMostLabels);
    }
    labels.items.emplace_back(key, value);
  }
  std::ranges::sort(labels.items);
  const auto twice = std::ranges::adjacent_find(labels.items, {}, &std::pair<std::string, std::string>::first);
  if (twice != labels.items.end()) {
    return fail(ErrorCode::kInvalidArgument, "labels: {} is given twice", excerpt(twice->first));
  }
  return labels;
}

std::string Labels::to_string() const {
  std::string text;
  for (const auto& [key, value] : items) {
    if (!text.empty()) text += ',';
    text += key + '=' + value;
  }
  return text;
}

}  // namespace pathwise::policy

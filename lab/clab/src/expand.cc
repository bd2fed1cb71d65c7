// SPDX-License-Identifier: Apache-2.0
#include "expand.h"

#include <algorithm>
#include <cstdlib>

namespace pathwise::lab {
namespace {

bool starts_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool continues_name(char c) {
  return starts_name(c) || (c >= '0' && c <= '9');
}

std::string_view name_at(std::string_view text, std::size_t begin) {
  std::size_t end = begin;
  if (end < text.size() && starts_name(text[end])) {
    while (end < text.size() && continues_name(text[end])) ++end;
  }
  return text.substr(begin, end - begin);
}

config::Location locate(std::string_view text, std::size_t offset, const std::string& file) {
  const std::string_view before = text.substr(0, offset);
  const auto line = std::ranges::count(before, '\n');
  const std::size_t newline = before.rfind('\n');
  const std::size_t column = newline == std::string_view::npos ? offset : offset - newline - 1;
  return {file, static_cast<int>(line) + 1, static_cast<int>(column) + 1};
}

class Expander {
 public:
  Expander(std::string_view text, const std::string& file, const Environment& environment,
           config::Diagnostics& problems)
      : text_(text), file_(file), environment_(environment), problems_(problems) {}

  std::string run() {
    while (at_ < text_.size()) {
      const std::size_t dollar = text_.find('$', at_);
      out_.append(text_.substr(at_, dollar - at_));
      if (dollar == std::string_view::npos) break;
      at_ = dollar;
      if (text_.substr(dollar).starts_with("${")) {
        braced();
      } else {
        plain();
      }
    }
    return std::move(out_);
  }

 private:
  void plain() {
    const std::string_view name = name_at(text_, at_ + 1);
    const std::string_view whole = text_.substr(at_, 1 + name.size());
    put(name.empty() ? std::nullopt : environment_(std::string(name)), whole);
    at_ += whole.size();
  }

  void braced() {
    const std::size_t close = text_.find_first_of("}\n", at_);
    if (close == std::string_view::npos || text_[close] != '}') {
      problems_.add(locate(text_, at_, file_), "'${{' is not closed on its line");
      out_ += "${";
      at_ += 2;
      return;
    }
    const std::string_view whole = text_.substr(at_, close + 1 - at_);
    substitute(whole, text_.substr(at_ + 2, close - at_ - 2));
    at_ = close + 1;
  }

  void substitute(std::string_view whole, std::string_view inner) {
    const std::string_view name = name_at(inner, 0);
    std::string_view rest = inner.substr(name.size());
    const bool empty_counts = rest.starts_with(':');  // ":=" also replaces a value that is set but empty
    if (empty_counts) rest.remove_prefix(1);
    const bool has_default = rest.starts_with('=') || rest.starts_with('-');
    if (name.empty() || (!has_default && (empty_counts || !rest.empty()))) {
      problems_.add(locate(text_, at_, file_), "'{}' is not supported; write ${{NAME}} or ${{NAME:=default}}", whole);
      out_ += whole;
      return;
    }
    std::optional<std::string> value = environment_(std::string(name));
    if (value && value->empty() && empty_counts) value.reset();
    put(value, has_default ? rest.substr(1) : whole);
  }

  void put(const std::optional<std::string>& value, std::string_view otherwise) {
    if (value && value->contains('\n')) {
      problems_.add(locate(text_, at_, file_), "the variable's value has more than one line");
      return;
    }
    out_ += value ? std::string_view(*value) : otherwise;
  }

  std::string_view text_;
  const std::string& file_;
  const Environment& environment_;
  config::Diagnostics& problems_;
  std::string out_;
  std::size_t at_ = 0;
};

}  // namespace

std::string expand(std::string_view text, const std::string& file, const Environment& environment,
                   config::Diagnostics& problems) {
  return Expander(text, file, environment, problems).run();
}

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

}  // namespace pathwise::lab

// SPDX-License-Identifier: Apache-2.0
#include "router/http/gather.h"

#include <array>
#include <charconv>

#include "base/string_util.h"

namespace pathwise::router::http {

namespace {

constexpr std::array<std::string_view, 14> kOwn = {"connection",
                                                   "keep-alive",
                                                   "proxy-connection",
                                                   "te",
                                                   "trailer",
                                                   "transfer-encoding",
                                                   "upgrade",
                                                   "host",
                                                   "content-length",
                                                   "expect",
                                                   "authorization",
                                                   "proxy-authorization",
                                                   "proxy-authenticate",
                                                   "x-request-id"};

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && iequals(text.substr(0, prefix.size()), prefix);
}

bool named_in(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    if (iequals(trim(list.substr(0, comma)), name)) return true;
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return false;
}

// The header's line as it lies in the buffer, from its name to its CRLF.
std::string_view line_of(const Header& header, std::string_view buffer_end) {
  const char* end = header.value.data() + header.value.size();
  while (end != buffer_end.data() && *end != '\n') ++end;  // optional white space before the CRLF
  return {header.name.data(), static_cast<std::size_t>(end + 1 - header.name.data())};
}

}  // namespace

void Gather::clear() {
  items_.clear();
  scratch_.clear();
  bytes_ = 0;
}

void Gather::borrow(std::string_view bytes) {
  if (bytes.empty()) return;
  bytes_ += bytes.size();
  if (!items_.empty()) {
    Piece& last = items_.back();
    if (last.data != nullptr && last.data + last.size == bytes.data()) {
      last.size += bytes.size();
      return;
    }
  }
  items_.push_back({bytes.data(), 0, bytes.size()});
}

void Gather::append(std::string_view text) {
  if (text.empty()) return;
  bytes_ += text.size();
  const std::size_t offset = scratch_.size();
  scratch_.append(text);
  if (!items_.empty() && items_.back().data == nullptr) {
    items_.back().size += text.size();
    return;
  }
  items_.push_back({nullptr, offset, text.size()});
}

void Gather::header(std::string_view name, std::string_view value) {
  append(name);
  append(": ");
  append(value);
  append("\r\n");
}

void Gather::header(std::string_view name, std::uint64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  header(name, std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
}

std::span<const iovec> Gather::pieces() {
  iovecs_.clear();
  for (const Piece& piece : items_) {
    const char* data = piece.data != nullptr ? piece.data : scratch_.data() + piece.offset;
    iovecs_.push_back({const_cast<char*>(data), piece.size});  // iovec has no const; writev does not write
  }
  return iovecs_;
}

std::string Gather::flat() const {
  std::string text;
  for (const Piece& piece : items_) {
    text.append(piece.data != nullptr ? piece.data : scratch_.data() + piece.offset, piece.size);
  }
  return text;
}

bool ends_here(std::string_view name, std::string_view connection) {
  for (const std::string_view own : kOwn) {
    if (iequals(name, own)) return true;
  }
  return starts_with_ignoring_case(name, "x-pathwise-") || (!connection.empty() && named_in(connection, name));
}

void start_request(Gather& out, const RequestHead& head) {
  const std::string connection = head.find_list("connection").value_or(std::string());
  const char* target_end = head.target.data() + head.target.size();
  out.borrow({head.method.data(), static_cast<std::size_t>(target_end - head.method.data())});
  out.append(" HTTP/1.1\r\n");
  const std::string_view buffer_end(head.method.data() + head.length, 0);
  for (const Header& header : head.headers) {
    if (!ends_here(header.name, connection)) out.borrow(line_of(header, buffer_end));
  }
}

void start_response(Gather& out, const ResponseHead& head, std::string_view status_line) {
  const std::string connection = head.find_list("connection").value_or(std::string());
  out.borrow(status_line);
  const std::string_view buffer_end(status_line.data() + head.length, 0);
  for (const Header& header : head.headers) {
    const bool framing = iequals(header.name, "content-length") || iequals(header.name, "transfer-encoding");
    if (framing || !ends_here(header.name, connection)) out.borrow(line_of(header, buffer_end));
  }
}

}  // namespace pathwise::router::http

// SPDX-License-Identifier: Apache-2.0
#include "router/http/head.h"

#include <llhttp.h>

#include <algorithm>

#include "base/string_util.h"

namespace pathwise::router::http {

namespace {

// What the callbacks fill. llhttp runs over a complete head, so no span is ever split.
struct Collector {
  MessageHead* head = nullptr;
  RequestHead* request = nullptr;
  std::size_t max_headers = 0;
  std::string_view field;
  bool too_many = false;
  bool complete = false;
};

Collector& collector(llhttp_t* parser) {
  return *static_cast<Collector*>(parser->data);
}

int on_method(llhttp_t* parser, const char* at, std::size_t length) {
  if (RequestHead* request = collector(parser).request) request->method = {at, length};
  return 0;
}

int on_url(llhttp_t* parser, const char* at, std::size_t length) {
  if (RequestHead* request = collector(parser).request) request->target = {at, length};
  return 0;
}

int on_field(llhttp_t* parser, const char* at, std::size_t length) {
  collector(parser).field = {at, length};
  return 0;
}

int on_value(llhttp_t* parser, const char* at, std::size_t length) {
  Collector& state = collector(parser);
  if (state.head->headers.size() >= state.max_headers) {
    state.too_many = true;
    return HPE_USER;
  }
  state.head->headers.push_back({state.field, {at, length}});
  state.field = {};
  return 0;
}

int on_value_complete(llhttp_t* parser) {
  Collector& state = collector(parser);
  if (state.field.empty()) return 0;
  // No span was delivered: the value is empty.
  return on_value(parser, state.field.data() + state.field.size(), 0);
}

int on_headers_complete(llhttp_t* parser) {
  collector(parser).complete = true;
  return HPE_PAUSED;
}

const llhttp_settings_t& settings() {
  static const llhttp_settings_t callbacks = [] {
    llhttp_settings_t made;
    llhttp_settings_init(&made);
    made.on_method = on_method;
    made.on_url = on_url;
    made.on_header_field = on_field;
    made.on_header_value = on_value;
    made.on_header_value_complete = on_value_complete;
    made.on_headers_complete = on_headers_complete;
    return made;
  }();
  return callbacks;
}

// One pass over the framing headers: llhttp decides what is malformed, this decides what we accept.
std::expected<void, HeadError> read_framing(const llhttp_t& parser, MessageHead& head) {
  int encodings = 0;
  for (const Header& header : head.headers) {
    if (!iequals(header.name, "transfer-encoding")) continue;
    if (++encodings > 1 || !iequals(trim(header.value), "chunked")) {
      return std::unexpected(HeadError::kTransferEncoding);
    }
    head.chunked = true;
  }
  if ((parser.flags & F_CONTENT_LENGTH) != 0) {
    if (head.chunked) return std::unexpected(HeadError::kMalformed);
    head.content_length = parser.content_length;
  }
  head.keep_alive = llhttp_should_keep_alive(&parser) != 0;
  return {};
}

std::expected<void, HeadError> run(llhttp_type_t type, std::string_view text, const HeadLimits& limits,
                                   Collector& state) {
  if (text.size() > limits.max_bytes) return std::unexpected(HeadError::kTooLarge);
  llhttp_t parser;
  llhttp_init(&parser, type, &settings());
  state.max_headers = limits.max_headers;
  parser.data = &state;
  const llhttp_errno_t error = llhttp_execute(&parser, text.data(), text.size());
  if (state.too_many) return std::unexpected(HeadError::kTooLarge);
  if (error == HPE_INVALID_VERSION) return std::unexpected(HeadError::kVersion);
  if (error != HPE_PAUSED || !state.complete) return std::unexpected(HeadError::kMalformed);
  if (parser.http_major != 1) return std::unexpected(HeadError::kVersion);
  state.head->minor_version = parser.http_minor;
  state.head->length = text.size();
  return read_framing(parser, *state.head);
}

}  // namespace

int status_of(HeadError error) {
  switch (error) {
    case HeadError::kTooLarge:
      return 431;
    case HeadError::kVersion:
      return 505;
    case HeadError::kTransferEncoding:
      return 501;
    case HeadError::kExpectation:
      return 417;
    case HeadError::kMalformed:
    case HeadError::kMissingHost:
      break;
  }
  return 400;
}

std::string_view to_string(HeadError error) {
  switch (error) {
    case HeadError::kMalformed:
      return "the head is not valid HTTP/1.1";
    case HeadError::kTooLarge:
      return "the head is too large";
    case HeadError::kVersion:
      return "only HTTP/1.1 and HTTP/1.0 are spoken here";
    case HeadError::kTransferEncoding:
      return "the only transfer encoding understood is chunked";
    case HeadError::kMissingHost:
      return "exactly one Host header is needed";
    case HeadError::kExpectation:
      return "the only expectation understood is 100-continue";
  }
  return "?";
}

std::optional<std::string_view> MessageHead::find(std::string_view name) const {
  for (const Header& header : headers) {
    if (iequals(header.name, name)) return header.value;
  }
  return std::nullopt;
}

std::optional<std::string> MessageHead::find_list(std::string_view name) const {
  std::optional<std::string> joined;
  for (const Header& header : headers) {
    if (!iequals(header.name, name)) continue;
    if (!joined) joined.emplace();
    const std::string_view value = trim(header.value);
    if (!joined->empty() && !value.empty()) *joined += ", ";
    *joined += value;
  }
  return joined;
}

bool MessageHead::repeated(std::string_view name) const {
  return std::ranges::count_if(headers, [&](const Header& header) { return iequals(header.name, name); }) > 1;
}

void MessageHead::clear() {
  headers.clear();
  length = 0;
  minor_version = 1;
  chunked = false;
  content_length.reset();
  keep_alive = true;
}

std::string_view RequestHead::path() const {
  return target.substr(0, target.find('?'));
}

std::size_t find_head_end(std::string_view bytes, std::size_t& scanned) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  const std::size_t from = scanned < kEnd.size() ? 0 : scanned - (kEnd.size() - 1);
  const std::size_t at = bytes.find(kEnd, from);
  scanned = bytes.size();
  return at == std::string_view::npos ? 0 : at + kEnd.size();
}

std::expected<void, HeadError> parse_request(std::string_view head, const HeadLimits& limits, RequestHead& out) {
  out.clear();
  out.method = out.target = {};
  out.expect_continue = false;
  Collector state{.head = &out, .request = &out};
  if (auto parsed = run(HTTP_REQUEST, head, limits, state); !parsed) return parsed;
  int hosts = 0;
  for (const Header& header : out.headers) {
    if (iequals(header.name, "host")) ++hosts;
    if (!iequals(header.name, "expect")) continue;
    if (!iequals(trim(header.value), "100-continue")) return std::unexpected(HeadError::kExpectation);
    out.expect_continue = out.minor_version == 1;
  }
  if (hosts > 1 || (hosts == 0 && out.minor_version == 1)) return std::unexpected(HeadError::kMissingHost);
  return {};
}

std::expected<void, HeadError> parse_response(std::string_view head, const HeadLimits& limits, ResponseHead& out) {
  out.clear();
  Collector state{.head = &out};
  if (auto parsed = run(HTTP_RESPONSE, head, limits, state); !parsed) return parsed;
  const std::size_t space = head.find(' ');
  out.status = 0;
  for (const char digit : head.substr(space + 1, 3)) out.status = out.status * 10 + (digit - '0');
  if (out.until_close()) out.keep_alive = false;
  return {};
}

}  // namespace pathwise::router::http

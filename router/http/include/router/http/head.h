// SPDX-License-Identifier: Apache-2.0
// Heads of HTTP/1.1 messages (RFC 9112), parsed in place by llhttp: names and values point into the
// connection's buffer. Strict on framing: whatever two readers could understand differently is an
// error (Content-Length with Transfer-Encoding, obs-fold, bare LF, repeated lengths).
// Values; one thread. Views die with the buffer that was parsed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pathwise::router::http {

struct HeadLimits {
  std::size_t max_bytes = 64 * 1024;  // of one head; more than any client of ours sends
  std::size_t max_headers = 100;
};

enum class HeadError : std::uint8_t {
  kMalformed,         // 400
  kTooLarge,          // 431
  kVersion,           // 505: not HTTP/1.1 or 1.0
  kTransferEncoding,  // 501: another coding than "chunked" (RFC 9112 section 6.1)
  kMissingHost,       // 400 (RFC 9112 section 3.2)
  kExpectation,       // 417: another one than "100-continue" (RFC 9110 section 10.1.1)
};
[[nodiscard]] int status_of(HeadError error);
[[nodiscard]] std::string_view to_string(HeadError error);

struct Header {
  std::string_view name, value;
};

// What both kinds of message have. `length` counts the head with its empty line.
struct MessageHead {
  std::vector<Header> headers;  // in order, as sent; capacity is kept between messages
  std::size_t length = 0;
  int minor_version = 1;
  bool chunked = false;
  std::optional<std::uint64_t> content_length;
  bool keep_alive = true;

  // The first header of that name, any case; nullopt: none. For a header that may come once.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  // The value of a list: its lines in order, joined by commas (RFC 9110 section 5.3), empty ones left out;
  // nullopt: no line.
  [[nodiscard]] std::optional<std::string> find_list(std::string_view name) const;
  // More than one header of that name, any case.
  [[nodiscard]] bool repeated(std::string_view name) const;
  void clear();
};

struct RequestHead : MessageHead {
  std::string_view method, target;
  bool expect_continue = false;
  [[nodiscard]] std::string_view path() const;  // the target without its query
};

struct ResponseHead : MessageHead {
  int status = 0;
  // RFC 9112 section 6.3: how the body ends.
  [[nodiscard]] bool has_body() const { return status >= 200 && status != 204 && status != 304; }
  [[nodiscard]] bool until_close() const { return has_body() && !chunked && !content_length; }
};

// Length of the head at the start of `bytes`, 0 if it is not complete. `scanned` remembers how far
// the search came; start it at 0 for each message.
[[nodiscard]] std::size_t find_head_end(std::string_view bytes, std::size_t& scanned);

// `head` must be complete: as long as find_head_end() says.
[[nodiscard]] std::expected<void, HeadError> parse_request(std::string_view head, const HeadLimits& limits,
                                                           RequestHead& out);
[[nodiscard]] std::expected<void, HeadError> parse_response(std::string_view head, const HeadLimits& limits,
                                                            ResponseHead& out);

}  // namespace pathwise::router::http

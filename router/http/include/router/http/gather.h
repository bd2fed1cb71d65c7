// SPDX-License-Identifier: Apache-2.0
// A message to write as pieces, for one writev: runs of the received head that pass unchanged, own
// text, and the body where it lies. Nothing of the body is copied. Value; one thread; reused.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "router/http/head.h"

namespace pathwise::router::http {

class Gather {
 public:
  void clear();
  // Bytes that outlive the write, by reference. Adjacent runs are joined.
  void borrow(std::string_view bytes);
  // Own text, copied into the scratch area.
  void append(std::string_view text);
  void header(std::string_view name, std::string_view value);
  void header(std::string_view name, std::uint64_t value);

  [[nodiscard]] std::size_t size() const { return bytes_; }
  // The pieces; valid until the next change.
  [[nodiscard]] std::span<const iovec> pieces();
  [[nodiscard]] std::string flat() const;  // for tests and logs

 private:
  struct Piece {
    const char* data;  // nullptr: in scratch_, at `offset`
    std::size_t offset;
    std::size_t size;
  };
  std::vector<Piece> items_;
  std::string scratch_;
  std::vector<iovec> iovecs_;
  std::size_t bytes_ = 0;
};

// True for headers that end at this hop (RFC 9110 section 7.6.1), `connection` being the value of the
// message's Connection header, and for those that the router always writes itself: Host,
// Content-Length, Transfer-Encoding, Expect, Authorization, Proxy-*, X-Request-Id, X-Pathwise-*.
[[nodiscard]] bool ends_here(std::string_view name, std::string_view connection);

// The start line and all headers that pass. The caller appends its own headers and the empty line.
void start_request(Gather& out, const RequestHead& head);
// The same for a response: its framing headers pass, since the body is relayed byte for byte.
void start_response(Gather& out, const ResponseHead& head, std::string_view status_line);

}  // namespace pathwise::router::http

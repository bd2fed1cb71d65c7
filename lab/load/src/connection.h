// SPDX-License-Identifier: Apache-2.0
// One request on one connection. The client's thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <vector>

#include "lab/load/summary.h"

namespace pathwise::lab {

using HttpRequest = boost::beast::http::request<boost::beast::http::string_body>;

class Connection {
 public:
  explicit Connection(const boost::asio::any_io_executor& executor) : stream_(executor) {}

  // Everything that follows must be over by then.
  void set_deadline(SteadyTime deadline) { stream_.expires_at(deadline); }
  // Tries the addresses in turn.
  boost::asio::awaitable<boost::system::error_code> connect(
      const std::vector<boost::asio::ip::tcp::endpoint>& addresses);

  // Sends `request` and checks the answer; fills what the record says of it. False: the peer had
  // closed the connection before it saw the request, which may be sent again on another one.
  boost::asio::awaitable<bool> exchange(HttpRequest& request, std::optional<std::uint64_t> text_seed,
                                        RequestRecord& record);

  // The last exchange ended well and the peer keeps the connection open.
  [[nodiscard]] bool reusable() const { return reusable_; }
  void close() { stream_.close(); }

 private:
  struct Response;
  boost::asio::awaitable<void> read_answer(Response& response, AnswerCheck& check, RequestRecord& record);
  void fail_io(RequestRecord& record, const boost::system::error_code& error);

  boost::beast::tcp_stream stream_;
  boost::beast::flat_buffer buffer_;
  bool used_ = false;
  bool reusable_ = false;
};

}  // namespace pathwise::lab

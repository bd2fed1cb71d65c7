// SPDX-License-Identifier: Apache-2.0
#include "net/listen.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <cerrno>

#include "base/format.h"
#include "base/unix_socket.h"
#include "net/deadline.h"

namespace pathwise::net {
namespace {

using boost::system::error_code;

std::unexpected<Error> refuse(std::string_view step, const std::string& where, const error_code& error) {
  const bool taken = error == boost::system::errc::address_in_use;
  const bool denied = error == boost::system::errc::permission_denied;
  const ErrorCode code = taken ? ErrorCode::kAlreadyExists : denied ? ErrorCode::kPermissionDenied : ErrorCode::kIo;
  return fail(code, "{} {}: {}", step, where, taken ? "the port is in use by another program" : error.message());
}

Result<Tcp::endpoint> resolve(asio::io_context& io, const Endpoint& endpoint) {
  if (auto numeric = to_tcp(endpoint)) return numeric;
  error_code error;
  Tcp::resolver resolver(io);
  const auto results = resolver.resolve(endpoint.host, std::to_string(endpoint.port), error);
  if (error || results.empty()) return refuse("listen on", endpoint.to_string(), error);
  return results.begin()->endpoint();
}

template <typename Option>
void set_option(TcpAcceptor& acceptor, const Option& option, error_code& error) {
  if (!error) acceptor.set_option(option, error);
}

void set_int_option(int fd, int level, int name, error_code& error) {
  const int on = 1;
  if (!error && ::setsockopt(fd, level, name, &on, sizeof on) != 0) {
    error = error_code(errno, boost::system::system_category());
  }
}

// A socket file without a server behind it is left over from a crash.
Result<void> remove_stale(const std::string& path) {
  if (auto good = check_unix_socket(path, "program"); !good) return std::unexpected(good.error().within("listen"));
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno("remove " + path, errno);
  return {};
}

}  // namespace

Result<Tcp::endpoint> to_tcp(const Endpoint& endpoint) {
  error_code error;
  const auto address = asio::ip::make_address(endpoint.host.empty() ? "::" : endpoint.host, error);
  if (endpoint.is_unix() || error) {
    return fail(ErrorCode::kInvalidArgument, "{}: a numeric address is needed", endpoint.to_string());
  }
  return Tcp::endpoint(address, endpoint.port);
}

Endpoint from_tcp(const Tcp::endpoint& endpoint) {
  return {.host = endpoint.address().to_string(), .port = endpoint.port()};
}

Result<TcpAcceptor> listen_tcp(asio::io_context& io, const Endpoint& endpoint, ListenOptions options) {
  const auto address = resolve(io, endpoint);
  if (!address) return std::unexpected(address.error());
  error_code error;
  TcpAcceptor acceptor(io);
  acceptor.open(address->protocol(), error);
  set_option(acceptor, asio::socket_base::reuse_address(true), error);
  if (address->protocol() == Tcp::v6()) {
    set_option(acceptor, asio::ip::v6_only(!endpoint.host.empty() && endpoint.host != "::"), error);
  }
  if (options.reuse_port) set_int_option(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, error);
  if (options.ip_free_bind) set_int_option(acceptor.native_handle(), IPPROTO_IPV6, IPV6_FREEBIND, error);
  if (!error) acceptor.bind(*address, error);
  if (!error) acceptor.listen(options.backlog, error);
  if (!error) acceptor.non_blocking(true, error);
  if (error) return refuse("listen on", endpoint.to_string(), error);
  return acceptor;
}

Result<UnixAcceptor> listen_unix(asio::io_context& io, const std::string& path, unsigned mode) {
  if (auto removed = remove_stale(path); !removed) return std::unexpected(removed.error());
  error_code error;
  UnixAcceptor acceptor(io);
  acceptor.open(Unix(), error);
  if (!error) acceptor.bind(Unix::endpoint(path), error);
  if (!error && ::chmod(path.c_str(), mode) != 0) error = error_code(errno, boost::system::system_category());
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) acceptor.non_blocking(true, error);
  if (error) return refuse("listen on", "unix:" + path, error);
  return acceptor;
}

Awaitable<Result<TcpSocket>> connect_tcp(asio::io_context& io, std::optional<Ipv6Address> local, const Endpoint& remote,
                                         std::chrono::milliseconds timeout) {
  const auto to = to_tcp(remote);
  if (!to) co_return std::unexpected(to.error());
  error_code error;
  TcpSocket socket(io);
  socket.open(to->protocol(), error);
  if (!error && local) {
    asio::ip::address_v6::bytes_type bytes;
    std::ranges::copy(local->bytes, bytes.begin());
    // The port is chosen when connecting: one local port can then serve many peers.
    set_int_option(socket.native_handle(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, error);
    if (!error) socket.bind(Tcp::endpoint(asio::ip::address_v6(bytes), 0), error);
  }
  const std::string where =
      local ? formatted("{} from {}", remote.to_string(), local->to_string()) : remote.to_string();
  if (error) co_return refuse("connect to", where, error);
  const Deadline deadline(socket, timeout);
  std::tie(error) = co_await socket.async_connect(*to, use_tuple);
  if (deadline.expired()) {
    co_return fail(ErrorCode::kDeadlineExceeded, "connect to {}: no answer after {}", where, timeout);
  }
  if (error) co_return fail(ErrorCode::kUnavailable, "connect to {}: {}", where, error.message());
  socket.set_option(Tcp::no_delay(true), error);
  co_return socket;
}

}  // namespace pathwise::net

// SPDX-License-Identifier: Apache-2.0
#include <openssl/err.h>

#include <cerrno>
#include <cstring>

#include "base/format.h"
#include "net/deadline.h"
#include "net/tls.h"
#include "tls_files.h"

namespace pathwise::net {
namespace {

std::string describe(const Tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return formatted(R"({}{}{}:{})", endpoint.address().is_v6() ? "[" : "", address,
                   endpoint.address().is_v6() ? "]" : "", endpoint.port());
}

// Asio's tuple completion: true if the wait ended well.
template <typename Tuple>
bool succeeded(const Tuple& result) {
  return !std::get<0>(result);
}

}  // namespace

struct TlsStream::Session {
  SslPtr ssl;
  PeerCheck check;
  std::string address;  // of the peer, for messages
  bool is_server = false;
  bool failed = false;  // after a fatal error OpenSSL must not be called again, not even for close_notify
};

TlsStream::TlsStream(TcpSocket socket, const TlsContext& context)
    : socket_(std::move(socket)), session_(std::make_unique<Session>()) {
  session_->ssl.reset(context.new_session());
  session_->is_server = context.role() == TlsRole::kServer;
  session_->check.trust_domain = context.trust_domain();
  boost::system::error_code error;
  const auto endpoint = socket_.remote_endpoint(error);
  session_->address = error ? "(gone)" : describe(endpoint);
  socket_.non_blocking(true, error);
  SSL* ssl = session_->ssl.get();
  if (error || ssl == nullptr || SSL_set_fd(ssl, socket_.native_handle()) != 1) {
    session_->ssl.reset();  // handshake() says so
    return;
  }
  SSL_set_app_data(ssl, &session_->check);
  if (session_->is_server) {
    SSL_set_accept_state(ssl);
  } else {
    SSL_set_connect_state(ssl);
  }
}

TlsStream::~TlsStream() = default;
TlsStream::TlsStream(TlsStream&&) noexcept = default;
TlsStream& TlsStream::operator=(TlsStream&& other) noexcept {
  socket_ = std::move(other.socket_);
  session_ = std::move(other.session_);
  return *this;
}

// Called at once after the OpenSSL function: it reads errno and the thread's error queue.
Error TlsStream::failure(int ssl_error, std::string_view step) const {
  const int system_error = errno;
  const auto say = [&](ErrorCode code, std::string_view reason) {
    return Error{code, formatted("peer {}: {}: {}", session_->address, step, reason)};
  };
  session_->failed = true;
  if (!session_->check.refusal.empty()) {
    ERR_clear_error();
    return say(ErrorCode::kUnauthenticated, session_->check.refusal);
  }
  if (ssl_error == SSL_ERROR_SSL && ERR_GET_REASON(ERR_peek_last_error()) != SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    return say(ErrorCode::kUnauthenticated, take_openssl_error("TLS failed"));
  }
  ERR_clear_error();
  const bool has_reason = ssl_error == SSL_ERROR_SYSCALL && system_error != 0;
  return say(ErrorCode::kUnavailable, has_reason ? std::strerror(system_error) : "connection closed by the peer");
}

Awaitable<Result<void>> TlsStream::wait(int ssl_error) {
  const auto what = ssl_error == SSL_ERROR_WANT_WRITE ? TcpSocket::wait_write : TcpSocket::wait_read;
  auto result = co_await socket_.async_wait(what, use_tuple);
  if (succeeded(result) && socket_.is_open()) co_return Result<void>{};
  session_->failed = true;
  co_return fail(ErrorCode::kUnavailable, "peer {}: {}", session_->address,
                 socket_.is_open() ? std::get<0>(result).message() : "closed");
}

Awaitable<Result<void>> TlsStream::handshake(std::chrono::milliseconds timeout) {
  if (session_->ssl == nullptr) {
    co_return fail(ErrorCode::kUnavailable, "peer {}: handshake: the connection is gone", session_->address);
  }
  const Deadline deadline(socket_, timeout);
  for (;;) {
    ERR_clear_error();
    errno = 0;
    const int done = SSL_do_handshake(session_->ssl.get());
    if (done == 1) co_return Result<void>{};
    const int reason = SSL_get_error(session_->ssl.get(), done);
    if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE) {
      co_return std::unexpected(failure(reason, "handshake"));
    }
    const auto waited = deadline.expired() ? Result<void>{} : co_await wait(reason);
    if (deadline.expired()) {
      session_->failed = true;
      co_return fail(ErrorCode::kDeadlineExceeded, "peer {}: handshake: not done after {}", session_->address, timeout);
    }
    if (!waited) co_return std::unexpected(waited.error().within("handshake"));
  }
}

Awaitable<Result<std::size_t>> TlsStream::read_some(std::span<char> buffer) {
  for (;;) {
    if (session_->failed || !socket_.is_open()) {
      co_return fail(ErrorCode::kUnavailable, "peer {}: closed", session_->address);
    }
    SSL* ssl = session_->ssl.get();
    std::size_t count = 0;
    ERR_clear_error();
    errno = 0;
    const int done = SSL_read_ex(ssl, buffer.data(), buffer.size(), &count);
    if (done == 1) {
      // Records are at most 16 KiB: what has come already saves the caller a turn.
      std::size_t more = 0;
      while (count < buffer.size() && SSL_pending(ssl) > 0 &&
             SSL_read_ex(ssl, buffer.data() + count, buffer.size() - count, &more) == 1) {
        count += more;
      }
      co_return count;
    }
    const int reason = SSL_get_error(ssl, done);
    if (reason == SSL_ERROR_ZERO_RETURN) co_return std::size_t{0};
    if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE) {
      co_return std::unexpected(failure(reason, "read"));
    }
    if (auto waited = co_await wait(reason); !waited) co_return std::unexpected(waited.error());
  }
}

Awaitable<Result<void>> TlsStream::write(std::span<const char> data) {
  while (!data.empty()) {
    if (session_->failed || !socket_.is_open()) {
      co_return fail(ErrorCode::kUnavailable, "peer {}: closed", session_->address);
    }
    SSL* ssl = session_->ssl.get();
    std::size_t count = 0;
    ERR_clear_error();
    errno = 0;
    const int done = SSL_write_ex(ssl, data.data(), data.size(), &count);
    if (done == 1) {
      data = data.subspan(count);
      continue;
    }
    const int reason = SSL_get_error(ssl, done);
    if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE) {
      co_return std::unexpected(failure(reason, "write"));
    }
    if (auto waited = co_await wait(reason); !waited) co_return std::unexpected(waited.error());
  }
  co_return Result<void>{};
}

void TlsStream::close() noexcept {
  if (session_ == nullptr) return;
  SSL* ssl = session_->ssl.get();
  if (ssl != nullptr && !session_->failed && socket_.is_open() && SSL_is_init_finished(ssl) == 1) {
    SSL_shutdown(ssl);
    ERR_clear_error();
  }
  boost::system::error_code ignored;
  socket_.close(ignored);
}

Result<void> TlsStream::rebind(asio::io_context& io) {
  boost::system::error_code error;
  const auto endpoint = socket_.local_endpoint(error);
  if (error) return fail(ErrorCode::kUnavailable, "peer {}: {}", session_->address, error.message());
  const auto descriptor = socket_.release(error);
  if (!error) {
    socket_ = TcpSocket(io);
    socket_.assign(endpoint.protocol(), descriptor, error);
  }
  if (!error) socket_.non_blocking(true, error);
  if (!error) return {};
  return fail(ErrorCode::kInternal, "peer {}: {}", session_->address, error.message());
}

const SpiffeId& TlsStream::peer() const {
  return session_->check.id;
}

std::string_view TlsStream::alpn() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  if (session_->ssl != nullptr) SSL_get0_alpn_selected(session_->ssl.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

}  // namespace pathwise::net

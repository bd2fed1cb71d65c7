// SPDX-License-Identifier: Apache-2.0
// The one home of TLS: contexts from files with reload, SPIFFE identities, and a stream with
// OpenSSL directly on the file descriptor (Asio only for readiness: the BIO pair of asio::ssl costs
// 30 % on large bodies).
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "net/asio.h"

struct ssl_st;

namespace pathwise::net {

// spiffe://<trust domain>/<path>: /site/<site>/router, /site/<site>/te, /node/<node>/frr, /pce.
// Grammar and limits: the SPIFFE ID standard, section 2 (at most 2048 bytes).
struct SpiffeId {
  std::string trust_domain;
  std::string path;  // without the leading slash
  [[nodiscard]] static Result<SpiffeId> parse(std::string_view uri);
  [[nodiscard]] std::string to_string() const;
  // The site when this is a router's identity.
  [[nodiscard]] std::optional<SiteName> router_site() const;
  friend bool operator==(const SpiffeId&, const SpiffeId&) = default;
};

struct TlsFiles {
  std::string cert;  // PEM chain
  std::string key;
  std::string ca;  // PEM bundle that peers must chain to
};

// Reads the files as a context does, for programs that leave TLS to gRPC or only check: the key must be the
// certificate's, the authorities readable, and the certificate's SPIFFE id one of `paths` in the trust domain.
// Errors name the file and what is wrong.
[[nodiscard]] Result<void> check_tls_files(const TlsFiles& files, const std::string& trust_domain,
                                           const std::vector<std::string>& paths);

enum class TlsRole { kClient, kServer };

// A context for mutual TLS 1.3. Any thread; reload() swaps the certificates for later handshakes and
// never touches established sessions. No session is ever resumed: each handshake meets the present
// certificates. create() makes the process ignore SIGPIPE unless it handles it: OpenSSL writes to
// sockets with write(2).
class TlsContext {
 public:
  // `alpn`: protocols in order of preference; may be empty. Errors name the file and what is wrong.
  [[nodiscard]] static Result<std::shared_ptr<TlsContext>> create(TlsFiles files, TlsRole role,
                                                                  std::string trust_domain,
                                                                  std::vector<std::string> alpn);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  // Reads the files again; on error the old certificates stay. A certificate of another identity is
  // refused: who we are changes only with a restart.
  [[nodiscard]] Result<void> reload();
  // Our own identity, from the certificate.
  [[nodiscard]] SpiffeId identity() const;
  // A new session on the present certificates, for TlsStream, which frees it and says what the
  // verification needs: a handshake outside TlsStream fails.
  [[nodiscard]] ssl_st* new_session() const;
  [[nodiscard]] TlsRole role() const;
  [[nodiscard]] const std::string& trust_domain() const;

 private:
  TlsContext();
  struct State;
  std::unique_ptr<State> state_;
};

// A TLS session over a connected socket. One thread (the socket's executor); one reader and one writer
// may wait at the same time. Errors are values and name the peer's address: kUnauthenticated (it is not
// who it must be, or does not speak TLS 1.3), kDeadlineExceeded, kUnavailable (it went away).
//
// In TLS 1.3 a client's handshake ends before the server has judged its certificate: a refusal then
// comes with the first read.
class TlsStream {
 public:
  TlsStream(TcpSocket socket, const TlsContext& context);
  ~TlsStream();
  TlsStream(TlsStream&&) noexcept;
  TlsStream& operator=(TlsStream&&) noexcept;

  // Completes the handshake. The peer's certificate must chain to the context's authority and carry
  // exactly one URI SAN, a SPIFFE id of the trust domain; otherwise the peer gets an alert.
  [[nodiscard]] Awaitable<Result<void>> handshake(std::chrono::milliseconds timeout);
  // At least one byte; 0 is the peer's close_notify. A connection that ends without one is an error.
  [[nodiscard]] Awaitable<Result<std::size_t>> read_some(std::span<char> buffer);
  [[nodiscard]] Awaitable<Result<void>> write(std::span<const char> data);  // all of it
  // Sends close_notify (best effort) and closes; what waits ends with an error.
  void close() noexcept;

  // Moves the stream to another io_context, and so to its thread. On the present thread, with nothing
  // waiting on the stream; afterwards it belongs to the other one.
  [[nodiscard]] Result<void> rebind(asio::io_context& io);

  [[nodiscard]] const SpiffeId& peer() const;   // after handshake
  [[nodiscard]] std::string_view alpn() const;  // after handshake; empty if none
  [[nodiscard]] TcpSocket& socket() { return socket_; }

 private:
  struct Session;
  [[nodiscard]] Awaitable<Result<void>> wait(int ssl_error);
  [[nodiscard]] Error failure(int ssl_error, std::string_view step) const;
  TcpSocket socket_;
  std::unique_ptr<Session> session_;
};

}  // namespace pathwise::net

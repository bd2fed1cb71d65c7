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

struct ssl_ctx_st;
struct ssl_st;

namespace pathwise::net {

// spiffe://<trust domain>/<path>. Sites' routers: /site/<name>/router; others: /pce, /frr/<node>, /te/<site>.
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
  std::string ca;    // PEM bundle that peers must chain to
};

enum class TlsRole { kClient, kServer };

// A context for mutual TLS 1.3. Threads share it; reload() swaps the certificates for later
// handshakes and never touches established sessions.
class TlsContext {
 public:
  // `alpn`: protocols in order of preference; may be empty. Errors name the file and what is wrong.
  [[nodiscard]] static Result<std::shared_ptr<TlsContext>> create(TlsFiles files, TlsRole role,
                                                                  std::string trust_domain,
                                                                  std::vector<std::string> alpn);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  // Reads the files again; on error the old certificates stay.
  [[nodiscard]] Result<void> reload();
  // Our own identity, from the certificate.
  [[nodiscard]] SpiffeId identity() const;
  // A new session on the present certificates; freed by the caller (TlsStream does).
  [[nodiscard]] ssl_st* new_session() const;
  [[nodiscard]] TlsRole role() const;
  [[nodiscard]] const std::string& trust_domain() const;

 private:
  TlsContext();
  struct State;
  std::unique_ptr<State> state_;
};

// A TLS session over a connected socket. One thread (the socket's executor). Errors are values; a
// read of 0 is the peer's close_notify.
class TlsStream {
 public:
  TlsStream(TcpSocket socket, const TlsContext& context);
  ~TlsStream();
  TlsStream(TlsStream&&) noexcept;
  TlsStream& operator=(TlsStream&&) noexcept;

  // Completes the handshake and checks that the peer's certificate carries a SPIFFE id of the trust domain.
  [[nodiscard]] Awaitable<Result<void>> handshake(std::chrono::milliseconds timeout);
  [[nodiscard]] Awaitable<Result<std::size_t>> read_some(std::span<char> buffer);
  [[nodiscard]] Awaitable<Result<void>> write(std::span<const char> data);  // all of it
  // Sends close_notify (best effort) and closes.
  void close() noexcept;

  [[nodiscard]] const SpiffeId& peer() const;       // after handshake
  [[nodiscard]] std::string_view alpn() const;      // after handshake; empty if none
  [[nodiscard]] TcpSocket& socket() { return socket_; }

 private:
  [[nodiscard]] Awaitable<Result<void>> wait(int ssl_error);
  TcpSocket socket_;
  ssl_st* ssl_ = nullptr;
  SpiffeId peer_;
  std::string trust_domain_;
};

}  // namespace pathwise::net

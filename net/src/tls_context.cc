// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <csignal>
#include <mutex>

#include "net/tls.h"
#include "tls_files.h"

namespace pathwise::net {
namespace {

void ignore_sigpipe_once() {
  static std::once_flag done;
  std::call_once(done, [] {
    struct sigaction present{};
    if (sigaction(SIGPIPE, nullptr, &present) == 0 && present.sa_handler == SIG_DFL) std::signal(SIGPIPE, SIG_IGN);
  });
}

Result<std::vector<unsigned char>> to_wire(const std::vector<std::string>& protocols) {
  std::vector<unsigned char> wire;
  for (const std::string& protocol : protocols) {
    if (protocol.empty() || protocol.size() > 255) {
      return fail(ErrorCode::kInvalidArgument, "an ALPN protocol name has 1 to 255 bytes (RFC 7301)");
    }
    wire.push_back(static_cast<unsigned char>(protocol.size()));
    wire.insert(wire.end(), protocol.begin(), protocol.end());
  }
  return wire;
}

}  // namespace

struct TlsContext::State {
  TlsFiles files;
  TlsRole role;
  std::string trust_domain;
  std::vector<unsigned char> alpn_wire;
  SpiffeId identity;
  mutable std::mutex mutex;
  SslCtxPtr current;  // guarded by mutex; sessions keep their own reference
};

TlsContext::TlsContext() = default;
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<TlsContext>> TlsContext::create(TlsFiles files, TlsRole role, std::string trust_domain,
                                                       std::vector<std::string> alpn) {
  ignore_sigpipe_once();
  auto wire = to_wire(alpn);
  if (!wire) return std::unexpected(wire.error());
  std::shared_ptr<TlsContext> context(new TlsContext());
  context->state_ = std::make_unique<State>();
  State& state = *context->state_;
  state.files = std::move(files);
  state.role = role;
  state.trust_domain = std::move(trust_domain);
  state.alpn_wire = *std::move(wire);
  auto loaded = load_tls_files(state.files, role, state.trust_domain, state.alpn_wire);
  if (!loaded) return std::unexpected(loaded.error().within("TLS"));
  state.identity = std::move(loaded->identity);
  state.current = std::move(loaded->context);
  return context;
}

Result<void> check_tls_files(const TlsFiles& files, const std::string& trust_domain,
                             const std::vector<std::string>& paths) {
  const auto loaded = load_tls_files(files, TlsRole::kClient, trust_domain, {});
  if (!loaded) return std::unexpected(loaded.error().within("TLS"));
  if (std::ranges::contains(paths, loaded->identity.path)) return {};
  std::string wanted;
  for (const std::string& path : paths) {
    wanted += (wanted.empty() ? "" : " or ") + SpiffeId{trust_domain, path}.to_string();
  }
  return fail(ErrorCode::kInvalidArgument, "TLS: {}: is the certificate of {}; needed here: {}", files.cert,
              loaded->identity.to_string(), wanted);
}

Result<void> TlsContext::reload() {
  auto loaded = load_tls_files(state_->files, state_->role, state_->trust_domain, state_->alpn_wire);
  if (!loaded) return std::unexpected(loaded.error().within("TLS"));
  if (loaded->identity != state_->identity) {
    return fail(ErrorCode::kFailedPrecondition, "TLS: {}: is for {}, and this process is {}; restart it to change that",
                state_->files.cert, loaded->identity.to_string(), state_->identity.to_string());
  }
  const std::lock_guard lock(state_->mutex);
  state_->current.swap(loaded->context);
  return {};
}

SpiffeId TlsContext::identity() const {
  return state_->identity;
}

ssl_st* TlsContext::new_session() const {
  const std::lock_guard lock(state_->mutex);
  return SSL_new(state_->current.get());
}

TlsRole TlsContext::role() const {
  return state_->role;
}

const std::string& TlsContext::trust_domain() const {
  return state_->trust_domain;
}

}  // namespace pathwise::net

// SPDX-License-Identifier: GPL-2.0-or-later
#include "te/frr/link_params.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <deque>

#include "mgmt_message.h"

namespace pathwise::te {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto kTimeout = std::chrono::seconds(2);

}  // namespace

// Connect, one session, then one edit at a time. Any failure closes the socket and fails the edit in
// flight; the next edit starts over.
struct LinkParams::State : std::enable_shared_from_this<State> {
  struct Edit {
    std::string interface;
    LinkDelay delay;
    Done done;
  };

  State(asio::io_context& context, std::string where) : socket(context), timer(context), path(std::move(where)) {}

  void set(Edit edit) {
    for (Edit& waiting : queue) {
      const bool in_flight = busy && &waiting == &queue.front();
      if (in_flight || waiting.interface != edit.interface) continue;
      std::swap(waiting, edit);  // `edit` is the older one now
      edit.done(fail(ErrorCode::kFailedPrecondition, "a newer delay took its place"));
      return;
    }
    queue.push_back(std::move(edit));
    next();
  }

  void next() {
    if (busy || queue.empty() || stopped) return;
    busy = true;
    timer.expires_after(kTimeout);
    timer.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->finish(fail(ErrorCode::kDeadlineExceeded, "mgmtd did not answer"));
    });
    if (socket.is_open()) return send_edit();
    socket.async_connect(asio::local::stream_protocol::endpoint(path), [self = shared_from_this()](error_code error) {
      if (self->stopped) return;
      if (error) return self->finish(self->unavailable(error));
      self->send(mgmt_session_request("pathwise-frr"));
      self->receive();
    });
  }

  void send_edit() { send(mgmt_delay_edit(session, ++request, queue.front().interface, queue.front().delay)); }

  void send(const MgmtMessage& message) {
    output = encode_mgmt(message);
    asio::async_write(socket, asio::buffer(output), [self = shared_from_this()](error_code error, std::size_t) {
      if (error && error != asio::error::operation_aborted) self->finish(self->unavailable(error));
    });
  }

  // Runs for as long as the socket is open, so that a closed session is noticed at once.
  void receive() {
    input.resize(kMgmtFrameHeader);
    asio::async_read(socket, asio::buffer(input), [self = shared_from_this()](error_code error, std::size_t) {
      if (error) return self->lost(error);
      const auto length = mgmt_frame_length(self->input);
      if (!length) return self->finish(std::unexpected(length.error()));
      self->input.resize(*length);
      asio::async_read(self->socket, asio::buffer(self->input.data() + kMgmtFrameHeader, *length - kMgmtFrameHeader),
                       [self](error_code failed, std::size_t) {
                         if (failed) return self->lost(failed);
                         self->on_message();
                         if (self->socket.is_open()) self->receive();
                       });
    });
  }

  void on_message() {
    const auto message = decode_mgmt(input);
    if (!message) return finish(std::unexpected(message.error()));
    if (message->code == MgmtCode::kSessionReply) {
      session = message->session;
      return send_edit();
    }
    if (message->code == MgmtCode::kEditReply && message->request == request) return finish({});
    if (const auto text = mgmt_error(*message)) finish(fail(ErrorCode::kInvalidArgument, "mgmtd: {}", *text));
  }

  void lost(error_code error) {
    if (error != asio::error::operation_aborted) finish(unavailable(error));
  }

  [[nodiscard]] std::unexpected<Error> unavailable(error_code error) const {
    return fail(ErrorCode::kUnavailable, "mgmtd at {}: {}", path, error.message());
  }

  void finish(const Result<void>& result) {
    timer.cancel();
    if (!result) {
      error_code ignored;
      socket.close(ignored);
    }
    if (!busy || queue.empty()) return;
    busy = false;
    Edit edit = std::move(queue.front());
    queue.pop_front();
    edit.done(result);
    next();
  }

  void stop() {
    stopped = true;
    timer.cancel();
    error_code ignored;
    socket.close(ignored);
  }

  asio::local::stream_protocol::socket socket;
  asio::steady_timer timer;
  std::string path;
  std::deque<Edit> queue;  // one per interface, and the one in flight
  std::string output;
  std::string input;
  std::uint64_t session = 0;
  std::uint64_t request = 1;
  bool busy = false;
  bool stopped = false;
};

LinkParams::LinkParams(asio::io_context& context, std::string socket)
    : state_(std::make_shared<State>(context, std::move(socket))) {}
LinkParams::~LinkParams() {
  state_->stop();
}

void LinkParams::set(const std::string& interface, const LinkDelay& delay, Done done) {
  state_->set({interface, delay, std::move(done)});
}

}  // namespace pathwise::te

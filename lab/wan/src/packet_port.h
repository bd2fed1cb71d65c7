// SPDX-License-Identifier: Apache-2.0
// One interface of the relay: a packet socket (packet(7)) that receives every frame that arrives,
// with the kernel's receive time, and sends frames past the queueing discipline. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/error.h"
#include "lab/clab/descriptor.h"
#include "lab/wan/pipe.h"

namespace pathwise::wan {

class PacketPort {
 public:
  // kNotFound for an interface that does not exist, kPermissionDenied without CAP_NET_RAW.
  [[nodiscard]] static Result<PacketPort> open(const std::string& interface);

  [[nodiscard]] int descriptor() const { return socket_.get(); }
  // Hands every frame that waits, up to a bound, to `sink`, with its arrival on the steady clock.
  void receive(const std::function<void(Time received, Frame frame)>& sink);
  // A frame that the interface does not take at once is lost and counted.
  void send(const Frame& frame);
  [[nodiscard]] std::uint64_t send_failures() const { return send_failures_; }

 private:
  explicit PacketPort(lab::Descriptor socket) : socket_(std::move(socket)) {}

  lab::Descriptor socket_;
  std::uint64_t send_failures_ = 0;
};

[[nodiscard]] Time steady_now();

}  // namespace pathwise::wan

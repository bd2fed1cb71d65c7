// SPDX-License-Identifier: Apache-2.0
#include "netlink.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <string>

namespace pathwise::te {
namespace {

constexpr std::size_t kMessageSize = 2048;  // a nexthop with the longest segment list that SRH allows us is below

// What the answer to one request was.
struct Answer {
  const NetlinkSocket::Visitor* visit = nullptr;
  bool done = false;
  int error = 0;  // errno
  std::string text;
};

int on_valid(nl_msg* message, void* argument) {
  const auto& answer = *static_cast<Answer*>(argument);
  if (*answer.visit) (*answer.visit)(*nlmsg_hdr(message));
  return NL_OK;
}

int on_done(nl_msg*, void* argument) {
  static_cast<Answer*>(argument)->done = true;
  return NL_STOP;
}

int on_error(sockaddr_nl*, nlmsgerr* error, void* argument) {
  auto& answer = *static_cast<Answer*>(argument);
  answer.done = true;
  answer.error = -error->error;
  auto* header = reinterpret_cast<nlmsghdr*>(reinterpret_cast<char*>(error) - NLMSG_HDRLEN);
  if ((header->nlmsg_flags & NLM_F_ACK_TLVS) == 0) return NL_STOP;
  const int size = static_cast<int>(header->nlmsg_len) - static_cast<int>(NLMSG_HDRLEN + sizeof(nlmsgerr));
  const auto* text = nla_find(reinterpret_cast<nlattr*>(error + 1), size, NLMSGERR_ATTR_MSG);
  if (text != nullptr)
    answer.text.assign(static_cast<const char*>(nla_data(text)),
                       strnlen(static_cast<const char*>(nla_data(text)), static_cast<std::size_t>(nla_len(text))));
  return NL_STOP;
}

ErrorCode code_of(int error) {
  switch (error) {
    case EPERM:
    case EACCES:
      return ErrorCode::kPermissionDenied;
    case ENOENT:
    case ESRCH:
    case ENODEV:
    case EADDRNOTAVAIL:
    case ENETUNREACH:
    case EHOSTUNREACH:
      return ErrorCode::kNotFound;
    case EEXIST:
      return ErrorCode::kAlreadyExists;
    case EINVAL:
      return ErrorCode::kInvalidArgument;
    default:
      return ErrorCode::kIo;
  }
}

bool enable(nl_sock* socket, int option) {
  const int on = 1;
  return setsockopt(nl_socket_get_fd(socket), SOL_NETLINK, option, &on, sizeof on) == 0;
}

}  // namespace

NetlinkMessage::NetlinkMessage(int type, int flags) : message_(nlmsg_alloc_size(kMessageSize)) {
  if (!message_ || nlmsg_put(message_.get(), NL_AUTO_PORT, NL_AUTO_SEQ, type, 0, flags) == nullptr)
    throw std::bad_alloc();
}

void NetlinkMessage::append(const void* data, std::size_t size) {
  if (nlmsg_append(message_.get(), const_cast<void*>(data), size, NLMSG_ALIGNTO) < 0) throw std::bad_alloc();
}

void NetlinkMessage::put(int attribute, const void* data, std::size_t size) {
  if (nla_put(message_.get(), attribute, static_cast<int>(size), data) < 0) throw std::bad_alloc();
}

void NetlinkMessage::nested(int nest, int attribute, std::span<const std::uint8_t> data) {
  nlattr* outer = nla_nest_start(message_.get(), nest);
  if (outer == nullptr) throw std::bad_alloc();
  put(attribute, data.data(), data.size());
  nla_nest_end(message_.get(), outer);
}

Result<NetlinkSocket> NetlinkSocket::open(int protocol) {
  NetlinkSocket result(nl_socket_alloc());
  if (!result.socket_) return fail(ErrorCode::kResourceExhausted, "netlink: out of memory");
  if (const int error = nl_connect(result.socket_.get(), protocol); error < 0) {
    return fail(ErrorCode::kIo, "netlink: {}", nl_geterror(error));
  }
  enable(result.socket_.get(), NETLINK_EXT_ACK);  // older kernels: fewer words, nothing else
  enable(result.socket_.get(), NETLINK_CAP_ACK);
  enable(result.socket_.get(), NETLINK_GET_STRICT_CHK);
  return result;
}

Result<void> NetlinkSocket::request(const NetlinkMessage& message, const Visitor& visit) {
  Answer answer{.visit = &visit};
  const std::unique_ptr<nl_cb, void (*)(nl_cb*)> callbacks(nl_cb_alloc(NL_CB_DEFAULT), nl_cb_put);
  if (!callbacks) return fail(ErrorCode::kResourceExhausted, "netlink: out of memory");
  nl_cb_set(callbacks.get(), NL_CB_VALID, NL_CB_CUSTOM, on_valid, &answer);
  nl_cb_set(callbacks.get(), NL_CB_ACK, NL_CB_CUSTOM, on_done, &answer);
  nl_cb_set(callbacks.get(), NL_CB_FINISH, NL_CB_CUSTOM, on_done, &answer);
  nl_cb_err(callbacks.get(), NL_CB_CUSTOM, on_error, &answer);
  if (const int sent = nl_send_auto(socket_.get(), message.get()); sent < 0) {
    return fail(ErrorCode::kIo, "netlink: {}", nl_geterror(sent));
  }
  while (!answer.done) {
    const int received = nl_recvmsgs(socket_.get(), callbacks.get());
    if (received < 0 && !answer.done) return fail(ErrorCode::kIo, "netlink: {}", nl_geterror(received));
  }
  if (answer.error == 0) return {};
  const std::string reason = std::strerror(answer.error);
  return fail(code_of(answer.error), "{}", answer.text.empty() ? reason : reason + ": " + answer.text);
}

std::uint32_t get_u32(const nlattr* attribute, std::uint32_t otherwise) {
  return attribute != nullptr && nla_len(attribute) == sizeof(std::uint32_t) ? nla_get_u32(attribute) : otherwise;
}

Ipv6Address get_address(const nlattr* attribute) {
  Ipv6Address result;
  if (attribute == nullptr || nla_len(attribute) != static_cast<int>(result.bytes.size())) return result;
  std::memcpy(result.bytes.data(), nla_data(attribute), result.bytes.size());
  return result;
}

}  // namespace pathwise::te

// SPDX-License-Identifier: Apache-2.0
// What pathwise-wan needs from the system, and says when it does not get it.
#include <gmock/gmock.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/format.h"
#include "control_socket.h"
#include "packet_port.h"

namespace pathwise::wan {
namespace {

using testing::HasSubstr;

TEST(ControlSocket, TakesNobodysSocketAndNoFile) {
  const auto directory = std::filesystem::temp_directory_path() / formatted("wan-sockets-{}", ::getpid());
  std::filesystem::create_directories(directory);
  const std::string path = (directory / "wan.sock").string();
  {
    const auto first = ControlSocket::listen(path);
    ASSERT_TRUE(first) << first.error().message;
    const auto second = ControlSocket::listen(path);
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().message, HasSubstr("another pathwise-wan answers on it"));
  }
  EXPECT_TRUE(ControlSocket::listen(path)) << "what a dead one left is replaced";
  const std::string file = (directory / "precious").string();
  std::ofstream(file) << "data";
  const auto refused = ControlSocket::listen(file);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("precious: there is a file of that name that is no socket"));
  EXPECT_EQ(std::filesystem::file_size(file), 4U);
  std::filesystem::remove_all(directory);
}

TEST(PacketPort, NamesTheCapabilityThatIsMissing) {
  Result<PacketPort> port = fail(ErrorCode::kInternal, "did not run");
  std::thread([&] {  // capabilities are a thread's own
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, 2> data{};
    ASSERT_EQ(::syscall(SYS_capset, &header, data.data()), 0);
    port = PacketPort::open("lo");
  })
      .join();
  ASSERT_FALSE(port);
  EXPECT_EQ(port.error().code, ErrorCode::kPermissionDenied);
  EXPECT_THAT(port.error().message, HasSubstr("interface lo: a packet socket needs CAP_NET_RAW"));
}

}  // namespace
}  // namespace pathwise::wan

// SPDX-License-Identifier: Apache-2.0
#include "pcep/daemon/lsp_service.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/format.h"

namespace pathwise::pcep {
namespace {

TEST(LspService, SaysWhyItCannotServeAndTakesNobodysSocket) {
  const auto directory = std::filesystem::temp_directory_path() / formatted("lsp-service-{}", ::getpid());
  std::filesystem::create_directories(directory);
  const std::string socket = (directory / "pce.sock").string();
  const auto start = [](const std::string& path) {
    return LspService::start(path, [] { return std::optional<PceSnapshot>(); });
  };
  const auto refusal = [&](const std::string& path) {
    const auto service = start(path);
    return service ? "accepted" : service.error().message;
  };
  const auto first = start(socket);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_NE(refusal(socket).find("pce.sock: another pathwise-pce answers on it"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_socket(socket));
  EXPECT_NE(refusal("/nonexistent/pce.sock").find("directory /nonexistent"), std::string::npos);
  EXPECT_NE(refusal("/tmp/" + std::string(200, 'x')).find("longer than"), std::string::npos);
  const std::string file = (directory / "file").string();
  std::ofstream(file) << "x";
  EXPECT_NE(refusal(file).find("no socket"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_regular_file(file));
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace pathwise::pcep

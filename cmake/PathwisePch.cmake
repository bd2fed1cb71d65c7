# Precompiled headers, in the sanitizer builds only: there parsing is most of the work. The release build has
# none, so that a file which misses an include does not build.
#   std         the standard library's
#   asio        and Asio
#   test, test_asio   and GoogleTest
set(PATHWISE_PCH_STD <algorithm> <array> <atomic> <charconv> <chrono> <compare> <condition_variable> <cstdint> <cstring>
    <expected> <filesystem> <fstream> <functional> <iostream> <limits> <map> <memory> <mutex> <numeric> <optional>
    <queue> <ranges> <set> <span> <sstream> <string> <string_view> <thread> <tuple> <unordered_map> <utility> <variant>
    <vector>)
set(PATHWISE_PCH_ASIO <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp> <boost/asio/detached.hpp>
    <boost/asio/io_context.hpp> <boost/asio/ip/tcp.hpp> <boost/asio/local/stream_protocol.hpp> <boost/asio/post.hpp>
    <boost/asio/posix/stream_descriptor.hpp> <boost/asio/read.hpp> <boost/asio/redirect_error.hpp>
    <boost/asio/steady_timer.hpp> <boost/asio/use_awaitable.hpp> <boost/asio/write.hpp>)
set(PATHWISE_PCH_TEST <gmock/gmock.h> <gtest/gtest.h>)

function(pathwise_make_pch NAME)
  cmake_parse_arguments(ARG "" "" "HEADERS;LINKS" ${ARGN})
  set(source ${CMAKE_BINARY_DIR}/pch_${NAME}.cc)
  file(CONFIGURE OUTPUT ${source} CONTENT "")
  add_library(pch_${NAME} OBJECT ${source})
  target_link_libraries(pch_${NAME} PRIVATE pathwise_options ${ARG_LINKS})
  target_compile_options(pch_${NAME} PRIVATE -Wno-deprecated-declarations)
  target_precompile_headers(pch_${NAME} PRIVATE ${ARG_HEADERS})
endfunction()

if(PATHWISE_SANITIZE)
  # ccache compares the compiled header by its content, which must not have the time in it.
  target_compile_options(pathwise_options INTERFACE "SHELL:-Xclang -fno-pch-timestamp")
  pathwise_make_pch(std HEADERS ${PATHWISE_PCH_STD})
  pathwise_make_pch(asio HEADERS ${PATHWISE_PCH_STD} ${PATHWISE_PCH_ASIO} LINKS asio)
  pathwise_make_pch(test HEADERS ${PATHWISE_PCH_STD} ${PATHWISE_PCH_TEST} LINKS GTest::gmock)
  pathwise_make_pch(test_asio HEADERS ${PATHWISE_PCH_STD} ${PATHWISE_PCH_TEST} ${PATHWISE_PCH_ASIO}
                    LINKS GTest::gmock asio)
endif()

# pathwise_use_pch(TARGET std|test LINKS …): the one with Asio if the target links it itself.
function(pathwise_use_pch TARGET KIND)
  if(NOT PATHWISE_SANITIZE)
    return()
  endif()
  set(pch pch_${KIND})
  if("asio" IN_LIST ARGN OR "beast" IN_LIST ARGN)
    set(pch pch_${KIND}_asio)
  endif()
  string(REPLACE "pch_std_asio" "pch_asio" pch ${pch})
  target_precompile_headers(${TARGET} REUSE_FROM ${pch})
  get_target_property(type ${TARGET} TYPE)
  if(type STREQUAL EXECUTABLE)  # -fPIC, as the headers were compiled, instead of -fPIE
    set_target_properties(${TARGET} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${TARGET} PRIVATE -fPIC)
  endif()
endfunction()

# Compiler, warnings, sanitizers, linker: the same for every target.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)  # no modules here; the scan's flags would also keep ccache from caching anything
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

set(PATHWISE_SANITIZE "" CACHE STRING "Sanitizers: 'address,undefined' or 'thread'")

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(pathwise_options INTERFACE)
target_compile_options(pathwise_options INTERFACE -Wall -Wextra -Wpedantic -Werror -Wno-missing-field-initializers)
target_link_options(pathwise_options INTERFACE -fuse-ld=mold)
# Tests need no optimisation of their own code, what they call has it.
add_library(pathwise_test_options INTERFACE)
if(CMAKE_BUILD_TYPE STREQUAL RelWithDebInfo)
  target_compile_options(pathwise_test_options INTERFACE -O0)
endif()
if(PATHWISE_SANITIZE)
  target_compile_options(pathwise_options INTERFACE -fsanitize=${PATHWISE_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(pathwise_options INTERFACE -fsanitize=${PATHWISE_SANITIZE})
  if(PATHWISE_SANITIZE MATCHES undefined)
    # Without what AddressSanitizer sees as well (it traps the access): these two double the code, and at
    # -O0 object-size checks nothing.
    target_compile_options(pathwise_options INTERFACE -fno-sanitize-recover=all -fno-sanitize=null,object-size)
  endif()
endif()

find_package(Threads REQUIRED)
find_package(OpenSSL 3.2 REQUIRED)
find_package(Protobuf REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(simdjson REQUIRED)
find_package(prometheus-cpp REQUIRED CONFIG COMPONENTS core)
find_package(nlohmann_json REQUIRED)
# Not by pkg-config: its --static query of gRPC's hundred Abseil files takes minutes.
find_library(GRPCPP_LIBRARY grpc++ REQUIRED)
find_library(GRPC_LIBRARY grpc REQUIRED)
find_library(GPR_LIBRARY gpr REQUIRED)
find_library(ABSL_SYNCHRONIZATION_LIBRARY absl_synchronization REQUIRED)
add_library(grpcpp INTERFACE)
target_link_libraries(grpcpp INTERFACE ${GRPCPP_LIBRARY} ${GRPC_LIBRARY} ${GPR_LIBRARY} ${ABSL_SYNCHRONIZATION_LIBRARY}
                      Threads::Threads)
pkg_check_modules(NL REQUIRED IMPORTED_TARGET libnl-3.0 libnl-route-3.0)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
find_library(LLHTTP_LIBRARY llhttp REQUIRED)
add_library(llhttp INTERFACE)
target_link_libraries(llhttp INTERFACE ${LLHTTP_LIBRARY})
# Asio of Boost: concrete executors, no deprecated names; its own functions are compiled once, in asio_impl.
# (Its SSL part is separate: boost/asio/ssl/impl/src.hpp.)
add_library(asio_impl STATIC ${CMAKE_CURRENT_LIST_DIR}/asio_impl.cc)
target_compile_definitions(asio_impl PUBLIC BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_SEPARATE_COMPILATION)
if(PATHWISE_SANITIZE STREQUAL thread)
  target_compile_definitions(asio_impl PUBLIC BOOST_ASIO_DISABLE_FENCED_BLOCK)  # TSan does not model fences
endif()
target_link_libraries(asio_impl PUBLIC Threads::Threads PRIVATE pathwise_options)
add_library(asio INTERFACE)
target_link_libraries(asio INTERFACE asio_impl)
# Beast of Boost 1.83 uses std::aligned_storage, which C++23 deprecates: clang says so wherever it is instantiated.
add_library(beast INTERFACE)
target_link_libraries(beast INTERFACE asio)
target_compile_options(beast INTERFACE $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)

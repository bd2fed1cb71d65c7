# pathwise_library(NAME SOURCES … [LINKS …] [PRIVATE_LINKS …])
#   A static library whose public headers are in <folder>/include. LINKS are what its headers
#   need, PRIVATE_LINKS what only its sources need.
function(pathwise_library NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  if(ARG_SOURCES)
    add_library(${NAME} STATIC ${ARG_SOURCES})
    target_include_directories(${NAME} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/include PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
    target_link_libraries(${NAME} PUBLIC ${ARG_LINKS} PRIVATE pathwise_options ${ARG_PRIVATE_LINKS})
  else()
    add_library(${NAME} INTERFACE)
    target_include_directories(${NAME} INTERFACE ${CMAKE_CURRENT_SOURCE_DIR}/include)
    target_link_libraries(${NAME} INTERFACE ${ARG_LINKS})
  endif()
endfunction()

# pathwise_program(NAME SOURCES … LINKS …): an executable in build/<preset>/bin.
function(pathwise_program NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES})
  target_link_libraries(${NAME} PRIVATE pathwise_options ${ARG_LINKS})
  set_property(GLOBAL APPEND PROPERTY PATHWISE_PROGRAMS ${NAME})
endfunction()

# pathwise_test(NAME SOURCES … LINKS … [THREADS] [UNSANITIZED reason] [LABELS …])
#   One GoogleTest program. `make test` runs it in the release build and under ASan+UBSan, with
#   THREADS also under TSan. UNSANITIZED: not under ASan, and why.
function(pathwise_test NAME)
  cmake_parse_arguments(ARG "THREADS" "UNSANITIZED" "SOURCES;LINKS;LABELS" ${ARGN})
  if((PATHWISE_SANITIZE STREQUAL "thread" AND NOT ARG_THREADS)
     OR (PATHWISE_SANITIZE MATCHES address AND ARG_UNSANITIZED))
    return()
  endif()
  add_executable(${NAME} ${ARG_SOURCES})
  target_link_libraries(${NAME} PRIVATE pathwise_options pathwise_test_options GTest::gmock_main ${ARG_LINKS})
  target_compile_definitions(${NAME} PRIVATE PATHWISE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  set_property(GLOBAL APPEND PROPERTY PATHWISE_TESTS ${NAME})
  add_test(NAME ${NAME} COMMAND ${NAME})
  set_tests_properties(${NAME} PROPERTIES TIMEOUT 300 LABELS "unit;${ARG_LABELS}")
endfunction()

# pathwise_bench(NAME SOURCES … LINKS …): bench-NAME; prints a table, writes build/bench/NAME.jsonl.
function(pathwise_bench NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  if(PATHWISE_SANITIZE)
    return()
  endif()
  add_executable(bench-${NAME} ${ARG_SOURCES})
  target_link_libraries(bench-${NAME} PRIVATE pathwise_options ${ARG_LINKS})
  set_property(GLOBAL APPEND PROPERTY PATHWISE_BENCHES bench-${NAME})
endfunction()

# pathwise_fuzz(NAME SOURCES … LINKS …): a libFuzzer target, in the asan build (clang, with coverage): one
# compilation of the libraries serves its tests and these.
function(pathwise_fuzz NAME)
  cmake_parse_arguments(ARG "" "CORPUS" "SOURCES;LINKS" ${ARGN})
  if(NOT PATHWISE_SANITIZE MATCHES fuzzer)
    return()
  endif()
  add_executable(fuzz-${NAME} ${ARG_SOURCES})
  target_link_libraries(fuzz-${NAME} PRIVATE pathwise_options ${ARG_LINKS})
  target_link_options(fuzz-${NAME} PRIVATE -fsanitize=fuzzer)
  set_property(GLOBAL APPEND PROPERTY PATHWISE_FUZZERS fuzz-${NAME})
endfunction()

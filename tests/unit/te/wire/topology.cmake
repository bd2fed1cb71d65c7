pathwise_test(te_wire_topology_test
  SOURCES topology_stream_test.cc topology_security_test.cc topology_convert_test.cc
  LINKS te_wire_topology net_test_ca proto_topology)
if(TARGET te_wire_topology_test)
  target_include_directories(te_wire_topology_test PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/../../../../te/wire/src)
endif()

pathwise_test(te_wire_topology_test
  SOURCES topology_stream_test.cc topology_security_test.cc
  LINKS te_wire_topology net_test_ca)

pathwise_test(test_te_wire_te
  SOURCES te_convert_test.cc te_server_test.cc te_intent_store_test.cc te_queries_test.cc
  LINKS te_wire_te proto_te)
if(TARGET test_te_wire_te)
  target_include_directories(test_te_wire_te PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/../../../../te/wire/src
                                                     ${CMAKE_CURRENT_SOURCE_DIR}/../support)
endif()

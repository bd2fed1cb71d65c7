# The intent and path stream (te.proto): pathwise-te's server, the router's and the CLI's client.
pathwise_library(te_wire_te
  SOURCES src/te_convert_intent.cc src/te_convert_paths.cc src/te_convert_queries.cc src/te_status.cc src/te_channel.cc
          src/te_server.cc src/te_client.cc src/te_queries.cc src/te_intent_store.cc
  LINKS te_snapshot te_policy te_verify
  PRIVATE_LINKS proto_te te_wire_topology)

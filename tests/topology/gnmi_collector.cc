// SPDX-License-Identifier: Apache-2.0
#include "gnmi_collector.h"

#include <grpcpp/grpcpp.h>

#include <fstream>
#include <sstream>

#include "base/format.h"
#include "gnmi/gnmi.grpc.pb.h"
#include "gnmi/path.h"

namespace pathwise::topology_test {
namespace {

constexpr std::chrono::seconds kRpcLimit{20};

std::string text_of_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

void encode(const std::string& text, ::gnmi::Path& out) {
  const auto path = gnmi::Path::parse(text);
  for (const gnmi::PathElem& elem : path.value().elems) {
    auto& added = *out.add_elem();
    added.set_name(elem.name);
    for (const auto& [key, value] : elem.keys) (*added.mutable_key())[key] = value;
  }
}

std::string to_text(const ::gnmi::Path& prefix, const ::gnmi::Path& path) {
  std::string text;
  for (const auto* each : {&prefix, &path}) {
    for (const auto& elem : each->elem()) {
      text += "/" + elem.name();
      const std::map<std::string, std::string> keys(elem.key().begin(), elem.key().end());
      for (const auto& [key, value] : keys) text += formatted("[{}={}]", key, value);
    }
  }
  return text;
}

std::string to_text(const ::gnmi::TypedValue& value) {
  switch (value.value_case()) {
    case ::gnmi::TypedValue::kStringVal:
      return value.string_val();
    case ::gnmi::TypedValue::kUintVal:
      return formatted("{}", value.uint_val());
    case ::gnmi::TypedValue::kIntVal:
      return formatted("{}", value.int_val());
    case ::gnmi::TypedValue::kBoolVal:
      return value.bool_val() ? "true" : "false";
    case ::gnmi::TypedValue::kDoubleVal:
      return formatted("{}", value.double_val());
    case ::gnmi::TypedValue::kJsonVal:
      return value.json_val();
    case ::gnmi::TypedValue::kJsonIetfVal:
      return value.json_ietf_val();
    default:
      return value.ShortDebugString();
  }
}

void append(const ::gnmi::Notification& notification, std::vector<GnmiUpdate>& out) {
  for (const auto& update : notification.update()) {
    out.push_back({to_text(notification.prefix(), update.path()), to_text(update.val())});
  }
}

}  // namespace

struct GnmiCollector::State {
  std::unique_ptr<::gnmi::gNMI::Stub> stub;
  static void limit(grpc::ClientContext& context, std::chrono::seconds seconds) {
    context.set_deadline(std::chrono::system_clock::now() + seconds);
  }
};

GnmiCollector::GnmiCollector(const std::string& address, const std::string& certificates, const std::string& name)
    : state_(std::make_unique<State>()) {
  grpc::SslCredentialsOptions options{.pem_root_certs = text_of_file(certificates + "/ca.pem")};
  if (!name.empty()) {
    options.pem_private_key = text_of_file(certificates + "/" + name + ".key");
    options.pem_cert_chain = text_of_file(certificates + "/" + name + ".pem");
  }
  state_->stub = ::gnmi::gNMI::NewStub(grpc::CreateChannel(address, grpc::SslCredentials(options)));
}

GnmiCollector::~GnmiCollector() = default;

std::vector<std::string> GnmiCollector::capabilities() {
  grpc::ClientContext context;
  State::limit(context, kRpcLimit);
  ::gnmi::CapabilityResponse response;
  const grpc::Status status = state_->stub->Capabilities(&context, {}, &response);
  error_ = status.error_message();
  std::vector<std::string> models;
  for (const auto& model : response.supported_models()) models.push_back(model.name());
  return models;
}

std::vector<GnmiUpdate> GnmiCollector::get(const std::vector<std::string>& paths) {
  grpc::ClientContext context;
  State::limit(context, kRpcLimit);
  ::gnmi::GetRequest request;
  request.set_encoding(::gnmi::JSON_IETF);
  for (const std::string& path : paths) encode(path, *request.add_path());
  ::gnmi::GetResponse response;
  const grpc::Status status = state_->stub->Get(&context, request, &response);
  error_ = status.error_message();
  std::vector<GnmiUpdate> updates;
  for (const auto& notification : response.notification()) append(notification, updates);
  return updates;
}

std::vector<GnmiUpdate> GnmiCollector::subscribe_once(const std::vector<std::string>& paths) {
  grpc::ClientContext context;
  State::limit(context, kRpcLimit);
  ::gnmi::SubscribeRequest request;
  request.mutable_subscribe()->set_mode(::gnmi::SubscriptionList::ONCE);
  request.mutable_subscribe()->set_encoding(::gnmi::PROTO);
  for (const std::string& path : paths) encode(path, *request.mutable_subscribe()->add_subscription()->mutable_path());
  const auto stream = state_->stub->Subscribe(&context);
  stream->Write(request);
  std::vector<GnmiUpdate> updates;
  ::gnmi::SubscribeResponse response;
  bool synced = false;
  while (stream->Read(&response)) {
    append(response.update(), updates);
    synced = synced || response.sync_response();
  }
  error_ = stream->Finish().error_message();
  if (!synced) updates.clear();
  return updates;
}

std::optional<GnmiUpdate> GnmiCollector::stream_until(const std::string& path, GnmiMode mode,
                                                      const std::function<bool(const GnmiUpdate&)>& wanted,
                                                      const std::function<void()>& meanwhile,
                                                      std::chrono::seconds limit) {
  grpc::ClientContext context;
  State::limit(context, limit);
  ::gnmi::SubscribeRequest request;
  request.mutable_subscribe()->set_mode(::gnmi::SubscriptionList::STREAM);
  request.mutable_subscribe()->set_encoding(::gnmi::PROTO);
  auto& subscription = *request.mutable_subscribe()->add_subscription();
  encode(path, *subscription.mutable_path());
  subscription.set_mode(mode == GnmiMode::kSample ? ::gnmi::SAMPLE : ::gnmi::ON_CHANGE);
  if (mode == GnmiMode::kSample) subscription.set_sample_interval(200'000'000);  // ns
  const auto stream = state_->stub->Subscribe(&context);
  stream->Write(request);
  ::gnmi::SubscribeResponse response;
  bool synced = false;
  std::optional<GnmiUpdate> found;
  while (!found && stream->Read(&response)) {
    if (response.sync_response() && !synced) {
      synced = true;
      if (meanwhile) meanwhile();
    }
    std::vector<GnmiUpdate> updates;
    append(response.update(), updates);
    for (const GnmiUpdate& update : updates) {
      if (synced && wanted(update)) found = update;
    }
  }
  context.TryCancel();
  error_ = stream->Finish().error_message();
  return found;
}

}  // namespace pathwise::topology_test

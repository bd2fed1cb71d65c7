// SPDX-License-Identifier: Apache-2.0
#include "pcep/codec/grammar.h"

#include <utility>

namespace pathwise::pcep {
namespace {

// The objects of one report or request, sorted but not yet judged.
struct Group {
  std::optional<SrpObject> srp;
  std::optional<LspObject> lsp;
  std::vector<AssociationObject> associations;
  std::optional<EroObject> ero;
  Attributes before_rro;
  std::optional<RroObject> rro;
  Attributes after;
  std::vector<Object> others;
};

void add_attribute(Attributes& attributes, const Object& object, std::vector<Object>& others) {
  if (const auto* lspa = std::get_if<LspaObject>(&object.body)) {
    attributes.lspa = *lspa;
  } else if (const auto* bandwidth = std::get_if<BandwidthObject>(&object.body)) {
    attributes.bandwidth = *bandwidth;
  } else if (const auto* metric = std::get_if<MetricObject>(&object.body)) {
    attributes.metrics.push_back(*metric);
  } else {
    others.push_back(object);
  }
}

void add(Group& group, const Object& object) {
  if (const auto* srp = std::get_if<SrpObject>(&object.body)) {
    group.srp = *srp;
  } else if (const auto* lsp = std::get_if<LspObject>(&object.body)) {
    group.lsp = *lsp;
  } else if (const auto* association = std::get_if<AssociationObject>(&object.body)) {
    group.associations.push_back(*association);
  } else if (const auto* ero = std::get_if<EroObject>(&object.body)) {
    group.ero = *ero;
  } else if (const auto* rro = std::get_if<RroObject>(&object.body)) {
    // Attributes before the RRO describe the actual path (RFC 8231 section 6.1).
    group.rro = *rro;
    group.before_rro = std::exchange(group.after, {});
  } else {
    add_attribute(group.after, object, group.others);
  }
}

// A group starts at an SRP, or at an LSP if the group has one already.
std::vector<Group> split(const Message& message) {
  std::vector<Group> groups;
  for (const Object& object : message.objects) {
    const bool srp = std::holds_alternative<SrpObject>(object.body);
    const bool lsp = std::holds_alternative<LspObject>(object.body);
    if (groups.empty() || srp || (lsp && groups.back().lsp)) groups.emplace_back();
    add(groups.back(), object);
  }
  return groups;
}

std::unexpected<RequestError> missing(ErrorCodePoint code, Group& group) {
  return std::unexpected(RequestError{code, std::move(group.srp), std::move(group.lsp)});
}

void append_attributes(Message& message, const Attributes& attributes) {
  if (attributes.lspa) message.objects.emplace_back(*attributes.lspa);
  if (attributes.bandwidth) message.objects.emplace_back(*attributes.bandwidth);
  for (const MetricObject& metric : attributes.metrics) message.objects.emplace_back(metric);
}

}  // namespace

std::vector<std::expected<StateReport, RequestError>> parse_reports(const Message& message) {
  std::vector<std::expected<StateReport, RequestError>> reports;
  for (Group& group : split(message)) {
    if (!group.lsp) {
      reports.push_back(missing(errors::kLspMissing, group));
    } else if (!group.ero && !group.lsp->removed()) {
      reports.push_back(missing(errors::kEroMissing, group));
    } else {
      StateReport report;
      report.srp = std::move(group.srp);
      report.lsp = std::move(*group.lsp);
      report.associations = std::move(group.associations);
      report.ero = group.ero ? std::move(*group.ero) : EroObject{};
      report.actual = std::move(group.before_rro);
      report.rro = std::move(group.rro);
      report.intended = std::move(group.after);
      report.others = std::move(group.others);
      reports.emplace_back(std::move(report));
    }
  }
  return reports;
}

std::vector<std::expected<UpdateRequest, RequestError>> parse_updates(const Message& message) {
  std::vector<std::expected<UpdateRequest, RequestError>> requests;
  for (Group& group : split(message)) {
    if (!group.srp) {
      requests.push_back(missing(errors::kSrpMissing, group));
    } else if (!group.lsp) {
      requests.push_back(missing(errors::kLspMissing, group));
    } else if (!group.ero) {
      requests.push_back(missing(errors::kEroMissing, group));
    } else {
      UpdateRequest request{std::move(*group.srp), std::move(*group.lsp),  std::move(group.associations),
                            std::move(*group.ero), std::move(group.after), std::move(group.others)};
      requests.emplace_back(std::move(request));
    }
  }
  if (requests.empty()) requests.push_back(std::unexpected(RequestError{errors::kSrpMissing, {}, {}}));
  return requests;
}

void append(Message& message, const StateReport& report) {
  if (report.srp) message.objects.emplace_back(*report.srp);
  message.objects.emplace_back(report.lsp);
  for (const AssociationObject& association : report.associations) message.objects.emplace_back(association);
  message.objects.emplace_back(report.ero);
  if (report.rro) {
    append_attributes(message, report.actual);
    message.objects.emplace_back(*report.rro);
  }
  append_attributes(message, report.intended);
  for (const Object& object : report.others) message.objects.push_back(object);
}

void append(Message& message, const UpdateRequest& request) {
  message.objects.emplace_back(request.srp);
  message.objects.emplace_back(request.lsp);
  for (const AssociationObject& association : request.associations) message.objects.emplace_back(association);
  message.objects.emplace_back(request.ero);
  append_attributes(message, request.attributes);
  for (const Object& object : request.others) message.objects.push_back(object);
}

Message make_keepalive() {
  return {.type = MessageType::kKeepalive};
}

Message make_open(OpenObject open) {
  Message message{.type = MessageType::kOpen};
  message.objects.emplace_back(std::move(open));
  return message;
}

Message make_close(CloseReason reason) {
  Message message{.type = MessageType::kClose};
  message.objects.emplace_back(CloseObject{.reason = reason});
  return message;
}

Message make_error(ErrorCodePoint code) {
  return make_error(RequestError{code, {}, {}});
}

Message make_error(const RequestError& error) {
  Message message{.type = MessageType::kError};
  if (error.srp) message.objects.emplace_back(*error.srp);
  message.objects.emplace_back(ErrorObject{.code = error.code});
  if (error.lsp) message.objects.emplace_back(*error.lsp);
  return message;
}

}  // namespace pathwise::pcep

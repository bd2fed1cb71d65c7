// SPDX-License-Identifier: Apache-2.0
#include "convert.h"

#include <nlohmann/json.hpp>

namespace pathwise::gnmi {
namespace {

// RFC 7951: 64-bit integers are JSON strings; plain JSON has them as numbers.
std::string to_json(const Value& value, bool ietf) {
  return std::visit(
      [&](const auto& v) -> std::string {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, std::int64_t> || std::is_same_v<T, std::uint64_t>) {
          if (ietf) return nlohmann::json(std::to_string(v)).dump();
        }
        return nlohmann::json(v).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
      },
      value);
}

}  // namespace

Result<Path> from_wire(const ::gnmi::Path& prefix, const ::gnmi::Path& path) {
  Path out;
  for (const ::gnmi::Path* part : {&prefix, &path}) {
    if (!part->origin().empty() && part->origin() != "pathwise") {
      return fail(ErrorCode::kInvalidArgument, "origin '{}' is not served; leave it empty or use 'pathwise'",
                  part->origin());
    }
    for (const ::gnmi::PathElem& elem : part->elem()) {
      PathElem& added = out.elems.emplace_back(PathElem{elem.name(), {}});
      for (const auto& [key, value] : elem.key()) added.keys.emplace(key, value);
    }
  }
  if (out.elems.size() > 32) return fail(ErrorCode::kInvalidArgument, "a path has more than 32 elements");
  return out;
}

void to_wire(const Path& path, ::gnmi::Path& out) {
  for (const PathElem& elem : path.elems) {
    ::gnmi::PathElem& added = *out.add_elem();
    added.set_name(elem.name);
    for (const auto& [key, value] : elem.keys) (*added.mutable_key())[key] = value;
  }
}

bool supported(::gnmi::Encoding encoding) {
  return encoding == ::gnmi::JSON || encoding == ::gnmi::JSON_IETF || encoding == ::gnmi::PROTO;
}

void to_wire(const Value& value, ::gnmi::Encoding encoding, ::gnmi::TypedValue& out) {
  if (encoding == ::gnmi::JSON) return out.set_json_val(to_json(value, false));
  if (encoding == ::gnmi::JSON_IETF) return out.set_json_ietf_val(to_json(value, true));
  struct Setter {
    ::gnmi::TypedValue& out;
    void operator()(bool v) const { out.set_bool_val(v); }
    void operator()(std::int64_t v) const { out.set_int_val(v); }
    void operator()(std::uint64_t v) const { out.set_uint_val(v); }
    void operator()(double v) const { out.set_double_val(v); }
    void operator()(const std::string& v) const { out.set_string_val(v); }
  };
  std::visit(Setter{out}, value);
}

std::int64_t to_unix_nanoseconds(SystemTime time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

}  // namespace pathwise::gnmi

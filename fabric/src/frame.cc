// SPDX-License-Identifier: Apache-2.0
#include "fabric/frame.h"

#include <algorithm>
#include <cmath>

#include "pathwise/fabric.pb.h"

namespace pathwise::fabric {
namespace {

namespace wire = pathwise::fabric::v1;

constexpr double kPermille = 1000;

std::unexpected<Error> bad(std::string_view what) {
  return fail(ErrorCode::kInvalidArgument, "bad frame: {}", what);
}

std::unexpected<Error> too_many(std::string_view what, std::size_t limit) {
  return fail(ErrorCode::kResourceExhausted, "bad frame: more than {} {}", limit, what);
}

bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= kMaxNameBytes;
}

bool is_hash(const std::string& text) {
  return text.size() <= kMaxNameBytes;
}

// Rates, seconds and prices: what arithmetic can be done with.
bool is_quantity(double value) {
  return std::isfinite(value) && value >= 0;
}

template <typename Message>
void put_origin(const auto& from, Message& to) {
  to.set_site(from.site.str());
  to.set_router(from.router.str());
  to.set_epoch(from.epoch);
  to.set_sequence(from.sequence);
}

template <typename Message>
bool take_origin(const Message& from, auto& to) {
  if (!is_name(from.site()) || !is_name(from.router())) return false;
  to.site = SiteName(from.site());
  to.router = RouterName(from.router());
  to.epoch = from.epoch();
  to.sequence = from.sequence();
  return true;
}

void encode_body(std::monostate, wire::Frame&) {}

void encode_body(const Hello& hello, wire::Frame& out) {
  wire::Hello& body = *out.mutable_hello();
  body.set_version(hello.version);
  body.set_site(hello.site.str());
  body.set_router(hello.router.str());
  body.set_policy_hash(hello.hashes.policy);
  body.set_flex_algo_hash(hello.hashes.flex_algo);
  body.set_sid_map_hash(hello.hashes.sid_map);
}

Result<Frame> decode_body(const wire::Hello& body) {
  if (!is_name(body.site()) || !is_name(body.router())) return bad("hello without site or router");
  if (!is_hash(body.policy_hash()) || !is_hash(body.flex_algo_hash()) || !is_hash(body.sid_map_hash())) {
    return bad("hello with an over-long hash");
  }
  return Hello{.version = body.version(),
               .site = SiteName(body.site()),
               .router = RouterName(body.router()),
               .hashes = {body.policy_hash(), body.flex_algo_hash(), body.sid_map_hash()}};
}

void encode_load(const ModelLoad& load, wire::ModelLoad& out) {
  out.set_model(load.model.str());
  out.set_capacity(load.capacity);
  out.set_running(load.running);
  out.set_waiting(load.waiting);
  out.set_in_flight_prefill_tokens(load.in_flight_prefill_tokens);
  out.set_kv_used_permille(static_cast<std::uint32_t>(std::lround(std::clamp(load.kv_used, 0.0, 1.0) * kPermille)));
  out.set_prefill_tokens_per_second(load.prefill_tokens_per_second);
  out.set_itl_seconds(load.itl_seconds);
  out.set_itl_slope_seconds(load.itl_slope_seconds);
  for (std::size_t i = 0; i < std::min(load.prefix_blocks.size(), kMaxPrefixBlocks); ++i) {
    out.add_prefix_blocks(load.prefix_blocks[i]);
  }
}

Result<ModelLoad> decode_load(const wire::ModelLoad& body) {
  if (!is_name(body.model())) return bad("a model without a name");
  if (body.kv_used_permille() > kPermille) return bad("kv_used_permille over 1000");
  if (!is_quantity(body.prefill_tokens_per_second()) || !is_quantity(body.itl_seconds()) ||
      !is_quantity(body.itl_slope_seconds())) {
    return bad("a rate that is no number from 0");
  }
  if (static_cast<std::size_t>(body.prefix_blocks_size()) > kMaxPrefixBlocks) {
    return too_many("prefix blocks", kMaxPrefixBlocks);
  }
  ModelLoad load{.model = ModelName(body.model()),
                 .capacity = body.capacity(),
                 .running = body.running(),
                 .waiting = body.waiting(),
                 .in_flight_prefill_tokens = body.in_flight_prefill_tokens(),
                 .kv_used = body.kv_used_permille() / kPermille,
                 .prefill_tokens_per_second = body.prefill_tokens_per_second(),
                 .itl_seconds = body.itl_seconds(),
                 .itl_slope_seconds = body.itl_slope_seconds(),
                 .prefix_blocks = {body.prefix_blocks().begin(), body.prefix_blocks().end()}};
  std::ranges::sort(load.prefix_blocks);
  const auto repeated = std::ranges::unique(load.prefix_blocks);
  load.prefix_blocks.erase(repeated.begin(), repeated.end());
  return load;
}

// Sorted by name; false if a name is there twice.
template <typename Model>
bool sort_by_name(std::vector<Model>& models) {
  std::ranges::sort(models, {}, &Model::model);
  return std::ranges::adjacent_find(models, {}, &Model::model) == models.end();
}

void encode_body(const Digest& digest, wire::Frame& out) {
  wire::Digest& body = *out.mutable_digest();
  put_origin(digest, body);
  body.set_measured_unix_us(digest.measured_unix_us);
  body.set_admission(static_cast<wire::Digest::Admission>(digest.admission));
  for (std::size_t i = 0; i < std::min(digest.models.size(), kMaxModels); ++i) {
    encode_load(digest.models[i], *body.add_models());
  }
}

Result<Frame> decode_body(const wire::Digest& body) {
  Digest digest;
  if (!take_origin(body, digest)) return bad("digest without site or router");
  if (body.admission() < wire::Digest::OPEN || body.admission() > wire::Digest::CLOSED) return bad("no admission");
  if (static_cast<std::size_t>(body.models_size()) > kMaxModels) return too_many("models", kMaxModels);
  digest.measured_unix_us = body.measured_unix_us();
  digest.admission = static_cast<Admission>(body.admission());
  for (const wire::ModelLoad& model : body.models()) {
    auto load = decode_load(model);
    if (!load) return std::unexpected(load.error());
    digest.models.push_back(*std::move(load));
  }
  if (!sort_by_name(digest.models)) return bad("a model twice");
  return digest;
}

void encode_body(const Record& record, wire::Frame& out) {
  wire::Record& body = *out.mutable_record();
  put_origin(record, body);
  for (std::size_t i = 0; i < std::min(record.models.size(), kMaxModels); ++i) {
    const ModelRecord& model = record.models[i];
    wire::Record::Model& to = *body.add_models();
    to.set_name(model.model.str());
    for (std::size_t k = 0; k < std::min(model.adapters_loaded.size(), kMaxAdapters); ++k) {
      to.add_adapters_loaded(model.adapters_loaded[k]);
    }
    for (std::size_t k = 0; k < std::min(model.adapters_loadable.size(), kMaxAdapters); ++k) {
      to.add_adapters_loadable(model.adapters_loadable[k]);
    }
    to.set_price_per_million_tokens(model.price_per_million_tokens);
    to.set_context_tokens(model.context_tokens);
    to.set_adapter_load_seconds(model.adapter_load_seconds);
  }
}

Result<ModelRecord> decode_model(const wire::Record::Model& body) {
  if (!is_name(body.name())) return bad("a model without a name");
  if (!is_quantity(body.price_per_million_tokens()) || !is_quantity(body.adapter_load_seconds())) {
    return bad("a price or time that is no number from 0");
  }
  const auto limit = static_cast<int>(kMaxAdapters);
  if (body.adapters_loaded_size() > limit || body.adapters_loadable_size() > limit) {
    return too_many("adapters", kMaxAdapters);
  }
  ModelRecord model{.model = ModelName(body.name()),
                    .adapters_loaded = {body.adapters_loaded().begin(), body.adapters_loaded().end()},
                    .adapters_loadable = {body.adapters_loadable().begin(), body.adapters_loadable().end()},
                    .price_per_million_tokens = body.price_per_million_tokens(),
                    .context_tokens = body.context_tokens(),
                    .adapter_load_seconds = body.adapter_load_seconds()};
  if (!std::ranges::all_of(model.adapters_loaded, is_name) || !std::ranges::all_of(model.adapters_loadable, is_name)) {
    return bad("an adapter without a name");
  }
  return model;
}

Result<Frame> decode_body(const wire::Record& body) {
  Record record;
  if (!take_origin(body, record)) return bad("record without site or router");
  if (static_cast<std::size_t>(body.models_size()) > kMaxModels) return too_many("models", kMaxModels);
  for (const wire::Record::Model& from : body.models()) {
    auto model = decode_model(from);
    if (!model) return std::unexpected(model.error());
    record.models.push_back(*std::move(model));
  }
  if (!sort_by_name(record.models)) return bad("a model twice");
  return record;
}

}  // namespace

std::string encode(const Frame& frame) {
  wire::Frame message;
  std::visit([&message](const auto& body) { encode_body(body, message); }, frame);
  return message.SerializeAsString();
}

Result<Frame> decode(std::string_view body) {
  if (body.size() > kMaxFrameBytes) return too_many("bytes", kMaxFrameBytes);
  wire::Frame message;
  if (!message.ParseFromArray(body.data(), static_cast<int>(body.size()))) return bad("not a protobuf Frame");
  switch (message.body_case()) {
    case wire::Frame::kHello:
      return decode_body(message.hello());
    case wire::Frame::kDigest:
      return decode_body(message.digest());
    case wire::Frame::kRecord:
      return decode_body(message.record());
    case wire::Frame::BODY_NOT_SET:
      break;
  }
  return Frame{};
}

}  // namespace pathwise::fabric

// SPDX-License-Identifier: Apache-2.0
// What routers tell each other (proto/pathwise/fabric.proto), as plain structs with their coding. A
// stream carries frames of 4 bytes of length in network order and that many bytes of body; a message bus
// carries bodies. Decoding is bounded: the limits below refuse a frame, they never cost memory.
// Values and pure functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "fabric/fabric_snapshot.h"

namespace pathwise::fabric {

inline constexpr std::uint32_t kProtocolVersion = 1;
inline constexpr std::size_t kMaxFrameBytes = 256U << 10;  // holds kMaxModels models with their summaries
inline constexpr std::size_t kMaxModels = 256;             // a digest or record
inline constexpr std::size_t kMaxPrefixBlocks = 1024;      // a model
inline constexpr std::size_t kMaxAdapters = 256;           // a model, loaded and loadable each
inline constexpr std::size_t kMaxNameBytes = 128;

// What a fabric must agree on. Opaque; empty: not told.
struct Hashes {
  std::string policy, flex_algo, sid_map;
  friend bool operator==(const Hashes&, const Hashes&) = default;
};

struct Hello {
  std::uint32_t version = kProtocolVersion;
  SiteName site;
  RouterName router;
  Hashes hashes;
  friend bool operator==(const Hello&, const Hello&) = default;
};

struct ModelLoad {
  ModelName model;
  std::uint32_t capacity = 0;
  std::uint32_t running = 0;
  std::uint32_t waiting = 0;
  std::uint32_t in_flight_prefill_tokens = 0;
  double kv_used = 0;  // 0..1, in steps of 0.001 on the wire
  double prefill_tokens_per_second = 0;
  double itl_seconds = 0;
  double itl_slope_seconds = 0;
  std::vector<std::uint64_t> prefix_blocks;  // sorted
  friend bool operator==(const ModelLoad&, const ModelLoad&) = default;
};

// The frequent part. `epoch` is the router's start, `sequence` grows within it.
struct Digest {
  SiteName site;
  RouterName router;
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  std::uint64_t measured_unix_us = 0;  // by the sender's clock: for people, never compared with ours
  Admission admission = Admission::kOpen;
  std::vector<ModelLoad> models;  // sorted by name
  friend bool operator==(const Digest&, const Digest&) = default;
};

struct ModelRecord {
  ModelName model;
  std::vector<std::string> adapters_loaded, adapters_loadable;
  double price_per_million_tokens = 0;
  std::uint32_t context_tokens = 0;
  double adapter_load_seconds = 0;
  friend bool operator==(const ModelRecord&, const ModelRecord&) = default;
};

// The rare part. Its sequence is its own.
struct Record {
  SiteName site;
  RouterName router;
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  std::vector<ModelRecord> models;  // sorted by name
  friend bool operator==(const Record&, const Record&) = default;
};

// monostate: a kind of frame that this version does not know; to be ignored.
using Frame = std::variant<std::monostate, Hello, Digest, Record>;

// The body. Lists over their limits are cut. monostate has no coding: empty.
[[nodiscard]] std::string encode(const Frame& frame);
// kInvalidArgument: not a frame; kResourceExhausted: over a limit.
[[nodiscard]] Result<Frame> decode(std::string_view body);

// A body with its length in front.
[[nodiscard]] std::string with_length(std::string_view body);

// Cuts a byte stream into bodies. Holds at most one frame and one read.
class FrameReader {
 public:
  void feed(std::string_view bytes);
  // The next complete body (valid until the next call), or nothing. An announced length over
  // kMaxFrameBytes is kResourceExhausted, for good: the stream cannot be followed any more.
  [[nodiscard]] Result<std::optional<std::string_view>> next();

 private:
  std::string buffer_;
  std::size_t begin_ = 0;
};

}  // namespace pathwise::fabric

// SPDX-License-Identifier: Apache-2.0
// A model of an inference engine with continuous batching, in virtual time: no sockets, clocks,
// threads or randomness. The same calls at the same times give the same events. The runtime
// simulator drives it in real time, tests and placement simulations in virtual time.
//
// The engine works in steps. A step carries one token of every decoding sequence and chunks of
// prompts, within max_num_batched_tokens, and takes
//
//     (decoding > 0 ? base + per_sequence × decoding : 0) + prompt_tokens / prefill_rate
//
// so that prefill slows decoding and a larger batch has a longer inter-token latency. A sequence
// emits a token at the end of every step that has computed all its tokens. Requests that arrive
// during a step wait for its end. Admission is first come, first served, except that a request whose
// adapter is still loading lets others pass.
//
// KV blocks for the whole prompt are taken at admission (the cached prefix is shared, not computed
// again), then one at a time while decoding. When there is none, the sequence admitted last is
// preempted: it gives up its blocks, returns to the head of the queue and is computed again; tokens
// that it has emitted are not emitted again.
//
// One thread. Times must not go backwards from call to call.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "lab/runtime/block_pool.h"
#include "lab/runtime/engine_config.h"
#include "lab/runtime/lora_slots.h"

namespace pathwise::lab {

using SequenceId = Number<struct SequenceIdTag, std::uint64_t>;

struct SequenceRequest {
  std::uint32_t prompt_tokens = 0;  // at least 1
  std::uint32_t output_tokens = 0;  // at least 1: how many it will generate
  AdapterName adapter;              // empty: the base model
  // Chained hashes of the full blocks of prompt followed by output. May be shorter: blocks past its
  // end are not shared.
  std::vector<BlockHash> block_hashes;
};

struct TokenEvent {
  SequenceId id;
  SteadyTime at;
  std::uint32_t index = 0;          // of the output token, from 0
  bool last = false;                // the sequence has ended and its resources are free
  std::uint32_t cached_tokens = 0;  // prompt tokens that came from the prefix cache
  SteadyTime admitted;              // when it first left the queue
  friend bool operator==(const TokenEvent&, const TokenEvent&) = default;
};

// Gauges as of the last call, and totals since the start.
struct EngineStats {
  std::uint32_t waiting = 0;
  std::uint32_t running = 0;
  std::uint32_t kv_blocks = 0;
  std::uint32_t kv_blocks_used = 0;          // referenced; cached blocks that nobody uses are free
  std::uint64_t pending_prefill_tokens = 0;  // prompt tokens not yet computed, waiting and running
  std::uint64_t prefix_queries = 0;          // tokens looked up in the prefix cache
  std::uint64_t prefix_hits = 0;             // tokens found there
  std::uint64_t prompt_tokens = 0;           // of sequences that have emitted their first token
  std::uint64_t generation_tokens = 0;
  std::uint64_t preemptions = 0;
  std::uint64_t finished = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t refused = 0;  // by the queue limit
};

class BatchEngine {
 public:
  // `config` must have passed validate().
  explicit BatchEngine(const EngineConfig& config);

  // Queues a request. kInvalidArgument: it can never fit; kNotFound: unknown adapter;
  // kResourceExhausted: the queue is full.
  [[nodiscard]] Result<SequenceId> submit(SequenceRequest request, SteadyTime now);

  // Frees the sequence's place, KV blocks and adapter at once. False if it has ended already.
  bool cancel(SequenceId id, SteadyTime now);

  // When advance() has something to do next; none while nothing can happen without a submit().
  [[nodiscard]] std::optional<SteadyTime> next_event_time() const;

  // Appends the tokens emitted up to and including `now`, in order of time, then of admission.
  // Should be called at next_event_time(); late calls catch up with the right times.
  void advance(SteadyTime now, std::vector<TokenEvent>& events);

  [[nodiscard]] Result<void> add_adapter(const AdapterName& adapter) { return lora_.add(adapter); }
  [[nodiscard]] Result<void> remove_adapter(const AdapterName& adapter) { return lora_.remove(adapter); }
  [[nodiscard]] const LoraSlots& lora() const { return lora_; }

  [[nodiscard]] EngineStats stats() const;
  // Distinct names, sorted: adapters of sequences in the batch, and in the queue.
  [[nodiscard]] std::vector<AdapterName> running_adapters() const;
  [[nodiscard]] std::vector<AdapterName> waiting_adapters() const;
  [[nodiscard]] const EngineConfig& config() const { return config_; }

 private:
  struct Sequence {
    SequenceId id;
    SequenceRequest request;
    SteadyTime admitted;
    bool was_admitted = false;
    std::uint32_t cached_tokens = 0;
    std::uint32_t generated = 0;
    std::uint32_t computed = 0;   // tokens whose KV is there
    std::uint32_t scheduled = 0;  // tokens in the step under way
    std::uint32_t published = 0;  // leading blocks offered to the prefix cache
    std::vector<BlockId> blocks;
    [[nodiscard]] std::uint32_t tokens() const { return request.prompt_tokens + generated; }
    [[nodiscard]] std::uint32_t pending() const { return tokens() - computed; }
    [[nodiscard]] bool decoding() const { return generated > 0 && pending() == 1; }
  };
  struct Step {
    std::uint32_t decoding = 0;
    std::uint32_t prefill_tokens = 0;
    bool preempted = false;
  };

  void catch_up(SteadyTime now);
  void start_step(SteadyTime at);
  void schedule_running(Step& step, std::uint32_t& prefill_budget);
  void schedule_waiting(SteadyTime at, Step& step, std::uint32_t& prefill_budget);
  [[nodiscard]] bool admit(Sequence& sequence, SteadyTime at);
  [[nodiscard]] bool ensure_decode_block(Sequence& sequence);
  void preempt_last();
  void complete_step(SteadyTime at);
  void publish_blocks(Sequence& sequence);
  void emit_token(Sequence& sequence, SteadyTime at);
  void drop_from_batch(Sequence& sequence);
  [[nodiscard]] Result<void> check(const SequenceRequest& request) const;
  [[nodiscard]] std::uint32_t queue_room() const;
  [[nodiscard]] std::chrono::nanoseconds duration_of(const Step& step) const;
  [[nodiscard]] std::uint32_t blocks_for(std::uint32_t tokens) const;

  EngineConfig config_;
  BlockPool pool_;
  LoraSlots lora_;
  std::unordered_map<SequenceId, Sequence> sequences_;  // looked up only, never iterated
  std::deque<Sequence*> waiting_;                       // first come first; bounded by queue_room()
  std::vector<Sequence*> running_;                      // in order of admission
  std::optional<SteadyTime> step_end_;                  // none: no step under way
  SteadyTime last_step_{};                              // when a step was last planned
  bool kv_short_ = false;                               // the queue's head does not fit into the KV cache
  // Tokens between catch_up() and advance(); bounded by the outputs of the sequences admitted.
  std::vector<TokenEvent> emitted_;
  std::uint64_t next_id_ = 1;
  EngineStats totals_;
};

}  // namespace pathwise::lab

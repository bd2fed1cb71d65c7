// SPDX-License-Identifier: Apache-2.0
#include "lab/runtime/batch_engine.h"

#include <algorithm>
#include <set>

namespace pathwise::lab {

Result<void> validate(const EngineConfig& config) {
  const auto positive = [](std::uint32_t value, const char* name) -> Result<void> {
    if (value > 0) return {};
    return fail(ErrorCode::kInvalidArgument, "{} must be at least 1", name);
  };
  if (auto good = positive(config.max_model_len, "max_model_len"); !good) return good;
  if (auto good = positive(config.prefill_tokens_per_second, "prefill_tokens_per_second"); !good) return good;
  if (auto good = positive(config.max_num_seqs, "max_num_seqs"); !good) return good;
  if (auto good = positive(config.block_size, "kv_cache.block_size"); !good) return good;
  if (config.inter_token_base + config.inter_token_per_sequence <= Microseconds{0}) {
    return fail(ErrorCode::kInvalidArgument, "inter_token_latency must be more than 0");
  }
  if (config.max_num_batched_tokens <= config.max_num_seqs) {
    return fail(ErrorCode::kInvalidArgument,
                "max_num_batched_tokens is {}; it must be more than max_num_seqs ({}), or prompts could starve",
                config.max_num_batched_tokens, config.max_num_seqs);
  }
  if (std::uint64_t{config.kv_blocks} * config.block_size < config.max_model_len) {
    return fail(ErrorCode::kInvalidArgument, "kv_cache holds {} tokens ({} blocks of {}); max_model_len is {}",
                std::uint64_t{config.kv_blocks} * config.block_size, config.kv_blocks, config.block_size,
                config.max_model_len);
  }
  if (config.lora.max == 0 && !config.lora.adapters.empty()) {
    return fail(ErrorCode::kInvalidArgument, "lora.adapters needs lora.max of at least 1");
  }
  return {};
}

BatchEngine::BatchEngine(const EngineConfig& config) : config_(config), pool_(config.kv_blocks), lora_(config.lora) {}

Result<SequenceId> BatchEngine::submit(SequenceRequest request, SteadyTime now) {
  catch_up(now);
  if (auto good = check(request); !good) return std::unexpected(good.error());
  if (queue_room() == 0) {
    ++totals_.refused;
    return fail(ErrorCode::kResourceExhausted, "{} requests are waiting; the queue is full", waiting_.size());
  }
  const SequenceId id{next_id_++};
  Sequence& sequence = sequences_[id];
  sequence.id = id;
  sequence.request = std::move(request);
  waiting_.push_back(&sequence);
  if (!step_end_) start_step(now);
  return id;
}

bool BatchEngine::cancel(SequenceId id, SteadyTime now) {
  catch_up(now);
  const auto found = sequences_.find(id);
  if (found == sequences_.end()) return false;
  Sequence& sequence = found->second;
  if (const auto place = std::ranges::find(waiting_, &sequence); place != waiting_.end()) {
    waiting_.erase(place);
  } else {
    drop_from_batch(sequence);
  }
  sequences_.erase(found);
  ++totals_.cancelled;
  kv_short_ = false;
  if (!step_end_) start_step(now);
  return true;
}

std::optional<SteadyTime> BatchEngine::next_event_time() const {
  if (!emitted_.empty()) return emitted_.front().at;
  if (step_end_) return step_end_;
  if (waiting_.empty()) return std::nullopt;
  return lora_.next_ready(last_step_);  // an idle engine with a queue waits for an adapter only
}

void BatchEngine::advance(SteadyTime now, std::vector<TokenEvent>& events) {
  catch_up(now);
  events.insert(events.end(), emitted_.begin(), emitted_.end());
  emitted_.clear();
}

void BatchEngine::catch_up(SteadyTime now) {
  for (;;) {
    if (step_end_) {
      if (*step_end_ > now) return;
      const SteadyTime at = *step_end_;
      complete_step(at);
      start_step(at);
      continue;
    }
    if (waiting_.empty()) return;
    const auto loaded = lora_.next_ready(last_step_);
    if (!loaded || *loaded > now) return;
    start_step(*loaded);
  }
}

void BatchEngine::start_step(SteadyTime at) {
  Step step;
  last_step_ = at;
  std::uint32_t prefill_budget =
      config_.max_num_batched_tokens - static_cast<std::uint32_t>(std::ranges::count_if(running_, &Sequence::decoding));
  schedule_running(step, prefill_budget);
  if (!step.preempted) schedule_waiting(at, step, prefill_budget);
  step_end_.reset();
  if (step.decoding + step.prefill_tokens > 0) step_end_ = at + duration_of(step);
}

// By index: preemption shortens running_ from its end while this walks from its beginning.
void BatchEngine::schedule_running(Step& step, std::uint32_t& prefill_budget) {
  for (std::size_t i = 0; i < running_.size(); ++i) {
    Sequence& sequence = *running_[i];
    sequence.scheduled = 0;
    if (!sequence.decoding()) {
      sequence.scheduled = std::min(sequence.pending(), prefill_budget);
      prefill_budget -= sequence.scheduled;
      step.prefill_tokens += sequence.scheduled;
      continue;
    }
    while (i < running_.size() && !ensure_decode_block(sequence)) {
      preempt_last();
      step.preempted = true;
    }
    if (i >= running_.size()) return;  // it was the last one itself
    sequence.scheduled = 1;
    ++step.decoding;
  }
}

void BatchEngine::schedule_waiting(SteadyTime at, Step& step, std::uint32_t& prefill_budget) {
  kv_short_ = false;
  for (auto next = waiting_.begin(); next != waiting_.end();) {
    if (running_.size() >= config_.max_num_seqs || prefill_budget == 0) return;
    Sequence& sequence = **next;
    const AdapterName& adapter = sequence.request.adapter;
    if (!adapter.empty() && !lora_.ready(adapter, at)) {
      ++next;
      continue;
    }
    if (!admit(sequence, at)) {
      kv_short_ = true;
      return;
    }
    next = waiting_.erase(next);
    sequence.scheduled = std::min(sequence.pending(), prefill_budget);
    prefill_budget -= sequence.scheduled;
    step.prefill_tokens += sequence.scheduled;
  }
}

// Takes KV blocks for all tokens that the sequence has; false, with nothing taken, if they do not fit.
bool BatchEngine::admit(Sequence& sequence, SteadyTime at) {
  // At least one token is always computed, for its logits.
  const std::size_t shareable =
      std::min<std::size_t>(sequence.request.block_hashes.size(), (sequence.tokens() - 1) / config_.block_size);
  const auto hashes = std::span(sequence.request.block_hashes).first(shareable);
  const BlockPool::Prefix prefix = pool_.find_prefix(hashes);
  const std::uint32_t fresh = blocks_for(sequence.tokens()) - prefix.blocks;
  if (pool_.free() - prefix.free < fresh) return false;
  pool_.acquire_prefix(hashes, prefix.blocks, sequence.blocks);
  for (std::uint32_t i = 0; i < fresh; ++i) sequence.blocks.push_back(*pool_.allocate());
  sequence.computed = prefix.blocks * config_.block_size;
  sequence.published = prefix.blocks;
  if (!sequence.was_admitted) {
    sequence.was_admitted = true;
    sequence.admitted = at;
    sequence.cached_tokens = sequence.computed;
    totals_.prefix_queries += sequence.request.prompt_tokens;
    totals_.prefix_hits += sequence.cached_tokens;
  }
  if (!sequence.request.adapter.empty()) lora_.acquire(sequence.request.adapter, at);
  running_.push_back(&sequence);
  return true;
}

bool BatchEngine::ensure_decode_block(Sequence& sequence) {
  if (sequence.blocks.size() >= blocks_for(sequence.tokens())) return true;
  const auto block = pool_.allocate();
  if (block) sequence.blocks.push_back(*block);
  return block.has_value();
}

void BatchEngine::preempt_last() {
  Sequence& victim = *running_.back();
  drop_from_batch(victim);
  victim.computed = victim.scheduled = victim.published = 0;
  waiting_.push_front(&victim);
  kv_short_ = true;
  ++totals_.preemptions;
}

void BatchEngine::complete_step(SteadyTime at) {
  // Ended sequences leave running_ after the walk, which keeps it in order.
  std::vector<Sequence*> ended;
  for (Sequence* sequence : running_) {
    if (sequence->scheduled == 0) continue;
    sequence->computed += sequence->scheduled;
    sequence->scheduled = 0;
    publish_blocks(*sequence);
    if (sequence->pending() > 0) continue;
    emit_token(*sequence, at);
    if (sequence->generated == sequence->request.output_tokens) ended.push_back(sequence);
  }
  for (Sequence* sequence : ended) {
    drop_from_batch(*sequence);
    sequences_.erase(SequenceId{sequence->id});
    ++totals_.finished;
  }
}

void BatchEngine::publish_blocks(Sequence& sequence) {
  const std::size_t full =
      std::min<std::size_t>(sequence.computed / config_.block_size, sequence.request.block_hashes.size());
  for (; sequence.published < full; ++sequence.published) {
    pool_.publish(sequence.blocks[sequence.published], sequence.request.block_hashes[sequence.published]);
  }
}

void BatchEngine::emit_token(Sequence& sequence, SteadyTime at) {
  const std::uint32_t index = sequence.generated++;
  if (index == 0) totals_.prompt_tokens += sequence.request.prompt_tokens;
  ++totals_.generation_tokens;
  emitted_.push_back({.id = sequence.id,
                      .at = at,
                      .index = index,
                      .last = sequence.generated == sequence.request.output_tokens,
                      .cached_tokens = sequence.cached_tokens,
                      .admitted = sequence.admitted});
}

void BatchEngine::drop_from_batch(Sequence& sequence) {
  pool_.release(sequence.blocks);
  if (!sequence.request.adapter.empty()) lora_.release(sequence.request.adapter);
  std::erase(running_, &sequence);
}

Result<void> BatchEngine::check(const SequenceRequest& request) const {
  if (request.prompt_tokens == 0 || request.output_tokens == 0) {
    return fail(ErrorCode::kInvalidArgument, "prompt and output must have at least one token each");
  }
  const std::uint64_t total = std::uint64_t{request.prompt_tokens} + request.output_tokens;
  if (total > config_.max_model_len) {
    return fail(ErrorCode::kInvalidArgument, "{} tokens of prompt and {} of output exceed max_model_len {}",
                request.prompt_tokens, request.output_tokens, config_.max_model_len);
  }
  if (!request.adapter.empty() && !lora_.known(request.adapter)) {
    return fail(ErrorCode::kNotFound, "no adapter named {}", request.adapter);
  }
  return {};
}

// Places in the batch that the next step will fill do not count against the limit.
std::uint32_t BatchEngine::queue_room() const {
  const std::size_t places = kv_short_ ? 0 : config_.max_num_seqs - running_.size();
  const std::size_t limit = config_.queue_limit + places;
  return waiting_.size() >= limit ? 0 : static_cast<std::uint32_t>(limit - waiting_.size());
}

std::chrono::nanoseconds BatchEngine::duration_of(const Step& step) const {
  std::chrono::nanoseconds time{std::uint64_t{step.prefill_tokens} * 1'000'000'000 / config_.prefill_tokens_per_second};
  if (step.decoding > 0) time += config_.inter_token_base + config_.inter_token_per_sequence * step.decoding;
  return std::max(time, std::chrono::nanoseconds{1});
}

std::uint32_t BatchEngine::blocks_for(std::uint32_t tokens) const {
  return (tokens + config_.block_size - 1) / config_.block_size;
}

EngineStats BatchEngine::stats() const {
  EngineStats stats = totals_;
  stats.waiting = static_cast<std::uint32_t>(waiting_.size());
  stats.running = static_cast<std::uint32_t>(running_.size());
  stats.kv_blocks = pool_.total();
  stats.kv_blocks_used = pool_.used();
  for (const Sequence* sequence : waiting_) stats.pending_prefill_tokens += sequence->pending();
  for (const Sequence* sequence : running_) {
    if (!sequence->decoding()) stats.pending_prefill_tokens += sequence->pending();
  }
  return stats;
}

namespace {

std::vector<AdapterName> distinct(const auto& sequences) {
  std::set<AdapterName> names;
  for (const auto* sequence : sequences) {
    if (!sequence->request.adapter.empty()) names.insert(sequence->request.adapter);
  }
  return {names.begin(), names.end()};
}

}  // namespace

std::vector<AdapterName> BatchEngine::running_adapters() const {
  return distinct(running_);
}
std::vector<AdapterName> BatchEngine::waiting_adapters() const {
  return distinct(waiting_);
}

}  // namespace pathwise::lab

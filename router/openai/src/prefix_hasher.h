// SPDX-License-Identifier: Apache-2.0
// Cuts a text that comes in pieces into blocks and chains their hashes. One thread.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <vector>

#include "router/openai/inspect.h"

namespace pathwise::router::openai {

class PrefixHasher {
 public:
  void start(std::uint64_t seed) {
    chain_ = seed;
    filled_ = 0;
    bytes_ = 0;
    blocks_.clear();
  }

  void add(std::string_view text) {
    bytes_ += text.size();
    while (!text.empty() && blocks_.size() < kMaxPrefixBlocks) {
      if (filled_ == 0 && text.size() >= kPrefixBlockBytes) {  // whole blocks are hashed where they lie
        close_block(text.data());
        text.remove_prefix(kPrefixBlockBytes);
        continue;
      }
      const std::size_t run = std::min(text.size(), kPrefixBlockBytes - filled_);
      std::memcpy(pending_.data() + filled_, text.data(), run);
      filled_ += run;
      text.remove_prefix(run);
      if (filled_ == kPrefixBlockBytes) {
        close_block(pending_.data());
        filled_ = 0;
      }
    }
  }

  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::span<const std::uint64_t> blocks() const { return blocks_; }

 private:
  void close_block(const char* data) {
    chain_ = XXH3_64bits_withSeed(data, kPrefixBlockBytes, chain_);
    blocks_.push_back(chain_);
  }

  std::uint64_t chain_ = 0;
  std::size_t filled_ = 0;
  std::size_t bytes_ = 0;
  std::array<char, kPrefixBlockBytes> pending_;
  std::vector<std::uint64_t> blocks_;
};

}  // namespace pathwise::router::openai

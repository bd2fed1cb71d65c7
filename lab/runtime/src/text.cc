// SPDX-License-Identifier: Apache-2.0
#include "lab/runtime/text.h"

#include <algorithm>

namespace pathwise::lab {

// Finaliser of splitmix64 over both words.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  std::uint64_t mixed = a * 0x9E3779B97F4A7C15 + b + 0x632BE59BD9B4E019;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
  return mixed ^ (mixed >> 31);
}

// FNV-1a, then mixed: short inputs differ in all bits.
std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char byte : bytes) hash = (hash ^ static_cast<std::uint8_t>(byte)) * 0x100000001B3;
  return mix(hash, seed);
}

std::string word(std::uint64_t seed, std::uint64_t index, std::size_t bytes) {
  std::string text(bytes, ' ');
  std::uint64_t bits = 0;
  for (std::size_t i = 1; i < bytes; ++i) {
    // 26^8 < 2^64: eight letters a draw.
    if (i % 8 == 1) bits = mix(mix(seed, index), i);
    text[i] = static_cast<char>('a' + bits % 26);
    bits /= 26;
  }
  return text;
}

void append_tokens(std::string_view text, std::size_t bytes, std::vector<TokenHash>& out) {
  out.reserve(out.size() + text.size() / bytes + 1);
  for (std::size_t at = 0; at < text.size(); at += bytes) out.push_back(hash_bytes(text.substr(at, bytes)));
}

TokenHash special_token(std::string_view name) {
  return hash_bytes(name, 1);
}

std::vector<std::uint64_t> chain_block_hashes(std::span<const TokenHash> tokens, std::size_t block_size,
                                              std::uint64_t salt) {
  std::vector<std::uint64_t> hashes;
  hashes.reserve(tokens.size() / block_size);
  std::uint64_t chain = mix(salt, block_size);
  for (std::size_t at = 0; at + block_size <= tokens.size(); at += block_size) {
    for (const TokenHash token : tokens.subspan(at, block_size)) chain = mix(chain, token);
    hashes.push_back(chain);
  }
  return hashes;
}

}  // namespace pathwise::lab

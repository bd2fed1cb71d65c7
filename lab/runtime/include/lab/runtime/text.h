// SPDX-License-Identifier: Apache-2.0
// The language of simulated models. A token is a fixed number of bytes, and the tokens that a model
// generates are words of just that length, chosen by (seed, index): a client that knows the seed can
// tell whether a token was lost, repeated or altered, wherever it was generated; and an answer that comes back in
// the next turn's prompt has the same tokens, so that its KV blocks are found again.
// Pure functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pathwise::lab {

using TokenHash = std::uint64_t;

// The `index`-th word (from 0) of the text that grows from `seed`: a space and `bytes` - 1 small letters.
[[nodiscard]] std::string word(std::uint64_t seed, std::uint64_t index, std::size_t bytes);

// Appends the tokens of `text`: every `bytes` bytes are one, the last may be shorter.
void append_tokens(std::string_view text, std::size_t bytes, std::vector<TokenHash>& out);
// A token that no text yields (a role marker).
[[nodiscard]] TokenHash special_token(std::string_view name);

// One hash for each full block of `block_size` tokens, over that block and all before it. `salt`
// keeps different models' and adapters' blocks apart.
[[nodiscard]] std::vector<std::uint64_t> chain_block_hashes(std::span<const TokenHash> tokens, std::size_t block_size,
                                                            std::uint64_t salt);

// 64-bit hash, the same on every platform; not for secrets.
[[nodiscard]] std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed = 0);
[[nodiscard]] std::uint64_t mix(std::uint64_t a, std::uint64_t b);

}  // namespace pathwise::lab

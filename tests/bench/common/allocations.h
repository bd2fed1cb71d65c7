// SPDX-License-Identifier: Apache-2.0
// Counts the allocations of a benchmark program: include it in its one source file. One thread.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

namespace pathwise::bench {
inline std::size_t allocations = 0;
}

// GCC pairs the inlined free() with the new expression's operator new, not with ours.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
void* operator new(std::size_t size) {
  ++pathwise::bench::allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

// SPDX-License-Identifier: Apache-2.0
// Asks the runtimes of this site how they are: /metrics at every interval, /v1/models now and then.
// One thread (control). A runtime that does not answer twice in a row is down until it does.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "router/runtime/runtime_view.h"

namespace boost::asio {
class io_context;
}

namespace pathwise::router::runtime {

struct ScraperConfig {
  std::chrono::milliseconds interval{250};
  std::chrono::milliseconds timeout{1000};
  unsigned models_every = 8;  // scrapes
};

class Scraper {
 public:
  using OnChange = std::function<void(RuntimeViewPtr)>;
  // `on_change` runs on the io_context's thread after each round.
  Scraper(boost::asio::io_context& io, const Clock& clock, ScraperConfig config, OnChange on_change);
  ~Scraper();
  Scraper(const Scraper&) = delete;
  Scraper& operator=(const Scraper&) = delete;

  // kInvalidArgument naming the url that is not http://host:port, or does not resolve (blocking).
  [[nodiscard]] Result<void> configure(const std::vector<policy::RuntimeConfig>& runtimes);
  [[nodiscard]] RuntimeViewPtr view();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// "http://[::1]:8000" → a numeric endpoint.
[[nodiscard]] Result<Endpoint> resolve_runtime_url(const std::string& url);

}  // namespace pathwise::router::runtime

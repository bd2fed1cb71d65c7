// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/format.h"
#include "docker_http.h"
#include "engine_spec.h"
#include "lab/clab/engine.h"

namespace pathwise::lab {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

constexpr milliseconds kPullLimit{600'000};
constexpr milliseconds kRemoveLimit{60'000};
// The newest API version that this client was written for; an older engine is spoken to in its own.
constexpr int kApiMinor = 41;
constexpr int kApiMinorOldest = 40;

ErrorCode code_of(unsigned status) {
  switch (status) {
    case 400:
      return ErrorCode::kInvalidArgument;
    case 403:
      return ErrorCode::kPermissionDenied;
    case 404:
      return ErrorCode::kNotFound;
    case 409:
      return ErrorCode::kAlreadyExists;
    default:
      return ErrorCode::kUnavailable;
  }
}

// "1.41" → 41; 0 if it is something else.
int minor_of(std::string_view version) {
  int minor = 0;
  if (!version.starts_with("1.")) return 0;
  for (const char c : version.substr(2)) {
    if (c < '0' || c > '9') return 0;
    minor = minor * 10 + (c - '0');
  }
  return minor;
}

class Docker final : public ContainerEngine {
 public:
  explicit Docker(std::string socket_path) : socket_path_(std::move(socket_path)) {}

  Result<EngineVersion> version() override {
    auto answer = call({.target = "/version"});
    if (!answer) return std::unexpected(answer.error());
    const Json root = Json::parse(answer->body, nullptr, false);
    if (!root.is_object()) return fail(ErrorCode::kInternal, "/version did not answer with JSON");
    const std::string newest = root.value("ApiVersion", "");
    const std::string oldest = root.value("MinAPIVersion", "1.12");
    if (minor_of(newest) < kApiMinorOldest) {
      return fail(ErrorCode::kFailedPrecondition, "Docker speaks API {}, at least 1.{} is needed", newest,
                  kApiMinorOldest);
    }
    const int minor = std::max(std::min(minor_of(newest), kApiMinor), minor_of(oldest));
    return EngineVersion{root.value("Version", "?"), formatted("1.{}", minor)};
  }

  Result<void> provide_image(const std::string& image, PullPolicy policy) override {
    if (policy != PullPolicy::kAlways) {
      auto present = api({.target = "/images/" + url_escape(image) + "/json"});
      if (present) return {};
      if (present.error().code != ErrorCode::kNotFound || policy == PullPolicy::kNever) {
        return std::unexpected(present.error().within("image " + image));
      }
    }
    return pull(image);
  }

  Result<void> create(const ContainerSpec& spec) override {
    return done(api({"POST", "/containers/create?name=" + url_escape(spec.name), container_body(spec)}));
  }

  Result<void> start(const std::string& container) override {
    return done(api({"POST", "/containers/" + url_escape(container) + "/start"}));
  }

  Result<ContainerState> inspect(const std::string& container) override {
    return api({.target = "/containers/" + url_escape(container) + "/json"}).and_then([](const std::string& body) {
      return container_state(body);
    });
  }

  Result<ExecOutput> exec(const std::string& container, const std::vector<std::string>& argv,
                          milliseconds limit) override {
    const Json request = {{"AttachStdout", true}, {"AttachStderr", true}, {"Cmd", argv}};
    auto id = field(api({"POST", "/containers/" + url_escape(container) + "/exec", request.dump()}), "Id");
    if (!id) return std::unexpected(id.error());
    auto stream = api({"POST", "/exec/" + *id + "/start", R"({"Detach":false,"Tty":false})", limit});
    if (!stream) return std::unexpected(stream.error());
    auto output = demultiplex(*stream);
    if (!output) return output;
    auto state = api({.target = "/exec/" + *id + "/json"});
    if (!state) return std::unexpected(state.error());
    const Json root = Json::parse(*state, nullptr, false);
    if (!root.is_object() || !root["ExitCode"].is_number_integer()) {
      return fail(ErrorCode::kInternal, "exec in {}: no exit code", container);
    }
    output->exit_code = root["ExitCode"].get<int>();
    return output;
  }

  Result<void> remove(const std::string& container) override {
    auto removed = api({"DELETE", "/containers/" + url_escape(container) + "?force=true&v=true", "", kRemoveLimit});
    // 404: gone already; 409: another caller is removing it.
    const bool gone =
        !removed && (removed.error().code == ErrorCode::kNotFound || removed.error().code == ErrorCode::kAlreadyExists);
    return gone ? Result<void>{} : done(removed);
  }

  Result<std::vector<std::string>> list(const std::string& label, const std::string& value) override {
    const Json filters = {{"label", {label + "=" + value}}};
    auto body = api({.target = "/containers/json?all=true&filters=" + url_escape(filters.dump())});
    if (!body) return std::unexpected(body.error());
    const Json root = Json::parse(*body, nullptr, false);
    if (!root.is_array()) return fail(ErrorCode::kInternal, "the list of containers is not a list");
    std::vector<std::string> ids;
    for (const Json& item : root) ids.push_back(item.value("Id", ""));
    return ids;
  }

  Result<std::string> logs(const std::string& container, int lines) override {
    // The lab's containers have a terminal, so the output comes as it was written.
    return api(
        {.target = formatted("/containers/{}/logs?stdout=true&stderr=true&tail={}", url_escape(container), lines)});
  }

  Result<std::string> provide_network(const Management& management) override {
    const std::string target = "/networks/" + url_escape(management.network);
    auto existing = api({.target = target});
    if (!existing && existing.error().code == ErrorCode::kNotFound) {
      auto created = api({"POST", "/networks/create", network_body(management)});
      if (!created && created.error().code != ErrorCode::kAlreadyExists) {
        return std::unexpected(created.error().within("network " + management.network));
      }
      existing = api({.target = target});
    }
    return existing.and_then([](const std::string& body) { return bridge_interface(body); });
  }

  Result<void> remove_network(const std::string& network) override {
    const std::string target = "/networks/" + url_escape(network);
    auto existing = api({.target = target});
    if (!existing && existing.error().code == ErrorCode::kNotFound) return {};
    if (!existing) return std::unexpected(existing.error());
    auto removable = removable_network(*existing);
    if (!removable) return std::unexpected(removable.error());
    return *removable ? done(api({"DELETE", target})) : Result<void>{};
  }

 private:
  Result<HttpAnswer> call(const HttpCall& request) const { return exchange(socket_path_, request); }

  // A call under the negotiated version; answers other than 2xx and 304 are errors.
  Result<std::string> api(HttpCall request) {
    auto prefix = version_prefix();
    if (!prefix) return std::unexpected(prefix.error());
    request.target = *prefix + request.target;
    auto answer = call(request);
    if (!answer) return std::unexpected(answer.error());
    if (answer->status >= 300 && answer->status != 304) {
      return fail(code_of(answer->status), "{}", error_message(answer->body));
    }
    return std::move(answer->body);
  }

  Result<std::string> version_prefix() {
    const std::lock_guard lock(mutex_);
    if (prefix_.empty()) {
      auto found = version();
      if (!found) return std::unexpected(found.error());
      prefix_ = "/v" + found->api;
    }
    return prefix_;
  }

  // A pull answers 200 at once and reports its failure as the last line of its progress.
  Result<void> pull(const std::string& image) {
    const std::size_t slash = image.rfind('/');
    const bool tagged = image.find(':', slash == std::string::npos ? 0 : slash) != std::string::npos;
    const std::string target = "/images/create?fromImage=" + url_escape(tagged ? image : image + ":latest");
    auto progress = api({"POST", target, "", kPullLimit});
    if (!progress) return std::unexpected(progress.error().within("pull of image " + image));
    const std::size_t error = progress->rfind("\"error\":");
    if (error == std::string::npos) return {};
    return fail(ErrorCode::kNotFound, "pull of image {}: {}", image, std::string_view(*progress).substr(error));
  }

  static Result<void> done(const Result<std::string>& answer) {
    if (!answer) return std::unexpected(answer.error());
    return {};
  }

  static Result<std::string> field(const Result<std::string>& answer, const char* name) {
    if (!answer) return std::unexpected(answer.error());
    const Json root = Json::parse(*answer, nullptr, false);
    if (!root.is_object() || !root[name].is_string())
      return fail(ErrorCode::kInternal, "no {} in Docker's answer", name);
    return root[name].get<std::string>();
  }

  std::string socket_path_;
  std::mutex mutex_;
  std::string prefix_;  // "/v1.41"; empty until the first call
};

}  // namespace

std::unique_ptr<ContainerEngine> make_docker(std::string socket_path) {
  return std::make_unique<Docker>(std::move(socket_path));
}

}  // namespace pathwise::lab

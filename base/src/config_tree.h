// SPDX-License-Identifier: Apache-2.0
// From yaml-cpp's parser events to the Value tree. Events, not YAML::Node: the limits hold while the
// text is read, keys stay in file order, and duplicates are seen with both their places.
#pragma once

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/config.h"

namespace pathwise::config {

inline constexpr std::size_t kMaxTextBytes = std::size_t{4} << 20;
inline constexpr std::size_t kMaxDepth = 64;
// What aliases may blow a text up to. A text of 4 MiB without aliases stays under the second.
inline constexpr std::size_t kMaxNodes = 200'000;
inline constexpr std::size_t kMaxScalarBytes = std::size_t{16} << 20;

// Builds one document. Problems go to `problems`; after a limit was reached the rest is ignored.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string file, Diagnostics& problems) : file_(std::move(file)), problems_(&problems) {}

  // The root, a null at 1:1 for an empty text; nullopt after a problem.
  [[nodiscard]] std::optional<Value> take();
  // A limit was reached or a second document begun: more problems would only follow from that one.
  [[nodiscard]] bool stopped() const { return stopped_; }
  [[nodiscard]] Location locate(const YAML::Mark& mark) const;

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override { close(); }

 private:
  struct Weight {
    std::size_t nodes = 1;
    std::size_t bytes = 0;
    std::size_t depth = 0;  // levels of lists and maps
  };
  struct Node {
    Value value;
    Weight weight;
  };
  struct Key {
    std::string text;
    Location at;
    bool good = true;  // false: its value is read and dropped
  };
  struct Frame {
    Node node;
    YAML::anchor_t anchor;
    std::optional<Key> key;                     // kMap: read, its value not yet
    std::unordered_map<std::string, int> seen;  // kMap: key -> line
  };

  void problem(const Location& where, std::string message);
  void stop(const Location& where, std::string message);
  // Counts `weight` against the limits; false if one is reached.
  bool charge(const Weight& weight, const Location& where);
  void check_tag(const std::string& tag, const Location& where);
  void open(Value::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor);
  void close();
  // The end of a node: remembered under its anchor, then put where it belongs.
  void complete(Node node, YAML::anchor_t anchor);
  void place(Node node);
  void place_key(Frame& map, Value value);
  void place_value(Frame& map, Value value);

  std::string file_;
  Diagnostics* problems_;
  bool failed_ = false;
  bool stopped_ = false;
  int documents_ = 0;
  Weight total_{.nodes = 0};
  std::vector<Frame> stack_;
  std::unordered_map<YAML::anchor_t, Node> anchors_;
  std::optional<Value> root_;
};

}  // namespace pathwise::config

// SPDX-License-Identifier: Apache-2.0
#include "config_tree.h"

#include <algorithm>
#include <utility>

#include "base/format.h"
#include "base/string_util.h"

namespace pathwise::config {

std::optional<Value> TreeBuilder::take() {
  if (failed_) return std::nullopt;
  if (!root_) root_ = Value{.at = {file_, 1, 1}};
  return std::exchange(root_, std::nullopt);
}

Location TreeBuilder::locate(const YAML::Mark& mark) const {
  if (mark.is_null()) return {file_, 1, 1};
  return {file_, mark.line + 1, mark.column + 1};
}

void TreeBuilder::problem(const Location& where, std::string message) {
  failed_ = true;
  problems_->append(where, std::move(message));
}

void TreeBuilder::stop(const Location& where, std::string message) {
  problem(where, std::move(message));
  stopped_ = true;
}

bool TreeBuilder::charge(const Weight& weight, const Location& where) {
  total_.nodes += weight.nodes;
  total_.bytes += weight.bytes;
  if (total_.nodes > kMaxNodes) {
    stop(where, formatted("more than {} values, aliases counted as what they stand for", kMaxNodes));
  } else if (total_.bytes > kMaxScalarBytes) {
    stop(where, formatted("more than {} MiB of text, aliases counted as what they stand for", kMaxScalarBytes >> 20));
  } else if (stack_.size() + weight.depth > kMaxDepth) {
    stop(where, formatted("nested deeper than {} levels", kMaxDepth));
  }
  return !stopped_;
}

// yaml-cpp gives "?" to what has no tag and "!" to a quoted scalar.
void TreeBuilder::check_tag(const std::string& tag, const Location& where) {
  if (tag.empty() || tag == "?" || tag == "!") return;
  problem(where, formatted("the tag {} has no meaning here; remove it", excerpt(tag)));
}

void TreeBuilder::OnDocumentStart(const YAML::Mark& mark) {
  if (++documents_ > 1) stop(locate(mark), "a second document begins here; one file holds one document");
}

void TreeBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  if (stopped_) return;
  Node node{.value = {.at = locate(mark)}, .weight = {}};
  if (charge(node.weight, node.value.at)) complete(std::move(node), anchor);
}

void TreeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  if (stopped_) return;
  const Location where = locate(mark);
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) {
    stop(where, "an alias stands inside the value that it repeats");
    return;
  }
  if (charge(found->second.weight, where)) complete(found->second, YAML::NullAnchor);
}

void TreeBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& text) {
  if (stopped_) return;
  Node node{.value = {.kind = Value::Kind::kScalar, .at = locate(mark), .scalar = text, .quoted = tag == "!"},
            .weight = {.bytes = text.size()}};
  check_tag(tag, node.value.at);
  if (charge(node.weight, node.value.at)) complete(std::move(node), anchor);
}

void TreeBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                                  YAML::EmitterStyle::value /*style*/) {
  open(Value::Kind::kSequence, mark, tag, anchor);
}

void TreeBuilder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                             YAML::EmitterStyle::value /*style*/) {
  open(Value::Kind::kMap, mark, tag, anchor);
}

void TreeBuilder::open(Value::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
  if (stopped_) return;
  Node node{.value = {.kind = kind, .at = locate(mark)}, .weight = {.depth = 1}};
  check_tag(tag, node.value.at);
  if (!charge(node.weight, node.value.at)) return;
  stack_.push_back(Frame{.node = std::move(node), .anchor = anchor, .key = {}, .seen = {}});
}

void TreeBuilder::close() {
  if (stopped_) return;
  Frame frame = std::move(stack_.back());
  stack_.pop_back();
  complete(std::move(frame.node), frame.anchor);
}

void TreeBuilder::complete(Node node, YAML::anchor_t anchor) {
  if (anchor != YAML::NullAnchor) {
    // The copy under the anchor is memory too: nested anchors must not multiply it unseen.
    if (!charge(node.weight, node.value.at)) return;
    anchors_.insert_or_assign(anchor, node);
  }
  place(std::move(node));
}

void TreeBuilder::place(Node node) {
  if (stack_.empty()) {
    root_ = std::move(node.value);
    return;
  }
  Frame& parent = stack_.back();
  parent.node.weight.nodes += node.weight.nodes;
  parent.node.weight.bytes += node.weight.bytes;
  parent.node.weight.depth = std::max(parent.node.weight.depth, node.weight.depth + 1);
  if (parent.node.value.kind == Value::Kind::kSequence) {
    parent.node.value.items.push_back(std::move(node.value));
  } else if (parent.key) {
    place_value(parent, std::move(node.value));
  } else {
    place_key(parent, std::move(node.value));
  }
}

void TreeBuilder::place_key(Frame& map, Value value) {
  map.key = Key{std::move(value.scalar), value.at};
  if (value.kind != Value::Kind::kScalar) {
    problem(value.at, "a key must be a plain text, like 'site', not a list, a map or nothing");
    map.key->good = false;
  } else if (map.key->text == "<<" && !value.quoted) {
    problem(value.at, "the merge key '<<' is not supported; write the keys out, or alias a whole value with '*name'");
    map.key->good = false;
  } else if (const auto [first, fresh] = map.seen.try_emplace(map.key->text, value.at.line); !fresh) {
    problem(value.at, formatted("the key {} on line {} is already on line {}; keep one", excerpt(map.key->text),
                                value.at.line, first->second));
    map.key->good = false;
  }
}

void TreeBuilder::place_value(Frame& map, Value value) {
  Key key = std::move(*map.key);
  map.key.reset();
  if (!key.good) return;
  // yaml-cpp puts a value that was left out where the next token stands.
  if (value.kind == Value::Kind::kNull && value.at.line != key.at.line) value.at = key.at;
  map.node.value.entries.push_back(Entry{std::move(key.text), std::move(key.at), std::move(value)});
}

}  // namespace pathwise::config

#include "lake/pack/yaml.h"

#include <atomic>
#include <functional>
#include <sstream>
#include <thread>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

namespace centavo::pack {
namespace {

using MistakeSink = std::function<void(int, std::string)>;

class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const MistakeSink& mistake) : mistake_(mistake) {}

  void OnDocumentStart(const YAML::Mark&) override {
    open_.clear();
    root_ = {};
    complete_ = false;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    add(node(Yaml::Kind::null, mark));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    mistake_(mark.line + 1, "aliases (*name) are not part of packs; write the value out");
    add(node(Yaml::Kind::null, mark));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    Yaml scalar = node(Yaml::Kind::scalar, mark);
    scalar.text = value;
    scalar.quoted = tag == "!";
    add(std::move(scalar));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    refuse_anchor(mark, anchor);
    open_.push_back({node(Yaml::Kind::list, mark), {}});
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    refuse_anchor(mark, anchor);
    open_.push_back({node(Yaml::Kind::map, mark), {}});
  }
  void OnMapEnd() override { close(); }

  bool complete() const { return complete_; }
  Yaml take() { return std::move(root_); }

 private:
  struct Open {
    Yaml value;
    std::optional<Yaml> key;  // of a map: read, its value is still to come
  };

  static Yaml node(Yaml::Kind kind, const YAML::Mark& mark) {
    Yaml out;
    out.kind = kind;
    out.line = mark.line + 1;
    return out;
  }

  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != 0) mistake_(mark.line + 1, "anchors (&name) are not part of packs");
  }

  void close() {
    if (open_.empty()) return;
    Yaml value = std::move(open_.back().value);
    open_.pop_back();
    add(std::move(value));
  }

  void add(Yaml value) {
    if (open_.empty()) {
      root_ = std::move(value);
      complete_ = true;
      return;
    }
    Open& top = open_.back();
    if (top.value.kind == Yaml::Kind::list) {
      top.value.items.push_back(std::move(value));
    } else if (!top.key) {
      if (value.kind != Yaml::Kind::scalar) mistake_(value.line, "a key must be text");
      top.key = std::move(value);
    } else {
      const Yaml key = *std::exchange(top.key, std::nullopt);
      if (const Yaml* before = top.value.find(key.text)) {
        mistake_(key.line, fmt::format("key \"{}\" is here twice, first on line {}", key.text, before->line));
        return;
      }
      top.value.entries.push_back({key.text, key.line, std::move(value)});
    }
  }

  const MistakeSink& mistake_;
  std::vector<Open> open_;
  Yaml root_;
  bool complete_ = false;
};

}  // namespace

const Yaml* Yaml::find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

YamlFile parse_yaml(std::string_view text) {
  YamlFile out;
  const MistakeSink mistake = [&](int line, std::string message) {
    out.mistakes.emplace_back(line, std::move(message));
  };
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    TreeBuilder builder(mistake);
    while (parser.HandleNextDocument(builder)) {
      if (builder.complete()) out.documents.push_back(builder.take());
    }
  } catch (const YAML::Exception& e) {
    mistake(e.mark.line < 0 ? 1 : e.mark.line + 1, fmt::format("not YAML: {}", e.msg));
  } catch (const std::exception& e) {
    mistake(1, fmt::format("not YAML: {}", e.what()));
  }
  return out;
}

std::vector<YamlFile> parse_yaml_files(const std::vector<const std::string*>& texts) {
  std::vector<YamlFile> out(texts.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < texts.size(); i = next++) out[i] = parse_yaml(*texts[i]);
  };
  std::vector<std::jthread> threads;
  try {
    for (unsigned i = 1; i < std::min(8u, std::thread::hardware_concurrency()); ++i) threads.emplace_back(work);
  } catch (const std::system_error&) {
    // No more threads to be had: those that run, and this one, do it all.
  }
  work();
  threads.clear();
  return out;
}

}  // namespace centavo::pack

#pragma once
/// \file app/cli/args.h
/// The command line as data: commands, their options and examples, and where each value goes. Help and completion read
/// the same tree. CLI11 does the parsing (args.cc, the only includer of it).

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "lake/access/access.h"

namespace centavo::cli {

class Context;

/// What a command needs of the person it acts for (--as). Every command says so; permission.cc looks.
struct Needs {
  enum class Who {
    anyone,    ///< also outside a lake
    person,    ///< somebody the lake knows
    reader,    ///< `right` in `tenant`; without a tenant in those that the command works on
    manager,   ///< an administrator of every tenant
    oneself,   ///< the user that `user` names, or a manager
  };
  Who who = Who::manager;
  access::Right right = access::Right::cost_read;
  const std::string* tenant = nullptr;   ///< an option's target
  const std::string* user = nullptr;
  const std::string* table = nullptr;    ///< an option's target, "silver.x": its layer must be in sight
  std::string layer;                     ///< must be in sight
  bool writes = false;                   ///< goes to the audit
  std::function<std::string()> object;   ///< what it changes, for the audit; never personal data

  Needs&& of_layer(std::string name) && { return layer = std::move(name), std::move(*this); }
  Needs&& of_table(const std::string& name) && { return table = &name, std::move(*this); }
  Needs&& writing(std::function<std::string()> what = {}) && {
    return writes = true, object = std::move(what), std::move(*this);
  }
};
inline Needs needs_nothing() { return {.who = Needs::Who::anyone}; }
inline Needs needs_person() { return {.who = Needs::Who::person}; }
inline Needs needs_manager() { return {.who = Needs::Who::manager}; }
inline Needs needs_manager_in(const std::string& tenant) { return {.who = Needs::Who::manager, .tenant = &tenant}; }
inline Needs needs_right(access::Right right, const std::string& tenant) {
  return {.who = Needs::Who::reader, .right = right, .tenant = &tenant};
}
inline Needs needs_oneself(const std::string& user) { return {.who = Needs::Who::oneself, .user = &user}; }

/// What a value is, so that a shell can complete it.
enum class ValueKind { other, tenant, table, pack, file, folder, user };

struct Option {
  using Target = std::variant<bool*, std::string*, std::int64_t*, std::vector<std::string>*>;

  std::string name;                  ///< "--tenant", or "TABLE" when it stands by its place
  std::string value;                 ///< what stands for the value in help: "ID"; "" for a flag
  std::string help;
  Target target;                     ///< keeps its default unless given; must outlive the parsing
  bool required = false;
  std::vector<std::string> choices;  ///< the only values allowed; empty: any
  ValueKind kind = ValueKind::other;
  bool* given = nullptr;             ///< set to true when the option was given

  bool positional() const { return name.front() != '-'; }
  bool flag() const { return std::holds_alternative<bool*>(target); }
  bool many() const { return std::holds_alternative<std::vector<std::string>*>(target); }
};

/// One command. A command has either commands of its own or an action.
class Command {
 public:
  using Action = std::function<Status(Context&)>;

  Command(std::string name, std::string about) : name_(std::move(name)), about_(std::move(about)) {}

  /// Adds a command below this one. The reference stays good as long as this command.
  Command& sub(std::string name, std::string about);
  Command& option(Option option);
  Command& example(std::string line, std::string what);
  Command& group(std::string title);         ///< heading in the parent's help
  Command& note(std::string text);           ///< a paragraph of its help
  Command& action(Action action);
  Command& needs(Needs needs);
  /// Keeps the values that targets point to.
  Command& keep(std::shared_ptr<void> values);

  const std::string& name() const { return name_; }
  const std::string& about() const { return about_; }
  const std::string& group() const { return group_; }
  const std::vector<std::string>& notes() const { return notes_; }
  const std::vector<Option>& options() const { return options_; }
  const std::vector<std::pair<std::string, std::string>>& examples() const { return examples_; }
  const std::vector<std::unique_ptr<Command>>& subs() const { return subs_; }
  const Command* find(std::string_view name) const;
  const Action& action() const { return action_; }
  const std::optional<Needs>& needs() const { return needs_; }

 private:
  std::string name_, about_, group_;
  std::vector<std::string> notes_;
  std::vector<Option> options_;
  std::vector<std::pair<std::string, std::string>> examples_;
  std::vector<std::unique_ptr<Command>> subs_;
  std::vector<std::shared_ptr<void>> kept_;
  Action action_;
  std::optional<Needs> needs_;
};

struct Parsed {
  const Command* command = nullptr;          ///< the deepest one named
  std::vector<std::string> path;             ///< "tenant", "add"
  bool help = false;
};

/// Parses `arguments` (without the program's name) and sets the targets. Options of `root` may stand anywhere.
/// `invalid_argument` with what is near when a command, option or value is unknown, missing or malformed.
/// `--help` wins over missing values.
Result<Parsed> parse(const Command& root, const std::vector<std::string>& arguments);

/// The help page of the command at `path` below `root`.
std::string help_text(const Command& root, const std::vector<std::string>& path);

/// The word of `known` that `word` is probably a slip of; nullopt when none is near.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace centavo::cli

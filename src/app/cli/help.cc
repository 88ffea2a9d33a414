#include "app/cli/args.h"

namespace centavo::cli {
namespace {

constexpr std::size_t kTextWidth = 100;

/// "  left    right", the right part wrapped under itself.
void add_line(std::string& page, std::string_view left, std::size_t left_width, std::string_view right) {
  std::string line = fmt::format("  {:<{}}  ", left, left_width);
  const std::size_t indent = left_width + 4;
  std::size_t column = line.size();
  while (!right.empty()) {
    const std::size_t end = std::min(right.find(' '), right.size());
    if (column > indent && column + end > kTextWidth) {
      while (line.back() == ' ') line.pop_back();
      line += "\n" + std::string(indent, ' ');
      column = indent;
    }
    line.append(right.substr(0, end));
    column += end;
    right.remove_prefix(std::min(end + 1, right.size()));
    if (!right.empty()) {
      line += ' ';
      ++column;
    }
  }
  while (line.back() == ' ') line.pop_back();
  page += line + "\n";
}

std::string left_of(const Option& option) {
  if (option.flag() || option.positional()) return option.name;
  return fmt::format("{} {}", option.name, option.value);
}

std::string right_of(const Option& option) {
  std::string text = option.help;
  if (!option.choices.empty()) text += fmt::format(" ({})", fmt::join(option.choices, ", "));
  if (option.required && !option.positional()) text += " [required]";
  if (option.many() && !option.positional()) text += " [may be repeated]";
  return text;
}

void add_options(std::string& page, std::string_view title, const std::vector<const Option*>& options) {
  if (options.empty()) return;
  std::size_t width = 0;
  for (const Option* option : options) width = std::max(width, left_of(*option).size());
  page += fmt::format("\n{}:\n", title);
  for (const Option* option : options) add_line(page, left_of(*option), width, right_of(*option));
}

void add_commands(std::string& page, const Command& command) {
  std::size_t width = 0;
  for (const auto& sub : command.subs()) width = std::max(width, sub->name().size());
  std::vector<std::string> groups;
  for (const auto& sub : command.subs()) {
    if (std::find(groups.begin(), groups.end(), sub->group()) == groups.end()) groups.push_back(sub->group());
  }
  for (const std::string& group : groups) {
    page += fmt::format("\n{}:\n", group.empty() ? "Commands" : group);
    for (const auto& sub : command.subs()) {
      if (sub->group() == group) add_line(page, sub->name(), width, sub->about());
    }
  }
}

std::string usage_of(const Command& command, std::string_view full_name) {
  std::string usage = fmt::format("Usage: {}", full_name);
  if (!command.subs().empty()) return usage + " COMMAND [options]";
  bool has_options = false;
  for (const Option& option : command.options()) {
    if (option.positional()) {
      const std::string name = option.many() ? option.name + "..." : option.name;
      usage += option.required ? " " + name : " [" + name + "]";
    } else if (option.required) {
      usage += " " + left_of(option);
    } else {
      has_options = true;
    }
  }
  return has_options ? usage + " [options]" : usage;
}

}  // namespace

std::string help_text(const Command& root, const std::vector<std::string>& path) {
  const Command* command = &root;
  for (const std::string& word : path) {
    const Command* const below = command->find(word);
    if (below == nullptr) break;
    command = below;
  }
  const std::string full_name = path.empty() ? root.name() : fmt::format("{} {}", root.name(), fmt::join(path, " "));
  std::string page = fmt::format("{}: {}\n\n{}\n", full_name, command->about(), usage_of(*command, full_name));
  for (const std::string& note : command->notes()) {
    page += "\n";
    add_line(page, "", 0, note);
  }
  add_commands(page, *command);
  std::vector<const Option*> arguments, options, everywhere;
  if (command != &root) {
    for (const Option& option : command->options()) (option.positional() ? arguments : options).push_back(&option);
  }
  for (const Option& option : root.options()) everywhere.push_back(&option);
  add_options(page, "Arguments", arguments);
  add_options(page, "Options", options);
  add_options(page, "Options of every command", everywhere);
  if (!command->examples().empty()) {
    page += "\nExamples:\n";
    for (const auto& [line, what] : command->examples()) page += fmt::format("  # {}\n  {}\n", what, line);
  }
  if (!command->subs().empty()) page += fmt::format("\n'{} COMMAND --help' tells more of one.\n", full_name);
  return page;
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& known) {
  std::optional<std::string> best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    // Edits between the two (Levenshtein, neighbours swapped count as one edit), row by row.
    std::vector<std::size_t> before_last, last(candidate.size() + 1), row(candidate.size() + 1);
    for (std::size_t j = 0; j <= candidate.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= word.size(); ++i) {
      row[0] = i;
      for (std::size_t j = 1; j <= candidate.size(); ++j) {
        const std::size_t change = word[i - 1] == candidate[j - 1] ? 0 : 1;
        row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
        if (i > 1 && j > 1 && word[i - 1] == candidate[j - 2] && word[i - 2] == candidate[j - 1]) {
          row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
      }
      before_last = last;
      last = row;
    }
    std::size_t distance = last[candidate.size()];
    if (word.size() >= 3 && candidate.starts_with(word)) distance = std::min<std::size_t>(distance, 1);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace centavo::cli

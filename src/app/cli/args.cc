#include "app/cli/args.h"

#include <charconv>

#include <CLI/CLI.hpp>

namespace centavo::cli {
namespace {

/// What CLI11 collected for one option, before we look at it.
struct Raw {
  const Option* option = nullptr;
  CLI::Option* parsed = nullptr;
  std::vector<std::string> values;
};

/// A command with its CLI11 twin.
struct Twin {
  const Command* command = nullptr;
  CLI::App* app = nullptr;
  std::vector<std::unique_ptr<Raw>> raws;
  std::vector<std::unique_ptr<Twin>> subs;
};

void add_option(Twin& twin, const Option& option) {
  auto raw = std::make_unique<Raw>();
  raw->option = &option;
  if (option.flag()) {
    raw->parsed = twin.app->add_flag(option.name);
  } else {
    raw->parsed = twin.app->add_option(option.positional() ? "place_" + option.name : option.name, raw->values);
    if (option.many() && option.positional()) {
      raw->parsed->expected(0, 1 << 20);
    } else {
      raw->parsed->expected(1)->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
  }
  twin.raws.push_back(std::move(raw));
}

std::unique_ptr<Twin> twin_of(const Command& command, CLI::App* app) {
  auto twin = std::make_unique<Twin>();
  twin->command = &command;
  twin->app = app;
  app->set_help_flag("");
  app->allow_extras();
  app->require_subcommand(0, 1);  // a value that is spelled like a command stays a value
  for (const Option& option : command.options()) add_option(*twin, option);
  for (const auto& sub : command.subs()) {
    CLI::App* const below = app->add_subcommand(sub->name());
    below->fallthrough();
    twin->subs.push_back(twin_of(*sub, below));
  }
  return twin;
}

std::string spelled(const Option& option) {
  return option.flag() || option.positional() ? option.name : fmt::format("{} {}", option.name, option.value);
}

Status set_value(const Raw& raw) {
  const Option& option = *raw.option;
  if (option.flag()) {
    if (raw.parsed->count() > 0) *std::get<bool*>(option.target) = true;
    return {};
  }
  if (raw.values.empty()) return {};
  for (const std::string& value : raw.values) {
    const auto& choices = option.choices;
    if (choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end()) continue;
    const auto near = nearest(value, choices);
    return fail_hint(near ? fmt::format("did you mean {}?", *near) : "", ErrorKind::invalid_argument,
                     "{}: \"{}\" is not one of {}", option.name, value, fmt::join(choices, ", "));
  }
  if (auto* const* all = std::get_if<std::vector<std::string>*>(&option.target)) {
    **all = raw.values;
    return {};
  }
  if (raw.values.size() > 1) {
    return fail(ErrorKind::invalid_argument, "{} is given {} times: \"{}\"", option.name, raw.values.size(),
                fmt::join(raw.values, "\", \""));
  }
  const std::string& value = raw.values.front();
  if (auto* const* text = std::get_if<std::string*>(&option.target)) {
    **text = value;
    return {};
  }
  std::int64_t number = 0;
  const auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (fault != std::errc() || end != value.data() + value.size()) {
    return fail(ErrorKind::invalid_argument, "{}: \"{}\" is not a whole number", option.name, value);
  }
  *std::get<std::int64_t*>(option.target) = number;
  return {};
}

// "centavo tenant add --help": what to type to read about the command that was meant.
std::string help_command(const Parsed& parsed) {
  return fmt::format("centavo {}{}--help", fmt::join(parsed.path, " "), parsed.path.empty() ? "" : " ");
}

tl::unexpected<Error> unknown_argument(const Command& root, const Parsed& parsed, const std::string& word) {
  const std::string help = help_command(parsed);
  if (word.size() > 1 && word.front() == '-') {
    std::vector<std::string> known = {"--help"};
    for (const Command* command : {parsed.command, &root}) {
      for (const Option& option : command->options()) {
        if (!option.positional()) known.push_back(option.name);
      }
    }
    const std::string name = word.substr(0, word.find('='));
    const auto near = nearest(name, known);
    return fail_hint(near ? fmt::format("did you mean {}?", *near) : help, ErrorKind::invalid_argument,
                     "unknown option {}", name);
  }
  if (parsed.command->subs().empty()) {
    return fail_hint(help, ErrorKind::invalid_argument, "\"{}\" is one argument too many", word);
  }
  std::vector<std::string> known;
  for (const auto& sub : parsed.command->subs()) known.push_back(sub->name());
  const auto near = nearest(word, known);
  return fail_hint(near ? fmt::format("did you mean {}?", *near) : help, ErrorKind::invalid_argument,
                   "unknown command \"{}{}{}\"", fmt::join(parsed.path, " "), parsed.path.empty() ? "" : " ", word);
}

Status check_complete(const Parsed& parsed, const std::vector<std::unique_ptr<Raw>>& raws) {
  const std::string help = help_command(parsed);
  if (!parsed.command->subs().empty()) {
    std::vector<std::string> known;
    for (const auto& sub : parsed.command->subs()) known.push_back(sub->name());
    const std::string said =
        parsed.path.empty() ? "no command" : fmt::format("{}: no command", fmt::join(parsed.path, " "));
    return fail_hint(help, ErrorKind::invalid_argument, "{} given; one of {}", said, fmt::join(known, ", "));
  }
  for (const auto& raw : raws) {
    if (!raw->option->required || raw->parsed->count() > 0) continue;
    return fail_hint(help, ErrorKind::invalid_argument, "{}: {} is missing", fmt::join(parsed.path, " "),
                     spelled(*raw->option));
  }
  return {};
}

}  // namespace

Command& Command::sub(std::string name, std::string about) {
  return *subs_.emplace_back(std::make_unique<Command>(std::move(name), std::move(about)));
}
Command& Command::option(Option option) {
  options_.push_back(std::move(option));
  return *this;
}
Command& Command::example(std::string line, std::string what) {
  examples_.emplace_back(std::move(line), std::move(what));
  return *this;
}
Command& Command::group(std::string title) {
  group_ = std::move(title);
  return *this;
}
Command& Command::note(std::string text) {
  notes_.push_back(std::move(text));
  return *this;
}
Command& Command::action(Action action) {
  action_ = std::move(action);
  return *this;
}
Command& Command::needs(Needs needs) {
  needs_ = std::move(needs);
  return *this;
}
Command& Command::keep(std::shared_ptr<void> values) {
  kept_.push_back(std::move(values));
  return *this;
}

const Command* Command::find(std::string_view name) const {
  for (const auto& sub : subs_) {
    if (sub->name() == name) return sub.get();
  }
  return nullptr;
}

Result<Parsed> parse(const Command& root, const std::vector<std::string>& arguments) {
  Parsed parsed;
  parsed.command = &root;
  try {
    CLI::App app;
    const std::unique_ptr<Twin> top = twin_of(root, &app);
    bool help = false;
    app.add_flag("-h,--help", help);
    std::optional<Error> fault;
    try {
      app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::ParseError& error) {
      // What is left: an option whose value is missing.
      fault = Error{ErrorKind::invalid_argument, error.what(), "centavo --help"};
    }
    const Twin* deepest = top.get();
    for (bool found = true; found;) {
      found = false;
      for (const auto& sub : deepest->subs) {
        if (sub->app->parsed() == 0) continue;
        parsed.path.push_back(sub->command->name());
        parsed.command = sub->command;
        deepest = sub.get();
        found = true;
        break;
      }
    }
    for (const Twin* twin : {static_cast<const Twin*>(top.get()), deepest}) {
      for (const auto& raw : twin->raws) {
        if (Status set = set_value(*raw); !set && !fault) fault = set.error();
        if (raw->option->given != nullptr && raw->parsed->count() > 0) *raw->option->given = true;
      }
      if (twin == deepest) break;
    }
    const auto is_help = [](const std::string& word) { return word == "--help" || word == "-h"; };
    parsed.help = help || (fault && std::any_of(arguments.begin(), arguments.end(), is_help));
    if (parsed.help) return parsed;
    if (fault) return fail(*fault);
    const std::vector<std::string> extras = app.remaining(true);
    const auto unknown =
        std::find_if(extras.begin(), extras.end(), [](const std::string& word) { return word != "--"; });
    if (unknown != extras.end()) return unknown_argument(root, parsed, *unknown);
    TRY(check_complete(parsed, deepest->raws));
    return parsed;
  } catch (const std::exception& error) {
    return fail(ErrorKind::internal, "the command line: {}", error.what());
  }
}

}  // namespace centavo::cli

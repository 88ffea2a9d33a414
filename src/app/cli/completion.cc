#include "app/cli/completion.h"

namespace centavo::cli {
namespace {

/// Visits every command with its path ("" for the root, "tenant add").
void visit(const Command& command, const std::string& path,
           const std::function<void(const Command&, const std::string&)>& see) {
  see(command, path);
  for (const auto& sub : command.subs()) visit(*sub, path.empty() ? sub->name() : path + " " + sub->name(), see);
}

/// What may stand for a value: words, or "@tenants", "@tables", "@packs", "@users", "@files", "@folders" to be looked
/// up; "" for anything.
std::string values_of(const Option& option) {
  if (!option.choices.empty()) return fmt::format("{}", fmt::join(option.choices, " "));
  switch (option.kind) {
    case ValueKind::tenant: return "@tenants";
    case ValueKind::table: return "@tables";
    case ValueKind::pack: return "@packs";
    case ValueKind::file: return "@files";
    case ValueKind::folder: return "@folders";
    case ValueKind::user: return "@users";
    case ValueKind::other: break;
  }
  return {};
}

/// Two functions that bash and zsh share: the words that may follow a path, and the values of an option or an argument.
std::string shared_functions(const Command& root) {
  std::string words = "_centavo_words() {\n  case \"$1\" in\n";
  std::string values = "_centavo_values() {\n  case \"$1\" in\n";
  visit(root, "", [&](const Command& command, const std::string& path) {
    std::string line;
    for (const auto& sub : command.subs()) line += sub->name() + " ";
    for (const Option& option : command.options()) {
      if (!option.positional()) line += option.name + " ";
      const std::string known = values_of(option);
      if (!known.empty())
        values += fmt::format("    \"{}|{}\") echo \"{}\" ;;\n", path, option.positional() ? "" : option.name, known);
    }
    if (&command != &root) {
      for (const Option& option : root.options()) line += option.name + " ";
    }
    words += fmt::format("    \"{}\") echo \"{}--help\" ;;\n", path, line);
  });
  return words + "    *) return 1 ;;\n  esac\n}\n\n" + values + "    *) return 1 ;;\n  esac\n}\n";
}

/// A word in single quotes for fish.
std::string fish_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string fish_values(const Option& option) {
  const std::string known = values_of(option);
  if (known == "@files") return " -F";
  if (known == "@folders") return " -a '(__fish_complete_directories)'";
  if (known.starts_with('@')) return fmt::format(" -a '(centavo completion --words {} 2>/dev/null)'", known.substr(1));
  return known.empty() ? "" : " -a " + fish_quoted(known);
}

}  // namespace

std::string bash_completion(const Command& root) {
  return "# bash completion of centavo. Load it with: source <(centavo completion bash)\n" + shared_functions(root) +
         R"sh(
_centavo() {
  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" path="" i candidate known
  for (( i = 1; i < COMP_CWORD; i++ )); do
    candidate="${path:+$path }${COMP_WORDS[i]}"
    _centavo_words "$candidate" >/dev/null && path="$candidate"
  done
  COMPREPLY=()
  known=""
  if [[ "$previous" == -* ]]; then
    known="$(_centavo_values "$path|$previous" || _centavo_values "|$previous")"
  elif [[ "$current" != -* ]]; then
    known="$(_centavo_values "$path|")"
  fi
  case "$known" in
    @files) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    @folders) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
    @*) known="$(centavo completion --words "${known#@}" 2>/dev/null)" ;;
    "") known="$(_centavo_words "$path")" ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$known" -- "$current")
}
complete -F _centavo centavo
)sh";
}

std::string zsh_completion(const Command& root) {
  return "#compdef centavo\n# zsh completion of centavo. Load it with: source <(centavo completion zsh)\n" +
         shared_functions(root) + R"sh(
_centavo() {
  local current="${words[CURRENT]}" previous="${words[CURRENT-1]}" route="" i candidate known
  for (( i = 2; i < CURRENT; i++ )); do
    candidate="${route:+$route }${words[i]}"
    _centavo_words "$candidate" >/dev/null && route="$candidate"
  done
  known=""
  if [[ "$previous" == -* ]]; then
    known="$(_centavo_values "$route|$previous" || _centavo_values "|$previous")"
  elif [[ "$current" != -* ]]; then
    known="$(_centavo_values "$route|")"
  fi
  case "$known" in
    @files) _files; return ;;
    @folders) _files -/; return ;;
    @*) known="$(centavo completion --words "${known#@}" 2>/dev/null)" ;;
    "") known="$(_centavo_words "$route")" ;;
  esac
  compadd -- ${=known}
}
compdef _centavo centavo
)sh";
}

std::string fish_completion(const Command& root) {
  std::string paths, lines;
  visit(root, "", [&](const Command& command, const std::string& path) {
    if (!path.empty()) paths += " " + fish_quoted(path);
    const std::string here = fmt::format("complete -c centavo -n '__centavo_at \"{}\"'", path);
    for (const auto& sub : command.subs())
      lines += fmt::format("{} -a {} -d {}\n", here, sub->name(), fish_quoted(sub->about()));
    for (const Option& option : command.options()) {
      const std::string scope = &command == &root ? "complete -c centavo" : here;
      if (option.positional()) {
        const std::string known = fish_values(option);
        if (!known.empty()) lines += here + known + "\n";
      } else {
        // -x: a value is needed and files are not offered; -r: a value is needed.
        const char* const needs = option.flag() ? "" : option.kind == ValueKind::file ? " -r" : " -x";
        lines += fmt::format("{} -l {}{} -d {}{}\n", scope, option.name.substr(2), needs, fish_quoted(option.help),
                             option.flag() ? "" : fish_values(option));
      }
    }
  });
  return fmt::format(R"sh(# fish completion of centavo. Load it with: centavo completion fish | source
set -g __centavo_paths{}
function __centavo_at
  set -l route ''
  for word in (commandline -opc)[2..-1]
    set -l candidate (string trim -- "$route $word")
    contains -- "$candidate" $__centavo_paths; and set route $candidate
  end
  test "$route" = "$argv[1]"
end
complete -c centavo -f
complete -c centavo -l help -s h -d 'what a command does'
{})sh",
                     paths, lines);
}

}  // namespace centavo::cli

#include "app/cli/program.h"

#include "app/cli/permission.h"

namespace centavo::cli {
namespace {

ColorWhen color_of(const std::string& word) {
  if (word == "always") return ColorWhen::always;
  return word == "never" ? ColorWhen::never : ColorWhen::automatic;
}

/// A command line that could not be parsed may still have asked for JSON.
bool asks_for_json(const std::vector<std::string>& arguments) {
  return std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
}

Status act(const Command& root, const GlobalOptions& globals, const std::vector<std::string>& arguments, Output& output,
           const Cancel& cancel) {
  output.set_modes(asks_for_json(arguments), false, ColorWhen::automatic);
  std::vector<std::string> words = arguments;
  if (!words.empty() && words.front() == "help") {  // "centavo help run" is "centavo run --help"
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  if (!words.empty() && words.front() == "--version") words.front() = "version";
  const Parsed parsed = TRY(parse(root, words));
  output.set_modes(globals.json, globals.quiet, color_of(globals.color));
  if (parsed.help) {
    output.write(help_text(root, parsed.path));
    return {};
  }
  Context context(globals, output, cancel);
  return act_permitted(context, parsed);
}

}  // namespace

Command make_root(GlobalOptions& globals) {
  Command root("centavo", "a lakehouse for cloud bills: raw bills in, proven numbers out");
  root.option({.name = "--lake",
               .value = "DIR",
               .help = "the lake; else CENTAVO_LAKE, else the nearest parent folder with centavo.yaml",
               .target = &globals.lake,
               .kind = ValueKind::folder});
  root.option({.name = "--json", .help = "results and errors as JSON", .target = &globals.json});
  root.option({.name = "--quiet", .help = "no notes and no progress", .target = &globals.quiet});
  root.option({.name = "--color",
               .value = "WHEN",
               .help = "colours",
               .target = &globals.color,
               .choices = {"auto", "always", "never"}});
  root.option({.name = "--as",
               .value = "USER",
               .help = "act with the rights of this person; in a lake without people, whose name goes into history",
               .target = &globals.user,
               .kind = ValueKind::user});
  return root;
}

int run_program(const Command& root, const GlobalOptions& globals, const std::vector<std::string>& arguments,
                std::FILE* out, std::FILE* err, const Cancel& cancel) {
  Output output(out, err);
  Status done = act(root, globals, arguments, output, cancel);
  if (const Status written = output.finish(); done && !written) done = written;
  if (done) return 0;
  Error error = done.error();
  if (cancel.requested() && error.kind == ErrorKind::cancelled) {
    error = {ErrorKind::cancelled, "interrupted; nothing half done is visible", {}};
  }
  output.error(error);
  return exit_code_of(error.kind);
}

}  // namespace centavo::cli

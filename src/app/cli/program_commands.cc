/// \file app/cli/program_commands.cc
/// completion, version

#include "app/cli/commands.h"
#include "app/cli/completion.h"
#include "app/cli/context.h"

namespace centavo::cli {
namespace {

struct CompletionArguments {
  std::string shell, words;
};

/// Names for a shell to offer, one a line. Says nothing outside a lake: completion is no place for errors.
Result<std::vector<std::string>> words_of(Context& context, const std::string& kind) {
  std::vector<std::string> words;
  if (kind == "users") {
    auto* const people = TRY(context.people_there_are());
    if (people == nullptr || !access::may_manage(context.who())) return words;
    for (const access::User& user : TRY(people->users())) words.push_back(user.id);
    return words;
  }
  std::vector<std::string> folders;
  std::string trees;
  if (Lake::find(context.globals().lake)) {
    Lake lake = TRY(context.lake());
    folders = lake.pack_folders();
    trees = lake.pack_trees();
    if (kind == "tenants") {
      for (const Tenant& tenant : TRY(lake.tenants())) words.push_back(tenant.id);
    }
  }
  if (kind == "tenants") return words;
  const pack::Library library = TRY(pack::Library::load(folders, trees));
  for (const auto& [name, pack] : library.packs()) {
    if (kind == "packs") words.push_back(name);
    if (kind != "tables") continue;
    for (const pack::Model& model : pack.models) words.push_back(model.contract.table.text());
  }
  return words;
}

Status complete(Context& context, const Command& root, const CompletionArguments& given) {
  if (given.shell.empty() == given.words.empty()) {
    return fail_hint("centavo completion bash", ErrorKind::invalid_argument,
                     "completion: say either a shell or --words");
  }
  if (!given.words.empty()) {
    for (const std::string& word : TRY(words_of(context, given.words))) context.output().line(word);
  } else if (given.shell == "bash") {
    context.output().write(bash_completion(root));
  } else if (given.shell == "zsh") {
    context.output().write(zsh_completion(root));
  } else {
    context.output().write(fish_completion(root));
  }
  return {};
}

Status tell_version(Context& context) {
  const std::string engine_version(duck::engine_version());
  if (context.output().json()) {
    context.output().json_document(
        {{"version", CENTAVO_VERSION}, {"engine", "duckdb " + engine_version}, {"lake_format", kLakeFormat}});
  }
  context.output().say("centavo {} (duckdb {}, lake format {})", CENTAVO_VERSION, engine_version, kLakeFormat);
  return {};
}

}  // namespace

void add_program_commands(Command& root) {
  const auto values = std::make_shared<CompletionArguments>();
  Command& completion =
      root.sub("completion", "a script that completes centavo in your shell").group(kGroupProgram).keep(values);
  completion.option(
      {.name = "SHELL", .help = "the shell", .target = &values->shell, .choices = {"bash", "zsh", "fish"}});
  completion.option({.name = "--words",
                     .value = "KIND",
                     .help = "names of this lake, for the scripts",
                     .target = &values->words,
                     .choices = {"tenants", "tables", "packs", "users"}});
  completion.example("source <(centavo completion bash)", "in ~/.bashrc")
      .example("centavo completion fish | source", "in config.fish");
  const Command* const tree = &root;
  completion.needs(needs_person());
  completion.action([values, tree](Context& context) { return complete(context, *tree, *values); });

  Command& version =
      root.sub("version", "versions of the program, its engine and the lake's format").group(kGroupProgram);
  version.example("centavo version --json", "for a program");
  version.needs(needs_nothing());
  version.action(tell_version);
}

}  // namespace centavo::cli

/// \file app/cli/lake_commands.cc
/// init, doctor

#include "app/cli/commands.h"
#include "app/cli/doctor.h"
#include "app/cli/report_text.h"

namespace centavo::cli {
namespace {

struct LakeArguments {
  std::string dir, name;
  bool repair = false;
};

Status make_lake(Context& context, const LakeArguments& given) {
  const Lake lake = TRY(Lake::create(given.dir, given.name));
  if (context.output().json()) context.output().json_document({{"lake", lake.dir()}, {"format", lake.config().format}});
  context.output().say("{} is a lake", lake.dir());
  context.output().note("next: centavo --lake {} tenant add ID --pack PACK --source FOLDER", given.dir);
  return {};
}

Status examine_lake(Context& context, const LakeArguments& given) {
  OpenLake open = TRY(context.open_lake());
  const std::vector<Finding> findings = TRY(examine(context, open, given.repair));
  std::vector<OrderedJson> objects;
  std::int64_t left = 0, mendable = 0;
  for (const Finding& finding : findings) {
    left += finding.mended ? 0 : 1;
    mendable += !finding.mended && finding.advice.empty() ? 1 : 0;
    objects.push_back({{"state", finding.mended ? "mended" : "wrong"},
                       {"tenant", finding.tenant},
                       {"where", finding.where},
                       {"what", finding.what},
                       {"advice", finding.advice}});
  }
  const auto tone = [](const OrderedJson& state) { return state == "mended" ? Tone::good : Tone::bad; };
  context.output().list(
      objects,
      {{.key = "state", .tone = tone}, {.key = "tenant"}, {.key = "where"}, {.key = "what"}, {.key = "advice"}}, "");
  if (left == 0) {
    context.output().say("{}", findings.empty() ? "all is well" : "all is well again");
    return {};
  }
  return fail_hint(mendable > 0 ? "centavo doctor --repair mends what can be mended" : "", ErrorKind::check_failed,
                   "doctor: {} wrong in {}", count_text(left, "thing is", "things are"), open.lake.dir());
}

}  // namespace

void add_lake_commands(Command& root) {
  const auto values = std::make_shared<LakeArguments>();
  Command& init = root.sub("init", "make a lake in a folder").group(kGroupLake).keep(values);
  init.option({.name = "DIR",
               .help = "the folder; it is made when missing",
               .target = &values->dir,
               .required = true,
               .kind = ValueKind::folder});
  init.option({.name = "--name", .value = "TEXT", .help = "name for people", .target = &values->name});
  init.example("centavo init ./lake", "an empty lake");
  init.needs(needs_nothing());
  init.action([values](Context& context) { return make_lake(context, *values); });

  Command& doctor = root.sub("doctor", "find what crashes and lost files left behind, and mend it").group(kGroupLake);
  doctor.note(
      "Compares the catalog with the tables' logs, looks for files of releases and landings that are gone, runs that "
      "never ended, "
      "and leftovers. Ends with 3 when something is wrong and was not mended.");
  doctor.option({.name = "--repair", .help = "mend what can be mended; no data is deleted", .target = &values->repair});
  doctor.example("centavo doctor", "only look").example("centavo doctor --repair", "look and mend");
  doctor.needs(needs_manager());
  doctor.action([values](Context& context) { return examine_lake(context, *values); });
}

}  // namespace centavo::cli

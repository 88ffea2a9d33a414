/// \file app/cli/tenant_commands.cc
/// tenant add|list|show|set|enable|disable|remove

#include <charconv>
#include <filesystem>

#include "app/cli/commands.h"
#include "app/cli/context.h"
#include "lake/pack/parameters.h"

namespace centavo::cli {
namespace {

struct TenantArguments {
  std::string id, name, currency, sla_hours, retention_days;
  std::vector<std::string> packs, sources, parameters, labels;
  bool yes = false;
};

OrderedJson tenant_object(const Tenant& tenant) {
  OrderedJson object = {{"id", tenant.id},
                        {"name", tenant.name},
                        {"state", tenant.enabled ? "enabled" : "disabled"},
                        {"currency", tenant.currency},
                        {"sla_hours", tenant.sla_hours}};
  std::vector<std::string> names;
  for (const TenantSource& source : tenant.sources) names.push_back(source.name);
  object["sources"] = names;
  const Json whole = to_json(tenant);
  for (const char* key : {"packs", "retention_days", "parameters", "labels"}) {
    if (whole.contains(key)) object[key] = whole[key];
  }
  return object;
}

Result<double> hours(const std::string& text) {
  double value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size() || !(value > 0)) {
    return fail(ErrorKind::invalid_argument, "--sla-hours: \"{}\" is not a number of hours above 0", text);
  }
  return value;
}

/// The kind of source meant by --source when it does not say: the only one that the packs have, or their default.
Result<const pack::SourceKind*> only_kind(const pack::Library& library, const std::vector<std::string>& packs) {
  std::vector<const pack::SourceKind*> kinds;
  std::vector<std::string> names;
  for (const std::string& name : packs) {
    const pack::Pack& pack = library.packs().at(name);
    for (const pack::SourceKind& kind : pack.sources) {
      if (!pack.default_source.empty() && kind.name != pack.default_source) continue;
      kinds.push_back(&kind);
      names.push_back(kind.name);
    }
  }
  if (kinds.size() == 1) return kinds.front();
  if (kinds.empty()) {
    return fail(ErrorKind::invalid_argument, "--source: pack {} has no kind of source", fmt::join(packs, ", "));
  }
  return fail_hint(fmt::format("--source {}=URI", names.front()), ErrorKind::invalid_argument,
                   "--source: pack {} has several kinds of source: {}", fmt::join(packs, ", "), fmt::join(names, ", "));
}

Result<TenantSource> source_of(const pack::Library& library, const std::vector<std::string>& packs,
                               const std::string& text, const std::string& lake_dir) {
  TenantSource source;
  const std::size_t equals = text.find('=');
  const pack::SourceKind* kind = equals == std::string::npos ? nullptr : library.source(text.substr(0, equals));
  std::string uri = text;
  if (kind != nullptr) {
    uri = text.substr(equals + 1);
  } else {
    kind = TRY(only_kind(library, packs));
  }
  source.name = kind->name;
  source.kind = kind->name;
  source.uri = source_uri(uri, lake_dir);
  return source;
}

Status check_packs(const pack::Library& library, const std::vector<std::string>& packs) {
  std::vector<std::string> known;
  for (const auto& [name, pack] : library.packs()) known.push_back(name);
  for (const std::string& name : packs) {
    if (library.packs().contains(name)) continue;
    const auto near = nearest(name, known);
    return fail_hint(
        near ? fmt::format("did you mean {}?", *near) : fmt::format("there are {}", fmt::join(known, ", ")),
        ErrorKind::invalid_argument, "--pack: there is no pack \"{}\"", name);
  }
  return {};
}

Status set_pairs(std::map<std::string, std::string>& map, const std::string& option,
                 const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    const auto [name, value] = TRY(name_and_value(option, text));
    map[name] = value;
  }
  return {};
}

/// What `add` and `set` share.
Status apply(const pack::Library& library, Tenant& tenant, const TenantArguments& given) {
  if (!given.name.empty()) tenant.name = given.name;
  if (!given.currency.empty()) tenant.currency = given.currency;
  if (!given.sla_hours.empty()) tenant.sla_hours = TRY(hours(given.sla_hours));
  if (!given.retention_days.empty()) {
    const std::string& text = given.retention_days;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), tenant.retention_days);
    if (fault != std::errc() || end != text.data() + text.size() || tenant.retention_days < 0) {
      return fail(ErrorKind::invalid_argument, "--retention-days: \"{}\" is not a number of days", text);
    }
  }
  std::map<std::string, std::string> parameters;
  TRY(set_pairs(parameters, "--param", given.parameters));
  TRY_IN("--param", pack::check_parameters(library, parameters));
  for (auto& [name, value] : parameters) tenant.parameters[name] = value;
  return set_pairs(tenant.labels, "--label", given.labels);
}

Status add_tenant(Context& context, const TenantArguments& given) {
  Lake lake = TRY(context.lake());
  const pack::Library library = TRY(pack::Library::load(lake.pack_folders(), lake.pack_trees()));
  TRY(check_packs(library, given.packs));
  Tenant tenant;
  tenant.id = given.id;
  tenant.name = given.id;
  tenant.packs = given.packs;
  TRY(apply(library, tenant, given));
  for (const std::string& text : given.sources) {
    TenantSource source = TRY(source_of(library, given.packs, text, lake.dir()));
    const auto taken = [&](const std::string& name) {
      return std::any_of(tenant.sources.begin(), tenant.sources.end(),
                         [&](const TenantSource& s) { return s.name == name; });
    };
    for (int number = 2; taken(source.name); ++number) source.name = fmt::format("{}_{}", source.kind, number);
    tenant.sources.push_back(std::move(source));
  }
  TRY(lake.add(tenant));
  // A tenant of the same name that was removed may have left records when its removal was cut short.
  const auto catalog = TRY(Catalog::open(lake.dir()));
  TRY(catalog->forget_tenant(tenant.id));
  if (context.globals().json) {
    context.output().object(tenant_object(tenant));
    return {};
  }
  context.output().say("tenant {} is there, with {} source{}", tenant.id, tenant.sources.size(),
                       tenant.sources.size() == 1 ? "" : "s");
  context.output().note("next: centavo run --tenant {}", tenant.id);
  return {};
}

Status list_tenants(Context& context) {
  Lake lake = TRY(context.lake());
  std::vector<OrderedJson> objects;
  for (const Tenant& tenant : TRY(lake.tenants())) objects.push_back(tenant_object(tenant));
  context.output().list(objects,
                        {{.key = "id"},
                         {.key = "name"},
                         {.key = "state", .tone = state_tone},
                         {.key = "currency"},
                         {.key = "sla_hours", .title = "SLA hours", .align = Align::right, .show = show_hours},
                         {.key = "sources", .show = show_words}},
                        "no tenants yet: centavo tenant add ID --pack PACK --source FOLDER");
  return {};
}

Status show_tenant(Context& context, const std::string& id) {
  Lake lake = TRY(context.lake());
  const Tenant tenant = TRY(lake.tenant(id));
  if (context.globals().json) {
    OrderedJson object = tenant_object(tenant);
    object["sources"] = to_json(tenant)["sources"];
    context.output().object(object);
  } else {
    context.output().write(to_yaml(tenant));
  }
  return {};
}

Status set_tenant(Context& context, const TenantArguments& given) {
  Lake lake = TRY(context.lake());
  Tenant tenant = TRY(lake.tenant(given.id));
  const pack::Library library = TRY(pack::Library::load(lake.pack_folders(), lake.pack_trees()));
  TRY(apply(library, tenant, given));
  TRY(lake.save(tenant));
  return show_tenant(context, given.id);
}

Status set_enabled(Context& context, const std::string& id, bool enabled) {
  Lake lake = TRY(context.lake());
  Tenant tenant = TRY(lake.tenant(id));
  tenant.enabled = enabled;
  TRY(lake.save(tenant));
  if (context.globals().json) context.output().object(tenant_object(tenant));
  context.output().say("tenant {} is {}", id,
                       enabled ? "enabled" : "disabled: `run` leaves it out, its data can still be read");
  return {};
}

Status remove_tenant(Context& context, const TenantArguments& given) {
  Lake lake = TRY(context.lake());
  TRY(lake.tenant(given.id));
  if (!given.yes) {
    return fail_hint(fmt::format("centavo tenant remove {} --yes", given.id), ErrorKind::invalid_argument,
                     "tenant remove {} deletes all its data, raw bills included, for good", given.id);
  }
  const auto catalog = TRY(Catalog::open(lake.dir()));
  TRY(lake.remove(given.id));
  TRY(catalog->forget_tenant(given.id));
  if (context.globals().json) context.output().object({{"id", given.id}, {"state", "removed"}});
  context.output().say("tenant {} and all its data are gone", given.id);
  return {};
}

Option id_option(TenantArguments& values) {
  return {.name = "ID", .help = "the tenant", .target = &values.id, .required = true, .kind = ValueKind::tenant};
}

void add_settings(Command& command, TenantArguments& values) {
  command.option({.name = "--name", .value = "TEXT", .help = "name for people", .target = &values.name});
  command.option({.name = "--currency",
                  .value = "CODE",
                  .help = "the tenant's own currency, ISO 4217",
                  .target = &values.currency});
  command.option({.name = "--sla-hours",
                  .value = "HOURS",
                  .help = "how old the newest delivery may be",
                  .target = &values.sla_hours});
  command.option({.name = "--retention-days",
                  .value = "DAYS",
                  .help = "how long data is kept; 0: for ever",
                  .target = &values.retention_days});
  command.option({.name = "--param",
                  .value = "NAME=VALUE",
                  .help = "this tenant's value of a pack's parameter",
                  .target = &values.parameters});
  command.option({.name = "--label", .value = "NAME=VALUE", .help = "a label", .target = &values.labels});
}

}  // namespace

void add_tenant_commands(Command& root) {
  Command& tenant = root.sub("tenant", "add, show, change and remove tenants").group(kGroupTenants);
  tenant.example("centavo tenant list --json", "all tenants, for a program");

  const auto values = std::make_shared<TenantArguments>();
  Command& add = tenant.sub("add", "a new tenant").keep(values);
  add.option({.name = "ID", .help = "small letters, digits, '-' and '_'", .target = &values->id, .required = true});
  add.option({.name = "--pack",
              .value = "PACK",
              .help = "the pack that knows its bills",
              .target = &values->packs,
              .required = true,
              .kind = ValueKind::pack});
  add.option({.name = "--source",
              .value = "URI",
              .help = "folder, file or glob its bills come from; KIND=URI when the pack has several kinds",
              .target = &values->sources,
              .kind = ValueKind::file});
  add_settings(add, *values);
  add.example("centavo tenant add acme --pack focus --source ./bills/acme", "one tenant, whose bills lie in a folder")
      .example("centavo tenant add loja --pack retail --source ./loja --currency BRL --sla-hours 24",
               "with its currency and freshness");
  add.needs(needs_manager_in(values->id).writing());
  add.action([values](Context& context) { return add_tenant(context, *values); });

  tenant.sub("list", "all tenants")
      .example("centavo tenant list", "id, state, currency and sources of each")
      .needs(needs_person())
      .action(list_tenants);

  Command& show = tenant.sub("show", "one tenant, as its YAML says").option(id_option(*values));
  show.example("centavo tenant show acme", "all settings of acme");
  show.needs(needs_right(access::Right::cost_read, values->id));
  show.action([values](Context& context) { return show_tenant(context, values->id); });

  Command& set = tenant.sub("set", "change a tenant's settings").option(id_option(*values));
  add_settings(set, *values);
  set.example("centavo tenant set acme --sla-hours 12 --label team=platform", "tighter freshness and a label");
  set.needs(needs_manager_in(values->id).writing());
  set.action([values](Context& context) { return set_tenant(context, *values); });

  Command& enable = tenant.sub("enable", "take a tenant into runs again").option(id_option(*values));
  enable.example("centavo tenant enable acme", "after `tenant disable acme`");
  enable.needs(needs_manager_in(values->id).writing());
  enable.action([values](Context& context) { return set_enabled(context, values->id, true); });

  Command& disable = tenant.sub("disable", "leave a tenant out of runs; its data stays").option(id_option(*values));
  disable.example("centavo tenant disable acme", "no more runs for acme");
  disable.needs(needs_manager_in(values->id).writing());
  disable.action([values](Context& context) { return set_enabled(context, values->id, false); });

  Command& remove = tenant.sub("remove", "delete a tenant and all its data").option(id_option(*values));
  remove.option({.name = "--yes", .help = "really", .target = &values->yes});
  remove.example("centavo tenant remove acme --yes", "there is no way back");
  remove.needs(needs_manager_in(values->id).writing());
  remove.action([values](Context& context) { return remove_tenant(context, *values); });
}

}  // namespace centavo::cli

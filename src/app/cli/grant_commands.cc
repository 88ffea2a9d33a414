/// \file app/cli/grant_commands.cc
/// grant add|list|remove: roles in tenants, and masked columns in clear

#include "app/cli/commands.h"
#include "app/cli/context.h"
#include "app/cli/people_text.h"

namespace centavo::cli {
namespace {

struct GrantArguments {
  std::string user, role, tenant;
  std::vector<std::string> columns;

  std::string text() const {
    std::string out = user;
    if (!role.empty()) out += " " + role;
    for (const std::string& column : columns) out += " " + column;
    return out;
  }
};

Status change(Context& context, const GrantArguments& given, bool adding) {
  if (given.role.empty() == given.columns.empty()) {
    return fail_hint("centavo grant add ana analyst --tenant acme", ErrorKind::invalid_argument,
                     "grant: say either a role or --unmask");
  }
  auto* const people = TRY(context.need_people());
  if (adding && given.tenant != "*") {
    Lake lake = TRY(context.lake());
    TRY(lake.tenant(given.tenant));
  }
  if (!given.role.empty()) {
    const access::RoleGrant role{TRY(access::parse_role(given.role)), given.tenant};
    TRY(adding ? people->grant(given.user, role) : people->revoke(given.user, role));
  }
  std::vector<access::UnmaskGrant> columns;
  for (const std::string& text : given.columns) columns.push_back(TRY(parse_column(text, given.tenant)));
  for (const auto& column : columns)
    TRY(adding ? people->unmask(given.user, column) : people->mask(given.user, column));
  const access::User user = TRY(people->user(given.user));
  if (context.output().json()) context.output().object(user_object(user));
  if (given.role.empty()) {
    context.output().say("{} sees {} of {} {}", given.user, fmt::join(given.columns, ", "), given.tenant,
                         adding ? "in clear" : "masked");
  } else {
    context.output().say("{} is {} {} of {}", given.user, adding ? "now" : "no more", given.role, given.tenant);
  }
  return {};
}

Status list_grants(Context& context, const GrantArguments& given) {
  std::vector<OrderedJson> objects;
  std::vector<access::User> users;
  if (auto* const people = TRY(context.people_there_are())) {
    if (given.user.empty()) {
      users = TRY(people->users());
    } else {
      users.push_back(TRY(people->user(given.user)));
    }
  }
  for (const access::User& user : users) {
    for (const auto& role : user.roles) {
      if (given.tenant.empty() || given.tenant == role.tenant)
        objects.push_back(
            {{"user", user.id}, {"tenant", role.tenant}, {"role", access::name_of(role.role)}, {"unmask", ""}});
    }
    for (const auto& column : user.unmasked) {
      if (given.tenant.empty() || given.tenant == column.tenant)
        objects.push_back({{"user", user.id},
                           {"tenant", column.tenant},
                           {"role", ""},
                           {"unmask", column.table == "*" ? "*" : column.table + "." + column.column}});
    }
  }
  context.output().list(objects,
                        {{.key = "user"}, {.key = "tenant"}, {.key = "role"}, {.key = "unmask", .optional = true}},
                        "nobody was granted anything");
  return {};
}

void add_change(Command& command, GrantArguments& values) {
  command.option(
      {.name = "USER", .help = "the person", .target = &values.user, .required = true, .kind = ValueKind::user});
  command.option(
      {.name = "ROLE",
       .help = "viewer, analyst: gold; scientist: silver too; engineer: all layers, and runs; admin: everything",
       .target = &values.role,
       .choices = {"viewer", "analyst", "scientist", "engineer", "admin"}});
  command.option({.name = "--tenant",
                  .value = "ID",
                  .help = "in this tenant; * for every one",
                  .target = &values.tenant,
                  .required = true,
                  .kind = ValueKind::tenant});
  command.option({.name = "--unmask",
                  .value = "COLUMN",
                  .help = "a masked column in clear: silver.x.cpf, silver.x.* or *",
                  .target = &values.columns});
}

}  // namespace

void add_grant_commands(Command& root) {
  const auto values = std::make_shared<GrantArguments>();
  const auto what = [values] { return values->text(); };
  Command& grant = root.sub("grant", "roles in tenants, and masked columns in clear").group(kGroupPeople).keep(values);

  Command& add = grant.sub("add", "give a role, or a masked column in clear");
  add_change(add, *values);
  add.example("centavo grant add ana scientist --tenant acme", "silver and gold of acme")
      .example("centavo grant add ana --tenant acme --unmask bronze.retail_customers.cpf", "one column in clear");
  add.needs(needs_manager_in(values->tenant).writing(what));
  add.action([values](Context& context) { return change(context, *values, true); });

  Command& list = grant.sub("list", "who has which");
  list.option({.name = "--user",
               .value = "ID",
               .help = "only this person's",
               .target = &values->user,
               .kind = ValueKind::user});
  list.option({.name = "--tenant",
               .value = "ID",
               .help = "only in this tenant",
               .target = &values->tenant,
               .kind = ValueKind::tenant});
  list.example("centavo grant list --tenant acme", "who sees acme");
  list.needs(needs_manager());
  list.action([values](Context& context) { return list_grants(context, *values); });

  Command& remove = grant.sub("remove", "take a role, or a column in clear, back");
  add_change(remove, *values);
  remove.example("centavo grant remove ana scientist --tenant acme", "it counts at once");
  remove.needs(needs_manager_in(values->tenant).writing(what));
  remove.action([values](Context& context) { return change(context, *values, false); });
}

}  // namespace centavo::cli

/// \file app/cli/user_commands.cc
/// user add|list|show|set|enable|disable|remove|password|link

#include "app/cli/commands.h"
#include "app/cli/context.h"
#include "app/cli/password_input.h"
#include "app/cli/people_text.h"

namespace centavo::cli {
namespace {

struct UserArguments {
  std::string id, name, locale, role, tenant = "*";
  bool has_name = false, has_locale = false, password_stdin = false, yes = false;
};

OrderedJson words_of(const std::vector<access::RoleGrant>& roles) {
  OrderedJson out = OrderedJson::array();
  for (const auto& role : roles) out.push_back(text_of(role));
  return out;
}

void print_user(Context& context, const access::User& user) {
  OrderedJson object = user_object(user);
  if (!context.output().json()) {
    object["roles"] = fmt::format("{}", fmt::join(words_of(user.roles).get<std::vector<std::string>>(), ", "));
    std::vector<std::string> columns;
    for (const auto& each : user.unmasked)
      columns.push_back(fmt::format("{}: {}.{}", each.tenant, each.table, each.column));
    object["unmasked"] = fmt::format("{}", fmt::join(columns, ", "));
  }
  context.output().object(object);
}

Status add_user(Context& context, const UserArguments& given) {
  access::User user;
  user.id = given.id;
  user.name = given.name.empty() ? given.id : given.name;
  user.locale = given.locale;
  if (!given.role.empty()) user.roles.push_back({TRY(access::parse_role(given.role)), given.tenant});
  std::string password;
  if (given.password_stdin) password = TRY(read_password(true));
  auto* const people = TRY(context.people());
  TRY(people->add_user(user));
  if (given.password_stdin) {
    if (const Status set = people->set_password(user.id, password); !set) {
      static_cast<void>(people->remove_user(user.id));
      return set;
    }
  }
  const access::User added = TRY(people->user(user.id));
  if (context.output().json()) context.output().object(user_object(added));
  context.output().say("user {} is there{}", user.id, user.roles.empty() ? "" : ": " + text_of(user.roles.front()));
  if (user.roles.empty()) context.output().note("what it may do: centavo grant add {} ROLE --tenant ID", user.id);
  if (!given.password_stdin) context.output().note("how it signs in first: centavo user link {}", user.id);
  return {};
}

Status list_users(Context& context) {
  std::vector<OrderedJson> objects;
  if (auto* const people = TRY(context.people_there_are())) {
    for (const access::User& user : TRY(people->users())) {
      OrderedJson object = user_object(user);
      if (!context.output().json()) object["roles"] = words_of(user.roles);
      objects.push_back(std::move(object));
    }
  }
  context.output().list(objects,
                        {{.key = "id"},
                         {.key = "name"},
                         {.key = "state", .tone = state_tone},
                         {.key = "roles", .show = show_words, .width_max = 60},
                         {.key = "last_seen_at", .title = "last seen", .show = show_time}},
                        "no people yet: centavo user add ID --role admin");
  return {};
}

Result<access::User> user_named(Context& context, const std::string& id) {
  auto* const people = TRY(context.need_people());
  return people->user(id);
}

Status show_user(Context& context, const UserArguments& given) {
  print_user(context, TRY(user_named(context, given.id)));
  return {};
}

Status set_user(Context& context, const UserArguments& given) {
  TRY(user_named(context, given.id));
  auto* const people = TRY(context.people());
  TRY(people->set_user(given.id, given.has_name ? std::optional(given.name) : std::nullopt,
                       given.has_locale ? std::optional(given.locale) : std::nullopt, std::nullopt));
  return show_user(context, given);
}

Status set_disabled(Context& context, const std::string& id, bool disabled) {
  TRY(user_named(context, id));
  auto* const people = TRY(context.people());
  TRY(people->set_user(id, std::nullopt, std::nullopt, disabled));
  if (context.output().json()) context.output().object(user_object(TRY(people->user(id))));
  context.output().say("user {} is {}", id, disabled ? "disabled: its sessions ended, its tokens rest" : "enabled");
  return {};
}

Status remove_user(Context& context, const UserArguments& given) {
  TRY(user_named(context, given.id));
  if (!given.yes) {
    return fail_hint(fmt::format("centavo user remove {} --yes", given.id), ErrorKind::invalid_argument,
                     "user remove {} also ends its tokens; `user disable` keeps them", given.id);
  }
  auto* const people = TRY(context.people());
  TRY(people->remove_user(given.id));
  if (context.output().json()) context.output().object({{"id", given.id}, {"state", "removed"}});
  context.output().say("user {} is gone; the audit keeps its name", given.id);
  return {};
}

Status set_password(Context& context, const UserArguments& given) {
  TRY(user_named(context, given.id));
  const std::string password = TRY(read_password(given.password_stdin));
  auto* const people = TRY(context.people());
  TRY(people->set_password(given.id, password));
  if (context.output().json()) context.output().object({{"id", given.id}, {"has_password", true}});
  context.output().say("user {} has a new password; its sessions and links ended", given.id);
  return {};
}

Status make_link(Context& context, const UserArguments& given) {
  TRY(user_named(context, given.id));
  auto* const people = TRY(context.people());
  const std::string secret = TRY(people->make_link(given.id));
  const std::string path = "/link/" + secret;
  if (context.output().json())
    context.output().object({{"id", given.id}, {"path", path}, {"hours", access::People::kLinkMs / 3'600'000}});
  context.output().say("{}", path);
  context.output().note("put it behind the address that `centavo serve` says; it signs {} in once, within {} hours",
                        given.id, access::People::kLinkMs / 3'600'000);
  return {};
}

Option id_option(UserArguments& values) {
  return {.name = "ID", .help = "the user", .target = &values.id, .required = true, .kind = ValueKind::user};
}

void add_words(Command& command, UserArguments& values) {
  command.option({.name = "--name",
                  .value = "TEXT",
                  .help = "name for people",
                  .target = &values.name,
                  .given = &values.has_name});
  command.option({.name = "--locale",
                  .value = "LOCALE",
                  .help = "language of its pages",
                  .target = &values.locale,
                  .choices = {"en", "pt-BR"},
                  .given = &values.has_locale});
}

}  // namespace

void add_user_commands(Command& root) {
  const auto values = std::make_shared<UserArguments>();
  const auto whom = [values] { return values->id; };
  Command& user = root.sub("user", "people: add, show, change, disable, let in").group(kGroupPeople).keep(values);
  user.note("People stand in access.sqlite of the lake. What they may do: centavo grant.");

  Command& add = user.sub("add", "a new person")
                     .option({.name = "ID",
                              .help = "small letters, digits, '.', '_', '@' and '-'",
                              .target = &values->id,
                              .required = true});
  add_words(add, *values);
  add.option({.name = "--role",
              .value = "ROLE",
              .help = "what it may do",
              .target = &values->role,
              .choices = {"viewer", "analyst", "scientist", "engineer", "admin"}});
  add.option({.name = "--tenant",
              .value = "ID",
              .help = "in this tenant (default: *, every one)",
              .target = &values->tenant,
              .kind = ValueKind::tenant});
  add.option({.name = "--password-stdin",
              .help = "its password is the first line of standard input",
              .target = &values->password_stdin});
  add.example("centavo user add ana --name \"Ana Souza\" --role admin", "the first administrator")
      .example("centavo user add rui --role analyst --tenant acme", "who reads the gold tables of one tenant");
  add.needs(needs_manager().writing(whom));
  add.action([values](Context& context) { return add_user(context, *values); });

  user.sub("list", "all people, their roles and when they were here last")
      .example("centavo user list", "who there is")
      .needs(needs_manager())
      .action(list_users);

  Command& show = user.sub("show", "one person with its grants").option(id_option(*values));
  show.example("centavo user show ana", "what ana may");
  show.needs(needs_oneself(values->id));
  show.action([values](Context& context) { return show_user(context, *values); });

  Command& set = user.sub("set", "change a person's name or language").option(id_option(*values));
  add_words(set, *values);
  set.example("centavo user set ana --locale pt-BR", "pages in Portuguese");
  set.needs(needs_oneself(values->id).writing(whom));
  set.action([values](Context& context) { return set_user(context, *values); });

  Command& enable = user.sub("enable", "let a disabled person in again").option(id_option(*values));
  enable.example("centavo user enable ana", "after `user disable ana`");
  enable.needs(needs_manager().writing(whom));
  enable.action([values](Context& context) { return set_disabled(context, values->id, false); });

  Command& disable = user.sub("disable", "keep a person out; its grants and tokens stay").option(id_option(*values));
  disable.example("centavo user disable ana", "sessions end at once");
  disable.needs(needs_manager().writing(whom));
  disable.action([values](Context& context) { return set_disabled(context, values->id, true); });

  Command& remove = user.sub("remove", "take a person away, with its grants and tokens").option(id_option(*values));
  remove.option({.name = "--yes", .help = "really", .target = &values->yes});
  remove.example("centavo user remove ana --yes", "somebody who left");
  remove.needs(needs_manager().writing(whom));
  remove.action([values](Context& context) { return remove_user(context, *values); });

  Command& password = user.sub("password", "set a password, asked for without echo").option(id_option(*values));
  password.option({.name = "--password-stdin",
                   .help = "it is the first line of standard input",
                   .target = &values->password_stdin});
  password.example("centavo user password ana", "asks twice");
  password.needs(needs_oneself(values->id).writing(whom));
  password.action([values](Context& context) { return set_password(context, *values); });

  Command& link = user.sub("link", "a link that signs a person in once").option(id_option(*values));
  link.note("For the first sign-in, and for who forgot the password. A new link ends the earlier one.");
  link.example("centavo user link ana", "also when no administrator can sign in: who owns the folder may");
  link.needs(needs_manager().writing(whom));
  link.action([values](Context& context) { return make_link(context, *values); });
}

}  // namespace centavo::cli

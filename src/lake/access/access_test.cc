#include "lake/access/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace centavo::access {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Principal person(std::vector<RoleGrant> roles) {
  Principal who;
  who.user = "ana";
  who.roles = std::move(roles);
  return who;
}

TEST(Roles, EachMayWhatItsTableSays) {
  struct Case {
    Role role;
    std::vector<Right> may;
    std::set<std::string> layers;
  };
  const std::vector<Case> cases = {
      {Role::viewer, {Right::cost_read}, {"gold"}},
      {Role::analyst, {Right::cost_read, Right::sql}, {"gold"}},
      {Role::scientist, {Right::cost_read, Right::sql}, {"gold", "silver"}},
      {Role::engineer,
       {Right::cost_read, Right::sql, Right::run, Right::rollback, Right::certify},
       {"raw", "bronze", "silver", "gold"}},
      {Role::admin,
       {Right::cost_read, Right::sql, Right::run, Right::rollback, Right::certify, Right::close, Right::admin},
       {"raw", "bronze", "silver", "gold"}},
  };
  for (const Case& each : cases) {
    const Principal who = person({{each.role, "acme"}});
    for (const Right right :
         {Right::cost_read, Right::sql, Right::run, Right::rollback, Right::certify, Right::close, Right::admin}) {
      const bool expected = std::find(each.may.begin(), each.may.end(), right) != each.may.end();
      EXPECT_EQ(may(who, right, "acme"), expected) << name_of(each.role) << " " << name_of(right);
      EXPECT_FALSE(may(who, right, "globex")) << name_of(each.role) << " " << name_of(right);
    }
    EXPECT_EQ(layers_in(who, "acme"), each.layers) << name_of(each.role);
    EXPECT_THAT(layers_in(who, "globex"), IsEmpty()) << name_of(each.role);
    EXPECT_FALSE(may_manage(who)) << name_of(each.role);
  }
}

TEST(Roles, TheBestOfSeveralCountsAndAStarIsEveryTenant) {
  const Principal who = person({{Role::viewer, "*"}, {Role::engineer, "acme"}, {Role::analyst, "acme"}});
  EXPECT_EQ(role_in(who, "acme"), Role::engineer);
  EXPECT_EQ(role_in(who, "any"), Role::viewer);
  EXPECT_EQ(role_in(person({}), "acme"), std::nullopt);
  EXPECT_TRUE(may_manage(person({{Role::admin, "*"}})));
}

TEST(Roles, ATokenNarrowsItsOwner) {
  Principal token = person({{Role::admin, "*"}});
  token.scopes = std::set{Scope::read};
  EXPECT_TRUE(may(token, Right::sql, "acme"));
  EXPECT_FALSE(may(token, Right::run, "acme"));
  EXPECT_FALSE(may_manage(token));
  token.scopes = std::set{Scope::run};
  EXPECT_TRUE(may(token, Right::run, "acme"));
  EXPECT_FALSE(may(token, Right::sql, "acme"));
  EXPECT_THAT(layers_in(token, "acme"), IsEmpty());
  token.scopes = std::set{Scope::read, Scope::admin};
  EXPECT_TRUE(may_manage(token));
  token.tenant_only = "acme";
  EXPECT_FALSE(may_manage(token));
  EXPECT_TRUE(may(token, Right::admin, "acme"));
  EXPECT_EQ(role_in(token, "globex"), std::nullopt);

  Principal viewers = person({{Role::viewer, "acme"}});
  viewers.scopes = std::set{Scope::read, Scope::run, Scope::admin};
  EXPECT_FALSE(may(viewers, Right::run, "acme"));
  EXPECT_FALSE(may(viewers, Right::sql, "acme"));
}

TEST(Sights, MasksStayUntilAColumnIsGranted) {
  Principal who = person({{Role::admin, "*"}});
  EXPECT_TRUE(sight_of(who, "acme").masks);
  EXPECT_FALSE(sight_of(who, "acme").sees_clear("bronze.people", "cpf"));
  who.unmasked = {{"acme", "bronze.people", "cpf"}, {"globex", "*", "*"}, {"*", "silver.people", "*"}};
  const Sight acme = sight_of(who, "acme");
  EXPECT_TRUE(acme.sees_clear("bronze.people", "CPF"));
  EXPECT_FALSE(acme.sees_clear("bronze.people", "email"));
  EXPECT_TRUE(acme.sees_clear("silver.people", "email"));
  EXPECT_FALSE(acme.sees_clear("silver.people2", "email"));
  EXPECT_TRUE(sight_of(who, "globex").sees_clear("bronze.anything", "x"));
  EXPECT_NE(acme.key(), sight_of(who, "globex").key());
  EXPECT_EQ(acme.key(), sight_of(who, "acme").key());
  Principal owner;
  owner.owner = true;
  EXPECT_EQ(sight_of(owner, "acme").key(), whole_sight().key());
  EXPECT_TRUE(whole_sight().sees_all());
}

TEST(Words, OfRolesAndScopesAreReadBack) {
  for (const Role role : {Role::viewer, Role::analyst, Role::scientist, Role::engineer, Role::admin})
    EXPECT_EQ(parse_role(name_of(role)).value(), role);
  for (const Scope scope : {Scope::read, Scope::run, Scope::admin})
    EXPECT_EQ(parse_scope(name_of(scope)).value(), scope);
  for (const char* word : {"", "Admin", "owner", "viewer "}) {
    EXPECT_EQ(parse_role(word).error().kind, ErrorKind::invalid_argument) << word;
    EXPECT_EQ(parse_scope(word).error().kind, ErrorKind::invalid_argument) << word;
  }
}

TEST(Masks, AreSqlOverTheColumn) {
  EXPECT_EQ(mask_sql("hide", "\"n\"", "MAP(VARCHAR, VARCHAR)", "h").value(), "cast(null as MAP(VARCHAR, VARCHAR))");
  EXPECT_EQ(mask_sql("hash", "\"n\"", "VARCHAR", "h").value(), "h(cast(\"n\" as varchar))");
  EXPECT_EQ(mask_sql("rot13", "n", "VARCHAR", "h").error().kind, ErrorKind::invalid_argument);
}

}  // namespace
}  // namespace centavo::access

#pragma once
/// \file app/cli/context.h
/// What every command gets: the options of all commands, where to speak, when to stop, and ways into the lake.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/output.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "base/result.h"
#include "flow/pipeline/pipeline.h"
#include "io/duck/duck.h"
#include "lake/access/people.h"
#include "lake/catalog/catalog.h"
#include "lake/pack/library.h"
#include "lake/tenant/tenant.h"

namespace centavo::cli {

/// Options that every command knows.
struct GlobalOptions {
  std::string lake;
  bool json = false;
  bool quiet = false;
  std::string color = "auto";
  std::string user;
};

/// A lake with all that work in it needs, open.
struct OpenLake {
  Lake lake;
  std::unique_ptr<Catalog> catalog;
  pack::Library library;
  duck::Database engine;

  Workshop workshop(const Clock& clock) { return {lake, *catalog, library, engine, clock}; }
};

class Context {
 public:
  Context(const GlobalOptions& globals, Output& output, const Cancel& cancel, const Clock& clock = Clock::system());

  const GlobalOptions& globals() const { return globals_; }
  Output& output() { return output_; }
  const Cancel* cancel() const { return &cancel_; }
  const Clock& clock() const { return clock_; }

  /// --as, else the name of who is logged in.
  std::string user() const;

  /// Who the command acts for: the owner of the lake's folder, or the person of --as once the lake has people.
  const access::Principal& who() const { return who_; }
  bool may(access::Right right, std::string_view tenant) const { return access::may(who_, right, tenant); }
  /// `permission_denied` says what is missing.
  Status require(access::Right right, std::string_view tenant) const;
  access::Sight sight(std::string_view tenant) const { return access::sight_of(who_, tenant); }
  /// Acts for this person, who needs `right` in each tenant.
  void act_for(access::Principal who, access::Right right);
  /// The people of the lake one stands in; made when there are none yet.
  Result<access::People*> people();
  /// The same; null when the lake has none, or there is no lake.
  Result<access::People*> people_there_are();
  /// The people of the lake; not found when there are none.
  Result<access::People*> need_people();

  /// The lake's folder by --lake, CENTAVO_LAKE or the working folder.
  Result<Lake> lake() const;
  /// The same with catalog, packs and engine.
  Result<OpenLake> open_lake() const;
  static Result<OpenLake> open_lake_at(const std::string& dir);
  /// The packs of the lake one stands in, or those of the program alone when there is no lake.
  Result<pack::Library> library_here() const;

  /// The tenants a command works on: the one named; else all that are enabled, and in which the person may do it.
  Result<std::vector<Tenant>> tenants_for(Lake& lake, const std::string& id) const;

 private:
  const GlobalOptions& globals_;
  Output& output_;
  const Cancel& cancel_;
  const Clock& clock_;
  access::Principal who_;
  access::Right right_ = access::Right::cost_read;
  std::unique_ptr<access::People> people_;
};

/// "2026-09" or "2026-09..2026-11"; nothing for "".
Result<std::optional<PeriodRange>> period_option(const std::string& text);

/// The file or folder a person named in the shell, so that it still means the same from the lake: absolute, or relative
/// to `lake_dir` when it lies inside. URIs with a scheme stay.
std::string source_uri(const std::string& given, const std::string& lake_dir);

/// Splits "name=value".
Result<std::pair<std::string, std::string>> name_and_value(const std::string& option, const std::string& text);

}  // namespace centavo::cli

#pragma once
/// \file flow/pipeline/certify.h
/// Certificates: what a period's account says, issued as a link of the tenant's chain, and recomputed later from raw
/// bytes and tables. Format, causes and what the digests cover: docs/formats/certificate.md.

#include <optional>
#include <string>
#include <vector>

#include "flow/pipeline/pipeline.h"
#include "lake/catalog/billing_period.h"
#include "lake/catalog/certificate.h"
#include "lake/catalog/invoice.h"

namespace centavo {

/// Something that is not as it should be, or worth knowing.
struct Finding {
  std::string cause;       ///< one of the words of docs/formats/certificate.md: "missing_file"
  std::string where;       ///< table, file or invoice
  std::string currency, amount;   ///< how much it is worth, when known; exact decimal
  std::string text;        ///< for people
  bool alarm = true;       ///< false: a remark, the certificate holds all the same
};
Json to_json(const Finding& finding);

struct CertifyOptions {
  std::string user;
  std::string reason = "issued";   ///< issued, closed, restated, reopened
  std::string must_hold;           ///< "strict" or "focus": `check_failed`, and nothing written, when it does not
  const Cancel* cancel = nullptr;
};

struct Certified {
  Certificate certificate;
  bool fresh = false;   ///< false: the newest certificate of the period says the same already
};

/// The periods of the newest release that can be certified, in order; "" when there are tables without periods.
/// `not_found` when nothing was published.
Result<std::vector<std::string>> certifiable_periods(Workshop& workshop, const Tenant& tenant);

/// Measures a period of the newest release and issues its certificate, also when it does not hold (but `must_hold`).
/// With the reason "issued" nothing is done while the newest one of the period speaks of what readers see.
/// The caller holds the tenant's lock. `not_found` when the release has no such period.
Result<Certified> certify(Workshop& workshop, const Tenant& tenant, const std::string& period,
                          const CertifyOptions& options);

/// Whether the certificate speaks of what readers see now: the same files, landings and invoices.
Result<bool> is_current(Workshop& workshop, const Tenant& tenant, const Certificate& certificate);

/// Closes a period for which nothing is left to do, with its certificate. `conflict` when it is closed already,
/// `check_failed` when its certificate would not hold by `mode` and `force` is not given. The caller holds the lock.
Result<Certified> close_period(Workshop& workshop, const Tenant& tenant, const std::string& period,
                               const std::string& mode, bool force, const std::string& why,
                               const CertifyOptions& options);

/// Opens a closed period again, with a certificate that says so; the next run applies what waits. `conflict` when it
/// is open. The caller holds the lock.
Result<Certified> reopen_period(Workshop& workshop, const Tenant& tenant, const std::string& period,
                                const std::string& why, const CertifyOptions& options);

/// After a run with `restate`: certifies the corrected rows of a period that stays closed. Nothing when its certificate
/// speaks of what readers see. The caller holds the lock.
Result<std::optional<Certificate>> certify_restated(Workshop& workshop, const Tenant& tenant, const std::string& period,
                                                    const CertifyOptions& options);

/// One certificate, computed again.
struct Verified {
  Certificate certificate;
  std::vector<Finding> findings;  ///< what changed since
  std::vector<std::string> notes;  ///< what is newer and no fault
  bool holds = false;  ///< nothing changed, and the statement itself holds by the mode
};
struct Verification {
  std::string tenant, mode;
  std::vector<std::string> chain;  ///< what is wrong with the chain
  std::int64_t links = 0;
  std::vector<Verified> certificates;  ///< the newest of each period
  bool holds = false;
};
/// Checks the chain, and computes the newest certificate of each period (or of `period`) again from raw bytes and the
/// table versions that it names. `not_found` when there is none.
Result<Verification> verify_certificates(Workshop& workshop, const Tenant& tenant,
                                         const std::optional<std::string>& period, const std::string& mode,
                                         const Cancel* cancel);

/// A delivery that waits because its period is closed.
struct PendingCorrection {
  std::string period, table, reason;
};
/// By plan: what a run with `restate` would do for closed periods.
Result<std::vector<PendingCorrection>> pending_corrections(Workshop& workshop, const Tenant& tenant);

/// How a billing period stands.
struct PeriodStanding {
  std::string period;
  std::optional<PeriodEvent> closed;  ///< what closed it
  std::optional<Certificate> certificate;  ///< its newest
  std::vector<PendingCorrection> pending;
};
/// All months of the newest release, in order.
Result<std::vector<PeriodStanding>> period_standings(Workshop& workshop, const Tenant& tenant);

}  // namespace centavo

#pragma once
/// \file app/cli/permission.h
/// The one gate between a command and its action: what the person of --as may do, and the audit.

#include "app/cli/args.h"
#include "app/cli/context.h"

namespace centavo::cli {

/// Acts when the person may: `not_found` for a person or a tenant that is not there or not in sight,
/// `permission_denied` for what its role does not allow. Refusals, and what writers did, go to the lake's audit when
/// the lake has people; without --as it is the owner of the folder, who may everything.
Status act_permitted(Context& context, const Parsed& parsed);

}  // namespace centavo::cli

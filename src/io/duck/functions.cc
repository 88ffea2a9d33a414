#include "io/duck/functions.h"

#include "io/duck/raw.h"

namespace centavo::duck {

Status register_functions(RawConnection&) { return {}; }

}  // namespace centavo::duck

#pragma once
/// \file base/split.h
/// An amount taken apart by weights, so that the parts add up to it, to the last digit.

#include <span>

#include "base/decimal.h"

namespace centavo {

/// Splits `amount` into one part a weight by the method of largest remainders: every part is its exact share of the
/// whole units in `amount`, cut to a multiple of `unit` (towards 0), and the units left over go, one each, to the parts
/// that lost most by the cut; of equal losses the earlier place goes first. What of `amount` is no multiple of `unit`
/// goes to the next in that order. A weight of 0 gets 0. Sum of `parts` == `amount`, whatever its sign; each part is
/// within one unit of its share of the whole units. `invalid_argument`: a negative weight, a sum of weights that is 0
/// or above 2^127, `unit` below 1, or sizes that differ. O(n).
Status split_amount(Int128 amount, std::span<const Int128> weights, Int128 unit, std::span<Int128> parts);

/// What split_amount gives of `before + amount` less what it gives of `before`: the step of a running split, whose
/// steps add up to the split of the whole. `parts` gets it. `invalid_argument` also when the sum is out of range.
Status split_step(Int128 before, Int128 amount, std::span<const Int128> weights, Int128 unit, std::span<Int128> parts);

}  // namespace centavo

#pragma once
/// \file lake/delta/checkpoint_read.h
/// Reads checkpoints of both specifications, classic or with unique names, whole or in parts, with or without sidecars.
/// Source: delta-io/delta PROTOCOL.md, "Checkpoints".

#include "lake/delta/snapshot_state.h"

namespace centavo::delta {

/// Applies the checkpoint to `state`. `corrupt_data` when a part cannot be read.
Status read_checkpoint(const CheckpointFiles& checkpoint, SnapshotState& state);

}  // namespace centavo::delta

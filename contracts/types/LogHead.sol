// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnchoredState} from "./AnchoredState.sol";

/// @dev The newest anchor of a log in one slot: its state ‖ the ring position (32 bits) of its record. Zero before the
/// first anchor.
type LogHead is uint256;

using LogHeads for LogHead global;

library LogHeads {
    function pack(AnchoredState state_, uint32 position_) internal pure returns (LogHead) {
        return LogHead.wrap((AnchoredState.unwrap(state_) << 32) | position_);
    }

    function state(LogHead head) internal pure returns (AnchoredState) {
        return AnchoredState.wrap(LogHead.unwrap(head) >> 32);
    }

    function position(LogHead head) internal pure returns (uint32) {
        return uint32(LogHead.unwrap(head));
    }
}

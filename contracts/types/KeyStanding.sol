// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev The first slot of a key record, from the lowest bit: validFrom (64 bits) ‖ revokedAt (64) ‖ purpose (16) ‖
/// algorithm (8). Zero for a key that was never enrolled. State proofs are read by this layout: docs/spec/identity.md.
type KeyStanding is uint256;

using KeyStandings for KeyStanding global;

library KeyStandings {
    /// @param validFrom_ seconds since the Unix epoch
    function pack(uint64 validFrom_, uint16 purpose_, uint8 algorithm_) internal pure returns (KeyStanding) {
        return KeyStanding.wrap(validFrom_ | (uint256(purpose_) << 128) | (uint256(algorithm_) << 144));
    }

    /// @notice The standing of a key that is revoked.
    /// @param time seconds since the Unix epoch
    function revoked(KeyStanding standing, uint64 time) internal pure returns (KeyStanding) {
        return KeyStanding.wrap(KeyStanding.unwrap(standing) | (uint256(time) << 64));
    }

    function validFrom(KeyStanding standing) internal pure returns (uint64) {
        return uint64(KeyStanding.unwrap(standing));
    }

    function revokedAt(KeyStanding standing) internal pure returns (uint64) {
        return uint64(KeyStanding.unwrap(standing) >> 64);
    }

    function purpose(KeyStanding standing) internal pure returns (uint16) {
        return uint16(KeyStanding.unwrap(standing) >> 128);
    }

    function algorithm(KeyStanding standing) internal pure returns (uint8) {
        return uint8(KeyStanding.unwrap(standing) >> 144);
    }

    /// @notice Whether the key was ever enrolled.
    function exists(KeyStanding standing) internal pure returns (bool) {
        return KeyStanding.unwrap(standing) != 0;
    }

    /// @notice Whether the key speaks now.
    function speaks(KeyStanding standing) internal pure returns (bool) {
        return standing.exists() && standing.revokedAt() == 0;
    }
}

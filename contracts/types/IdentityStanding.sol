// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev What an identity has besides keys, in one slot: nonce (32 bits) ‖ block of the newest change (64) ‖ owner (160).
/// Zero for an identity that nobody has touched.
type IdentityStanding is uint256;

using IdentityStandings for IdentityStanding global;

library IdentityStandings {
    /// @notice The owner that was set, zero if none was.
    function owner(IdentityStanding standing) internal pure returns (address) {
        return address(uint160(IdentityStanding.unwrap(standing)));
    }

    function changed(IdentityStanding standing) internal pure returns (uint64) {
        return uint64(IdentityStanding.unwrap(standing) >> 160);
    }

    function nonce(IdentityStanding standing) internal pure returns (uint32) {
        return uint32(IdentityStanding.unwrap(standing) >> 224);
    }

    function withOwner(IdentityStanding standing, address owner_) internal pure returns (IdentityStanding) {
        uint256 kept = IdentityStanding.unwrap(standing) >> 160;
        return IdentityStanding.wrap((kept << 160) | uint160(owner_));
    }

    /// @notice Notes a change in this block.
    function touched(IdentityStanding standing) internal view returns (IdentityStanding) {
        uint256 kept = IdentityStanding.unwrap(standing) & ~(uint256(type(uint64).max) << 160);
        return IdentityStanding.wrap(kept | (uint256(uint64(block.number)) << 160));
    }

    /// @notice With the next nonce; reverts after 2^32 of them.
    function advanced(IdentityStanding standing) internal pure returns (IdentityStanding) {
        return IdentityStanding.wrap(IdentityStanding.unwrap(standing) + (1 << 224));
    }
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The market's arithmetic
library Pricing {
    uint256 internal constant BPS = 10_000;

    /// @notice A price that rises linearly from `low` to `high` over `span` seconds, rounded down; `high` after it.
    function ramp(uint256 low, uint256 high, uint256 elapsed, uint256 span) internal pure returns (uint256) {
        if (elapsed >= span) return high;
        return low + ((high - low) * elapsed) / span;
    }

    /// @notice Collateral for a slice of this highest price, rounded up.
    function collateral(uint256 maxPrice, uint256 collateralBps) internal pure returns (uint256) {
        return (maxPrice * collateralBps + BPS - 1) / BPS;
    }

    /// @notice How the collateral of a lapsed slice is shared: 50% burned, 10% to the caller, the rest raises it.
    function lapseShares(
        uint256 amount
    ) internal pure returns (uint256 burned, uint256 raise, uint256 reward) {
        burned = amount / 2;
        reward = amount / 10;
        raise = amount - burned - reward;
    }

    /// @notice The highest bid that replaces `old`, rounded up, for whoever bids less, and below it; false if none does.
    function undercut(
        uint256 old,
        uint256 minUndercutBps
    ) internal pure returns (bool possible, uint256 most) {
        if (old == 0) return (false, 0);
        most = (old * (BPS - minUndercutBps) + BPS - 1) / BPS;
        if (most >= old) most = old - 1;
        return (true, most);
    }
}

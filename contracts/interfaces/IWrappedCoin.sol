// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

/// @title What a market asks of an asset that is the chain's coin, wrapped as WETH9 does it
interface IWrappedCoin {
    /// @notice Makes as much of the caller's asset as came in coins.
    function deposit() external payable;

    /// @notice Turns the caller's amount into coins again, which it is sent.
    function withdraw(uint256 amount) external;
}

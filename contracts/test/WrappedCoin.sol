// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title The chain's coin as a token, as WETH9 has it
/// @notice It has no permits and answers every call it doesn't know as if it were a deposit, without reverting.
contract WrappedCoin is ERC20("wrapped coin", "WCOIN") {
    /// @notice Thrown when the caller doesn't take its coins.
    error CoinsRefused();

    receive() external payable {
        deposit();
    }

    fallback() external payable {
        deposit();
    }

    /// @notice Makes as much of the caller's coins as came with the call.
    function deposit() public payable {
        _mint(msg.sender, msg.value);
    }

    /// @notice Turns the caller's amount into coins again. As WETH9's `transfer` does, it leaves who takes them 2,300 gas and no more.
    function withdraw(uint256 amount) external {
        _burn(msg.sender, amount);
        (bool sent, ) = msg.sender.call{value: amount, gas: 0}("");
        if (!sent) revert CoinsRefused();
    }
}

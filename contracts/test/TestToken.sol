// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title An asset for tests and demonstrations
/// @notice Warning: anyone mints as much as they like. It has no value.
contract TestToken is ERC20Permit {
    constructor() ERC20("sliceproof test asset", "TSLICE") ERC20Permit("sliceproof test asset") {}

    /// @notice Makes `amount` for `account`.
    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }
}

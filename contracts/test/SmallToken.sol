// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title An asset with as many decimals as a test wants: 6, as dollars on chains mostly have
contract SmallToken is ERC20Permit {
    uint8 private immutable _places;

    constructor(uint8 places) ERC20("small", "SMALL") ERC20Permit("small") {
        _places = places;
    }

    /// @notice Makes `amount` for `account`.
    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }

    /// @inheritdoc ERC20
    function decimals() public view override returns (uint8) {
        return _places;
    }
}

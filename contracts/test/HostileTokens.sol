// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ISliceMarket} from "../interfaces/ISliceMarket.sol";

/// @title A token that keeps 1% of every transfer
contract FeeToken is ERC20("fee", "FEE") {
    /// @notice Makes `amount` for `account`.
    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }

    function _update(address from, address to, uint256 value) internal override {
        uint256 fee = from == address(0) || to == address(0) ? 0 : value / 100;
        super._update(from, to, value - fee);
        if (fee != 0) super._update(from, address(0), fee);
    }
}

/// @title A token whose transfers answer false and move nothing
contract FalseToken is ERC20("false", "FALSE") {
    /// @notice Makes `amount` for `account`.
    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }

    /// @inheritdoc ERC20
    function transferFrom(address, address, uint256) public pure override returns (bool) {
        return false;
    }
}

/// @title A token that calls back into the market while it is transferred
contract ReentrantToken is ERC20("reentrant", "RE") {
    bytes private _call;
    address private _target;

    /// @notice Makes `amount` for `account`.
    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }

    /// @notice What to call on the next transfer.
    function arm(ISliceMarket target, bytes calldata call_) external {
        _target = address(target);
        _call = call_;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (_target == address(0)) return;
        address target = _target;
        _target = address(0);
        // solhint-disable-next-line avoid-low-level-calls
        (bool ok, bytes memory answer) = target.call(_call);
        if (ok) return;
        assembly ("memory-safe") {
            // Hands the market's own error on.
            revert(add(answer, 32), mload(answer))
        }
    }
}

/// @title A token that refuses every transfer to 0x…dEaD
contract UnburnableToken is ERC20("unburnable", "UNB") {
    /// @notice Thrown when somebody burns.
    error BurnRefused();

    /// @notice Makes `amount` for `account`.
    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }

    function _update(address from, address to, uint256 value) internal override {
        if (to == 0x000000000000000000000000000000000000dEaD) revert BurnRefused();
        super._update(from, to, value);
    }
}

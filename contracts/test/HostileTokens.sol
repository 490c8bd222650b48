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

/// @title A token whose transfers fail when it is told to: they answer false and move nothing, or revert
contract FailingToken is ERC20("failing", "FAIL") {
    /// @notice How transfers fail.
    enum Mood {
        None,
        AnswersFalse,
        Reverts
    }

    Mood private _mood;

    /// @notice Thrown by transfers.
    error TransferRefused();

    /// @notice Makes `amount` for `account`.
    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }

    /// @notice How transfers fail from now on.
    function fail(Mood mood) external {
        _mood = mood;
    }

    /// @inheritdoc ERC20
    function transfer(address to, uint256 amount) public override returns (bool) {
        return _works() && super.transfer(to, amount);
    }

    /// @inheritdoc ERC20
    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        return _works() && super.transferFrom(from, to, amount);
    }

    function _works() private view returns (bool) {
        if (_mood == Mood.Reverts) revert TransferRefused();
        return _mood == Mood.None;
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

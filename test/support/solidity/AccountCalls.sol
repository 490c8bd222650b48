// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {HandlerBase} from "./HandlerBase.sol";
import {demand, VM} from "./Vm.sol";

/// @title The ledger's entry points, and what happens around a market
abstract contract AccountCalls is HandlerBase {
    bytes32 private constant TRANSFER =
        keccak256(
            "PermitTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline)TokenPermissions(address token,uint256 amount)"
        );
    bytes32 private constant PERMIT =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    /// @dev Permit2's nonces that were used.
    uint256 private _transfers;

    function deposit(uint256 who, uint256 amount) external {
        address account = _actor(who);
        VM.prank(account);
        market.deposit(account, amount % 1e12);
        _count();
    }

    function depositFor(uint256 who, uint256 whom, uint256 amount) external {
        address account = _actor(whom);
        VM.prank(_actor(who));
        market.deposit(account, amount % 1e12);
        _count();
    }

    function depositWithPermit(uint256 who, uint256 amount) external {
        (address account, uint256 key) = _signer(who);
        amount = 1 + (amount % 1e12);
        (uint8 v, bytes32 r, bytes32 s) = _permit(account, key, amount);
        VM.prank(account);
        market.depositWithPermit(account, amount, type(uint256).max, v, r, s);
        _approveAgain(account);
        _count();
    }

    function depositWithPermitFor(uint256 who, uint256 whom, uint256 amount) external {
        (address account, uint256 key) = _signer(whom);
        amount = 1 + (amount % 1e12);
        (uint8 v, bytes32 r, bytes32 s) = _permit(account, key, amount);
        (uint256 before, ) = market.accountOf(account);
        VM.prank(_actor(who));
        market.depositWithPermit(account, amount, type(uint256).max, v, r, s);
        (uint256 afterwards, ) = market.accountOf(account);
        demand(afterwards == before + amount * SCALE, "a permit's amount goes to its owner");
        _approveAgain(account);
        _count();
    }

    function withdraw(uint256 who, uint256 amount) external {
        address actor = _actor(who);
        (uint256 before, ) = market.accountOf(actor);
        VM.prank(actor);
        // Now and then all that there is.
        uint256 sent = market.withdraw(amount % 32 == 31 ? type(uint256).max : amount % 1e12, actor, false);
        (uint256 afterwards, ) = market.accountOf(actor);
        demand(before == afterwards + sent * SCALE, "what is withdrawn is what left the ledger");
        _count();
    }

    /// @notice Signed for Permit2; nobody but the signer brings it.
    function depositWithPermit2(uint256 who, uint256 amount) external {
        (address account, uint256 key) = _signer(who);
        amount = 1 + (amount % 1e12);
        bytes memory signature = _transfer(key, amount, ++_transfers);
        try market.depositWithPermit2(amount, _transfers, type(uint256).max, signature) {
            demand(false, "another's signature deposits nothing");
        } catch {}
        (uint256 before, ) = market.accountOf(account);
        VM.prank(account);
        market.depositWithPermit2(amount, _transfers, type(uint256).max, signature);
        (uint256 afterwards, ) = market.accountOf(account);
        demand(afterwards == before + amount * SCALE, "what was signed is deposited");
        _count();
    }

    function depositCoins(uint256 who, uint256 amount) external {
        address account = _actor(who);
        amount = 1 + (amount % 1e12);
        VM.prank(account);
        try market.deposit{value: amount}(account, amount + 1) {
            demand(false, "coins are the amount, exactly");
        } catch {}
        VM.prank(account);
        market.deposit{value: amount}(account, amount);
        _count();
    }

    function withdrawCoins(uint256 who, uint256 amount) external {
        address actor = _actor(who);
        uint256 coins = actor.balance;
        VM.prank(actor);
        // Its own account has no way to take coins, if it is the wallet.
        uint256 sent = market.withdraw(amount % 1e12, actor, true);
        demand(actor.balance == coins + sent, "what is withdrawn arrives");
        _count();
    }

    function pushBurned() external {
        market.pushBurned();
        _count();
    }

    function setOperator(uint256 who, uint256 named) external {
        VM.prank(_actor(who));
        // None, one that may do little, one that may do anything.
        uint112 most = named % 3 == 0 ? 0 : named % 3 == 1 ? 2e17 : type(uint112).max;
        market.setOperator(OPERATOR, type(uint112).max, most);
        _count();
    }

    function setFee(uint256 fee) external {
        VM.prank(_owner);
        market.setFee(uint16(fee % 501));
        _count();
    }

    /// @notice One of two accounts that do nothing else.
    function setTreasury(uint256 which) external {
        VM.prank(_owner);
        market.setTreasury(which % 2 == 0 ? address(0xfee) : address(0xfee2));
        _count();
    }

    /// @notice Farther away than a history lasts.
    function announceSunset() external {
        VM.prank(_owner);
        market.announceSunset();
        _count();
    }

    function cancelNonce(uint256 who, uint256 nonce) external {
        VM.prank(_actor(who));
        // Far from those that requests are given.
        market.cancelNonce((1 << 128) + (nonce % 1000));
        _count();
    }

    function donate(uint256 who, uint256 amount) external {
        amount %= 1e8;
        VM.prank(_actor(who));
        require(token.transfer(address(market), amount), "not moved");
        // The token may have pushed out what is burned on the way, so balances don't tell.
        donated += amount - token.feeOf(amount);
    }

    function changeMoods(uint256 seed) external {
        // Mostly well-behaved, or nothing would ever move.
        token.setMood(seed % 8 < 4 ? 0 : (seed >> 16) % 5, address(market));
    }

    function passTime(uint256 time) external {
        VM.warp(block.timestamp + 1 + (time % (time % 7 == 0 ? 700 : 60)));
        VM.roll(block.number + 1 + (time % 5));
    }

    function _permit(
        address account,
        uint256 key,
        uint256 amount
    ) private view returns (uint8 v, bytes32 r, bytes32 s) {
        bytes32 permit = keccak256(
            abi.encode(PERMIT, account, address(market), amount, token.nonces(account), type(uint256).max)
        );
        return VM.sign(key, keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), permit)));
    }

    /// @dev What Permit2 takes for leave to move an amount to the market.
    function _transfer(uint256 key, uint256 amount, uint256 nonce) private view returns (bytes memory) {
        bytes32 permitted = keccak256(
            abi.encode(keccak256("TokenPermissions(address token,uint256 amount)"), address(token), amount)
        );
        bytes32 hash = keccak256(
            abi.encode(TRANSFER, permitted, address(market), nonce, type(uint256).max)
        );
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)"),
                keccak256("Permit2"),
                block.chainid,
                PERMIT2
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(key, keccak256(abi.encodePacked(hex"1901", domain, hash)));
        return abi.encodePacked(r, s, v);
    }

    /// @dev A permit takes the place of the allowance that everybody gives at the start.
    function _approveAgain(address account) private {
        VM.prank(account);
        token.approve(address(market), type(uint256).max);
    }
}

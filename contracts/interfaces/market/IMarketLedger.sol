// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

/// @title A market's ledger, and whom an account lets act for it
/// @notice Functions of the market's own address; their code is in a contract beside it, {MarketLedger}. What is asked here in the
/// asset is in its own smallest unit: 10^(18 − decimals) in the ledger.
interface IMarketLedger {
    /// @notice Takes `amount` of the asset from the caller into the balance of `account`. Coins that come with the call are taken for
    /// it, and wrapped, where the asset is the chain's coin as WETH9 has it: then they are the amount, exactly.
    function deposit(address account, uint256 amount) external payable;

    /// @notice {deposit} from an account into its own balance, with its EIP-2612 permit. Anyone may bring it: then only a permit that
    /// this call uses counts, by which the asset's nonce of the account moves; else {IMarketErrors-PermitRefused}, whatever the
    /// allowance is. The account's own call goes by the allowance, so a permit that somebody used before is no obstacle.
    function depositWithPermit(
        address account,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice Takes `amount` of the asset from the caller by its signature for Permit2, which it approved the asset to once. Only the
    /// caller's own, so nobody can use it up before the call that it is for.
    /// @param nonce Permit2's, of the caller. @param deadline The signature's last second.
    function depositWithPermit2(
        uint256 amount,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Sends `amount` of the asset from the caller's balance to `to`.
    /// @param amount The largest there is (2^256 − 1): all that the caller has free. What is less than the asset's smallest unit stays.
    /// @param asCoins Whether to unwrap it first, where the asset is the chain's coin as WETH9 has it.
    /// @return sent What was sent.
    function withdraw(uint256 amount, address to, bool asCoins) external returns (uint256 sent);

    /// @notice Sends what was burned to 0x…dEaD. Anyone may call. Returns the amount.
    function pushBurned() external returns (uint256 amount);

    /// @notice Lets `operator` bid, claim and commit traces with the caller's balance, within two limits, or with
    /// `maxDaily` 0 takes that back. An operator can't withdraw, but what it stakes and lets lapse is slashed, and whoever
    /// has its key may hold the other end: so the limits are what it can lose.
    /// @param maxReserved The most that the caller may have reserved after a bid or a claim of the operator.
    /// @param maxDaily The most that the operator may reserve in a day, from midnight UTC.
    function setOperator(address operator, uint112 maxReserved, uint112 maxDaily) external;

    /// @notice Stops whatever the caller signed with this nonce, requests and bids, in any order.
    function cancelNonce(uint256 nonce) external;

    /// @notice The one asset of the market.
    function asset() external view returns (address);
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

/// @title What a market asks of Permit2's transfers by signature
/// @notice The contract is at 0x000000000022D473030F116dDEE9F6B43aC78BA3 on most chains; who approved an asset to it once pays
/// anybody with signatures.
interface IPermit2 {
    /// @notice At most `amount` of `token`.
    struct TokenPermissions {
        address token;
        uint256 amount;
    }

    /// @notice What is signed, beside the spender. Nonces are used in any order.
    struct PermitTransferFrom {
        TokenPermissions permitted;
        uint256 nonce;
        uint256 deadline;
    }

    /// @notice What the spender takes of it.
    struct SignatureTransferDetails {
        address to;
        uint256 requestedAmount;
    }

    /// @notice Moves what `owner` signed that the caller may take, and uses its nonce up.
    function permitTransferFrom(
        PermitTransferFrom memory permit,
        SignatureTransferDetails calldata transferDetails,
        address owner,
        bytes calldata signature
    ) external;
}

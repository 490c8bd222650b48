// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IPermit2} from "../interfaces/IPermit2.sol";

/// @title Permit2's transfers by signature, as its documentation says: its types, nonces and errors
/// @notice Only for tests, which put it where Permit2 is.
contract SignedTransfers is IPermit2 {
    using SafeERC20 for IERC20;

    bytes32 private constant DOMAIN = keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)");
    bytes32 private constant TOKEN = keccak256("TokenPermissions(address token,uint256 amount)");
    bytes32 private constant PERMIT =
        keccak256(
            "PermitTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline)TokenPermissions(address token,uint256 amount)"
        );

    mapping(address owner => mapping(uint256 nonce => bool used)) private _used;

    /// @notice Thrown when a signature's time is over.
    error SignatureExpired(uint256 signatureDeadline);
    /// @notice Thrown when a nonce was used.
    error InvalidNonce();
    /// @notice Thrown when more is asked than was signed.
    error InvalidAmount(uint256 maxAmount);
    /// @notice Thrown when the signature isn't the owner's.
    error InvalidSigner();

    /// @inheritdoc IPermit2
    function permitTransferFrom(
        PermitTransferFrom memory permit,
        SignatureTransferDetails calldata transferDetails,
        address owner,
        bytes calldata signature
    ) external {
        if (block.timestamp > permit.deadline) revert SignatureExpired(permit.deadline);
        uint256 amount = transferDetails.requestedAmount;
        if (amount > permit.permitted.amount) revert InvalidAmount(permit.permitted.amount);
        if (_used[owner][permit.nonce]) revert InvalidNonce();
        _used[owner][permit.nonce] = true;
        bytes32 token = keccak256(abi.encode(TOKEN, permit.permitted));
        bytes32 hash = keccak256(abi.encode(PERMIT, token, msg.sender, permit.nonce, permit.deadline));
        bytes32 domain = keccak256(abi.encode(DOMAIN, keccak256("Permit2"), block.chainid, address(this)));
        bytes32 digest = MessageHashUtils.toTypedDataHash(domain, hash);
        if (!SignatureChecker.isValidSignatureNowCalldata(owner, digest, signature)) revert InvalidSigner();
        IERC20(permit.permitted.token).safeTransferFrom(owner, transferDetails.to, amount);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAdmission} from "../interfaces/IAdmission.sol";
import {IAdmissionLists} from "../interfaces/IAdmissionLists.sol";
import {IMarketViews} from "../interfaces/market/IMarketViews.sol";
import {CodeStore} from "../libraries/CodeStore.sol";

/// @title Admission by lists: these accounts only, or all but these, and with a record
/// @notice See {IAdmissionLists}.
contract AdmissionLists is IAdmissionLists {
    /// @inheritdoc IAdmissionLists
    uint256 public constant MAX_ACCOUNTS = 64;

    /// @dev Code: four bytes of the record, one of whether accounts are excluded, 20 bytes an account.
    mapping(bytes32 id => address store) private _stores;

    /// @inheritdoc IAdmissionLists
    function make(List calldata list) external returns (bytes32 id) {
        uint256 count = list.accounts.length;
        if (count > MAX_ACCOUNTS) revert ListTooLong(count, MAX_ACCOUNTS);
        id = idOf(list);
        if (_stores[id] != address(0)) return id;
        bytes memory data = abi.encodePacked(list.minRecord, list.excluded);
        for (uint256 i = 0; i < count; ++i) data = abi.encodePacked(data, list.accounts[i]);
        _stores[id] = CodeStore.write(data);
        emit ListMade(id, list.minRecord, list.excluded, list.accounts);
    }

    /// @inheritdoc IAdmissionLists
    function listOf(bytes32 id) external view returns (List memory list) {
        bytes memory data = _read(id);
        if (data.length == 0) revert UnknownList(id);
        (list.minRecord, list.excluded) = _headOf(data);
        list.accounts = new address[]((data.length - 5) / 20);
        for (uint256 i = 0; i < list.accounts.length; ++i) list.accounts[i] = _accountAt(data, i);
    }

    /// @inheritdoc IAdmissionLists
    function isMade(bytes32 id) external view returns (bool) {
        return _stores[id] != address(0);
    }

    /// @inheritdoc IAdmission
    /// @dev The caller is asked for the account's record. A list that nobody made admits nobody.
    function admits(bytes32, address account, bytes32 id) external view returns (bool) {
        bytes memory data = _read(id);
        if (data.length == 0) return false;
        (uint32 minRecord, bool excluded) = _headOf(data);
        if (minRecord != 0 && IMarketViews(msg.sender).recordOf(account) < minRecord) return false;
        uint256 count = (data.length - 5) / 20;
        if (count == 0) return true;
        for (uint256 i = 0; i < count; ++i) if (_accountAt(data, i) == account) return !excluded;
        return excluded;
    }

    /// @inheritdoc IAdmissionLists
    function idOf(List calldata list) public pure returns (bytes32) {
        return keccak256(abi.encode(list));
    }

    /// @dev What is kept of a list; empty if nobody made it.
    function _read(bytes32 id) private view returns (bytes memory data) {
        address store = _stores[id];
        if (store != address(0)) data = CodeStore.read(store, 0, store.code.length - 1);
    }

    function _headOf(bytes memory data) private pure returns (uint32 minRecord, bool excluded) {
        return (uint32(bytes4(data)), data[4] != 0);
    }

    function _accountAt(bytes memory data, uint256 i) private pure returns (address account) {
        assembly ("memory-safe") {
            // Reads 32 bytes of `data`, past its end for the last account; 20 of them are kept.
            account := shr(96, mload(add(add(data, 37), mul(i, 20))))
        }
    }
}

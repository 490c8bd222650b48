// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

import {IAdmission} from "./IAdmission.sol";

/// @title Admission by lists: these accounts only, or all but these, and with a record
/// @notice An admission contract that all jobs of all markets can name. A list is known by the hash of what it says, is made once,
/// by anyone, and never changes, so whoever looks at a job knows whom it admits. Nobody owns anything here.
interface IAdmissionLists is IAdmission {
    /// @notice Whom a list admits.
    /// @param minRecord How many slices an account must have been paid for in the market that asks.
    /// @param excluded Whether `accounts` are those who may not enter; else they are the only ones. Where there are none, anyone
    /// with the record may.
    struct List {
        uint32 minRecord;
        bool excluded;
        address[] accounts;
    }

    /// @notice A list was made, which jobs can name from now on.
    event ListMade(bytes32 indexed id, uint32 minRecord, bool excluded, address[] accounts);

    /// @notice Thrown when a list has more than `most` accounts.
    error ListTooLong(uint256 accounts, uint256 most);
    /// @notice Thrown when there is no such list.
    error UnknownList(bytes32 id);

    /// @notice Makes a list, if there isn't one that says the same.
    /// @return id What a job names it by: an {Admission} has this contract's address as `hook` and this as `data`.
    function make(List calldata list) external returns (bytes32 id);

    /// @notice Whether a list was made: one that wasn't admits nobody.
    function isMade(bytes32 id) external view returns (bool);

    /// @notice What a list says. Reverts with {UnknownList}.
    function listOf(bytes32 id) external view returns (List memory list);

    /// @notice The id that a list has, made or not.
    function idOf(List calldata list) external pure returns (bytes32);

    /// @notice The most accounts of a list: an answer about them stays within the gas that a market gives.
    // solhint-disable-next-line func-name-mixedcase
    function MAX_ACCOUNTS() external view returns (uint256);
}

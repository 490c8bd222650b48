// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IAdmission} from "../../../contracts/interfaces/IAdmission.sol";
import {ISliceMarket} from "../../../contracts/interfaces/ISliceMarket.sol";
import {InferenceResult} from "../../../contracts/types/InferenceResult.sol";
import {OutputOpening} from "../../../contracts/types/OutputOpening.sol";

/// @title A verifier that takes a mark for a proof
/// @notice Only here: a random history can't carry real proofs. They are tested in test/contracts.
contract MarkVerifier {
    bytes32 public constant MARK = keccak256("proved");

    address public immutable circuitRegistry;

    constructor(address registry) {
        circuitRegistry = registry;
    }

    /// @notice Takes the mark; bit i of a word behind it refuses claim i, as an external verifier does.
    function verify(
        address,
        uint256[] calldata,
        bytes calldata proofs
    ) external pure returns (uint256[] memory refused) {
        require(proofs.length == 64 && bytes32(proofs[:32]) == MARK, "not proved");
        uint256 mask = uint256(bytes32(proofs[32:]));
        uint256 count = 0;
        for (uint256 i = 0; i < 8; ++i) count += (mask >> i) & 1;
        refused = new uint256[](count);
        count = 0;
        for (uint256 i = 0; i < 8; ++i) if ((mask >> i) & 1 == 1) refused[count++] = i;
    }

    /// @notice What makes this contract an external verifier, too: circuits need no keys then.
    function verify(bytes calldata, uint256[] calldata) external pure returns (bool) {
        return true;
    }
}

/// @title An asset of 6 decimals that turns hostile: it fails, answers false, calls back, or keeps a part of what is moved
/// @notice It wraps coins, too, as WETH9 does.
contract MoodyToken is ERC20Permit {
    uint256 public mood;
    address public target;

    constructor() ERC20("moody", "MOOD") ERC20Permit("moody") {}

    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }

    function decimals() public pure override returns (uint8) {
        return 6;
    }

    function deposit() external payable {
        require(_humours(), "moody");
        _mint(msg.sender, msg.value - feeOf(msg.value));
    }

    function withdraw(uint256 amount) external {
        require(_humours(), "moody");
        _burn(msg.sender, amount);
        (bool sent, ) = msg.sender.call{value: amount - feeOf(amount)}("");
        require(sent, "coins not taken");
    }

    function setMood(uint256 mood_, address target_) external {
        mood = mood_;
        target = target_;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        if (!_humours()) return false;
        return super.transfer(to, amount - _takeFee(msg.sender, amount));
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (!_humours()) return false;
        return super.transferFrom(from, to, amount - _takeFee(from, amount));
    }

    /// @notice What the token keeps of an amount: in one of its moods a hundredth, at least 1.
    function feeOf(uint256 amount) public view returns (uint256) {
        if (mood != 4 || amount == 0) return 0;
        return amount < 100 ? 1 : amount / 100;
    }

    function _takeFee(address from, uint256 amount) private returns (uint256 fee) {
        fee = feeOf(amount);
        if (fee != 0) _transfer(from, address(this), fee);
    }

    function _humours() private returns (bool) {
        if (mood == 1) revert("moody");
        if (mood == 2) return false;
        if (mood == 3) {
            // Whatever it tries on the way back in, it must not get anything.
            try ISliceMarket(target).withdraw(1, address(this), false) {} catch {}
            try ISliceMarket(target).deposit(address(this), 1) {} catch {}
            try ISliceMarket(target).pushBurned() {} catch {}
        }
        return true;
    }
}

/// @title A hasher that takes one opening for the output of every trace here
contract MarkHasher {
    /// @notice The commitment of the trace's output where salt and word are the marks, another one else.
    function hashWords(uint256[] calldata words) external pure returns (uint256) {
        return words.length == 3 && words[1] == 7 && words[2] == 5 ? 1004 : 1;
    }
}

/// @title An account that is a contract and signs with a key
contract SigningWallet {
    address private immutable _signer;

    constructor(address signer) {
        _signer = signer;
    }

    /// @notice ERC-1271: takes what the key signed.
    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        (address signer, , ) = ECDSA.tryRecoverCalldata(digest, signature);
        return signer == _signer ? this.isValidSignature.selector : bytes4(0);
    }
}

/// @title An admission contract that changes its mind with time, and now and then answers nothing, reverts or wastes its gas
contract MoodyAdmission is IAdmission {
    /// @inheritdoc IAdmission
    function admits(bytes32, address account, bytes32 data) external view returns (bool) {
        uint256 mood = uint256(keccak256(abi.encode(account, data, block.timestamp / 32))) % 8;
        if (mood == 1) revert("moody");
        assembly ("memory-safe") {
            // Ends the call with no word, or runs until the gas is gone.
            if eq(mood, 2) {
                return(0, 0)
            }
            for {

            } eq(mood, 3) {

            } {
                pop(gas())
            }
        }
        return mood != 0;
    }
}

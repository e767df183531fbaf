// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IEscrow} from "./interfaces/IEscrow.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";
import {TypeHashes} from "./TypeHashes.sol";
import {
    Batch,
    BatchHeader,
    JobRequest,
    KeyGrant,
    Receipt,
    SkipReason,
    Verdict,
    Voucher,
    VoucherItem
} from "./Types.sol";

/// @title Settlement, see ISettlement
contract Settlement is ISettlement, EIP712, AccessControl {
    using TypeHashes for *;

    bytes32 public constant SETTLER_ROLE = keccak256("SETTLER_ROLE");
    /// @notice Keeps the dearest possible call (all channels, nodes and keys new) under a transaction's 16.78 M gas.
    uint256 public constant MAX_VOUCHERS = 200;

    address public immutable escrow;
    uint64 public batchCount;

    mapping(bytes32 receiptsRoot => Batch) private _batches;
    /// @dev Key: keccak256(client, node, epoch).
    mapping(bytes32 channel => uint128) private _settled;

    /// @param escrow_ must already name this contract's address as its settlement
    constructor(address admin, address settler, address escrow_) EIP712("DGrid", "1") {
        require(IEscrow(escrow_).settlement() == address(this), WrongEscrow(escrow_));
        escrow = escrow_;
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(SETTLER_ROLE, settler);
    }

    /// @inheritdoc ISettlement
    function settleBatch(BatchHeader calldata header, VoucherItem[] calldata items) external onlyRole(SETTLER_ROLE) {
        require(header.receiptCount > 0 && header.receiptsRoot != bytes32(0), EmptyBatch());
        Batch storage batch = _batches[header.receiptsRoot];
        require(batch.number == 0, BatchAlreadySettled(header.receiptsRoot));
        uint64 number = ++batchCount;
        batch.dataCommitment = header.dataCommitment;
        batch.number = number;
        batch.settledAt = uint64(block.timestamp);
        batch.receiptCount = header.receiptCount;
        emit BatchSettled(header.receiptsRoot, header.dataCommitment, header.receiptCount, number);
        _settleAll(items);
    }

    /// @inheritdoc ISettlement
    function settleVouchers(VoucherItem[] calldata items) external {
        _settleAll(items);
    }

    /// @inheritdoc ISettlement
    function registerGrant(KeyGrant calldata grant, bytes calldata signature) external {
        (address signer, ECDSA.RecoverError err,) = ECDSA.tryRecoverCalldata(hashKeyGrant(grant), signature);
        require(err == ECDSA.RecoverError.NoError && signer == grant.client, InvalidGrantSignature());
        IEscrow(escrow).registerGrant(grant);
    }

    /// @inheritdoc ISettlement
    function verifyReceipt(bytes32 receiptsRoot, bytes32 receiptHash, bytes32[] calldata proof)
        external
        view
        returns (bool)
    {
        // The prefix and the odd length keep a leaf from ever being an inner node.
        bytes32 leaf = keccak256(abi.encodePacked(bytes1(0), receiptHash));
        return _batches[receiptsRoot].number != 0 && MerkleProof.verifyCalldata(proof, receiptsRoot, leaf);
    }

    /// @inheritdoc ISettlement
    function settledAmount(address client, address node, uint64 channelEpoch) external view returns (uint128) {
        return _settled[_channel(client, node, channelEpoch)];
    }

    /// @inheritdoc ISettlement
    function batchOf(bytes32 receiptsRoot) external view returns (Batch memory) {
        return _batches[receiptsRoot];
    }

    /// @inheritdoc ISettlement
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @inheritdoc ISettlement
    function hashJobRequest(JobRequest calldata request) external view returns (bytes32) {
        return _hashTypedDataV4(request.hash());
    }

    /// @inheritdoc ISettlement
    function hashKeyGrant(KeyGrant calldata grant) public view returns (bytes32) {
        return _hashTypedDataV4(grant.hash());
    }

    /// @inheritdoc ISettlement
    function hashReceipt(Receipt calldata receipt) external view returns (bytes32) {
        return _hashTypedDataV4(receipt.hash());
    }

    /// @inheritdoc ISettlement
    function hashVoucher(Voucher calldata voucher) external view returns (bytes32) {
        return _hashTypedDataV4(voucher.hash());
    }

    /// @inheritdoc ISettlement
    function hashVerdict(Verdict calldata verdict) external view returns (bytes32) {
        return _hashTypedDataV4(verdict.hash());
    }

    function _settleAll(VoucherItem[] calldata items) private {
        require(items.length <= MAX_VOUCHERS, TooManyVouchers(items.length, MAX_VOUCHERS));
        bytes32 domain = _domainSeparatorV4();
        for (uint256 i = 0; i < items.length; ++i) {
            VoucherItem calldata item = items[i];
            Voucher calldata voucher = item.voucher;
            SkipReason reason = _settle(domain, voucher, item);
            if (reason != SkipReason.None) {
                emit VoucherSkipped(
                    voucher.client, voucher.node, voucher.channelEpoch, voucher.cumulativeAmount, reason
                );
            }
        }
    }

    /// @dev Never reverts for what a voucher can contain. Cheap checks first; the signature before any money.
    function _settle(bytes32 domain, Voucher calldata voucher, VoucherItem calldata item)
        private
        returns (SkipReason reason)
    {
        (address client, address node, uint64 epoch) = (voucher.client, voucher.node, voucher.channelEpoch);
        if (client == address(0) || node == address(0)) return SkipReason.InvalidParty;
        if (block.timestamp * 1_000 >= voucher.validBefore) return SkipReason.Expired;

        bytes32 channel = _channel(client, node, epoch);
        uint128 settled = _settled[channel];
        uint128 cumulative = voucher.cumulativeAmount;
        if (cumulative <= settled) return SkipReason.Stale;

        bytes32 digest = MessageHashUtils.toTypedDataHash(domain, voucher.hash());
        (address signer, ECDSA.RecoverError err,) = ECDSA.tryRecover(digest, item.v, item.r, item.s);
        if (err != ECDSA.RecoverError.NoError) return SkipReason.BadSignature;

        uint128 paid;
        uint128 fee;
        (paid, fee, reason) = IEscrow(escrow).charge(client, signer, node, cumulative - settled);
        if (reason != SkipReason.None) return reason;
        settled += paid;
        _settled[channel] = settled;
        emit VoucherSettled(client, node, epoch, paid, fee, settled);
    }

    function _channel(address client, address node, uint64 epoch) private pure returns (bytes32) {
        return keccak256(abi.encode(client, node, epoch));
    }
}

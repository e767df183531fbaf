// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Capped} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Capped.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title The token that clients pay and operators stake
/// @notice ERC-20 with EIP-2612 permits and 18 decimals. The supply never exceeds 1e9 tokens, so every amount fits `uint128`.
contract DGridToken is ERC20Permit, ERC20Capped, AccessControl {
    /// @notice May mint within the cap. Nobody holds it after deployment.
    bytes32 public constant MINTER_ROLE = keccak256("MINTER_ROLE");

    /// @param admin grants and revokes the minter role
    /// @param initialHolder receives `initialSupply`, in smallest units
    constructor(address admin, address initialHolder, uint256 initialSupply)
        ERC20("DGrid", "DGRID")
        ERC20Permit("DGrid")
        ERC20Capped(1_000_000_000e18)
    {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _mint(initialHolder, initialSupply);
    }

    /// @notice Creates `amount` smallest units for `to`; reverts above the cap.
    function mint(address to, uint256 amount) external onlyRole(MINTER_ROLE) {
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Capped) {
        super._update(from, to, value);
    }
}

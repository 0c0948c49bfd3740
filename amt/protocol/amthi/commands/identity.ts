/** What the machine and its AMT are, and in which state. */
import {
  bool8,
  bool32,
  fixed,
  list,
  optional,
  reserved,
  roomText,
  skip,
  struct,
  text,
  u8,
  u32,
  uuid,
} from '../../declare.ts';
import { amthiCommand, CLASS_STATE, VERSIONS_MAX } from '../command.ts';
import { ControlMode, MeResetType, ProvisioningMode, ProvisioningState } from '../values.ts';

/** The one state that GET_AMT_STATE knows. */
export const AMT_STATE_ID = '00000000-0000-0000-0000-000000000001';

export const IDENTITY_COMMANDS = {
  GET_CODE_VERSIONS: amthiCommand({
    op: 0x1a,
    doc: 'The versions of BIOS, firmware and its parts.',
    source: 'rpc-go pthi/types.go, LMS GetCodeVersionCommand.h',
    response: {
      biosVersion: text(65).doc('Often empty.'),
      versions: list(
        u32,
        struct({
          name: roomText(20).doc('`Flash`, `AMT`, `Build Number`, `Sku` and others.'),
          version: roomText(20).doc('`16.1.25`; the number of a build; bits in decimal for `Sku`.'),
        }),
        VERSIONS_MAX,
      ).doc('Name and version of each part.'),
      room: skip(),
    },
  }),
  GET_UUID: amthiCommand({
    op: 0x5c,
    doc: 'The UUID of the machine.',
    source: 'LMS GetUUIDCommand.h',
    response: { uuid: uuid.doc('As SMBIOS has it.') },
  }),
  GET_PROVISIONING_MODE: amthiCommand({
    op: 0x08,
    doc: 'In which way AMT is provisioned.',
    source: 'MeshCentral amt-mei.js',
    response: {
      mode: u32.of(ProvisioningMode).doc('The mode.'),
      legacy: optional(bool32).doc('The mode is one of old firmware.'),
    },
  }),
  GET_PROVISIONING_STATE: amthiCommand({
    op: 0x11,
    doc: 'Whether AMT is provisioned.',
    source: 'LMS GetProvisioningStateCommand.h',
    response: { state: u32.of(ProvisioningState).doc('The state.') },
  }),
  GET_CONTROL_MODE: amthiCommand({
    op: 0x6b,
    doc: 'Who controls AMT.',
    source: 'rpc-go pthi/types.go',
    response: { mode: u32.of(ControlMode).doc('The mode.') },
  }),
  GET_SECURITY_PARAMETERS: amthiCommand({
    op: 0x1b,
    doc: 'Which features are on.',
    source: 'LMS GetSecurityParametersCommand.h',
    response: {
      enterpriseMode: bool32.doc('Provisioned for an enterprise.'),
      tlsEnabled: bool32.doc('The web service is reached by TLS.'),
      hwCryptoEnabled: bool32.doc('The hardware may encrypt.'),
      provisioningState: u32.of(ProvisioningState).doc('The state.'),
      networkInterfaceEnabled: bool32.doc('AMT uses the network.'),
      solEnabled: bool32.doc('Serial over LAN.'),
      iderEnabled: bool32.doc('IDE redirection.'),
      fwUpdateEnabled: bool32.doc('The firmware may be updated.'),
      linkIsUp: bool32.doc('There is a link.'),
      kvmEnabled: bool32.doc('Remote KVM.'),
      reserved: reserved(28),
    },
  }),
  GET_EHBC_STATE: amthiCommand({
    op: 0x84,
    doc: 'Whether a program of the host may set AMT up into admin control mode: embedded machines.',
    source: 'rpc-go pthi/types.go',
    response: { enabled: bool32.doc('It may.') },
  }),
  GET_AMT_STATE: amthiCommand({
    op: 0x01,
    class: CLASS_STATE,
    doc: 'The link, and how the hardware is protected.',
    source: 'LMS GetAMTStateCommand.h',
    request: { id: uuid.doc(`Which state: \`${AMT_STATE_ID}\`.`) },
    response: {
      id: uuid.doc('The same.'),
      size: fixed(4, 5).doc('Bytes that follow.'),
      linkUp: bool8.doc('There is a link.'),
      reserved: reserved(1),
      cryptoFuse: bool8.doc('The hardware may encrypt.'),
      flashProtection: bool8.doc('The flash memory is protected.'),
      lastMeResetType: u8.of(MeResetType).doc('Why the ME last started.'),
    },
  }),
} as const;

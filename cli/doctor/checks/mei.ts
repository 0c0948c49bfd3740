/** The firmware of this machine, behind /dev/meiN. */
import { listMeiDevices, type MeiDevice } from '../../../transport/index.ts';
import { type Finding, good, missing, optional } from '../finding.ts';
import type { Machine } from '../machine.ts';

export async function checkMei(machine: Machine): Promise<Finding[]> {
  const { files } = machine;
  const devices = listMeiDevices({ sysfs: files.at('/sys/class/mei'), dev: files.at('/dev') });
  // Graphics and touch controllers have MEI devices too.
  const csme = devices.filter(({ kind }) => kind === undefined || kind === 'mei');
  if (csme.length === 0) return [noDevice(machine)];
  const found: Finding[] = [];
  for (const device of csme) found.push(...(await deviceFindings(machine, device)));
  return found;
}

function noDevice({ files, kernel }: Machine): Finding {
  const name = 'MEI device';
  if (kernel.module('mei_me') !== 'there') {
    const remedy = kernel.remedyFor('mei_me');
    return missing(name, 'the module mei_me is not loaded', remedy);
  }
  const engine = files
    .names('/sys/bus/pci/devices')
    .find(
      (slot) =>
        files.text(`/sys/bus/pci/devices/${slot}/vendor`)?.trim() === '0x8086' &&
        files.text(`/sys/bus/pci/devices/${slot}/class`)?.trim() === '0x078000',
    );
  return engine === undefined
    ? missing(
        name,
        'there is no management engine on the PCI bus',
        'It needs an Intel platform whose firmware shows it.',
      )
    : missing(name, `mei_me does not drive ${engine}`, '`dmesg | grep mei` says why.');
}

async function deviceFindings(machine: Machine, device: MeiDevice): Promise<Finding[]> {
  const { files } = machine;
  const name = 'MEI device';
  const { path } = device;
  if (path === undefined) {
    return [missing(name, `${device.name} has no node in /dev`, 'udev or devtmpfs makes it.')];
  }
  // As the machine that is examined names it.
  const shown = `/dev/${device.name}`;
  if (device.state !== undefined && device.state !== 'ENABLED') {
    return [
      missing(
        name,
        `${shown} is ${device.state}`,
        'The firmware is starting, resetting or off. DISABLED stays until mei_me is loaded anew.',
      ),
    ];
  }
  if (!files.isUsable(shown)) {
    return [
      missing(
        name,
        `this user may not open ${shown}`,
        'Run it as root, or give the node to a group with a udev rule: SUBSYSTEM=="mei", GROUP="mei", MODE="0660".',
      ),
    ];
  }
  const there = good(name, [shown, ...device.firmwareVersions.slice(0, 1)].join(', firmware '));
  if (machine.nativeProblem() !== undefined) return [there];
  return [there, amtFinding(await machine.askAmt(path))];
}

function amtFinding(state: Awaited<ReturnType<Machine['askAmt']>>): Finding {
  const name = 'AMT';
  if (typeof state === 'string') {
    if (state === 'provisioned') return good(name, state);
    const remedy =
      state === 'disabled'
        ? 'Enable AMT in the BIOS (MEBx).'
        : 'Set it up: `sapwood amt activate`, or a configuration server.';
    return optional(name, state, remedy);
  }
  if (state.code === 'MEI_ERR_NO_CLIENT') {
    return optional(
      name,
      'this firmware has none',
      'Only vPro platforms have AMT; the BIOS may have it off.',
    );
  }
  if (state.code === 'MEI_ERR_BUSY') {
    return optional(name, 'another program asks it at this moment', 'Try again, or end that program (LMS).');
  }
  return missing(name, state.sentence, state.next);
}

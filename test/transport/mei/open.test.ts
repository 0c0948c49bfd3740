import { expect, test } from 'vitest';
import { openTransport, TransportError } from '../../../transport/index.ts';

test.each(['mei:', 'mei:/dev/mei0', 'mei:[x=1]/dev/mei0', 'MEI:/dev/mei1'])(
  '"%s" carries no SAP, and says why',
  (name) => {
    expect(() => openTransport(name)).toThrow(TransportError);
    expect(() => openTransport(name)).toThrow(
      expect.objectContaining({
        code: 'TRANSPORT_ERR_NO_AREA',
        message: `A MEI device carries no SAP. "${name}": the kernel maps its shared area for its own drivers (iwlmei) only. openMei connects to other clients.`,
      }),
    );
  },
);
